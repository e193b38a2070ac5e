/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape of an attribute.
 */
#include "gateway/ecs/attribute_input.h"

static const char *const target_words[] = {"container-instance", NULL};

static const struct shape_field fields[] = {
	TEXT(struct attribute_input, name, "name", 0, 0, SHAPE_REQUIRED),
	TEXT(struct attribute_input, value, "value", 0, 0, 0),
	WORD(struct attribute_input, target_type, "targetType", target_words, 0),
	TEXT(struct attribute_input, target_id, "targetId", 0, 0, 0),
};
const struct shape attribute_shape = SHAPE_OF(struct attribute_input, fields);
