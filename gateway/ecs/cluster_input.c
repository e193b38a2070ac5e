/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings and the configuration of ExecuteCommand are kept and given back. What would have
 * sessions logged or encrypted is refused: nobody shall rely on a record that is not made.
 */
#include "gateway/ecs/cluster_input.h"

#include <string.h>

#include "gateway/ecs/account_settings.h"
#include "gateway/ecs/kept_json.h"
#include "gateway/ecs/provider_strategy.h"
#include "gateway/json_out.h"

#define TYPE "InvalidParameterException"

static const struct shape_field setting_fields[] = {
	TEXT(struct cluster_setting, name, "name", 0, 0, SHAPE_REQUIRED),
	TEXT(struct cluster_setting, value, "value", 0, 0, SHAPE_REQUIRED),
};
const struct shape cluster_setting_shape = SHAPE_OF(struct cluster_setting, setting_fields);

/* What is said in a session stays between its two ends: with NONE by order, with DEFAULT since
 * nothing else was ordered. */
static const char *const logging_words[] = {"NONE", "DEFAULT", "OVERRIDE", NULL};
enum { LOGGING_OVERRIDE = 2 };

static const struct shape_field execute_command_fields[] = {
	REFUSED("kmsKeyId"),
	WORD(struct execute_command, logging, "logging", logging_words, 0),
	REFUSED("logConfiguration"),
};
static const struct shape execute_command_shape =
	SHAPE_OF(struct execute_command, execute_command_fields);

static const struct shape_field configuration_fields[] = {
	OBJECT(struct cluster_configuration, execute_command, "executeCommandConfiguration",
	       &execute_command_shape, 0),
	JSON(struct cluster_configuration, execute_command_json, "executeCommandConfiguration", 0),
	REFUSED("managedStorageConfiguration"),
};
const struct shape cluster_configuration_shape =
	SHAPE_OF(struct cluster_configuration, configuration_fields);

/* The text of @value (taken) in the arena. */
static int keep_text(struct call *call, json_t *value, const char **ret_text)
{
	AUTO(json_decrefp) json_t *owned = value;

	return call_keep_text(call, owned, ret_text);
}

static int check_setting(struct call *call, const struct cluster_setting *setting, size_t index)
{
	static const char *const values[] = {"enabled", "disabled", "enhanced"};

	if (strcmp(setting->name, "containerInsights") != 0)
		return call_fail(call, TYPE,
				 "settings[%zu].name should be one of [containerInsights]", index);
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		if (strcmp(values[i], setting->value) == 0)
			return 0;
	}
	return call_fail(call, TYPE,
			 "settings[%zu].value should be one of [enabled,disabled,enhanced]", index);
}

int cluster_settings_keep(struct call *call, const struct shape_list *settings,
			  const char **ret_text)
{
	const struct cluster_setting *items = settings->items;
	AUTO(json_decrefp) json_t *list = out_list();
	const char *value;
	const char *owner;

	for (size_t i = 0; i < settings->count; i++) {
		if (check_setting(call, &items[i], i) < 0)
			return -1;
		out_push(list, out_pair(items[i].name, items[i].value));
	}
	if (settings->count == 0) {
		if (account_setting_effective(call, ACCOUNT_SETTING_CONTAINER_INSIGHTS,
					      call->caller.arn, &value, &owner) < 0)
			return -1;
		out_push(list, out_pair("containerInsights", value));
	}
	return call_keep_text(call, list, ret_text);
}

int cluster_configuration_keep(struct call *call, const struct cluster_configuration *given,
			       const char **ret_text)
{
	json_t *configuration;

	if (given->execute_command_json && given->execute_command.logging == LOGGING_OVERRIDE)
		return call_fail(call, "ClientException",
				 "configuration.executeCommandConfiguration.logging OVERRIDE is "
				 "not supported by this Slipway yet.");
	configuration = out_object();
	if (given->execute_command_json)
		out_put(configuration, "executeCommandConfiguration",
			kept_json(&execute_command_shape, given->execute_command_json));
	return keep_text(call, configuration, ret_text);
}

static int check_providers(struct call *call, const struct shape_list *providers,
			   const struct shape_list *strategy)
{
	const char *const *names = providers->items;
	const struct strategy_item *items = strategy->items;

	for (size_t i = 0; i < providers->count; i++) {
		if (!provider_exists(names[i]))
			return call_fail(call, TYPE,
					 "The specified capacity provider does not exist. Specify "
					 "a valid name or ARN and try again. Capacity provider: %s",
					 names[i]);
	}
	if (strategy_check(call, strategy) < 0)
		return -1;
	for (size_t i = 0; i < strategy->count; i++) {
		size_t provider = 0;

		while (provider < providers->count &&
		       strcmp(names[provider], items[i].provider) != 0)
			provider++;
		if (provider == providers->count)
			return call_fail(call, TYPE,
					 "The specified capacity provider strategy cannot contain "
					 "a capacity provider that is not associated with the "
					 "cluster. Capacity provider: %s",
					 items[i].provider);
	}
	return 0;
}

int cluster_providers_keep(struct call *call, const struct shape_list *providers,
			   const struct shape_list *strategy, const char **ret_providers,
			   const char **ret_strategy)
{
	const char *const *names = providers->items;
	AUTO(json_decrefp) json_t *list = out_list();

	if (check_providers(call, providers, strategy) < 0)
		return -1;
	for (size_t i = 0; i < providers->count; i++)
		out_push(list, out_string(names[i]));
	if (call_keep_text(call, list, ret_providers) < 0)
		return -1;
	return keep_text(call, strategy_json(strategy), ret_strategy);
}
