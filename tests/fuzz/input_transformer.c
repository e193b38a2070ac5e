/* SPDX-License-Identifier: Apache-2.0 */
/*
 * InputTransformer: any template, path and event. What comes out is JSON or strings, and of no more
 * than its limit. The input is three texts with a zero between: template, path of <x>, event.
 */
#include <string.h>

#include "events/json_text.h"
#include "events/target_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The text up to the next zero or the end; *at moves behind it. */
static char *next_text(const uint8_t **at, const uint8_t *end)
{
	size_t left = (size_t)(end - *at);
	size_t len = left > 0 ? strnlen((const char *)*at, left) : 0;
	char *text = xstrndup(left > 0 ? (const char *)*at : "", len);

	*at += len < left ? len + 1 : len;
	return text;
}

/* One value, or strings and blanks. */
static void check_output(const struct buf *out)
{
	struct err err = ERR_INIT;
	size_t at;

	if (out->len > INPUT_SIZE_MAX)
		abort();
	if (json_text_check((const char *)out->data, out->len, &at, &err) < 0 &&
	    (out->len < 2 || out->data[0] != '"' || out->data[out->len - 1] != '"'))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct input_facts facts = {"arn:aws:events:r:1:rule/n", "n", 1522949460000};
	AUTO(arena_freep) struct arena *arena = arena_new(8u << 20);
	const uint8_t *at = data;
	AUTO(freep) char *template = next_text(&at, data + size);
	AUTO(freep) char *path = next_text(&at, data + size);
	AUTO(freep) char *event = next_text(&at, data + size);
	const struct shape_pair paths[] = {{"x", path}, {"d", "$.detail"}, {"w", "$.*"}};
	struct target_input_request requests[] = {
		{.target = {"t", 1}, .input_template = template, .paths = paths, .path_count = 3},
		{.target = {"t", 1}, .input_path = path},
		{.target = {"t", 1}, .input = template},
	};
	AUTO(buf_done) struct buf minified = {0};
	struct err err = ERR_INIT;

	buf_init(&minified, strlen(event));
	if (json_text_minify(event, strlen(event), &minified, &err) < 0)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		struct json_slice slice = {(const char *)minified.data, minified.len};
		AUTO(buf_done) struct buf out;
		struct target_input *input;

		buf_init(&out, INPUT_SIZE_MAX);
		if (target_input_make(&requests[i], arena, &input, &err) == 0 &&
		    target_input_apply(input, slice, &facts, arena, &out, &err) == 0)
			check_output(&out);
	}
	return 0;
}
