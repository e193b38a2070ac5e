/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three ways exclude each other. Input is checked and shortened once, when the target is put.
 */
#include "events/target_input.h"

#include <string.h>

#include "events/event_path.h"
#include "events/json_text.h"

struct target_input {
	struct json_slice constant;    /* len 0: none */
	const struct event_path *path; /* NULL: none */
	const struct input_transformer *transformer;
	const char *path_text;
};

#define QUOTED_MAX 500 /* bytes of a broken Input that its error repeats */

/* Where byte @at of @text is, as people count. */
static void locate(const char *text, size_t at, size_t *ret_line, size_t *ret_column)
{
	*ret_line = 1;
	*ret_column = 1;
	for (size_t i = 0; i < at; i++) {
		(*ret_column)++;
		if (text[i] == '\n') {
			(*ret_line)++;
			*ret_column = 1;
		}
	}
}

static int make_constant(const struct target_input_request *request, struct arena *arena,
			 struct target_input *made, struct err *err)
{
	AUTO(buf_done) struct buf text = {0};
	size_t len = strlen(request->input);
	size_t at;
	size_t line;
	size_t column;

	if (len > TARGET_INPUT_CONSTANT_MAX)
		return err_set(
			err, ERR_INVALID,
			"1 validation error detected: Value at 'targets.%zu.member.input' failed "
			"to satisfy constraint: Member must have length less than or equal to %d",
			request->target.number, TARGET_INPUT_CONSTANT_MAX);
	if (json_text_check(request->input, len, &at, err) < 0) {
		locate(request->input, at, &line, &column);
		return err_set(
			err, ERR_INVALID,
			"JSON syntax error in input for target %s: [Source: (String)\"%.*s\"; "
			"line: %zu, column: %zu]",
			request->target.id,
			(int)utf8_cut(request->input, len < QUOTED_MAX ? len : QUOTED_MAX),
			request->input, line, column);
	}
	buf_init(&text, len);
	if (json_text_minify(request->input, len, &text, err) < 0)
		return -1;
	made->constant.text = arena_strndup(arena, (const char *)text.data, text.len);
	made->constant.len = text.len;
	return made->constant.text ? 0 : err_set(err, ERR_LIMIT, "too many inputs");
}

static int make_path(const struct target_input_request *request, struct arena *arena,
		     struct target_input *made, struct err *err)
{
	struct event_path *path;

	if (event_path_parse(request->input_path, arena, &path, err) < 0)
		return err_wrap(err, "InputPath for target %s is not valid", request->target.id);
	made->path = path;
	made->path_text = arena_strdup(arena, request->input_path);
	return made->path_text ? 0 : err_set(err, ERR_LIMIT, "too many inputs");
}

static int make_transformer(const struct target_input_request *request, struct arena *arena,
			    struct target_input *made, struct err *err)
{
	struct input_transformer *transformer;

	if (input_transformer_make(&request->target, request->paths, request->path_count,
				   request->input_template, arena, &transformer, err) < 0)
		return -1;
	made->transformer = transformer;
	return 0;
}

int target_input_make(const struct target_input_request *request, struct arena *arena,
		      struct target_input **ret_input, struct err *err)
{
	struct target_input *made = arena_alloc(arena, sizeof(*made));
	bool given[] = {request->input, request->input_path, request->input_template};
	int done = 0;

	if (given[0] + given[1] + given[2] > 1)
		return err_set(
			err, ERR_INVALID,
			"Only one of Input, InputPath, or InputTransformer must be provided for "
			"target %s.",
			request->target.id);
	if (!made)
		return err_set(err, ERR_LIMIT, "too many inputs");
	if (request->input)
		done = make_constant(request, arena, made, err);
	else if (request->input_path)
		done = make_path(request, arena, made, err);
	else if (request->input_template)
		done = make_transformer(request, arena, made, err);
	if (done == 0)
		*ret_input = made;
	return done;
}

int target_input_apply(const struct target_input *input, struct json_slice event,
		       const struct input_facts *facts, struct arena *scratch, struct buf *out,
		       struct err *err)
{
	struct json_slice value = event;

	if (input->transformer)
		return input_transformer_apply(input->transformer, event, facts, scratch, out, err);
	if (input->constant.len > 0)
		value = input->constant;
	if (input->path) {
		if (event_path_value(input->path, event, scratch, &value, err) < 0)
			return -1;
		if (value.len == 0)
			return err_set(err, ERR_NOT_FOUND, "the event has nothing at InputPath %s",
				       input->path_text);
	}
	return buf_append(out, value.text, value.len, err);
}
