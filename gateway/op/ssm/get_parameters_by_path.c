/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GetParametersByPath: what lies below a path, one level deep or all of it, a page at a
 * time.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/ssm/parameter_call.h"
#include "gateway/ssm/parameter_page.h"

#define PAGE_MAX 10 /* the API's, and its default */

struct input {
	const char *path;
	bool recursive, decrypt;
	struct parameter_page_input page;
};

static const struct shape_field fields[] = {
	TEXT(struct input, path, "Path", 1, PARAMETER_NAME_MAX, SHAPE_REQUIRED),
	BOOL(struct input, recursive, "Recursive", 0),
	BOOL(struct input, decrypt, "WithDecryption", 0),
	PARAMETER_PAGE_FIELDS(struct input, page, PAGE_MAX),
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

static int get_parameters_by_path(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct place place = {.recursive = input->recursive};
	struct parameter_page page = {
		.list = "GetParametersByPath",
		.size = PAGE_MAX,
		.asked = {.wanted = is_below, .ctx = &place},
		.read = input->decrypt ? PARAMETER_OPEN : PARAMETER_SEALED,
		.item_json = parameter_json,
	};

	if (input->path[0] != '/')
		return call_fail(call, "ValidationException",
				 "The parameter path must begin with a slash.");
	page.asked.prefix = prefix_of(call, input->path);
	place.prefix_len = strlen(page.asked.prefix);
	return parameter_page_answer(call, &input->page, &page, ret_output);
}

const struct operation op_ssm_get_parameters_by_path = {
	.service = "ssm",
	.name = "GetParametersByPath",
	.shape = &shape,
	.handler = get_parameters_by_path,
	.shape_error = "ValidationException",
	.snapshot = true,
};
