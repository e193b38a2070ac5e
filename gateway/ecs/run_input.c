/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape of RunTask. Two ways of one member: `overrides` is read by its shape
 * and kept as it was given, since the answer shows it again.
 *
 * referenceId is read and forgotten: the API takes it as a mark for its own records
 * and shows it nowhere.
 */
#include "gateway/ecs/run_input.h"

#include "gateway/ecs/provider_strategy.h"
#include "gateway/ecs/tags_input.h"

struct nothing {
	char unused;
};
static const struct shape anything_shape = {NULL, 0, sizeof(struct nothing)};

static const struct shape_field fields[] = {
	TEXT(struct run_input, cluster, "cluster", 0, 0, 0),
	TEXT(struct run_input, definition, "taskDefinition", 0, 0, SHAPE_REQUIRED),
	INT_SEEN(struct run_input, count, has_count, "count", 0, 0),
	TEXT(struct run_input, client_token, "clientToken", 0, 0, 0),
	TEXT(struct run_input, group, "group", 0, 255, 0),
	TEXT(struct run_input, reference, "referenceId", 0, 1024, 0),
	TEXT(struct run_input, started_by, "startedBy", 0, 0, 0),
	TEXT(struct run_input, platform_version, "platformVersion", 0, 0, 0),
	TEXT(struct run_input, launch_type, "launchType", 0, 0, 0),
	TEXT(struct run_input, propagate_tags, "propagateTags", 0, 0, 0),
	BOOL(struct run_input, managed_tags, "enableECSManagedTags", 0),
	BOOL(struct run_input, exec_enabled, "enableExecuteCommand", 0),
	OBJECT_SEEN(struct run_input, network, has_network, "networkConfiguration", &network_shape),
	OBJECT(struct run_input, overrides, "overrides", &overrides_shape, 0),
	JSON(struct run_input, overrides_json, "overrides", 0),
	LIST(struct run_input, tags, "tags", &tag_shape, 0, 0, 0),
	LIST(struct run_input, strategy, "capacityProviderStrategy", &strategy_item_shape, 0,
	     STRATEGY_ITEMS_MAX, 0),
	LIST(struct run_input, constraints, "placementConstraints", &anything_shape, 0, 0, 0),
	LIST(struct run_input, placements, "placementStrategy", &anything_shape, 0, 0, 0),
	LIST(struct run_input, volumes, "volumeConfigurations", &anything_shape, 0, 0, 0),
};
const struct shape run_shape = SHAPE_OF(struct run_input, fields);
