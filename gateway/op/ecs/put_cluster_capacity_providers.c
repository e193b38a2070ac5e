/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PutClusterCapacityProviders: replaces a cluster's providers and its default
 * strategy; empty lists clear them. Deploy tools retry the words of a cluster that is
 * not ACTIVE, so they are the API's own.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/ecs/cluster_change.h"
#include "gateway/ecs/cluster_input.h"
#include "gateway/ecs/cluster_json.h"
#include "gateway/ecs/provider_strategy.h"

struct input {
	const char *cluster;
	struct shape_list providers; /* texts */
	struct shape_list strategy;  /* struct strategy_item */
};

static const struct shape_field fields[] = {
	TEXT(struct input, cluster, "cluster", 0, 0, SHAPE_REQUIRED),
	TEXTS(struct input, providers, "capacityProviders", 0, STRATEGY_ITEMS_MAX, SHAPE_REQUIRED),
	LIST(struct input, strategy, "defaultCapacityProviderStrategy", &strategy_item_shape, 0,
	     STRATEGY_ITEMS_MAX, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int change(struct call *call, const void *filled, struct cluster *cluster)
{
	const struct input *input = filled;

	return cluster_providers_keep(call, &input->providers, &input->strategy,
				      &cluster->providers_json, &cluster->strategy_json);
}

static int put_cluster_capacity_providers(struct call *call, const void *filled,
					  json_t **ret_output)
{
	const struct input *input = filled;

	if (cluster_change(call, input->cluster, change, input,
			   CLUSTER_WITH_SETTINGS | CLUSTER_WITH_ATTACHMENTS, ret_output) == 0)
		return 0;
	if (strcmp(call->error.type, "ClusterNotFoundException") == 0 &&
	    strstr(call->error.message, "inactive"))
		return call_fail(call, "ClientException", "Cluster was not ACTIVE.");
	return -1;
}

const struct operation op_ecs_put_cluster_capacity_providers = {
	.service = "ecs",
	.name = "PutClusterCapacityProviders",
	.shape = &shape,
	.handler = put_cluster_capacity_providers,
	.shape_error = "InvalidParameterException",
};
