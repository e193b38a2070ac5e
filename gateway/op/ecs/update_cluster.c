/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UpdateCluster: settings and the configuration of ExecuteCommand, each replaced if
 * the request names it.
 */
#include "gateway/api_table.h"
#include "gateway/ecs/cluster_change.h"
#include "gateway/ecs/cluster_input.h"
#include "gateway/ecs/cluster_json.h"

struct input {
	const char *cluster;
	struct shape_list settings; /* struct cluster_setting */
	struct cluster_configuration configuration;
	bool has_configuration;
};

static const struct shape_field fields[] = {
	TEXT(struct input, cluster, "cluster", 0, 0, SHAPE_REQUIRED),
	LIST(struct input, settings, "settings", &cluster_setting_shape, 0, CLUSTER_SETTINGS_MAX,
	     0),
	OBJECT_SEEN(struct input, configuration, has_configuration, "configuration",
		    &cluster_configuration_shape),
	REFUSED("serviceConnectDefaults"),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int change(struct call *call, const void *filled, struct cluster *cluster)
{
	const struct input *input = filled;

	if (input->settings.count > 0 &&
	    cluster_settings_keep(call, &input->settings, &cluster->settings_json) < 0)
		return -1;
	if (!input->has_configuration)
		return 0;
	return cluster_configuration_keep(call, &input->configuration,
					  &cluster->configuration_json);
}

static int update_cluster(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;

	return cluster_change(call, input->cluster, change, input,
			      CLUSTER_WITH_SETTINGS | CLUSTER_WITH_CONFIGURATIONS, ret_output);
}

const struct operation op_ecs_update_cluster = {
	.service = "ecs",
	.name = "UpdateCluster",
	.shape = &shape,
	.handler = update_cluster,
	.shape_error = "InvalidParameterException",
};
