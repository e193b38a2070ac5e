/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fork of the agent goes on as a new process of the agent's own program, which knows
 * nothing but one container.
 */
#ifndef SLIPWAY_MICROVM_AGENT_FRESH_H
#define SLIPWAY_MICROVM_AGENT_FRESH_H

#include "microvm/agent/enter.h"

/* In the fork; they come back only when it fails. */
void fresh_child(const struct child *child, struct err *err);
void fresh_enter(const struct enter *enter, struct err *err);

/* In main(): whether this process is such a one, which then goes on in fresh_run(). */
bool fresh_is_asked(char *const *argv);
_Noreturn void fresh_run(char *const *argv);

#endif
