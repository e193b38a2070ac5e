/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UpdateClusterSettings: the settings that are named, replaced.
 */
#include "gateway/api_table.h"
#include "gateway/ecs/cluster_change.h"
#include "gateway/ecs/cluster_input.h"
#include "gateway/ecs/cluster_json.h"

struct input {
	const char *cluster;
	struct shape_list settings; /* struct cluster_setting */
};

static const struct shape_field fields[] = {
	TEXT(struct input, cluster, "cluster", 0, 0, SHAPE_REQUIRED),
	LIST(struct input, settings, "settings", &cluster_setting_shape, 0, CLUSTER_SETTINGS_MAX,
	     SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int change(struct call *call, const void *filled, struct cluster *cluster)
{
	const struct input *input = filled;

	if (input->settings.count == 0)
		return 0;
	return cluster_settings_keep(call, &input->settings, &cluster->settings_json);
}

static int update_cluster_settings(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;

	return cluster_change(call, input->cluster, change, input, CLUSTER_WITH_SETTINGS,
			      ret_output);
}

const struct operation op_ecs_update_cluster_settings = {
	.service = "ecs",
	.name = "UpdateClusterSettings",
	.shape = &shape,
	.handler = update_cluster_settings,
	.shape_error = "InvalidParameterException",
};
