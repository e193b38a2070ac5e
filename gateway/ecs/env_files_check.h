/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of environmentFiles: objects of S3 whose names end with .env.
 */
#ifndef SLIPWAY_GATEWAY_ECS_ENV_FILES_CHECK_H
#define SLIPWAY_GATEWAY_ECS_ENV_FILES_CHECK_H

#include "gateway/api.h"
#include "gateway/ecs/definition_input.h"

/* ERR_INVALID with the API's message. */
int env_files_check(const struct container_input *container, struct err *err) MUST_CHECK;
/* Fargate: who names files needs an execution role. */
int env_files_check_role(const struct definition_input *input,
			 const struct container_input *container, struct err *err) MUST_CHECK;
/* Of files that were checked: ERR_INVALID names the first bucket that @buckets (NULL: none) has
 * not. @index: of the container. */
int env_files_check_buckets(const struct container_input *container, size_t index,
			    const struct call *call, struct err *err) MUST_CHECK;

#endif
