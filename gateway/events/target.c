/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A target is kept as it was given and read anew for each event. Whatever of it would be wrong
 * for every event is refused when it is put: a kind of target that is not here, a definition
 * whose name cannot be one, an input that is no JSON.
 */
#include "gateway/events/target.h"

#include <stdio.h>
#include <string.h>

#include "core/ident.h"
#include "gateway/ecs/ecs_identifier.h"
#include "gateway/events/bus_name.h"
#include "gateway/events/connection_call.h"
#include "gateway/logs/log_names.h"

#define VALIDATION "ValidationException"
#define COUNT_MAX  10 /* tasks of one RunTask */

struct tag_pair {
	const char *key, *value;
};
struct provider {
	const char *name;
	int64_t weight, base;
};

static const char *const public_words[] = {"ENABLED", "DISABLED", NULL};
const char *const event_propagate_words[] = {"TASK_DEFINITION", NULL};

static const struct shape_field awsvpc_fields[] = {
	TEXTS(struct event_awsvpc_input, subnets, "Subnets", 0, 16, SHAPE_REQUIRED),
	TEXTS(struct event_awsvpc_input, groups, "SecurityGroups", 0, 5, 0),
	WORD(struct event_awsvpc_input, public_ip, "AssignPublicIp", public_words, 0),
};
static const struct shape awsvpc_shape = SHAPE_OF(struct event_awsvpc_input, awsvpc_fields);
static const struct shape_field network_fields[] = {
	OBJECT(struct event_network_input, awsvpc, "awsvpcConfiguration", &awsvpc_shape, 0),
};
const struct shape event_network_shape = SHAPE_OF(struct event_network_input, network_fields);
static const struct shape_field tag_fields[] = {
	TEXT(struct tag_pair, key, "Key", 1, 128 * 4, SHAPE_REQUIRED),
	TEXT(struct tag_pair, value, "Value", 0, 256 * 4, SHAPE_REQUIRED),
};
static const struct shape tag_pair_shape = SHAPE_OF(struct tag_pair, tag_fields);
static const struct shape_field provider_fields[] = {
	TEXT(struct provider, name, "capacityProvider", 1, 255, SHAPE_REQUIRED),
	INT(struct provider, weight, "weight", 0, 1000, 0),
	INT(struct provider, base, "base", 0, 100000, 0),
};
const struct shape event_provider_shape = SHAPE_OF(struct provider, provider_fields);

static const struct shape_field ecs_fields[] = {
	TEXT(struct event_ecs_input, definition, "TaskDefinitionArn", 1, 1600, SHAPE_REQUIRED),
	INT_SEEN(struct event_ecs_input, count, has_count, "TaskCount", 1, INT32_MAX),
	TEXT(struct event_ecs_input, launch_type, "LaunchType", 0, 0, 0),
	OBJECT(struct event_ecs_input, network, "NetworkConfiguration", &event_network_shape, 0),
	TEXT(struct event_ecs_input, platform, "PlatformVersion", 0, 0, 0),
	TEXT(struct event_ecs_input, group, "Group", 0, 255, 0),
	LIST(struct event_ecs_input, strategy, "CapacityProviderStrategy", &event_provider_shape, 0,
	     6, 0),
	BOOL(struct event_ecs_input, managed_tags, "EnableECSManagedTags", 0),
	BOOL(struct event_ecs_input, exec_enabled, "EnableExecuteCommand", 0),
	REFUSED("PlacementConstraints"),
	REFUSED("PlacementStrategy"),
	WORD(struct event_ecs_input, propagate, "PropagateTags", event_propagate_words, 0),
	TEXT(struct event_ecs_input, reference, "ReferenceId", 0, 1024, 0),
	LIST(struct event_ecs_input, tags, "Tags", &tag_pair_shape, 0, 50, 0),
};
static const struct shape ecs_shape = SHAPE_OF(struct event_ecs_input, ecs_fields);

static const struct shape_field transformer_fields[] = {
	MAP(struct event_transformer_input, paths, "InputPathsMap", 0, INPUT_PATHS_MAX, 0),
	TEXT(struct event_transformer_input, template, "InputTemplate", 1, INPUT_TEMPLATE_MAX,
	     SHAPE_REQUIRED),
};
static const struct shape transformer_shape =
	SHAPE_OF(struct event_transformer_input, transformer_fields);

