/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DescribeClusters: named ones, or "default" without names. One that never was
 * goes to `failures` with its full ARN; an INACTIVE one is still described.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/ecs/cluster_json.h"
#include "gateway/ecs/ecs_identifier.h"
#include "gateway/ecs/failures_json.h"
#include "gateway/json_out.h"

#define CLUSTERS_MAX 100 /* the API's */

struct input {
	struct shape_list clusters; /* texts */
	struct shape_list include;  /* texts */
};

static const struct shape_field fields[] = {
	TEXTS(struct input, clusters, "clusters", 0, CLUSTERS_MAX, 0),
	TEXTS(struct input, include, "include", 0, 0, 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static const struct {
	const char *name;
	unsigned with;
} parts[] = {
	{"ATTACHMENTS", CLUSTER_WITH_ATTACHMENTS},
	{"CONFIGURATIONS", CLUSTER_WITH_CONFIGURATIONS},
	{"SETTINGS", CLUSTER_WITH_SETTINGS},
	{"STATISTICS", CLUSTER_WITH_STATISTICS},
	{"TAGS", CLUSTER_WITH_TAGS},
};

static int read_include(struct call *call, const struct shape_list *include, unsigned *ret_with)
{
	const char *const *names = include->items;
	unsigned with = 0;

	for (size_t i = 0; i < include->count; i++) {
		size_t part = 0;

		while (part < ARRAY_LEN(parts) && strcmp(parts[part].name, names[i]) != 0)
			part++;
		if (part == ARRAY_LEN(parts))
			return call_fail(call, "InvalidParameterException",
					 "include should be one of "
					 "[ATTACHMENTS,CONFIGURATIONS,SETTINGS,STATISTICS,TAGS]");
		with |= parts[part].with;
	}
	*ret_with = with;
	return 0;
}

static int describe(struct call *call, const char *given, unsigned with, json_t *found,
		    json_t *failures)
{
	struct err err = ERR_INIT;
	struct cluster cluster;
	const char *name;
	json_t *object;

	if (ecs_cluster_name(call, given, &name) < 0)
		return -1;
	if (cluster_find(call->state, call->caller.account, name, call->arena, &cluster, &err) <
	    0) {
		if (err.code != ERR_NOT_FOUND)
			return call_fail_server(call, &err);
		out_push(failures, failure_json(ecs_cluster_arn(call, name).text, "MISSING"));
		return 0;
	}
	if (cluster_count(call->state, call->caller.account, &cluster, &err) < 0)
		return call_fail_server(call, &err);
	if (cluster_json(call, &cluster, with, &object) < 0)
		return -1;
	out_push(found, object);
	return 0;
}

static int describe_clusters(struct call *call, const void *filled, json_t **ret_output)
{
	static const char *const only_default[] = {"default"};
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	const char *const *names = input->clusters.count > 0 ? input->clusters.items : only_default;
	size_t count = input->clusters.count > 0 ? input->clusters.count : 1;
	json_t *found = out_list();
	json_t *failures = out_list();
	unsigned with = 0;

	out_put(output, "clusters", found);
	out_put(output, "failures", failures);
	if (read_include(call, &input->include, &with) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (describe(call, names[i], with, found, failures) < 0)
			return -1;
	}
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_ecs_describe_clusters = {
	.service = "ecs",
	.name = "DescribeClusters",
	.shape = &shape,
	.handler = describe_clusters,
	.shape_error = "InvalidParameterException",
	.snapshot = true,
};
