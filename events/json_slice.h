/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values inside of JSON that is kept as text (json_text.h): finding them, and what strings say.
 */
#ifndef SLIPWAY_EVENTS_JSON_SLICE_H
#define SLIPWAY_EVENTS_JSON_SLICE_H

#include "core/arena.h"
#include "core/err.h"

/*
 * A value inside a text that json_text_minify() made; borrowed from there. Nothing below looks
 * whether it is JSON.
 */
struct json_slice {
	const char *text;
	size_t len; /* 0: no value */
};

/* The members of an object or a list, one after the other; other values have none. *ret_name is the
 * name with its quotes, empty in a list. */
struct json_walk {
	const char *at, *end;
	bool object;
};
struct json_walk json_walk_of(struct json_slice container);
bool json_walk_next(struct json_walk *walk, struct json_slice *ret_name,
		    struct json_slice *ret_value);

/* Behind the value, or the string, that begins at @at in a text that ends at @end. */
const char *json_value_end(const char *at, const char *end);
const char *json_string_end(const char *at, const char *end);

/* Whether @string, with its quotes and escapes, is the @len bytes of @text. */
bool json_slice_says(struct json_slice string, const char *text, size_t len);

/* The member @name of @object, the last if there are several (as most parsers have it). */
bool json_slice_member(struct json_slice object, const char *name, struct json_slice *ret_value);
bool json_slice_member_n(struct json_slice object, const char *name, size_t name_len,
			 struct json_slice *ret_value);

/* What it begins with: '{', '[', '"', or a scalar's first character. */
static inline char json_slice_kind(struct json_slice value)
{
	if (value.len == 0)
		return '\0';
	return value.text[0];
}

/* What a string says, without escapes, with a zero behind it (there may be others inside).
 * ERR_INVALID unless it is a string, ERR_LIMIT at the arena's maximum. */
int json_slice_string(struct json_slice value, struct arena *arena, const char **ret_text,
		      size_t *ret_len, struct err *err) MUST_CHECK;

#endif
