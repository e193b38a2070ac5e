/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A walk over a shape and a document side by side. Empty texts are dropped
 * because tools write them for "not set"; the empty value of a name ("value" of an
 * environment variable or a tag) means what it says and stays.
 */
#include "gateway/ecs/kept_json.h"

#include <string.h>

#include "gateway/json_out.h"

static json_t *keep_member(const struct shape_field *field, const json_t *value)
{
	const json_t *item;
	size_t index;
	json_t *list;

	switch (field->type) {
	case SHAPE_OBJECT:
		return kept_json(field->shape, value);
	case SHAPE_LIST:
		list = out_list();
		json_array_foreach (value, index, item)
			out_push(list, kept_json(field->shape, item));
		return list;
	case SHAPE_TEXT:
		if (json_string_length(value) == 0 && strcmp(field->name, "value") != 0)
			return NULL;
		break;
	default:
		break;
	}
	return json_deep_copy(value);
}

/* What says `false` in the value of a refused member, NULL if nothing does. */
static json_t *keep_refused(const json_t *value)
{
	/* jansson's iteration takes no const; nothing is changed. */
	json_t *object = (json_t *)(uintptr_t)value;
	json_t *kept = NULL;
	const json_t *member;
	const char *key;

	if (json_is_false(value))
		return json_false();
	json_object_foreach (object, key, member) {
		json_t *part = keep_refused(member);

		if (part && !kept)
			kept = out_object();
		if (part)
			out_put(kept, key, part);
	}
	return kept;
}

json_t *kept_json(const struct shape *shape, const json_t *object)
{
	json_t *kept = out_object();

	for (size_t i = 0; i < shape->count; i++) {
		const struct shape_field *field = &shape->fields[i];
		const json_t *value = json_object_get(object, field->name);

		if (!value || json_is_null(value))
			continue;
		out_put(kept, field->name,
			field->flags & SHAPE_REFUSED ? keep_refused(value)
						     : keep_member(field, value));
	}
	return kept;
}
