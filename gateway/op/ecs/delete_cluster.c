/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DeleteCluster: makes a cluster without tasks INACTIVE. It can still be described
 * and is listed no more; its tags go at once. The check and the change are one
 * transaction, and RunTask looks again inside its own, so no task is ever left in
 * a deleted cluster.
 */
#include "gateway/api_table.h"
#include "gateway/ecs/cluster_json.h"
#include "gateway/ecs/ecs_identifier.h"
#include "gateway/json_out.h"
#include "store/tag.h"

struct input {
	const char *cluster;
};

static const struct shape_field fields[] = {
	TEXT(struct input, cluster, "cluster", 0, 0, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int delete_cluster(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct err err = ERR_INIT;
	struct cluster cluster;
	json_t *object;

	if (db_begin(call->state, &err) < 0)
		return call_fail_server(call, &err);
	if (cluster_require(call, input->cluster, &cluster) < 0)
		return -1;
	if (cluster_count(call->state, call->caller.account, &cluster, &err) < 0)
		return call_fail_server(call, &err);
	if (cluster.running + cluster.pending + cluster.stopping > 0)
		return call_fail(call, "ClusterContainsTasksException",
				 "The Cluster cannot be deleted while Tasks are active.");
	if (cluster_deactivate(call->state, call->caller.account, cluster.name, &err) < 0 ||
	    tag_clear(call->state, ecs_cluster_arn(call, cluster.name).text, &err) < 0 ||
	    db_commit(call->state, &err) < 0)
		return call_fail_server(call, &err);
	cluster.active = false;
	if (cluster_json(call, &cluster, CLUSTER_WITH_SETTINGS | CLUSTER_WITH_CONFIGURATIONS,
			 &object) < 0)
		return -1;
	*ret_output = out_object();
	out_put(*ret_output, "cluster", object);
	return 0;
}

const struct operation op_ecs_delete_cluster = {
	.service = "ecs",
	.name = "DeleteCluster",
	.shape = &shape,
	.handler = delete_cluster,
	.shape_error = "InvalidParameterException",
};
