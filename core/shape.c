/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading JSON by tables. One walk over the table checks and fills; each type
 * has a function of its own in the table at the end. Where we are is a chain of
 * places in the callers' frames, written out as a path only when something is
 * wrong, so a good document pays nothing for its error messages.
 *
 * Texts of errors never hold the peer's values, only names from our tables, keys
 * of maps, and positions.
 */
#include "core/shape.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define PATH_MAX_BYTES 512 /* of a written path; the rest is cut */

struct place {
	const struct place *up; /* NULL above the document */
	const char *name;	/* a member; NULL: an item of a list */
	size_t index;
	unsigned depth;
};

struct fill {
	struct arena *arena;
	struct err *err;
};

static size_t put_path(const struct place *place, char *path, size_t size)
{
	size_t at = place->up ? put_path(place->up, path, size) : 0;
	int len;

	if (place->name)
		len = snprintf(path + at, size - at, "%s%s", at > 0 ? "." : "", place->name);
	else
		len = snprintf(path + at, size - at, "[%zu]", place->index);
	if (len < 0)
		return at;
	if ((size_t)len < size - at)
		return at + (size_t)len;
	at = utf8_cut(path, size - 1);
	path[at] = '\0';
	return at;
}

/* Fail with "PATH text". */
static int breach(struct fill *fill, const struct place *place, enum err_code code, const char *fmt,
		  ...) PRINTF_LIKE(4, 5);

static int breach(struct fill *fill, const struct place *place, enum err_code code, const char *fmt,
		  ...)
{
	char path[PATH_MAX_BYTES];
	char text[ERR_TEXT_MAX / 2];
	va_list args;

	(void)put_path(place, path, sizeof(path));
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return err_set(fill->err, code, "%s %s", path, text);
}

/* Fail unless @value is within the field's bounds. @before and @behind: the words
 * around the bounds, "a list of " and " items" for one. */
static int check_bounds(struct fill *fill, const struct place *place,
			const struct shape_field *field, int64_t value, const char *before,
			const char *behind)
{
	if (field->min == 0 && field->max == 0)
		return 0;
	if (value >= field->min && value <= field->max)
		return 0;
	if (field->max == INT64_MAX)
		return breach(fill, place, ERR_INVALID, "must be %sat least %" PRId64 "%s", before,
			      field->min, behind);
	if (field->min == INT64_MIN)
		return breach(fill, place, ERR_INVALID, "must be %sat most %" PRId64 "%s", before,
			      field->max, behind);
	return breach(fill, place, ERR_INVALID, "must be %sfrom %" PRId64 " to %" PRId64 "%s",
		      before, field->min, field->max, behind);
}

typedef int fill_fn(struct fill *fill, const struct place *place, const struct shape_field *field,
		    const json_t *value, void *to);

static int fill_members(struct fill *fill, const struct place *place, const struct shape *shape,
			const json_t *object, uint8_t *target);

static int fill_text(struct fill *fill, const struct place *place, const struct shape_field *field,
		     const json_t *value, void *to)
{
	if (!json_is_string(value))
		return breach(fill, place, ERR_INVALID, "must be a string");
	if (check_bounds(fill, place, field, (int64_t)json_string_length(value), "",
			 " bytes long") < 0)
		return -1;
	*(const char **)to = json_string_value(value);
	return 0;
}

static int fill_int(struct fill *fill, const struct place *place, const struct shape_field *field,
		    const json_t *value, void *to)
{
	if (!json_is_integer(value))
		return breach(fill, place, ERR_INVALID, "must be an integer");
	if (check_bounds(fill, place, field, json_integer_value(value), "", "") < 0)
		return -1;
	*(int64_t *)to = json_integer_value(value);
	return 0;
}

static int fill_real(struct fill *fill, const struct place *place, const struct shape_field *field,
		     const json_t *value, void *to)
{
	double number = json_number_value(value);

	if (!json_is_number(value))
		return breach(fill, place, ERR_INVALID, "must be a number");
	if ((field->min != 0 || field->max != 0) &&
	    (number < (double)field->min || number > (double)field->max))
		return breach(fill, place, ERR_INVALID, "must be from %" PRId64 " to %" PRId64,
			      field->min, field->max);
	*(double *)to = number;
	return 0;
}

