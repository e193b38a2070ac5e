/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process namespace that all containers of a task share if it says so (pidMode).
 */
#ifndef SLIPWAY_MICROVM_AGENT_PROCESS_SPACE_H
#define SLIPWAY_MICROVM_AGENT_PROCESS_SPACE_H

#include "core/err.h"

/* Make it, the first time. From here on until process_space_leave() the caller's
 * children are born in it. */
int process_space_enter(struct err *err) MUST_CHECK;
void process_space_leave(void);

#endif
