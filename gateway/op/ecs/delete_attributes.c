/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DeleteAttributes: attributes are of container instances, and there are none to find.
 */
#include "gateway/api_table.h"
#include "gateway/ecs/attribute_input.h"

const struct operation op_ecs_delete_attributes = {
	.service = "ecs",
	.name = "DeleteAttributes",
	.shape = &attributes_shape,
	.handler = attributes_refuse,
	.shape_error = "InvalidParameterException",
	.snapshot = true,
};
