/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a request to a plan, and from the plan to tasks. The stored definition is
 * copied, the overrides are merged into the copy, and the copy is read and checked
 * by the same shape and rules as a definition that is registered: a start can not
 * ask for what a definition may not. The merged containers are frozen into the
 * task's spec, so nothing that happens to the definition later reaches the task.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/ident.h"
#include "gateway/ecs/definition_json.h"
#include "gateway/ecs/fargate_size.h"
#include "gateway/ecs/firelens_check.h"
#include "gateway/ecs/image_override.h"
#include "gateway/ecs/log_mode.h"
#include "gateway/ecs/provider_strategy.h"
#include "gateway/ecs/run_input.h"
#include "gateway/ecs/storage_check.h"
#include "gateway/ecs/tags_input.h"
#include "gateway/json_out.h"
#include "store/task_spec.h"

#define COUNT_MAX      10 /* the API's */
#define STARTED_BY_MAX 128

static int fail_too_large(struct call *call)
{
	return call_fail(call, "InvalidParameterException", "The request is too large.");
}

static int check_words(struct call *call, const struct run_input *input)
{
	/* Names of event rules, and theirs alone, have dots. */
	static const char letters[] = ".abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_/";
	const char *started_by = input->started_by ? input->started_by : "";
	bool by_rule = strncmp(started_by, "events-rule/", 12) == 0;

	if (input->has_count && (input->count < 1 || input->count > COUNT_MAX))
		return call_fail(call, "InvalidParameterException",
				 "Count must be between 1 and %d.", COUNT_MAX);
	if (strlen(started_by) > STARTED_BY_MAX ||
	    started_by[strspn(started_by, by_rule ? letters : letters + 1)] != '\0')
		return call_fail(call, "InvalidParameterException",
				 "startedBy must have at most %d letters, numbers, hyphens, "
				 "underscores and forward slashes.",
				 STARTED_BY_MAX);
	if (input->group && strncmp(input->group, "service:", 8) == 0)
		return call_fail(call, "InvalidParameterException",
				 "Invalid namespace for group. A task of its own cannot be in a "
				 "service's group.");
	/* No definition here has one. */
	if (input->volumes.count > 0)
		return call_fail(call, "InvalidParameterException",
				 "Volume configuration provided but no matching configuredAtLaunch "
				 "volume found in task definition.");
	if (input->constraints.count > 0)
		return call_fail(call, "InvalidParameterException",
				 "Placement constraints are not supported with FARGATE launch "
				 "type.");
	if (input->placements.count > 0)
		return call_fail(call, "InvalidParameterException",
				 "Placement strategies are not supported with FARGATE launch "
				 "type.");
	return 0;
}

/* Where the tasks go: a launch type, a strategy, the cluster's own, or FARGATE. */
static int plan_launch(struct call *call, const struct cluster *cluster, struct run_plan *plan)
{
	static const char *const others[] = {"EC2", "EXTERNAL", "FMI", "MANAGED_INSTANCES"};
	const struct run_input *input = plan->input;
	struct err err = ERR_INIT;

	if (shape_given(input->launch_type) && input->strategy.count > 0)
		return call_fail(call, "InvalidParameterException",
				 "Specifying both a launch type and capacity provider strategy is "
				 "not supported. Remove one and try again.");
	if (shape_given(input->launch_type)) {
		if (strcmp(input->launch_type, "FARGATE") == 0)
			return 0;
		for (size_t i = 0; i < ARRAY_LEN(others); i++) {
			if (strcmp(input->launch_type, others[i]) == 0)
				return call_fail(
					call, "InvalidParameterException",
					"No Container Instances were found in your cluster.");
		}
		return call_fail(call, "InvalidParameterException",
				 "launch type should be one of "
				 "[EC2,FARGATE,EXTERNAL,FMI,MANAGED_INSTANCES]");
	}
	plan->strategy = input->strategy;
	if (plan->strategy.count == 0 &&
	    strategy_read(cluster->strategy_json, call->arena, &plan->strategy, &err) < 0)
		return call_fail_server(call, &err);
	return strategy_check(call, &plan->strategy);
}

