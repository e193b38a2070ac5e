/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the programs say of the configuration before any of them is kept running: one that ends over
 * a mistake would be started again and again, and its reason scroll by.
 */
#ifndef SLIPWAY_CLI_CONFIGURATION_TRIAL_H
#define SLIPWAY_CLI_CONFIGURATION_TRIAL_H

#include "cli/installation.h"

/* Ask each with --check-config. ERR_INVALID has the words of the first that says no, and where the
 * operator's own lines are. */
int configuration_trial(const struct installation *installation, struct err *err) MUST_CHECK;

#endif
