/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CreateCluster: makes a cluster, or answers the one that is there. The same name
 * with other arguments than before is refused; what a repeated request leaves out
 * counts as the same. A name whose cluster was deleted begins anew.
 *
 * Settings and the configuration of ExecuteCommand are kept and given back; what
 * would need a key service or a name service is refused.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/ecs/cluster_input.h"
#include "gateway/ecs/cluster_json.h"
#include "gateway/ecs/ecs_identifier.h"
#include "gateway/ecs/provider_strategy.h"
#include "gateway/ecs/tags_input.h"
#include "gateway/json_out.h"

struct input {
	const char *name;
	struct shape_list tags;	     /* struct tag */
	struct shape_list settings;  /* struct cluster_setting */
	struct shape_list providers; /* texts */
	struct shape_list strategy;  /* struct strategy_item */
	struct cluster_configuration configuration;
	bool has_configuration;
};

static const struct shape_field fields[] = {
	TEXT(struct input, name, "clusterName", 0, 0, 0),
	LIST(struct input, tags, "tags", &tag_shape, 0, 0, 0),
	LIST(struct input, settings, "settings", &cluster_setting_shape, 0, CLUSTER_SETTINGS_MAX,
	     0),
	TEXTS(struct input, providers, "capacityProviders", 0, STRATEGY_ITEMS_MAX, 0),
	LIST(struct input, strategy, "defaultCapacityProviderStrategy", &strategy_item_shape, 0,
	     STRATEGY_ITEMS_MAX, 0),
	OBJECT_SEEN(struct input, configuration, has_configuration, "configuration",
		    &cluster_configuration_shape),
	REFUSED("serviceConnectDefaults"),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int make_cluster(struct call *call, const struct input *input, const char *name,
			struct cluster *cluster)
{
	*cluster = (struct cluster){.name = name, .active = true, .created_ms = call->now_ms};
	if (cluster_settings_keep(call, &input->settings, &cluster->settings_json) < 0 ||
	    cluster_providers_keep(call, &input->providers, &input->strategy,
				   &cluster->providers_json, &cluster->strategy_json) < 0)
		return -1;
	if (!input->has_configuration)
		return 0;
	return cluster_configuration_keep(call, &input->configuration,
					  &cluster->configuration_json);
}

static int check_same_tags(struct call *call, const struct input *input, const char *arn,
			   bool *ret_same)
{
	AUTO(json_decrefp) json_t *stored = NULL;
	const struct tag *tags = input->tags.items;
	size_t matches = 0;
	const json_t *entry;
	size_t index;

	if (tags_json(call, arn, &stored) < 0)
		return -1;
	json_array_foreach (stored, index, entry) {
		for (size_t i = 0; i < input->tags.count; i++)
			matches += strcmp(json_string_value(json_object_get(entry, "key")),
					  tags[i].key) == 0 &&
				   strcmp(json_string_value(json_object_get(entry, "value")),
					  tags[i].value) == 0;
	}
	*ret_same = matches == input->tags.count && matches == json_array_size(stored);
	return 0;
}

/* Is what the request names what the ACTIVE cluster @old already is? */
static int check_same(struct call *call, const struct input *input, const struct cluster *asked,
		      const struct cluster *old)
{
	const char *configuration = old->configuration_json ? old->configuration_json : "";
	bool same = true;

	if (input->tags.count > 0 &&
	    check_same_tags(call, input, ecs_cluster_arn(call, old->name).text, &same) < 0)
		return -1;
	if (input->settings.count > 0 && strcmp(asked->settings_json, old->settings_json) != 0)
		same = false;
	if (input->providers.count > 0 && strcmp(asked->providers_json, old->providers_json) != 0)
		same = false;
	if (input->strategy.count > 0 && strcmp(asked->strategy_json, old->strategy_json) != 0)
		same = false;
	if (asked->configuration_json && strcmp(asked->configuration_json, configuration) != 0)
		same = false;
	if (!same)
		return call_fail(call, "InvalidParameterException",
				 "Arguments on this idempotent request are inconsistent with "
				 "arguments used in previous request(s).");
	return 0;
}

/* In one transaction: answer in @cluster what is there now. */
static int put_or_find(struct call *call, const struct input *input, struct cluster *cluster)
{
	struct ecs_arn arn = ecs_cluster_arn(call, cluster->name);
	const char *account = call->caller.account;
	struct err err = ERR_INIT;
	struct cluster old;

	if (db_begin(call->state, &err) < 0)
		return call_fail_server(call, &err);
	if (cluster_find(call->state, account, cluster->name, call->arena, &old, &err) == 0) {
		if (old.active) {
			if (check_same(call, input, cluster, &old) < 0)
				return -1;
			if (cluster_count(call->state, account, &old, &err) < 0)
				return call_fail_server(call, &err);
			*cluster = old;
			return 0;
		}
	} else if (err.code != ERR_NOT_FOUND) {
		return call_fail_server(call, &err);
	}
	if (cluster_put(call->state, account, cluster, &err) < 0)
		return call_fail_server(call, &err);
	if (tags_put(call, "InvalidParameterException", arn.text, input->tags.items,
		     input->tags.count) < 0)
		return -1;
	if (db_commit(call->state, &err) < 0)
		return call_fail_server(call, &err);
	return 0;
}

static int create_cluster(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	bool named = input->name && input->name[0] != '\0';
	struct cluster cluster;
	const char *name;
	json_t *object;

	if (named && strchr(input->name, ':'))
		return call_fail(call, "InvalidParameterException",
				 "clusterName has 1 to 255 letters, numbers, hyphens and "
				 "underscores.");
	if (ecs_cluster_name(call, named ? input->name : NULL, &name) < 0 ||
	    tags_check(call, "InvalidParameterException", &input->tags) < 0 ||
	    make_cluster(call, input, name, &cluster) < 0 || put_or_find(call, input, &cluster) < 0)
		return -1;
	if (cluster_json(call, &cluster,
			 CLUSTER_WITH_SETTINGS | CLUSTER_WITH_CONFIGURATIONS | CLUSTER_WITH_TAGS,
			 &object) < 0)
		return -1;
	*ret_output = out_object();
	out_put(*ret_output, "cluster", object);
	return 0;
}

const struct operation op_ecs_create_cluster = {
	.service = "ecs",
	.name = "CreateCluster",
	.shape = &shape,
	.handler = create_cluster,
	.shape_error = "InvalidParameterException",
};
