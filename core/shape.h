/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shapes: tables that say what a JSON object may hold, used for requests of
 * clients, words of guests and stored documents alike. shape_fill() checks the
 * object and fills a struct; the first breach is an error that names the member
 * by its path ("overrides.containerOverrides[0].name").
 *
 * Rules: an unknown member is ignored; null counts as absent; a wrong type, a
 * missing required member, a number or length out of range, a word that is not
 * in the list are errors. A member marked SHAPE_REFUSED is an error by name when
 * it is present and not empty (not null, "", [], false, an object of nothing but those).
 *
 * Memory of lists and texts is the arena's; texts are borrowed from the JSON,
 * which must outlive the struct.
 */
#ifndef SLIPWAY_CORE_SHAPE_H
#define SLIPWAY_CORE_SHAPE_H

#include <jansson.h>

#include "core/arena.h"
#include "core/err.h"

enum shape_type {
	SHAPE_TEXT,   /* const char *            (min..max: length in bytes) */
	SHAPE_INT,    /* int64_t                 (min..max: value) */
	SHAPE_REAL,   /* double; integers too */
	SHAPE_BOOL,   /* bool */
	SHAPE_WORD,   /* int: index into words; absent leaves -1 */
	SHAPE_OBJECT, /* struct in place */
	SHAPE_LIST,   /* struct shape_list of sub-objects (min..max: count) */
	SHAPE_TEXTS,  /* struct shape_list of const char * (min..max: count) */
	SHAPE_INTS,   /* struct shape_list of int64_t (min..max: count) */
	SHAPE_MAP,    /* struct shape_list of struct shape_pair, text to text (count) */
	SHAPE_JSON,   /* json_t *, borrowed, any type: for what is only kept */
};

#define SHAPE_REQUIRED 1u
#define SHAPE_REFUSED  2u /* API knows it, we do not do it: present means error */
#define SHAPE_SEEN     4u /* `bool` at present_offset says whether it was there */

struct shape_list {
	void *items;
	size_t count;
	bool present;
};
struct shape_pair {
	const char *key, *value;
};

/* Nothing that anybody could feel: null, false, empty, or an object of only such. As a refused
 * member is judged. */
bool shape_asks_for_nothing(const json_t *value);

/* A text that was given and is not "": clients send "" where they mean nothing. */
static inline bool shape_given(const char *text)
{
	return text && text[0] != '\0';
}

struct shape;
struct shape_field {
	const char *name; /* the JSON member */
	enum shape_type type;
	unsigned flags;
	size_t offset;		   /* of the field in the struct */
	size_t present_offset;	   /* of a bool; only with SHAPE_SEEN */
	int64_t min, max;	   /* both 0: unbounded */
	const struct shape *shape; /* OBJECT and LIST */
	const char *const *words;  /* WORD: NULL-terminated */
};
struct shape {
	const struct shape_field *fields;
	size_t count, size; /* of the struct */
};

#define SHAPE_OF(struct_type, fields)                                                              \
	{                                                                                          \
		fields, ARRAY_LEN(fields), sizeof(struct_type)                                     \
	}
#define TEXT(s, f, n, lo, hi, fl)                                                                  \
	{                                                                                          \
		.name = n, .type = SHAPE_TEXT, .flags = fl, .offset = offsetof(s, f), .min = lo,   \
		.max = hi                                                                          \
	}
#define INT(s, f, n, lo, hi, fl)                                                                   \
	{                                                                                          \
		.name = n, .type = SHAPE_INT, .flags = fl, .offset = offsetof(s, f), .min = lo,    \
		.max = hi                                                                          \
	}
#define INT_SEEN(s, f, seen, n, lo, hi)                                                            \
	{                                                                                          \
		.name = n, .type = SHAPE_INT, .flags = SHAPE_SEEN, .offset = offsetof(s, f),       \
		.present_offset = offsetof(s, seen), .min = lo, .max = hi                          \
	}
#define BOOL(s, f, n, fl)                                                                          \
	{                                                                                          \
		.name = n, .type = SHAPE_BOOL, .flags = fl, .offset = offsetof(s, f)               \
	}
#define BOOL_SEEN(s, f, seen, n)                                                                   \
	{                                                                                          \
		.name = n, .type = SHAPE_BOOL, .flags = SHAPE_SEEN, .offset = offsetof(s, f),      \
		.present_offset = offsetof(s, seen)                                                \
	}
#define WORD(s, f, n, w, fl)                                                                       \
	{                                                                                          \
		.name = n, .type = SHAPE_WORD, .flags = fl, .offset = offsetof(s, f), .words = w   \
	}
#define OBJECT(s, f, n, sh, fl)                                                                    \
	{                                                                                          \
		.name = n, .type = SHAPE_OBJECT, .flags = fl, .offset = offsetof(s, f),            \
		.shape = sh                                                                        \
	}
#define OBJECT_SEEN(s, f, seen, n, sh)                                                             \
	{                                                                                          \
		.name = n, .type = SHAPE_OBJECT, .flags = SHAPE_SEEN, .offset = offsetof(s, f),    \
		.present_offset = offsetof(s, seen), .shape = sh                                   \
	}
#define LIST(s, f, n, sh, lo, hi, fl)                                                              \
	{                                                                                          \
		.name = n, .type = SHAPE_LIST, .flags = fl, .offset = offsetof(s, f), .min = lo,   \
		.max = hi, .shape = sh                                                             \
	}
#define TEXTS(s, f, n, lo, hi, fl)                                                                 \
	{                                                                                          \
		.name = n, .type = SHAPE_TEXTS, .flags = fl, .offset = offsetof(s, f), .min = lo,  \
		.max = hi                                                                          \
	}
#define INTS(s, f, n, lo, hi, fl)                                                                  \
	{                                                                                          \
		.name = n, .type = SHAPE_INTS, .flags = fl, .offset = offsetof(s, f), .min = lo,   \
		.max = hi                                                                          \
	}
#define MAP(s, f, n, lo, hi, fl)                                                                   \
	{                                                                                          \
		.name = n, .type = SHAPE_MAP, .flags = fl, .offset = offsetof(s, f), .min = lo,    \
		.max = hi                                                                          \
	}
#define JSON(s, f, n, fl)                                                                          \
	{                                                                                          \
		.name = n, .type = SHAPE_JSON, .flags = fl, .offset = offsetof(s, f)               \
	}
#define REFUSED(n)                                                                                 \
	{                                                                                          \
		.name = n, .type = SHAPE_JSON, .flags = SHAPE_REFUSED, .offset = SIZE_MAX          \
	}

/* ERR_INVALID for a breach (text: "PATH must be ..."), ERR_UNSUPPORTED for a
 * refused member (text: "PATH is not supported ..."). @target is zeroed first. */
int shape_fill(const struct shape *shape, const json_t *object, struct arena *arena, void *target,
	       struct err *err) MUST_CHECK;

#define SHAPE_DEPTH_MAX 32 /* nesting that is parsed; ECS needs 8 */

/* Parse text as one JSON object: duplicate keys, NUL in strings, bytes behind
 * the end and nesting over SHAPE_DEPTH_MAX are refused. The caller owns *ret_json. */
int shape_parse(const char *text, size_t len, json_t **ret_json, struct err *err) MUST_CHECK;

/* AUTO(json_decrefp) json_t *json: json_decrefp() comes with jansson. */

#endif
