/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Putting a cluster again writes all of it, so it is read under the same write lock.
 */
#include "gateway/ecs/cluster_change.h"

#include "gateway/ecs/cluster_json.h"
#include "gateway/json_out.h"

int cluster_change(struct call *call, const char *given, cluster_change_fn *change,
		   const void *input, unsigned with, json_t **ret_output)
{
	const char *account = call->caller.account;
	struct err err = ERR_INIT;
	struct cluster cluster;
	json_t *object;

	if (db_begin(call->state, &err) < 0)
		return call_fail_server(call, &err);
	if (cluster_require(call, given, &cluster) < 0 || change(call, input, &cluster) < 0)
		return -1;
	if (cluster_put(call->state, account, &cluster, &err) < 0 ||
	    cluster_count(call->state, account, &cluster, &err) < 0 ||
	    db_commit(call->state, &err) < 0)
		return call_fail_server(call, &err);
	if (cluster_json(call, &cluster, with, &object) < 0)
		return -1;
	*ret_output = out_object();
	out_put(*ret_output, "cluster", object);
	return 0;
}
