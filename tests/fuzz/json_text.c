/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON as text: what is taken is what jansson takes (but for numbers that are too large for it),
 * shortening twice changes nothing, and walking over it stays inside.
 */
#include <jansson.h>
#include <string.h>

#include "events/json_slice.h"
#include "events/json_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk_over(struct json_slice value, struct arena *arena, int depth)
{
	struct json_walk walk = json_walk_of(value);
	struct err err = ERR_INIT;
	struct json_slice name;
	struct json_slice inner;
	const char *text;
	size_t len;

	(void)(json_slice_string(value, arena, &text, &len, &err) == 0);
	while (depth < 50 && json_walk_next(&walk, &name, &inner)) {
		if (inner.len == 0 || inner.text + inner.len > value.text + value.len)
			abort();
		walk_over(inner, arena, depth + 1);
	}
}

/* Whether jansson says otherwise, apart from numbers, zeros in names, and a zero byte at the end,
 * which it takes for the end. */
static bool differs(const uint8_t *data, size_t size, bool taken)
{
	json_error_t error;
	json_t *value =
		json_loadb((const char *)data, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	bool theirs = value != NULL;
	enum json_error_code code = theirs ? json_error_unknown : json_error_code(&error);

	json_decref(value);
	if (taken && (code == json_error_numeric_overflow || code == json_error_null_byte_in_key))
		return false;
	return theirs != taken && !memchr(data, 0, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new(16u << 20);
	AUTO(buf_done) struct buf once;
	AUTO(buf_done) struct buf twice;
	struct err err = ERR_INIT;
	struct json_slice value;
	size_t at;
	bool taken;

	buf_init(&once, size);
	buf_init(&twice, size);
	taken = json_text_minify((const char *)data, size, &once, &err) == 0;
	if (taken != (json_text_check((const char *)data, size, &at, &err) == 0))
		abort();
	if (err.code != ERR_LIMIT && differs(data, size, taken))
		abort();
	if (!taken)
		return 0;
	if (json_text_minify((const char *)once.data, once.len, &twice, &err) < 0 ||
	    once.len != twice.len || memcmp(once.data, twice.data, once.len) != 0)
		abort();
	value = (struct json_slice){(const char *)once.data, once.len};
	walk_over(value, arena, 0);
	(void)json_slice_member(value, "a", &value);
	return 0;
}
