/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of tags. Characters are counted as characters, not bytes; any letter
 * of any script is one, so bytes beyond ASCII pass.
 */
#include "gateway/ecs/tags_input.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "gateway/ecs/image_override.h"
#include "gateway/json_out.h"

#define KEY_MAX	  128
#define VALUE_MAX 256

static const struct shape_field fields[] = {
	TEXT(struct tag, key, "key", 0, 0, SHAPE_REQUIRED),
	TEXT(struct tag, value, "value", 0, 0, 0),
};
const struct shape tag_shape = SHAPE_OF(struct tag, fields);

static size_t count_characters(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

static bool has_only_tag_characters(const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x80 && !isalnum(c) && !isspace(c) && !strchr("_./=+-:@", c))
			return false;
	}
	return true;
}

static int check_tag(struct call *call, const char *type, const struct tag *tags, size_t index)
{
	const struct tag *tag = &tags[index];
	size_t key_len = count_characters(tag->key);

	if (key_len < 1 || key_len > KEY_MAX)
		return call_fail(call, type, "tags[%zu].key must have from 1 to %d characters.",
				 index, KEY_MAX);
	if (count_characters(tag->value) > VALUE_MAX)
		return call_fail(call, type, "tags[%zu].value must have at most %d characters.",
				 index, VALUE_MAX);
	if (!has_only_tag_characters(tag->key) || !has_only_tag_characters(tag->value))
		return call_fail(call, type,
				 "tags[%zu] must have only letters, numbers, spaces and _ . / = "
				 "+ - : @ in its key and value.",
				 index);
	if (strncasecmp(tag->key, "aws:", 4) == 0)
		return call_fail(call, type, "tags[%zu].key must not begin with aws:.", index);
	for (size_t i = 0; i < index; i++) {
		if (strcmp(tags[i].key, tag->key) == 0)
			return call_fail(call, type, "Duplicate tag keys are not allowed. Key: %s",
					 tag->key);
	}
	return 0;
}

static int fail_too_many(struct call *call, const char *type)
{
	return call_fail(call, type, "The maximum number of tags per resource is %d.", TAGS_MAX);
}

int tags_check_run(struct call *call, const char *type, const struct shape_list *tags)
{
	struct tag *items = tags->items;

	if (tags->count > TAGS_MAX)
		return fail_too_many(call, type);
	for (size_t i = 0; i < tags->count; i++) {
		if (!items[i].value)
			items[i].value = "";
		if (check_tag(call, type, items, i) < 0)
			return -1;
	}
	return 0;
}

int tags_check(struct call *call, const char *type, const struct shape_list *tags)
{
	const struct tag *items = tags->items;

	for (size_t i = 0; i < tags->count; i++) {
		if (image_override_is_tag(items[i].key))
			return call_fail(call, type,
					 "tags[%zu].key must not begin with " IMAGE_OVERRIDE_PREFIX
					 ": only RunTask takes such tags.",
					 i);
	}
	return tags_check_run(call, type, tags);
}

int tags_put(struct call *call, const char *type, const char *arn, const struct tag *tags,
	     size_t count)
{
	struct err err = ERR_INIT;

	if (count == 0 || tag_put(call->state, arn, tags, count, &err) == 0)
		return 0;
	if (err.code == ERR_LIMIT)
		return fail_too_many(call, type);
	return call_fail_server(call, &err);
}

json_t *tags_as_json(const struct tag *tags, size_t count)
{
	json_t *list = out_list();

	for (size_t i = 0; i < count; i++) {
		json_t *tag = out_object();

		out_put(tag, "key", out_string(tags[i].key));
		out_put(tag, "value", out_string(tags[i].value));
		out_push(list, tag);
	}
	return list;
}

int tags_json(struct call *call, const char *arn, json_t **ret_list)
{
	struct tag *tags;
	size_t count;
	struct err err = ERR_INIT;

	if (tag_list(call->state, arn, call->arena, &tags, &count, &err) < 0)
		return call_fail_server(call, &err);
	*ret_list = tags_as_json(tags, count);
	return 0;
}