static int fill_bool(struct fill *fill, const struct place *place, const struct shape_field *field,
		     const json_t *value, void *to)
{
	(void)field; /* has nothing to say about truth values */
	if (!json_is_boolean(value))
		return breach(fill, place, ERR_INVALID, "must be true or false");
	*(bool *)to = json_is_true(value);
	return 0;
}

static int fill_word(struct fill *fill, const struct place *place, const struct shape_field *field,
		     const json_t *value, void *to)
{
	const char *text = json_string_value(value);
	char list[ERR_TEXT_MAX / 4] = "";
	size_t at = 0;

	for (int i = 0; text && field->words[i]; i++) {
		if (strcmp(field->words[i], text) == 0) {
			*(int *)to = i;
			return 0;
		}
	}
	for (int i = 0; field->words[i]; i++) {
		int len = snprintf(list + at, sizeof(list) - at, "%s%s", i > 0 ? "," : "",
				   field->words[i]);

		if (len < 0 || (size_t)len >= sizeof(list) - at)
			break;
		at += (size_t)len;
	}
	return breach(fill, place, ERR_INVALID, "must be one of [%s]", list);
}

static int fill_object(struct fill *fill, const struct place *place,
		       const struct shape_field *field, const json_t *value, void *to)
{
	if (!json_is_object(value))
		return breach(fill, place, ERR_INVALID, "must be an object");
	return fill_members(fill, place, field->shape, value, to);
}

/* Memory for @count items of @size in @list. */
static int make_list(struct fill *fill, const struct place *place, size_t count, size_t size,
		     struct shape_list *list)
{
	size_t bytes;
	void *items = NULL;

	if (!__builtin_mul_overflow(count, size, &bytes))
		items = arena_alloc(fill->arena, bytes);
	if (!items)
		return breach(fill, place, ERR_LIMIT, "is too large");
	*list = (struct shape_list){.items = items, .count = count, .present = true};
	return 0;
}

static int fill_list(struct fill *fill, const struct place *place, const struct shape_field *field,
		     const json_t *value, void *to)
{
	struct shape_list *list = to;
	size_t count = json_array_size(value);

	if (!json_is_array(value))
		return breach(fill, place, ERR_INVALID, "must be a list");
	if (check_bounds(fill, place, field, (int64_t)count, "a list of ", " items") < 0 ||
	    make_list(fill, place, count, field->shape->size, list) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct place item = {.up = place, .index = i, .depth = place->depth + 1};
		const json_t *object = json_array_get(value, i);

		if (!json_is_object(object))
			return breach(fill, &item, ERR_INVALID, "must be an object");
		if (fill_members(fill, &item, field->shape, object,
				 (uint8_t *)list->items + i * field->shape->size) < 0)
			return -1;
	}
	return 0;
}

static int fill_texts(struct fill *fill, const struct place *place, const struct shape_field *field,
		      const json_t *value, void *to)
{
	struct shape_list *list = to;
	size_t count = json_array_size(value);

	if (!json_is_array(value))
		return breach(fill, place, ERR_INVALID, "must be a list of strings");
	if (check_bounds(fill, place, field, (int64_t)count, "a list of ", " items") < 0 ||
	    make_list(fill, place, count, sizeof(const char *), list) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct place item = {.up = place, .index = i, .depth = place->depth + 1};
		const char *text = json_string_value(json_array_get(value, i));

		if (!text)
			return breach(fill, &item, ERR_INVALID, "must be a string");
		((const char **)list->items)[i] = text;
	}
	return 0;
}

