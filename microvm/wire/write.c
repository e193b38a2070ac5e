/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a struct to JSON by its shape, the inverse of shape_fill(): one function a
 * type in a table, and only for the types that messages use.
 */
#include <assert.h>
#include <string.h>

#include "core/wipe.h"
#include "microvm/wire/message.h"

typedef json_t *make_fn(const struct shape_field *field, const void *from);

static json_t *make_members(const struct shape *shape, const uint8_t *source);

/* NULL when it is not UTF-8, and when memory is gone. */
static json_t *make_string(const char *text)
{
	return json_string(text ? text : "");
}

static json_t *make_text(const struct shape_field *field, const void *from)
{
	(void)field;
	return make_string(*(const char *const *)from);
}

static json_t *make_int(const struct shape_field *field, const void *from)
{
	(void)field;
	return json_integer(*(const int64_t *)from);
}

static json_t *make_bool(const struct shape_field *field, const void *from)
{
	(void)field;
	return json_boolean(*(const bool *)from);
}

static json_t *make_object(const struct shape_field *field, const void *from)
{
	return make_members(field->shape, from);
}

static json_t *make_list(const struct shape_field *field, const void *from)
{
	AUTO(json_decrefp) json_t *array = json_array();
	const struct shape_list *list = from;

	for (size_t i = 0; i < list->count; i++) {
		const uint8_t *item = (const uint8_t *)list->items + i * field->shape->size;

		if (json_array_append_new(array, make_members(field->shape, item)) < 0)
			return NULL;
	}
	return STEAL(array, NULL);
}

static json_t *make_texts(const struct shape_field *field, const void *from)
{
	AUTO(json_decrefp) json_t *array = json_array();
	const struct shape_list *list = from;

	(void)field;
	for (size_t i = 0; i < list->count; i++) {
		if (json_array_append_new(array, make_string(((const char **)list->items)[i])) < 0)
			return NULL;
	}
	return STEAL(array, NULL);
}

static json_t *make_ints(const struct shape_field *field, const void *from)
{
	AUTO(json_decrefp) json_t *array = json_array();
	const struct shape_list *list = from;

	(void)field;
	for (size_t i = 0; i < list->count; i++) {
		if (json_array_append_new(array, json_integer(((const int64_t *)list->items)[i])) <
		    0)
			return NULL;
	}
	return STEAL(array, NULL);
}

/* A word that is not given is a mistake of ours: it would be read as an error. */
static json_t *make_word(const struct shape_field *field, const void *from)
{
	int word = *(const int *)from;

	return word < 0 ? json_null() : json_string(field->words[word]);
}

/* NULL is a member that is absent, which is what null says, too. */
static json_t *make_json(const struct shape_field *field, const void *from)
{
	json_t *json = *(json_t *const *)from;

	(void)field;
	return json ? json_incref(json) : json_null();
}

static make_fn *const makers[] = {
	[SHAPE_TEXT] = make_text,     [SHAPE_INT] = make_int,	[SHAPE_BOOL] = make_bool,
	[SHAPE_OBJECT] = make_object, [SHAPE_LIST] = make_list, [SHAPE_TEXTS] = make_texts,
	[SHAPE_INTS] = make_ints,     [SHAPE_WORD] = make_word, [SHAPE_JSON] = make_json,
};

static json_t *make_members(const struct shape *shape, const uint8_t *source)
{
	AUTO(json_decrefp) json_t *object = json_object();

	for (size_t i = 0; i < shape->count; i++) {
		const struct shape_field *field = &shape->fields[i];

		assert(field->type < ARRAY_LEN(makers) && makers[field->type]);
		if (json_object_set_new(object, field->name,
					makers[field->type](field, source + field->offset)) < 0)
			return NULL;
	}
	return STEAL(object, NULL);
}

int wire_text(const struct shape *shape, const void *source, char **ret_text, struct err *err)
{
	AUTO(json_decrefp) json_t *object = make_members(shape, source);
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	if (!text)
		return err_set(err, ERR_INVALID, "a text is not UTF-8");
	*ret_text = text;
	return 0;
}

int wire_write(const struct shape *shape, const void *source, enum frame_type type, uint64_t seq,
	       struct buf *out, struct err *err)
{
	AUTO(wipe_freep) char *text = NULL; /* a task's description has secrets in it */

	if (wire_text(shape, source, &text, err) < 0)
		return err_wrap(err, "message %s", frame_type_name(type));
	return frame_encode(out, type, seq, text, strlen(text), err);
}
