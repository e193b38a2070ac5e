/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel settings of a container (systemControls).
 */
#ifndef SLIPWAY_MICROVM_AGENT_CONTROLS_H
#define SLIPWAY_MICROVM_AGENT_CONTROLS_H

#include "microvm/wire/message.h"

/* In the container's first process with its namespaces, while it sees the agent's files. Those
 * of the network are the whole task's: the last container that is started has the last word. */
int controls_set(const struct shape_list *controls, struct err *err) MUST_CHECK;

#endif