static int fill_ints(struct fill *fill, const struct place *place, const struct shape_field *field,
		     const json_t *value, void *to)
{
	struct shape_list *list = to;
	size_t count = json_array_size(value);

	if (!json_is_array(value))
		return breach(fill, place, ERR_INVALID, "must be a list of integers");
	if (check_bounds(fill, place, field, (int64_t)count, "a list of ", " items") < 0 ||
	    make_list(fill, place, count, sizeof(int64_t), list) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct place item = {.up = place, .index = i, .depth = place->depth + 1};
		const json_t *number = json_array_get(value, i);

		if (!json_is_integer(number))
			return breach(fill, &item, ERR_INVALID, "must be an integer");
		((int64_t *)list->items)[i] = json_integer_value(number);
	}
	return 0;
}

static int fill_map(struct fill *fill, const struct place *place, const struct shape_field *field,
		    const json_t *value, void *to)
{
	struct shape_list *list = to;
	struct shape_pair *pair;
	/* jansson's iteration takes no const; nothing is changed. */
	json_t *object = (json_t *)(uintptr_t)value;
	const char *key;
	json_t *member;

	if (!json_is_object(value))
		return breach(fill, place, ERR_INVALID, "must be an object of strings");
	if (check_bounds(fill, place, field, (int64_t)json_object_size(value), "an object of ",
			 " members") < 0 ||
	    make_list(fill, place, json_object_size(value), sizeof(*pair), list) < 0)
		return -1;
	pair = list->items;
	json_object_foreach (object, key, member) {
		struct place item = {.up = place, .name = key, .depth = place->depth + 1};

		if (!json_is_string(member))
			return breach(fill, &item, ERR_INVALID, "must be a string");
		*pair++ = (struct shape_pair){.key = key, .value = json_string_value(member)};
	}
	return 0;
}

static int fill_json(struct fill *fill, const struct place *place, const struct shape_field *field,
		     const json_t *value, void *to)
{
	(void)fill; /* any value will do: nothing can be wrong */
	(void)place;
	(void)field;
	/* Borrowed to be kept or printed; the struct's users do not change it. */
	*(json_t **)to = (json_t *)(uintptr_t)value;
	return 0;
}

static fill_fn *const fillers[] = {
	[SHAPE_TEXT] = fill_text, [SHAPE_INT] = fill_int,     [SHAPE_REAL] = fill_real,
	[SHAPE_BOOL] = fill_bool, [SHAPE_WORD] = fill_word,   [SHAPE_OBJECT] = fill_object,
	[SHAPE_LIST] = fill_list, [SHAPE_TEXTS] = fill_texts, [SHAPE_INTS] = fill_ints,
	[SHAPE_MAP] = fill_map,	  [SHAPE_JSON] = fill_json,
};

/* What an absent object leaves: zeros, but -1 in every word. */
static void clear_words(const struct shape *shape, uint8_t *target)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct shape_field *field = &shape->fields[i];

		if (field->flags & SHAPE_REFUSED)
			continue;
		if (field->type == SHAPE_WORD)
			*(int *)(void *)(target + field->offset) = -1;
		else if (field->type == SHAPE_OBJECT)
			clear_words(field->shape, target + field->offset);
	}
}

bool shape_asks_for_nothing(const json_t *value)
{
	/* jansson's iteration takes no const; nothing is changed. */
	json_t *object = (json_t *)(uintptr_t)value;
	const json_t *member;
	const char *key;

	switch (json_typeof(value)) {
	case JSON_STRING:
		return json_string_length(value) == 0;
	case JSON_ARRAY:
		return json_array_size(value) == 0;
	case JSON_OBJECT:
		json_object_foreach (object, key, member) {
			if (!shape_asks_for_nothing(member))
				return false;
		}
		return true;
	case JSON_FALSE:
	case JSON_NULL:
		return true;
	default:
		return false;
	}
}

