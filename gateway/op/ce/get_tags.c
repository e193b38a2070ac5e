/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GetTags: the keys of tags in a period, or the values of one; "" is that of what has no such
 * tag.
 */
#include <search.h>
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/ce/ce_values.h"
#include "gateway/json_out.h"
#include "store/record.h"

struct input {
	const char *key;
	struct ce_values_input values;
};

static const struct shape_field fields[] = {
	TEXT(struct input, key, "TagKey", 0, CE_TEXT_MAX, 0),
	CE_VALUES_FIELDS(struct input, values),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

#define KEYS_MAX 10000 /* different ones: what people can still read ends long before */

static json_t *value_json(void *ctx, const char *text)
{
	(void)ctx;
	return out_string(text);
}

/* --- keys --- */

/* Keys that were met, once each. */
struct keys {
	struct arena *arena;
	void *tree; /* of tsearch() */
	struct ce_value *items;
	size_t count;
};

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void keep_node(void *node)
{
	(void)node; /* the arena's */
}

static void keys_done(struct keys *keys)
{
	tdestroy(keys->tree, keep_node);
}

static int add_key(struct keys *keys, const char *key, struct err *err)
{
	char *own;

	if (tfind(key, &keys->tree, compare))
		return 0;
	if (keys->count == KEYS_MAX)
		return err_set(err, ERR_LIMIT,
			       "the period has more than %d keys of tags: ask for a shorter one",
			       KEYS_MAX);
	own = arena_strdup(keys->arena, key);
	if (!own || !tsearch(own, &keys->tree, compare))
		return record_full(err);
	keys->items[keys->count++] = (struct ce_value){.text = own};
	return 0;
}

static int add_keys(void *ctx, const struct charge_tag *tags, size_t tag_count, struct err *err)
{
	for (size_t i = 0; i < tag_count; i++) {
		if (add_key(ctx, tags[i].key, err) < 0)
			return -1;
	}
	return 0;
}

static int read_keys(struct ce_question *question, struct ce_values *values)
{
	AUTO(keys_done)
	struct keys keys = {
		.arena = question->arena,
		.items = arena_alloc(question->arena, KEYS_MAX * sizeof(*keys.items)),
	};

	if (!keys.items)
		return call_fail(question->call, "LimitExceededException",
				 "The answer is too large.");
	if (ce_question_charges(question, &values->period, add_keys, &keys) < 0)
		return -1;
	values->items = keys.items;
	values->count = keys.count;
	return 0;
}

/* --- the operation --- */

static int get_tags(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(ce_question_done) struct ce_question question = {.call = call};
	const struct ce_group group = {.tag = input->key};
	struct ce_values values = {.operation = "GetTags", .member = "Tags", .json = value_json};
	int result;

	if (input->values.sort.count > 0 && !shape_given(input->key))
		return call_fail(call, "ValidationException",
				 "SortBy needs a TagKey: keys have no costs of their own.");
	if (ce_values_begin(call, &input->values, &values) < 0 ||
	    ce_question_begin(call, input->values.filter, &question) < 0)
		return -1;
	if (!shape_given(input->key))
		result = read_keys(&question, &values);
	else if (ce_question_check_tag(&question, "TagKey", input->key) < 0)
		return -1;
	else
		result = ce_values_of_group(&question, &group, &values);
	if (result < 0)
		return -1;
	return ce_values_answer(call, &input->values, &values, ret_output);
}

const struct operation op_ce_get_tags = {
	.service = "ce",
	.name = "GetTags",
	.shape = &shape,
	.handler = get_tags,
	.shape_error = "ValidationException",
	.snapshot = true,
};
