/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DescribeParameters: everything about parameters but their values, a page at a time. Of
 * filters those by Name, Path and Type are there; each must be met, by any of its values.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/json_out.h"
#include "gateway/page_token.h"
#include "gateway/ssm/parameter_call.h"

#define PAGE_MAX    50 /* the API's, and its default */
#define FILTERS_MAX 10
#define VALUES_MAX  50
#define LIST_NAME   "DescribeParameters"

enum filter_key { FILTER_NAME, FILTER_PATH, FILTER_TYPE };
static const char *const keys[] = {"Name", "Path", "Type", NULL};
enum filter_option {
	OPTION_BEGINS_WITH,
	OPTION_CONTAINS,
	OPTION_EQUALS,
	OPTION_ONE_LEVEL,
	OPTION_RECURSIVE,
};
static const char *const options[] = {"BeginsWith", "Contains",	 "Equals",
				      "OneLevel",   "Recursive", NULL};

struct filter {
	int key, option;
	struct shape_list values;
};
static const struct shape_field filter_fields[] = {
	WORD(struct filter, key, "Key", keys, SHAPE_REQUIRED),
	WORD(struct filter, option, "Option", options, 0),
	TEXTS(struct filter, values, "Values", 0, VALUES_MAX, 0),
};
static const struct shape filter_shape = SHAPE_OF(struct filter, filter_fields);

struct input {
	struct shape_list filters; /* struct filter */
	const char *token;
	int64_t limit;
	bool limited;
};
static const struct shape_field fields[] = {
	LIST(struct input, filters, "ParameterFilters", &filter_shape, 0, FILTERS_MAX, 0),
	INT_SEEN(struct input, limit, limited, "MaxResults", 1, PAGE_MAX),
	TEXT(struct input, token, "NextToken", 0, 0, 0),
	REFUSED("Filters"),
	REFUSED("Shared"),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static bool lies_below(const char *name, const char *path, bool deep)
{
	size_t len = strlen(path);

	while (len > 0 && path[len - 1] == '/')
		len--;
	if (strncmp(name, path, len) != 0 || name[len] != '/')
		return false;
	return deep || !strchr(name + len + 1, '/');
}

static bool meets(const struct filter *filter, const char *text, const char *value)
{
	if (filter->key == FILTER_PATH)
		return lies_below(text, value, filter->option == OPTION_RECURSIVE);
	if (filter->option == OPTION_BEGINS_WITH)
		return strncmp(text, value, strlen(value)) == 0;
	if (filter->option == OPTION_CONTAINS)
		return strstr(text, value) != NULL;
	return strcmp(text, value) == 0;
}

static bool meets_any(const struct filter *filter, const char *text)
{
	const char *const *values = filter->values.items;

	for (size_t i = 0; i < filter->values.count; i++) {
		if (meets(filter, text, values[i]))
			return true;
	}
	return filter->values.count == 0;
}

static bool is_wanted(void *ctx, const char *name, const char *type)
{
	const struct input *input = ctx;
	const struct filter *filters = input->filters.items;

	for (size_t i = 0; i < input->filters.count; i++) {
		if (!meets_any(&filters[i], filters[i].key == FILTER_TYPE ? type : name))
			return false;
	}
	return true;
}

static json_t *about_json(const struct call *call, const struct parameter *parameter)
{
	json_t *object = out_object();

	out_text(object, "Name", parameter->name);
	out_text(object, "ARN", parameter_arn(call, parameter->name));
	out_text(object, "Type", parameter->type);
	out_text(object, "KeyId", parameter->key_id);
	out_time(object, "LastModifiedDate", parameter->modified_ms);
	out_text(object, "LastModifiedUser", parameter->modified_by);
	out_text(object, "Description", parameter->description);
	out_int(object, "Version", parameter->version);
	out_text(object, "Tier", parameter->tier);
	out_put(object, "Policies", out_list());
	out_text(object, "DataType", parameter->data_type);
	return object;
}

static int describe_parameters(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	size_t size = input->limited ? (size_t)input->limit : PAGE_MAX;
	struct parameter_list asked = {.prefix = "",
				       .limit = size + 1,
				       .wanted = is_wanted,
				       .ctx = (void *)(uintptr_t)input};
	json_t *items = out_list();
	struct parameter *parameters;
	const char *token = NULL;
	struct err err = ERR_INIT;
	size_t count;

	out_put(output, "Parameters", items);
	if (shape_given(input->token) &&
	    page_token_read(call->arena, LIST_NAME, input->token, &asked.after, &err) < 0)
		return call_fail(call, "InvalidNextToken", "The specified token isn't valid.");
	if (parameter_list(call->state, NULL, call->caller.account, &asked, PARAMETER_ABOUT,
			   call->arena, &parameters, &count, &err) < 0)
		return call_fail_server(call, &err);
	if (count > size) {
		count = size;
		if (page_token_make(call->arena, LIST_NAME, parameters[count - 1].name, &token,
				    &err) < 0)
			return call_fail_server(call, &err);
	}
	for (size_t i = 0; i < count; i++)
		out_push(items, about_json(call, &parameters[i]));
	out_text(output, "NextToken", token);
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_ssm_describe_parameters = {
	.service = "ssm",
	.name = "DescribeParameters",
	.shape = &shape,
	.handler = describe_parameters,
	.shape_error = "ValidationException",
	.snapshot = true,
};