static int plan_platform(struct call *call, struct run_plan *plan)
{
	const char *version = plan->input->platform_version;

	if (!shape_given(version) || strcmp(version, "LATEST") == 0)
		version = "1.4.0";
	if (strcmp(version, "1.4.0") != 0 && strcmp(version, "1.3.0") != 0)
		return call_fail(call, "PlatformUnknownException",
				 "The specified platform version doesn't exist.");
	plan->platform_version = version;
	return 0;
}

/* The merged definition, read into plan->merged; its texts are borrowed from
 * @body, which the call keeps. */
static int read_merged(struct call *call, const json_t *body, struct run_plan *plan)
{
	struct definition_input *merged = &plan->merged;
	struct err err = ERR_INIT;

	if (shape_fill(&definition_shape, body, call->arena, merged, &err) < 0)
		return call_fail(call, "ClientException", "%s%s", err.text,
				 err.code == ERR_UNSUPPORTED ? " by this Slipway yet." : ".");
	if (definition_read_size(merged, &err) < 0)
		return call_fail(call, "InvalidParameterException", "%s", err.text);
	if (definition_check(merged, &err) < 0 ||
	    definition_check_fargate(merged, &call->options->extensions, &err) < 0)
		return call_fail(call, "ClientException", "%s", err.text);
	if (definition_check_supported(merged, call->options->region, &err) < 0)
		return call_fail(call, "ClientException", "%s by this Slipway yet.", err.text);
	if (storage_check(merged, call, &err) < 0)
		return call_fail(call, "ClientException", "%s", err.text);
	plan->storage_gib =
		merged->has_storage ? merged->storage.size_gib : FARGATE_STORAGE_DEFAULT_GIB;
	return 0;
}

/* The provisioner will read this by its own shape; better refused now than then. */
static int keep_spec(struct call *call, const json_t *body, struct run_plan *plan)
{
	AUTO(json_decrefp) json_t *spec = out_object();
	struct err err = ERR_INIT;
	struct task_spec read;

	out_put(spec, "containers", json_incref(json_object_get(body, "containerDefinitions")));
	out_put(spec, "volumes", json_incref(json_object_get(body, "volumes")));
	out_text(spec, "pidMode", plan->merged.pid_mode);
	out_int(spec, "ephemeralStorageGiB", plan->storage_gib);
	if (shape_given(plan->merged.task_role))
		out_text(spec, "taskRoleArn", plan->merged.task_role);
	if (shape_given(plan->merged.execution_role))
		out_text(spec, "executionRoleArn", plan->merged.execution_role);
	if (shape_fill(&task_spec_shape, spec, call->arena, &read, &err) < 0)
		return call_fail(call, "ClientException", "%s.", err.text);
	return call_keep_text(call, spec, &plan->spec_json);
}

static int check_overrides_size(struct call *call, const struct run_input *input)
{
	AUTO(freep) char *text = input->overrides_json ? out_dump(input->overrides_json) : NULL;

	if (text && strlen(text) > OVERRIDES_BYTES_MAX)
		return call_fail(call, "InvalidParameterException",
				 "overrides must have at most %d characters as JSON.",
				 OVERRIDES_BYTES_MAX);
	return 0;
}