static const struct shape_field fields[] = {
	TEXT(struct event_target, id, "Id", 1, EVENT_BUS_GIVEN_MAX, SHAPE_REQUIRED),
	TEXT(struct event_target, arn, "Arn", 1, 1600, SHAPE_REQUIRED),
	TEXT(struct event_target, role, "RoleArn", 1, 1600, 0),
	TEXT(struct event_target, input, "Input", 0, 0, 0),
	TEXT(struct event_target, input_path, "InputPath", 0, 256, 0),
	OBJECT_SEEN(struct event_target, transformer, has_transformer, "InputTransformer",
		    &transformer_shape),
	OBJECT_SEEN(struct event_target, ecs, has_ecs, "EcsParameters", &ecs_shape),
	JSON(struct event_target, ecs_json, "EcsParameters", 0),
	OBJECT_SEEN(struct event_target, http, has_http, "HttpParameters", &webhook_http_shape),
	OBJECT(struct event_target, retry, "RetryPolicy", &event_retry_shape, 0),
	/* Dead letters of all targets are kept in the store. */
	REFUSED("DeadLetterConfig"),
	REFUSED("AppSyncParameters"),
	REFUSED("BatchParameters"),
	REFUSED("KinesisParameters"),
	REFUSED("RedshiftDataParameters"),
	REFUSED("RunCommandParameters"),
	REFUSED("SageMakerPipelineParameters"),
	REFUSED("SqsParameters"),
};
const struct shape event_target_shape = SHAPE_OF(struct event_target, fields);

/* --- where an ARN leads --- */

static const struct {
	const char *service, *prefix;
	enum event_target_kind kind;
} kinds[] = {
	{"ecs", "cluster/", EVENT_TARGET_ECS},
	{"logs", "log-group:", EVENT_TARGET_LOGS},
	{"events", "event-bus/", EVENT_TARGET_BUS},
	{"events", "api-destination/", EVENT_TARGET_WEBHOOK},
};

/* "log-group:NAME:*" is the group as well. */
static char *name_of(enum event_target_kind kind, const char *rest, struct arena *arena)
{
	size_t len = strlen(rest);

	if (kind == EVENT_TARGET_LOGS && len > 2 && strcmp(rest + len - 2, ":*") == 0)
		len -= 2;
	return arena_strndup(arena, rest, len);
}

/* NAME/UUID */
static bool webhook_name_ok(const char *name)
{
	const char *slash = strchr(name, '/');

	return slash && slash > name && event_name_ok(slash + 1);
}

static bool name_is_ok(enum event_target_kind kind, const char *name)
{
	if (kind == EVENT_TARGET_ECS)
		return ident_is_name(name, ECS_NAME_MAX);
	if (kind == EVENT_TARGET_LOGS)
		return log_group_name_ok(name);
	if (kind == EVENT_TARGET_WEBHOOK)
		return webhook_name_ok(name);
	return event_name_ok(name);
}

int event_target_find_place(const char *arn, const char *region, const char *account,
			    struct arena *arena, struct event_target_place *ret_place,
			    struct err *err)
{
	struct err ignored = ERR_INIT;
	struct arn parts;

	if (arn_parse(arn, &parts, &ignored) < 0)
		return err_set(err, ERR_UNSUPPORTED, "it is not an ARN");
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		size_t len = strlen(kinds[i].prefix);
		const char *name;

		if (!text_is(parts.service, parts.service_len, kinds[i].service) ||
		    strncmp(parts.resource, kinds[i].prefix, len) != 0)
			continue;
		if (!text_is(parts.region, parts.region_len, region) ||
		    !text_is(parts.account, parts.account_len, account))
			return err_set(err, ERR_UNSUPPORTED,
				       "targets in other regions or accounts are not supported by "
				       "this Slipway yet; here is %s, account %s",
				       region, account);
		name = name_of(kinds[i].kind, parts.resource + len, arena);
		if (!name || !name_is_ok(kinds[i].kind, name))
			return err_set(err, ERR_UNSUPPORTED, "it has no name of a %.*s",
				       (int)len - 1, kinds[i].prefix);
		*ret_place = (struct event_target_place){kinds[i].kind, name};
		return 0;
	}
	return err_set(
		err, ERR_UNSUPPORTED,
		"targets of the kind %.*s are not supported by this Slipway yet; those of ecs, "
		"logs and events are",
		parts.service_len < 64 ? (int)parts.service_len : 64, parts.service);
}

/* --- what may be kept --- */

int event_target_input_make(const struct event_target *target, size_t number, struct arena *arena,
			    struct target_input **ret_input, struct err *err)
{
	const struct target_input_request request = {
		.target = {.id = target->id, .number = number},
		.input = target->input,
		.input_path = target->input_path,
		.input_template = target->has_transformer ? target->transformer.template : NULL,
		.paths = target->transformer.paths.items,
		.path_count = target->transformer.paths.count,
	};

