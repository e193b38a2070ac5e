/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules are the same as those of ECS's tags, and so is where they lie.
 */
#include "gateway/events/tags.h"

#include "gateway/ecs/tags_input.h"
#include "gateway/json_out.h"

#define TYPE "ValidationException"

static const struct shape_field fields[] = {
	TEXT(struct tag, key, "Key", 0, 0, SHAPE_REQUIRED),
	TEXT(struct tag, value, "Value", 0, 0, SHAPE_REQUIRED),
};
const struct shape event_tag_shape = SHAPE_OF(struct tag, fields);

int event_tags_check(struct call *call, const struct shape_list *tags)
{
	return tags_check(call, TYPE, tags);
}

int event_tags_put(struct call *call, const char *arn, const struct shape_list *tags)
{
	return tags_put(call, TYPE, arn, tags->items, tags->count);
}

int event_tags_json(struct call *call, const char *arn, json_t **ret_list)
{
	struct err err = ERR_INIT;
	struct tag *tags;
	json_t *list;
	size_t count;

	if (tag_list(call->state, arn, call->arena, &tags, &count, &err) < 0)
		return call_fail_server(call, &err);
	list = out_list();
	for (size_t i = 0; i < count; i++) {
		json_t *tag = out_object();

		out_put(tag, "Key", out_string(tags[i].key));
		out_put(tag, "Value", out_string(tags[i].value));
		out_push(list, tag);
	}
	*ret_list = list;
	return 0;
}
