/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PutAttributes: attributes are of container instances, and there are none to find.
 */
#include "gateway/api_table.h"
#include "gateway/ecs/attribute_input.h"

const struct operation op_ecs_put_attributes = {
	.service = "ecs",
	.name = "PutAttributes",
	.shape = &attributes_shape,
	.handler = attributes_refuse,
	.shape_error = "InvalidParameterException",
	.snapshot = true,
};
