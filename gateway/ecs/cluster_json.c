/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clusters in answers. There are no container instances and no services here, so
 * their counts are 0; statistics name every kind of task that the API counts,
 * because clients look for names and not for positions.
 */
#include "gateway/ecs/cluster_json.h"

#include <inttypes.h>
#include <stdio.h>

#include "gateway/ecs/ecs_identifier.h"
#include "gateway/ecs/tags_input.h"
#include "gateway/json_out.h"

int cluster_require(struct call *call, const char *given, struct cluster *ret_cluster)
{
	struct err err = ERR_INIT;
	const char *name;

	if (ecs_cluster_name(call, given, &name) < 0)
		return -1;
	if (cluster_find(call->state, call->caller.account, name, call->arena, ret_cluster, &err) <
	    0) {
		if (err.code != ERR_NOT_FOUND)
			return call_fail_server(call, &err);
		return call_fail(call, "ClusterNotFoundException", "Cluster not found.");
	}
	if (!ret_cluster->active)
		return call_fail(call, "ClusterNotFoundException",
				 "The referenced cluster was inactive.");
	return 0;
}

static json_t *statistics(const struct cluster *cluster)
{
	static const char *const zeros[] = {
		"runningEC2TasksCount",	      "pendingEC2TasksCount",
		"runningExternalTasksCount",  "pendingExternalTasksCount",
		"activeEC2ServiceCount",      "activeFargateServiceCount",
		"drainingEC2ServiceCount",    "drainingFargateServiceCount",
		"activeExternalServiceCount", "drainingExternalServiceCount",
	};
	json_t *list = out_list();
	char number[24];

	(void)snprintf(number, sizeof(number), "%" PRId64, cluster->running);
	out_push(list, out_pair("runningFargateTasksCount", number));
	(void)snprintf(number, sizeof(number), "%" PRId64, cluster->pending);
	out_push(list, out_pair("pendingFargateTasksCount", number));
	for (size_t i = 0; i < ARRAY_LEN(zeros); i++)
		out_push(list, out_pair(zeros[i], "0"));
	return list;
}

int cluster_json(struct call *call, const struct cluster *cluster, unsigned with,
		 json_t **ret_object)
{
	struct ecs_arn arn = ecs_cluster_arn(call, cluster->name);
	json_t *tags = NULL;
	json_t *object;

	if (!(with & CLUSTER_WITH_TAGS))
		tags = out_list();
	else if (tags_json(call, arn.text, &tags) < 0)
		return -1;
	object = out_object();
	out_text(object, "clusterArn", arn.text);
	out_text(object, "clusterName", cluster->name);
	out_text(object, "status", cluster->active ? "ACTIVE" : "INACTIVE");
	out_int(object, "registeredContainerInstancesCount", 0);
	out_int(object, "runningTasksCount", cluster->running);
	out_int(object, "pendingTasksCount", cluster->pending);
	out_int(object, "activeServicesCount", 0);
	out_put(object, "statistics",
		with & CLUSTER_WITH_STATISTICS ? statistics(cluster) : out_list());
	out_put(object, "tags", tags);
	out_put(object, "settings",
		with & CLUSTER_WITH_SETTINGS ? out_stored_list(cluster->settings_json)
					     : out_list());
	out_put(object, "capacityProviders", out_stored_list(cluster->providers_json));
	out_put(object, "defaultCapacityProviderStrategy", out_stored_list(cluster->strategy_json));
	if ((with & CLUSTER_WITH_CONFIGURATIONS) && cluster->configuration_json)
		out_put(object, "configuration", out_stored_object(cluster->configuration_json));
	if (with & CLUSTER_WITH_ATTACHMENTS) {
		out_put(object, "attachments", out_list());
		out_text(object, "attachmentsStatus", "UPDATE_COMPLETE");
	}
	*ret_object = object;
	return 0;
}
