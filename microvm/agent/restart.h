/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a container that has ended is to run again.
 */
#ifndef SLIPWAY_MICROVM_AGENT_RESTART_H
#define SLIPWAY_MICROVM_AGENT_RESTART_H

#include "microvm/wire/message.h"

/* @ran_ms: since its start or its last restart. */
bool restart_is_due(const struct wire_restart_policy *policy, int exit_code, int64_t ran_ms);

#endif
