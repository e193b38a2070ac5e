/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of firelensConfiguration, which makes a container the router of its task's logs,
 * and of the log driver awsfirelens, whose containers send to it.
 */
#ifndef SLIPWAY_GATEWAY_ECS_FIRELENS_CHECK_H
#define SLIPWAY_GATEWAY_ECS_FIRELENS_CHECK_H

#include "gateway/ecs/definition_input.h"

/* Whether its output goes to the router. */
bool firelens_is_sender(const struct container_input *container);

/* All containers of a definition together, and each for itself. ERR_INVALID with the API's
 * message. */
int firelens_check(const struct definition_input *input, struct err *err) MUST_CHECK;
/* Fargate's rules. */
int firelens_check_fargate(const struct container_input *container, struct err *err) MUST_CHECK;
/* ERR_UNSUPPORTED for what is not done here. */
int firelens_check_supported(const struct container_input *container, size_t index, struct err *err)
	MUST_CHECK;

/* Senders start after the router, and so are stopped before it: write that into the dependsOn
 * of @body's containers (a copy of a definition). */
void firelens_order(json_t *body);

#endif