static int fill_member(struct fill *fill, const struct place *place,
		       const struct shape_field *field, const json_t *value, uint8_t *target)
{
	bool there = value && !json_is_null(value);

	if (!there && (field->flags & SHAPE_REQUIRED))
		return breach(fill, place, ERR_INVALID, "is required");
	if (!there)
		return 0;
	if (field->flags & SHAPE_REFUSED) {
		if (shape_asks_for_nothing(value))
			return 0;
		return breach(fill, place, ERR_UNSUPPORTED, "is not supported");
	}
	if (fillers[field->type](fill, place, field, value, target + field->offset) < 0)
		return -1;
	/* Last, because the flag may lie in the object that was just filled. */
	if (field->flags & SHAPE_SEEN)
		*(bool *)(target + field->present_offset) = true;
	return 0;
}

static int fill_members(struct fill *fill, const struct place *place, const struct shape *shape,
			const json_t *object, uint8_t *target)
{
	/* A shape may hold lists of itself; a document is not followed without end. */
	if (place && place->depth > SHAPE_DEPTH_MAX)
		return breach(fill, place, ERR_INVALID, "must be nested at most %d deep",
			      SHAPE_DEPTH_MAX);
	memset(target, 0, shape->size);
	clear_words(shape, target);
	for (size_t i = 0; i < shape->count; i++) {
		const struct shape_field *field = &shape->fields[i];
		struct place member = {
			.up = place,
			.name = field->name,
			.depth = place ? place->depth + 1 : 1,
		};

		if (fill_member(fill, &member, field, json_object_get(object, field->name),
				target) < 0)
			return -1;
	}
	return 0;
}

int shape_fill(const struct shape *shape, const json_t *object, struct arena *arena, void *target,
	       struct err *err)
{
	struct fill fill = {.arena = arena, .err = err};

	if (!json_is_object(object))
		return err_set(err, ERR_INVALID, "the document must be a JSON object");
	return fill_members(&fill, NULL, shape, object, target);
}

/* How deep brackets nest outside of strings; stops counting beyond the maximum. */
static unsigned depth_of(const char *text, size_t len)
{
	unsigned depth = 0;
	unsigned deepest = 0;
	bool in_string = false;

	for (size_t i = 0; i < len && deepest <= SHAPE_DEPTH_MAX; i++) {
		char c = text[i];

		if (in_string) {
			if (c == '\\')
				i++; /* whatever is escaped does not end the string */
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > deepest)
				deepest = depth;
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return deepest;
}

static const char *reason_of(enum json_error_code code)
{
	switch (code) {
	case json_error_duplicate_key:
		return "names a member twice";
	case json_error_end_of_input_expected:
		return "goes on behind its end";
	case json_error_premature_end_of_input:
		return "ends too early";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "has a NUL character in a string";
	case json_error_invalid_utf8:
		return "is not UTF-8";
	case json_error_numeric_overflow:
		return "has a number that is too large";
	case json_error_out_of_memory:
		return "is too large";
	default:
		return "is not JSON";
	}
}

int shape_parse(const char *text, size_t len, json_t **ret_json, struct err *err)
{
	AUTO(json_decrefp) json_t *json = NULL;
	json_error_t error = {.line = -1};

	if (depth_of(text, len) > SHAPE_DEPTH_MAX)
		return err_set(err, ERR_INVALID, "the document must be nested at most %d deep",
			       SHAPE_DEPTH_MAX);
	json = json_loadb(text ? text : "", len, JSON_REJECT_DUPLICATES, &error);
	/* jansson's own text would quote the document, perhaps in the middle of a character. */
	if (!json)
		return err_set(err, ERR_INVALID, "the document %s (byte %d)",
			       reason_of(json_error_code(&error)), error.position);
	if (!json_is_object(json))
		return err_set(err, ERR_INVALID, "the document must be a JSON object");
	*ret_json = STEAL(json, NULL);
	return 0;
}

/*
 * jansson's tables are keyed by a seed, so that a peer cannot choose colliding
 * members. It reads /dev/urandom at the first object, which a program that has
 * locked itself in cannot open any more, so the seed is set at the start.
 */
__attribute__((constructor)) static void seed_tables(void)
{
	size_t seed = 0;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
		seed = 0; /* jansson looks for randomness by its own means */
	json_object_seed(seed);
}