static int plan_definition(struct call *call, struct run_plan *plan)
{
	const struct run_input *input = plan->input;
	AUTO(json_decrefp) json_t *answered = NULL;
	struct ecs_definition_name name;
	json_t *body;

	if (ecs_definition_name(call, input->definition, &name) < 0 ||
	    definition_require(call, &name, "TaskDefinition not found.", &plan->definition) < 0)
		return -1;
	if (plan->definition.status != DEFINITION_ACTIVE)
		return call_fail(call, "InvalidParameterException", "TaskDefinition is inactive");
	body = out_stored_object(plan->definition.body_json);
	call_keep(call, body);
	if (!definition_body_fits_fargate(body))
		return call_fail(call, "InvalidParameterException",
				 "Task definition does not support launch_type FARGATE.");
	if (check_overrides_size(call, input) < 0 ||
	    overrides_apply(call, &input->overrides, body) < 0 ||
	    image_overrides_apply(call, &input->tags, body) < 0 || log_mode_apply(call, body) < 0)
		return -1;
	firelens_order(body);
	if (read_merged(call, body, plan) < 0)
		return -1;
	answered = overrides_json(input->overrides_json, body);
	if (shape_given(input->overrides.cpu))
		out_textf(answered, "cpu", "%" PRId64, plan->merged.cpu_units);
	if (shape_given(input->overrides.memory))
		out_textf(answered, "memory", "%" PRId64, plan->merged.memory_mib);
	if (call_keep_text(call, answered, &plan->overrides_json) < 0)
		return -1;
	/* Else a role could have its tasks do, or read as secrets, what it may not. */
	if ((shape_given(plan->merged.task_role) &&
	     call_check_role(call, "iam", "PassRole", plan->merged.task_role) < 0) ||
	    (shape_given(plan->merged.execution_role) &&
	     call_check_role(call, "iam", "PassRole", plan->merged.execution_role) < 0))
		return -1;
	return keep_spec(call, body, plan);
}

static void add_tag(struct tag *tags, size_t *count, const struct tag *tag)
{
	for (size_t i = 0; i < *count; i++) {
		if (strcmp(tags[i].key, tag->key) == 0) {
			tags[i] = *tag;
			return;
		}
	}
	tags[(*count)++] = *tag;
}

static int compare_tags(const void *a, const void *b)
{
	const struct tag *left = a;
	const struct tag *right = b;

	return strcmp(left->key, right->key);
}

/* The definition's tags if they are asked for, the request's over them, ours. */
static int plan_tags(struct call *call, const struct cluster *cluster, struct run_plan *plan)
{
	const struct run_input *input = plan->input;
	const struct definition *definition = &plan->definition;
	const struct tag managed = {.key = TAG_CLUSTER_NAME, .value = cluster->name};
	const struct tag *own = input->tags.items;
	struct err err = ERR_INIT;
	struct tag *inherited = NULL;
	size_t inherited_count = 0;
	struct tag *tags;

	if (tags_check_run(call, "InvalidParameterException", &input->tags) < 0)
		return -1;
	if (shape_given(input->propagate_tags) && strcmp(input->propagate_tags, "NONE") != 0) {
		if (strcmp(input->propagate_tags, "TASK_DEFINITION") != 0)
			return call_fail(call, "InvalidParameterException",
					 "Only task definition tags can be propagated to "
					 "standalone tasks.");
		if (tag_list(
			    call->state,
			    ecs_definition_arn(call, definition->family, definition->revision).text,
			    call->arena, &inherited, &inherited_count, &err) < 0)
			return call_fail_server(call, &err);
	}
	tags = arena_alloc(call->arena, (inherited_count + input->tags.count + 1) * sizeof(*tags));
	if (!tags)
		return fail_too_large(call);
	for (size_t i = 0; i < inherited_count; i++)
		add_tag(tags, &plan->tag_count, &inherited[i]);
	for (size_t i = 0; i < input->tags.count; i++)
		add_tag(tags, &plan->tag_count, &own[i]);
	if (input->managed_tags)
		add_tag(tags, &plan->tag_count, &managed);
	if (plan->tag_count > TAGS_MAX)
		return call_fail(call, "InvalidParameterException",
				 "The maximum number of tags per resource is %d.", TAGS_MAX);
	/* In the order of the store, as answers show them. */
	qsort(tags, plan->tag_count, sizeof(*tags), compare_tags);
	plan->tags = tags;
	return 0;
}

int run_plan(struct call *call, const struct run_input *input, const struct cluster *cluster,
	     struct run_plan *ret_plan)
{
	struct run_plan plan = {.input = input};

