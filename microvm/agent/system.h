/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a machine must be told before anything of a task runs: the time, good
 * random numbers, its name. A machine that came out of a template has another's.
 */
#ifndef SLIPWAY_MICROVM_AGENT_SYSTEM_H
#define SLIPWAY_MICROVM_AGENT_SYSTEM_H

#include "microvm/wire/message.h"

int system_identify(const struct wire_task *task, struct err *err) MUST_CHECK;

#endif
