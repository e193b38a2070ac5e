/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of a container's logConfiguration, in the API's words.
 */
#ifndef SLIPWAY_GATEWAY_ECS_LOG_CHECK_H
#define SLIPWAY_GATEWAY_ECS_LOG_CHECK_H

#include "gateway/ecs/definition_input.h"

/* Whether its output goes to a log group. */
bool log_check_is_awslogs(const struct container_input *container);
/* Fargate's rules. ERR_INVALID with the API's message. */
int log_check(const struct container_input *container, struct err *err) MUST_CHECK;
/* After that: ERR_UNSUPPORTED for what is not done here. @region: the configuration's. */
int log_check_supported(const struct container_input *container, size_t index, const char *region,
			struct err *err) MUST_CHECK;

#endif
