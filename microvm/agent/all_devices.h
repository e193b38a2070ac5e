/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The /dev of a privileged container: everything that the machine has.
 */
#ifndef SLIPWAY_MICROVM_AGENT_ALL_DEVICES_H
#define SLIPWAY_MICROVM_AGENT_ALL_DEVICES_H

#include "core/err.h"

/* Beside what is in /dev already, which stays: in the container's first process. */
int all_devices_make(struct err *err) MUST_CHECK;

#endif