	*ret_input = NULL;
	if (!request.input && !request.input_path && !request.input_template)
		return 0;
	return target_input_make(&request, arena, ret_input, err);
}

static int check_id(struct call *call, const char *id, size_t number)
{
	const char *member = arena_printf(call->arena, "targets.%zu.member.id", number);

	if (!member)
		return call_fail(call, VALIDATION, "The request is too large.");
	return event_name_check(call, member, id);
}

static int check_ecs(struct call *call, const struct event_target *target)
{
	const struct event_ecs_input *ecs = &target->ecs;
	struct ecs_definition_name name;

	if (!target->has_ecs)
		return call_fail(call, VALIDATION,
				 "Parameter(s) EcsParameters must be specified for target: %s.",
				 target->id);
	if (ecs->has_count && ecs->count > COUNT_MAX)
		return call_fail(call, VALIDATION,
				 "EcsParameters.TaskCount of target %s must be from 1 to %d.",
				 target->id, COUNT_MAX);
	if (shape_given(ecs->launch_type) && strcmp(ecs->launch_type, "FARGATE") != 0)
		return call_fail(call, VALIDATION,
				 "EcsParameters.LaunchType of target %s must be FARGATE: there are "
				 "no container instances here.",
				 target->id);
	if (ecs_definition_name(call, ecs->definition, &name) < 0) {
		const struct api_error why = call->error;

		return call_fail(call, VALIDATION,
				 "EcsParameters.TaskDefinitionArn of target %s: %.800s", target->id,
				 why.message);
	}
	/* Else a role could have rules do what it may not. */
	if (call_check_role(call, "ecs", "RunTask", ecs->definition) < 0)
		return -1;
	return call_check_role(call, "iam", "PassRole", target->role ? target->role : "*");
}

static int check_webhook(struct call *call, const struct event_target *target,
			 const struct event_target_place *place, int64_t *ret_destination)
{
	struct event_api_destination destination;
	struct err err = ERR_INIT;

	if (event_destination_of_name(call->state, call->caller.account, place->name, call->arena,
				      &destination, &err) < 0) {
		if (err.code != ERR_NOT_FOUND)
			return call_fail_server(call, &err);
		return call_fail(call, VALIDATION,
				 "Parameter Arn is not valid for target %s. Reason: there is no "
				 "such API destination.",
				 target->id);
	}
	if (webhook_http_check(&target->http, destination.endpoint, &err) < 0)
		return call_fail(call, VALIDATION,
				 "Parameter HttpParameters is not valid for target %s. Reason: "
				 "%.700s.",
				 target->id, err.text);
	*ret_destination = destination.number;
	return call_check_role(call, "events", "InvokeApiDestination", target->arn);
}

static int check_place(struct call *call, const struct event_target *target,
		       const struct event_target_place *place, int64_t *ret_destination)
{
	*ret_destination = 0;
	if (target->has_http && place->kind != EVENT_TARGET_WEBHOOK)
		return call_fail(call, VALIDATION,
				 "Parameter HttpParameters is not valid for target %s. Reason: its "
				 "ARN is not an API destination's.",
				 target->id);
	if (place->kind == EVENT_TARGET_ECS)
		return check_ecs(call, target);
	if (target->has_ecs)
		return call_fail(call, VALIDATION,
				 "Parameter EcsParameters is not valid for target %s. Reason: its "
				 "ARN is not an ECS cluster's.",
				 target->id);
	if (place->kind == EVENT_TARGET_WEBHOOK)
		return check_webhook(call, target, place, ret_destination);
	if (place->kind == EVENT_TARGET_LOGS)
		return call_check_role(call, "logs", "PutLogEvents", target->arn);
	if (target->input || target->input_path || target->has_transformer)
		return call_fail(call, VALIDATION,
				 "Input, InputPath and InputTransformer are not valid for target "
				 "%s. Reason: an event bus gets the event as it is.",
				 target->id);
	return call_check_role(call, "events", "PutEvents", target->arn);
}

int event_target_check(struct call *call, const struct event_target *target, size_t number,
		       int64_t *ret_destination)
{
	struct event_target_place place;
	struct err err = ERR_INIT;
	struct target_input *input;

	if (check_id(call, target->id, number) < 0)
		return -1;
	if (event_target_find_place(target->arn, call->options->region, call->caller.account,
				    call->arena, &place, &err) < 0)
		return call_fail(call, VALIDATION,
				 "Parameter Arn is not valid for target %s. Reason: %s.",
				 target->id, err.text);
	if (check_place(call, target, &place, ret_destination) < 0)
		return -1;
	if (event_target_input_make(target, number, call->arena, &input, &err) < 0)
		return call_fail(call, VALIDATION, "%s", err.text);
	return 0;
}
