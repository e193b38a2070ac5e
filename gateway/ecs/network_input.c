/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks (see the header). An empty networkConfiguration counts as none, as
 * deploy tools send it.
 */
#include "gateway/ecs/network_input.h"

#include "gateway/json_out.h"

#define SUBNETS_MAX 16 /* the API's */
#define GROUPS_MAX  5

static const char *const public_words[] = {"ENABLED", "DISABLED", NULL};

static const struct shape_field awsvpc_fields[] = {
	TEXTS(struct awsvpc_input, subnets, "subnets", 0, SUBNETS_MAX, 0),
	TEXTS(struct awsvpc_input, groups, "securityGroups", 0, GROUPS_MAX, 0),
	WORD(struct awsvpc_input, public_ip, "assignPublicIp", public_words, 0),
};
static const struct shape awsvpc_shape = SHAPE_OF(struct awsvpc_input, awsvpc_fields);

static const struct shape_field network_fields[] = {
	OBJECT_SEEN(struct network_input, awsvpc, has_awsvpc, "awsvpcConfiguration", &awsvpc_shape),
};
const struct shape network_shape = SHAPE_OF(struct network_input, network_fields);

static int check_subnets(struct call *call, const struct shape_list *subnets)
{
	const char *const *names = subnets->items;

	if (subnets->count == 0)
		return call_fail(call, "InvalidParameterException", "subnets can not be empty.");
	for (size_t i = 0; i < subnets->count; i++) {
		if (!conf_map_get(call->options->subnets, names[i]))
			return call_fail(call, "InvalidParameterException",
					 "Error retrieving subnet information for [%.128s]: The "
					 "subnet ID '%.128s' does not exist (ErrorCode: "
					 "InvalidSubnetID.NotFound)",
					 names[i], names[i]);
	}
	return 0;
}

static int check_groups(struct call *call, const struct shape_list *groups)
{
	const char *const *names = groups->items;

	for (size_t i = 0; i < groups->count; i++) {
		if (!conf_map_get(call->options->groups, names[i]))
			return call_fail(call, "InvalidParameterException",
					 "Error retrieving security group information for "
					 "[%.128s]: The security group '%.128s' does not exist "
					 "(ErrorCode: InvalidGroup.NotFound)",
					 names[i], names[i]);
	}
	return 0;
}

static int keep_groups(struct call *call, const char *const *names, size_t count,
		       const char **ret_text)
{
	AUTO(json_decrefp) json_t *list = out_list();

	for (size_t i = 0; i < count; i++)
		out_push(list, out_string(names[i]));
	return call_keep_text(call, list, ret_text);
}

int network_plan(struct call *call, const struct network_input *input, bool given,
		 struct network_plan *ret_plan)
{
	const struct api_options *options = call->options;
	const struct awsvpc_input *awsvpc = &input->awsvpc;
	struct network_plan plan = {.subnets = &options->default_subnet, .subnet_count = 1};
	const char *const *groups = &options->default_group;
	size_t group_count = 1;

	if (given && input->has_awsvpc) {
		if (check_subnets(call, &awsvpc->subnets) < 0 ||
		    check_groups(call, &awsvpc->groups) < 0)
			return -1;
		plan.subnets = awsvpc->subnets.items;
		plan.subnet_count = awsvpc->subnets.count;
		plan.public_ip = awsvpc->public_ip == 0;
		if (awsvpc->groups.count > 0) {
			groups = awsvpc->groups.items;
			group_count = awsvpc->groups.count;
		}
	} else if (options->require_network_configuration) {
		return call_fail(call, "InvalidParameterException",
				 "Network Configuration must be provided when networkMode "
				 "'awsvpc' is specified.");
	}
	if (keep_groups(call, groups, group_count, &plan.groups_json) < 0)
		return -1;
	*ret_plan = plan;
	return 0;
}
