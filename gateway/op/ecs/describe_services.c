/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DescribeServices: services are not there yet, so every one that is asked for is
 * MISSING, once.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/ecs/cluster_json.h"
#include "gateway/ecs/ecs_identifier.h"
#include "gateway/ecs/failures_json.h"
#include "gateway/json_out.h"

#define SERVICES_MAX 10 /* the API's */

struct input {
	const char *cluster;
	struct shape_list services, include; /* texts */
};

static const struct shape_field fields[] = {
	TEXT(struct input, cluster, "cluster", 0, 0, 0),
	TEXTS(struct input, services, "services", 0, SERVICES_MAX, SHAPE_REQUIRED),
	TEXTS(struct input, include, "include", 0, 0, 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static bool has_failure(const json_t *failures, const char *arn)
{
	const json_t *failure;
	size_t index;

	json_array_foreach (failures, index, failure) {
		if (strcmp(json_string_value(json_object_get(failure, "arn")), arn) == 0)
			return true;
	}
	return false;
}

static int describe_services(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *failures = out_list();
	const char *const *names = input->services.items;
	const char *const *include = input->include.items;
	struct cluster cluster;

	if (input->services.count == 0)
		return call_fail(call, "InvalidParameterException", "Services cannot be empty.");
	for (size_t i = 0; i < input->include.count; i++) {
		if (strcmp(include[i], "TAGS") != 0)
			return call_fail(call, "InvalidParameterException",
					 "include should be one of [TAGS]");
	}
	if (cluster_require(call, input->cluster, &cluster) < 0)
		return -1;
	for (size_t i = 0; i < input->services.count; i++) {
		struct ecs_arn arn;
		const char *name;

		if (ecs_service_name(call, cluster.name, names[i], &name) < 0)
			return -1;
		arn = ecs_service_arn(call, cluster.name, name);
		if (!has_failure(failures, arn.text))
			out_push(failures, failure_json(arn.text, "MISSING"));
	}
	*ret_output = out_object();
	out_put(*ret_output, "services", out_list());
	out_put(*ret_output, "failures", STEAL(failures, NULL));
	return 0;
}

const struct operation op_ecs_describe_services = {
	.service = "ecs",
	.name = "DescribeServices",
	.shape = &shape,
	.handler = describe_services,
	.shape_error = "InvalidParameterException",
	.snapshot = true,
};
