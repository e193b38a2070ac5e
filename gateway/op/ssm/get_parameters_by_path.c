/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GetParametersByPath: what lies below a path, one level deep or all of it, a page at a
 * time.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/json_out.h"
#include "gateway/page_token.h"
#include "gateway/ssm/parameter_call.h"

#define PAGE_MAX  10 /* the API's, and its default */
#define LIST_NAME "GetParametersByPath"

struct input {
	const char *path, *token;
	bool recursive, decrypt, limited;
	int64_t limit;
};

static const struct shape_field fields[] = {
	TEXT(struct input, path, "Path", 1, PARAMETER_NAME_MAX, SHAPE_REQUIRED),
	BOOL(struct input, recursive, "Recursive", 0),
	BOOL(struct input, decrypt, "WithDecryption", 0),
	INT_SEEN(struct input, limit, limited, "MaxResults", 1, PAGE_MAX),
	TEXT(struct input, token, "NextToken", 0, 0, 0),
	REFUSED("ParameterFilters"),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

struct place {
	size_t prefix_len;
	bool recursive;
};

static bool is_below(void *ctx, const char *name, const char *type)
{
	const struct place *place = ctx;

	(void)type;
	return place->recursive || !strchr(name + place->prefix_len, '/');
}

static const char *prefix_of(const struct call *call, const char *path)
{
	const char *prefix =
		path[strlen(path) - 1] == '/' ? path : arena_printf(call->arena, "%s/", path);

	return prefix ? prefix : path;
}

static int list(struct call *call, const struct input *input, struct parameter_list *asked,
		size_t size, json_t *output)
{
	struct parameter *parameters;
	json_t *items = out_list();
	const char *token = NULL;
	struct err err = ERR_INIT;
	size_t count;

	out_put(output, "Parameters", items);
	if (parameter_list(call->state, call->options->secret_key, call->caller.account, asked,
			   input->decrypt ? PARAMETER_OPEN : PARAMETER_SEALED, call->arena,
			   &parameters, &count, &err) < 0)
		return call_fail_server(call, &err);
	if (count > size) {
		count = size;
		if (page_token_make(call->arena, LIST_NAME, parameters[count - 1].name, &token,
				    &err) < 0)
			return call_fail_server(call, &err);
	}
	for (size_t i = 0; i < count; i++)
		out_push(items, parameter_json(call, &parameters[i]));
	out_text(output, "NextToken", token);
	return 0;
}

static int get_parameters_by_path(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	size_t size = input->limited ? (size_t)input->limit : PAGE_MAX;
	struct place place = {.recursive = input->recursive};
	struct parameter_list asked = {.limit = size + 1, .wanted = is_below, .ctx = &place};
	struct err err = ERR_INIT;

	if (input->path[0] != '/')
		return call_fail(call, "ValidationException",
				 "The parameter path must begin with a slash.");
	asked.prefix = prefix_of(call, input->path);
	place.prefix_len = strlen(asked.prefix);
	if (shape_given(input->token) &&
	    page_token_read(call->arena, LIST_NAME, input->token, &asked.after, &err) < 0)
		return call_fail(call, "InvalidNextToken", "The specified token isn't valid.");
	if (list(call, input, &asked, size, output) < 0)
		return -1;
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_ssm_get_parameters_by_path = {
	.service = "ssm",
	.name = "GetParametersByPath",
	.shape = &shape,
	.handler = get_parameters_by_path,
	.shape_error = "ValidationException",
	.snapshot = true,
};
