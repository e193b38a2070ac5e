/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DescribeParameters: everything about parameters but their values, a page at a time. Of
 * filters those by Name, Path and Type are there; each must be met, by any of its values.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/json_out.h"
#include "gateway/ssm/parameter_call.h"
#include "gateway/ssm/parameter_page.h"

#define PAGE_MAX    50 /* the API's, and its default */
#define FILTERS_MAX 10
#define VALUES_MAX  50
#define VALUE_MAX   1024 /* in bytes */

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

/* What a key may be compared by; the first is what it is if a filter does not say. */
static const struct {
	enum filter_option by[3];
	size_t count;
	const char *words;
} comparisons[] = {
	[FILTER_NAME] = {{OPTION_EQUALS, OPTION_BEGINS_WITH, OPTION_CONTAINS},
			 3,
			 "BeginsWith, Contains, Equals"},
	[FILTER_PATH] = {{OPTION_ONE_LEVEL, OPTION_RECURSIVE}, 2, "OneLevel, Recursive"},
	[FILTER_TYPE] = {{OPTION_EQUALS, OPTION_BEGINS_WITH}, 2, "BeginsWith, Equals"},
};

struct filter {
	int key, option;
	struct shape_list values;
};
static const struct shape_field filter_fields[] = {
	WORD(struct filter, key, "Key", keys, SHAPE_REQUIRED),
	WORD(struct filter, option, "Option", options, 0),
	TEXTS(struct filter, values, "Values", 1, VALUES_MAX, 0),
};
static const struct shape filter_shape = SHAPE_OF(struct filter, filter_fields);

struct input {
	struct shape_list filters; /* struct filter */
	struct parameter_page_input page;
};
static const struct shape_field fields[] = {
	LIST(struct input, filters, "ParameterFilters", &filter_shape, 0, FILTERS_MAX, 0),
	PARAMETER_PAGE_FIELDS(struct input, page, PAGE_MAX),
	REFUSED("Filters"),
	REFUSED("Shared"),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int check_option(struct call *call, const struct filter *filter)
{
	if (filter->option < 0)
		return 0;
	for (size_t i = 0; i < comparisons[filter->key].count; i++) {
		if (comparisons[filter->key].by[i] == (enum filter_option)filter->option)
			return 0;
	}
	return call_fail(call, "InvalidFilterOption",
			 "The following filter option is not valid: %s. Valid options include: "
			 "[%s].",
			 options[filter->option], comparisons[filter->key].words);
}

static int check_filter(struct call *call, const struct filter *filter, size_t index)
{
	const char *const *values = filter->values.items;

	if (check_option(call, filter) < 0)
		return -1;
	if (filter->values.count == 0)
		return call_fail(call, "InvalidFilterValue",
				 "The following filter values are missing : null for filter key "
				 "%s.",
				 keys[filter->key]);
	for (size_t i = 0; i < filter->values.count; i++) {
		if (values[i][0] == '\0' || strlen(values[i]) > VALUE_MAX)
			return call_fail(call, "ValidationException",
					 "ParameterFilters[%zu].Values[%zu] must be from 1 to %d "
					 "bytes long.",
					 index, i, VALUE_MAX);
	}
	return 0;
}

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
	return false;
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
	const struct filter *filters = input->filters.items;
	const struct parameter_page page = {
		.list = "DescribeParameters",
		.size = PAGE_MAX,
		.asked = {.prefix = "", .wanted = is_wanted, .ctx = (void *)(uintptr_t)input},
		.read = PARAMETER_ABOUT,
		.item_json = about_json,
	};

	for (size_t i = 0; i < input->filters.count; i++) {
		if (check_filter(call, &filters[i], i) < 0)
			return -1;
	}
	return parameter_page_answer(call, &input->page, &page, ret_output);
}

const struct operation op_ssm_describe_parameters = {
	.service = "ssm",
	.name = "DescribeParameters",
	.shape = &shape,
	.handler = describe_parameters,
	.shape_error = "ValidationException",
	.snapshot = true,
};
