/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON as the text that it is, for events: what a sender wrote reaches a target digit by digit.
 */
#ifndef SLIPWAY_GATEWAY_EVENT_JSON_TEXT_H
#define SLIPWAY_GATEWAY_EVENT_JSON_TEXT_H

#include "core/arena.h"
#include "core/buf.h"

#define JSON_TEXT_DEPTH_MAX 1100 /* PutEvents processes "nested JSON up to 1100 levels deep" */

/* Append the one value that @text is, without blanks. ERR_INVALID with the byte where it stops
 * being JSON (RFC 8259; strings are UTF-8 and halves of surrogates come in pairs), ERR_LIMIT
 * when it is too deep or @out is full. @out may hold a part of it then. */
int json_text_minify(const char *text, size_t len, struct buf *out, struct err *err) MUST_CHECK;

/* The same check without a copy; *ret_at is the byte where it ends if it is none. */
int json_text_check(const char *text, size_t len, size_t *ret_at, struct err *err) MUST_CHECK;

/*
 * A value inside a text that json_text_minify() made; borrowed from there. Nothing below looks
 * whether it is JSON.
 */
struct json_slice {
	const char *text;
	size_t len; /* 0: no value */
};

/* What the members of one of them are, one after the other; none unless it is an object or a
 * list. *ret_name is the name with its quotes, empty in a list. */
struct json_walk {
	const char *at, *end;
	bool object;
};
struct json_walk json_walk_of(struct json_slice container);
bool json_walk_next(struct json_walk *walk, struct json_slice *ret_name,
		    struct json_slice *ret_value);

/* The member @name of @object, the last if there are several (as most parsers have it). */
bool json_slice_member(struct json_slice object, const char *name, struct json_slice *ret_value);
bool json_slice_member_n(struct json_slice object, const char *name, size_t name_len,
			 struct json_slice *ret_value);

static inline char json_slice_kind(struct json_slice value)
{
	return value.len > 0 ? value.text[0] : '\0'; /* '{', '[', '"', or what a scalar begins with */
}

/* What a string says, without escapes, with a zero behind it (there may be others inside). ERR_INVALID
 * unless it is a string, ERR_LIMIT at the arena's maximum. */
int json_slice_string(struct json_slice value, struct arena *arena, const char **ret_text,
		      size_t *ret_len, struct err *err) MUST_CHECK;

#endif
