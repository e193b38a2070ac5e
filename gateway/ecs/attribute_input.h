/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes of container instances in requests. There are no instances, so they are
 * only read.
 */
#ifndef SLIPWAY_GATEWAY_ECS_ATTRIBUTE_INPUT_H
#define SLIPWAY_GATEWAY_ECS_ATTRIBUTE_INPUT_H

#include "core/shape.h"

#define ATTRIBUTES_MAX 10 /* the API's, of one call */

struct attribute_input {
	const char *name, *value, *target_id;
	int target_type; /* index: container-instance */
};
/* A list of these is a list of struct attribute_input. */
extern const struct shape attribute_shape;

#endif
