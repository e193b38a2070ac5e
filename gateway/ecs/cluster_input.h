/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What CreateCluster, UpdateCluster, UpdateClusterSettings and
 * PutClusterCapacityProviders say of a cluster: settings, the configuration of
 * ExecuteCommand, capacity providers with a default strategy. Each part is checked
 * here and made the text that the store keeps.
 */
#ifndef SLIPWAY_GATEWAY_ECS_CLUSTER_INPUT_H
#define SLIPWAY_GATEWAY_ECS_CLUSTER_INPUT_H

#include "gateway/api.h"

#define CLUSTER_SETTINGS_MAX 10 /* more than there are names */

struct cluster_setting {
	const char *name, *value;
};
/* A list of these is a list of struct cluster_setting. */
extern const struct shape cluster_setting_shape;

struct execute_command {
	int logging; /* -1: not given */
};
struct cluster_configuration {
	struct execute_command execute_command;
	json_t *execute_command_json; /* as given; NULL: none */
};
extern const struct shape cluster_configuration_shape;

/* @settings: of struct cluster_setting; none: what the account's settings say. */
int cluster_settings_keep(struct call *call, const struct shape_list *settings,
			  const char **ret_text) MUST_CHECK;

int cluster_configuration_keep(struct call *call, const struct cluster_configuration *given,
			       const char **ret_text) MUST_CHECK;

/* @providers: texts; @strategy: of struct strategy_item, each one's provider among them. */
int cluster_providers_keep(struct call *call, const struct shape_list *providers,
			   const struct shape_list *strategy, const char **ret_providers,
			   const char **ret_strategy) MUST_CHECK;

#endif
