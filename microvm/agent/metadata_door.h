/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The address under which containers know the metadata endpoint, 169.254.170.2:80, and
 * where the agent really listens.
 */
#ifndef SLIPWAY_MICROVM_AGENT_METADATA_DOOR_H
#define SLIPWAY_MICROVM_AGENT_METADATA_DOOR_H

#include <netinet/in.h>

#include "core/err.h"

/* On the loopback; one of the ports that ECS keeps for itself on its own hosts. */
#define METADATA_DOOR_PORT 51679

/* Lead the group's connections to the endpoint's address to the agent. */
int metadata_door_open(const char *cgroup, struct err *err) MUST_CHECK;

/* The listening socket, which does not block. */
int metadata_door_listen(int *ret_fd, struct err *err) MUST_CHECK;

#endif