	if (check_words(call, input) < 0 || plan_definition(call, &plan) < 0 ||
	    plan_launch(call, cluster, &plan) < 0 || plan_platform(call, &plan) < 0 ||
	    network_plan(call, &input->network, input->has_network, &plan.network) < 0 ||
	    plan_tags(call, cluster, &plan) < 0)
		return -1;
	plan.group = shape_given(input->group)
			     ? input->group
			     : arena_printf(call->arena, "family:%s", plan.definition.family);
	if (!plan.group)
		return fail_too_large(call);
	*ret_plan = plan;
	return 0;
}

/* The identifiers that a task has from its first moment. */
struct identifiers {
	char task[IDENT_HEX32_SIZE], attachment[IDENT_UUID_SIZE];
	char interface[32];
	char containers[TASK_CONTAINERS_MAX][IDENT_UUID_SIZE];
};

static void make_identifiers(struct identifiers *ids, size_t containers)
{
	char hex[IDENT_HEX32_SIZE];

	ident_hex32(ids->task);
	ident_uuid(ids->attachment);
	ident_hex32(hex);
	(void)snprintf(ids->interface, sizeof(ids->interface), "eni-%.17s", hex);
	for (size_t i = 0; i < containers; i++)
		ident_uuid(ids->containers[i]);
}

static void fill_containers(const struct run_plan *plan, const struct identifiers *ids,
			    struct task_container *containers)
{
	const struct container_input *inputs = plan->merged.containers.items;

	for (size_t i = 0; i < plan->merged.containers.count; i++) {
		containers[i] = (struct task_container){
			.name = inputs[i].name,
			.image = inputs[i].image,
			.arn_id = ids->containers[i],
			.essential = inputs[i].essential || !inputs[i].has_essential,
			.cpu = inputs[i].cpu,
			.memory = inputs[i].memory,
			.memory_reservation = inputs[i].memory_reservation,
			.image_digest = "",
			.runtime_id = "",
			.state = CONTAINER_PENDING,
			.reason = "",
			.health = inputs[i].has_health ? CONTAINER_UNKNOWN : CONTAINER_UNCHECKED,
		};
	}
}

int run_plan_task(struct call *call, const struct run_plan *plan, const struct cluster *cluster,
		  size_t index, struct task *ret_task)
{
	const struct run_input *input = plan->input;
	const char *subnet = plan->network.subnets[index % plan->network.subnet_count];
	size_t count = plan->merged.containers.count;
	struct task_container *containers = arena_alloc(call->arena, count * sizeof(*containers));
	struct identifiers *ids = arena_alloc(call->arena, sizeof(*ids));

	if (!containers || !ids)
		return fail_too_large(call);
	make_identifiers(ids, count);
	fill_containers(plan, ids, containers);
	*ret_task = (struct task){
		.id = ids->task,
		.account = call->caller.account,
		.cluster = cluster->name,
		.family = plan->definition.family,
		.revision = plan->definition.revision,
		.group = plan->group,
		.started_by = input->started_by ? input->started_by : "",
		.launch_type = "FARGATE",
		.capacity_provider =
			plan->strategy.count > 0 ? strategy_choose(&plan->strategy, index) : "",
		.platform_version = plan->platform_version,
		.cpu_units = plan->merged.cpu_units,
		.memory_mib = plan->merged.memory_mib,
		.storage_gib = plan->storage_gib,
		.exec_enabled = input->exec_enabled,
		.subnet = subnet,
		.subnet_id = subnet,
		.groups_json = plan->network.groups_json,
		.public_ip = plan->network.public_ip,
		.zone = call->options->zone,
		.overrides_json = plan->overrides_json,
		.spec_json = plan->spec_json,
		.client_token = input->client_token ? input->client_token : "",
		.attachment_id = ids->attachment,
		.network_interface_id = ids->interface,
		.event_depth = call->event_depth,
		.admit_until_ms = call->admit_until_ms,
		.has_event = call->event != NULL,
		.state = TASK_PROVISIONING,
		.version = 1,
		.stop_code = "",
		.stopped_reason = "",
		.created_ms = call->now_ms,
		.address = "",
		.mac = "",
		.machine = "",
		.containers = containers,
		.container_count = count,
	};
	return 0;
}
