/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DescribeCapacityProviders: FARGATE and FARGATE_SPOT, which exist by themselves.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/ecs/cluster_json.h"
#include "gateway/ecs/ecs_identifier.h"
#include "gateway/ecs/failures_json.h"
#include "gateway/ecs/page_input.h"
#include "gateway/ecs/provider_strategy.h"
#include "gateway/json_out.h"

#define PROVIDERS_MAX 100 /* the API's */
#define RESULTS_MAX   10

struct input {
	struct shape_list providers, include; /* texts */
	const char *cluster;
	struct page_input page;
};

static const struct shape_field fields[] = {
	TEXTS(struct input, providers, "capacityProviders", 0, PROVIDERS_MAX, 0),
	TEXTS(struct input, include, "include", 0, 0, 0),
	TEXT(struct input, cluster, "cluster", 0, 0, 0),
	PAGE_FIELDS_OF(struct input, page, RESULTS_MAX),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static json_t *provider_json(const struct call *call, const char *name)
{
	json_t *object = out_object();

	out_text(object, "capacityProviderArn", ecs_provider_arn(call, name).text);
	out_text(object, "name", name);
	out_text(object, "status", "ACTIVE");
	out_text(object, "type", name);
	out_put(object, "tags", out_list());
	return object;
}

static int check_include(struct call *call, const struct shape_list *include)
{
	const char *const *names = include->items;

	for (size_t i = 0; i < include->count; i++) {
		if (strcmp(names[i], "TAGS") != 0)
			return call_fail(call, "InvalidParameterException",
					 "include should be one of [TAGS]");
	}
	return 0;
}

static const char *last_name(void *ctx, size_t index)
{
	return json_string_value(json_object_get(json_array_get(ctx, index), "name"));
}

/* Those that are asked for by name, on one page. */
static int describe_named(struct call *call, const struct shape_list *names, json_t *found,
			  json_t *failures)
{
	const char *const *given = names->items;

	for (size_t i = 0; i < names->count; i++) {
		const char *name;

		if (ecs_provider_name(call, given[i], &name) < 0)
			return -1;
		if (provider_exists(name))
			out_push(found, provider_json(call, name));
		else
			out_push(failures,
				 failure_json(ecs_provider_arn(call, name).text, "MISSING"));
	}
	return 0;
}

static int describe_capacity_providers(struct call *call, const void *filled, json_t **ret_output)
{
	static const char *const all[] = {"FARGATE", "FARGATE_SPOT"};
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	json_t *failures = out_list();
	json_t *found = out_list();
	struct cluster cluster;
	struct page page;
	size_t count;

	out_put(output, "capacityProviders", found);
	out_put(output, "failures", failures);
	if (check_include(call, &input->include) < 0 ||
	    (shape_given(input->cluster) && cluster_require(call, input->cluster, &cluster) < 0) ||
	    page_begin(call, &input->page, "DescribeCapacityProviders", &page) < 0)
		return -1;
	if (input->providers.count > 0) {
		if (describe_named(call, &input->providers, found, failures) < 0)
			return -1;
		*ret_output = STEAL(output, NULL);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (!page.after || strcmp(all[i], page.after) > 0)
			out_push(found, provider_json(call, all[i]));
	}
	if (page_end(call, &page, json_array_size(found), last_name, found, output, &count) < 0)
		return -1;
	while (json_array_size(found) > count)
		(void)json_array_remove(found, count); /* it is there */
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_ecs_describe_capacity_providers = {
	.service = "ecs",
	.name = "DescribeCapacityProviders",
	.shape = &shape,
	.handler = describe_capacity_providers,
	.shape_error = "InvalidParameterException",
	.snapshot = true,
};
