/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes of container instances in requests. There are no instances, so they are
 * only read.
 */
#ifndef SLIPWAY_GATEWAY_ECS_ATTRIBUTE_INPUT_H
#define SLIPWAY_GATEWAY_ECS_ATTRIBUTE_INPUT_H

#include "gateway/api.h"

/* What PutAttributes and DeleteAttributes ask for, and the handler of both: a request that is
 * well formed names a target that is not found. */
extern const struct shape attributes_shape;
int attributes_refuse(struct call *call, const void *filled, json_t **ret_output) MUST_CHECK;

#endif
