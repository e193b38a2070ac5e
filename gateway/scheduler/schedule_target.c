/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A target is kept as it was given and read anew for each invocation. What of it would be wrong
 * each time is refused when it is given: a kind of target that is not here, an input that RunTask
 * would not take.
 */
#include "gateway/scheduler/schedule_target.h"

#include <inttypes.h>
#include <string.h>

#include "core/ident.h"
#include "events/event.h"
#include "events/event_time.h"
#include "gateway/ecs/ecs_identifier.h"
#include "gateway/events/launch.h"
#include "gateway/json_out.h"
#include "gateway/scheduler/schedule_name.h"

#define CALL_PREFIX "arn:aws:scheduler:::aws-sdk:"
#define FACT_PREFIX "<aws.scheduler."

static const struct shape_field ecs_fields[] = {
	TEXT(struct event_ecs_input, definition, "TaskDefinitionArn", 1, 1600, SHAPE_REQUIRED),
	INT_SEEN(struct event_ecs_input, count, has_count, "TaskCount", 1, 10),
	TEXT(struct event_ecs_input, launch_type, "LaunchType", 0, 0, 0),
	OBJECT(struct event_ecs_input, network, "NetworkConfiguration", &event_network_shape, 0),
	TEXT(struct event_ecs_input, platform, "PlatformVersion", 1, 64, 0),
	TEXT(struct event_ecs_input, group, "Group", 1, 255, 0),
	LIST(struct event_ecs_input, strategy, "CapacityProviderStrategy", &event_provider_shape, 0,
	     6, 0),
	BOOL(struct event_ecs_input, managed_tags, "EnableECSManagedTags", 0),
	BOOL(struct event_ecs_input, exec_enabled, "EnableExecuteCommand", 0),
	REFUSED("PlacementConstraints"),
	REFUSED("PlacementStrategy"),
	WORD(struct event_ecs_input, propagate, "PropagateTags", event_propagate_words, 0),
	TEXT(struct event_ecs_input, reference, "ReferenceId", 0, 1024, 0),
};
static const struct shape ecs_shape = SHAPE_OF(struct event_ecs_input, ecs_fields);

static const struct shape_field bridge_fields[] = {
	TEXT(struct schedule_bridge_input, detail_type, "DetailType", 1, 128 * 4, SHAPE_REQUIRED),
	TEXT(struct schedule_bridge_input, source, "Source", 1, 256, SHAPE_REQUIRED),
};
static const struct shape bridge_shape = SHAPE_OF(struct schedule_bridge_input, bridge_fields);

static const struct shape_field fields[] = {
	TEXT(struct schedule_target, arn, "Arn", 1, 1600, SHAPE_REQUIRED),
	TEXT(struct schedule_target, role, "RoleArn", 1, 1600, SHAPE_REQUIRED),
	TEXT(struct schedule_target, input, "Input", 1, SCHEDULE_INPUT_MAX, 0),
	OBJECT_SEEN(struct schedule_target, ecs, has_ecs, "EcsParameters", &ecs_shape),
	JSON(struct schedule_target, ecs_json, "EcsParameters", 0),
	OBJECT_SEEN(struct schedule_target, bridge, has_bridge, "EventBridgeParameters",
		    &bridge_shape),
	OBJECT(struct schedule_target, retry, "RetryPolicy", &event_retry_shape, 0),
	/* Dead letters of all targets are kept in the store. */
	REFUSED("DeadLetterConfig"),
	REFUSED("KinesisParameters"),
	REFUSED("SageMakerPipelineParameters"),
	REFUSED("SqsParameters"),
};
const struct shape schedule_target_shape = SHAPE_OF(struct schedule_target, fields);

bool schedule_target_is_call(const struct schedule_target *target)
{
	return strcmp(target->arn, SCHEDULE_RUN_TASK) == 0;
}

/* --- what is filled in --- */

static const char *fact_text(const char *name, size_t len, const struct schedule_facts *facts,
			     struct arena *arena)
{
	char time[EVENT_TIME_SIZE];

	if (text_is(name, len, "schedule-arn"))
		return facts->schedule_arn;
	if (text_is(name, len, "execution-id"))
		return facts->execution_id;
	if (text_is(name, len, "scheduled-time"))
		return arena_strdup(arena, event_time_write(facts->scheduled_ms, time));
	if (text_is(name, len, "attempt-number"))
		return arena_printf(arena, "%" PRId64, facts->attempt);
	return NULL;
}

const char *schedule_input_fill(const char *input, const struct schedule_facts *facts,
				struct arena *arena)
{
	AUTO(buf_done) struct buf filled;
	struct err ignored = ERR_INIT;
	const char *at = input;

	/* The longest of the facts is no longer than an ARN. */
	buf_init(&filled, 16 * SCHEDULE_INPUT_MAX);
	for (const char *found; (found = strstr(at, FACT_PREFIX)) != NULL;) {
		const char *name = found + strlen(FACT_PREFIX);
		size_t len = strcspn(name, ">");
		const char *text = name[len] == '>' ? fact_text(name, len, facts, arena) : NULL;

		/* What is none of them stays as it is. */
		if (buf_append(&filled, at, (size_t)(found - at), &ignored) < 0 ||
		    buf_append_text(&filled, text ? text : FACT_PREFIX, &ignored) < 0)
			return NULL;
		at = text ? name + len + 1 : name;
	}
	if (buf_append_text(&filled, at, &ignored) < 0)
		return NULL;
	return arena_strdup(arena, buf_text(&filled));
}

int schedule_target_as_event(const struct schedule_target *target, const char *input, json_t *owner,
			     struct event_target *ret_target, struct err *err)
{
	json_t *request;

	*ret_target = (struct event_target){.arn = target->arn,
					    .role = target->role,
					    .ecs = target->ecs,
					    .has_ecs = target->has_ecs,
					    .ecs_json = target->ecs_json,
					    .retry = target->retry};
	if (!schedule_target_is_call(target))
		return 0;
	if (shape_parse(input ? input : "{}", input ? strlen(input) : 2, &request, err) < 0)
		return -1;
	out_put(owner, SCHEDULE_RUN_TASK, request);
	ret_target->has_ecs = true;
	ret_target->ecs_json = request;
	return 0;
}

/* --- what may be kept --- */

/* As they will be, for a look at what they are in. */
static const char *sample(struct call *call, const struct schedule_target *target)
{
	const struct schedule_facts facts = {
		.schedule_arn = "arn", .execution_id = "id", .attempt = 1};

	return target->input ? schedule_input_fill(target->input, &facts, call->arena) : NULL;
}

/* A list of maps, each of which is a tag. */
static int check_ecs_tags(struct call *call, const struct schedule_target *target)
{
	const json_t *tags = json_object_get(target->ecs_json, "Tags");

	if (!tags || json_is_null(tags))
		return 0;
	if (!json_is_array(tags) || json_array_size(tags) > 50)
		return call_fail(call, SCHEDULE_VALIDATION,
				 "Target.EcsParameters.Tags must be a list of at most 50 maps.");
	for (size_t i = 0; i < json_array_size(tags); i++) {
		const json_t *tag = json_array_get(tags, i);
		const char *key = json_string_value(json_object_get(tag, "key"));
		const char *value = json_string_value(json_object_get(tag, "value"));

		if (!key || !value || json_object_size(tag) != 2)
			return call_fail(call, SCHEDULE_VALIDATION,
					 "Target.EcsParameters.Tags[%zu] must be a map of two "
					 "texts, key and value.",
					 i);
	}
	return 0;
}

/* Else a role could have schedules do what it may not. */
static int check_launch_role(struct call *call, const struct schedule_target *target,
			     const char *definition)
{
	if (call_check_role(call, "ecs", "RunTask", definition) < 0)
		return -1;
	return call_check_role(call, "iam", "PassRole", target->role);
}

static int check_ecs(struct call *call, const struct schedule_target *target)
{
	const struct event_ecs_input *ecs = &target->ecs;
	struct ecs_definition_name name;
	struct event_target as_event;
	struct err err = ERR_INIT;

	if (!target->has_ecs)
		return call_fail(call, SCHEDULE_VALIDATION,
				 "EcsParameters must be specified for a target that is a cluster.");
	if (shape_given(ecs->launch_type) && strcmp(ecs->launch_type, "FARGATE") != 0)
		return call_fail(call, SCHEDULE_VALIDATION,
				 "Target.EcsParameters.LaunchType must be FARGATE: there are no "
				 "container instances here.");
	if (check_ecs_tags(call, target) < 0)
		return -1;
	if (ecs_definition_name(call, ecs->definition, &name) < 0) {
		const struct api_error why = call->error;

		return call_fail(call, SCHEDULE_VALIDATION,
				 "Target.EcsParameters.TaskDefinitionArn: %.800s", why.message);
	}
	if (schedule_target_as_event(target, NULL, NULL, &as_event, &err) < 0 ||
	    event_launch_check(&as_event, sample(call, target), call->arena, &err) < 0)
		return call_fail(call, SCHEDULE_VALIDATION, "Target.Input is not valid: %s.",
				 err.text);
	return check_launch_role(call, target, ecs->definition);
}

/* RunTask itself, with its members in capitals. */
static int check_call(struct call *call, const struct schedule_target *target)
{
	AUTO(json_decrefp) json_t *owner = out_object();
	struct event_target as_event;
	struct err err = ERR_INIT;
	const char *definition;

	if (!schedule_target_is_call(target))
		return call_fail(call, SCHEDULE_VALIDATION,
				 "Target.Arn is not valid: calls of %.256s are not supported by "
				 "this Slipway yet.",
				 target->arn + strlen(CALL_PREFIX));
	if (target->has_ecs)
		return call_fail(call, SCHEDULE_VALIDATION,
				 "EcsParameters is not valid for a target that is a call: its "
				 "Input says all.");
	if (schedule_target_as_event(target, sample(call, target), owner, &as_event, &err) < 0)
		return call_fail(call, SCHEDULE_VALIDATION,
				 "Invalid RequestJson provided. Reason %s.", err.text);
	definition = json_string_value(json_object_get(as_event.ecs_json, "TaskDefinition"));
	if (!definition)
		return call_fail(call, SCHEDULE_VALIDATION,
				 "Invalid RequestJson provided. Reason Request payload is missing "
				 "the following field(s): TaskDefinition.");
	if (event_launch_check(&as_event, NULL, call->arena, &err) < 0)
		return call_fail(call, SCHEDULE_VALIDATION,
				 "Invalid RequestJson provided. Reason %s.", err.text);
	return check_launch_role(call, target, definition);
}

static int check_bus(struct call *call, const struct schedule_target *target)
{
	const struct event_entry entry = {.source = target->bridge.source,
					  .detail_type = target->bridge.detail_type,
					  .detail = sample(call, target)};
	enum event_refusal refusal;

	if (!target->has_bridge)
		return call_fail(call, SCHEDULE_VALIDATION,
				 "EventBridgeParameters must be specified for a target that is an "
				 "event bus.");
	if (!target->input)
		return call_fail(call, SCHEDULE_VALIDATION,
				 "Input must be specified for a target that is an event bus.");
	refusal = event_entry_check(&entry);
	if (refusal != EVENT_REFUSED_NONE)
		return call_fail(call, SCHEDULE_VALIDATION, "Target is not valid: %s",
				 event_refusal_text(refusal));
	return call_check_role(call, "events", "PutEvents", target->arn);
}

static int check_place(struct call *call, const struct schedule_target *target,
		       enum event_target_kind kind)
{
	if (target->has_ecs && kind != EVENT_TARGET_ECS)
		return call_fail(call, SCHEDULE_VALIDATION,
				 "EcsParameters is not valid for a target that is no cluster.");
	if (target->has_bridge && kind != EVENT_TARGET_BUS)
		return call_fail(call, SCHEDULE_VALIDATION,
				 "EventBridgeParameters is not valid for a target that is no event "
				 "bus.");
	if (kind == EVENT_TARGET_ECS)
		return check_ecs(call, target);
	if (kind == EVENT_TARGET_BUS)
		return check_bus(call, target);
	return call_check_role(call, "logs", "PutLogEvents", target->arn);
}

int schedule_target_check(struct call *call, const struct schedule_target *target)
{
	struct event_target_place place;
	struct err err = ERR_INIT;

	if (strncmp(target->arn, "arn:", 4) != 0)
		return call_fail(call, SCHEDULE_VALIDATION,
				 "Provided Arn is not in correct format.");
	if (strncmp(target->role, "arn:", 4) != 0 || !strstr(target->role, ":role/"))
		return call_fail(call, SCHEDULE_VALIDATION,
				 "Target.RoleArn must be the ARN of a role.");
	if (strncmp(target->arn, CALL_PREFIX, strlen(CALL_PREFIX)) == 0)
		return check_call(call, target);
	if (event_target_find_place(target->arn, call->options->region, call->caller.account,
				    call->arena, &place, &err) < 0)
		return call_fail(call, SCHEDULE_VALIDATION, "Target.Arn is not valid: %s.",
				 err.text);
	if (place.kind == EVENT_TARGET_WEBHOOK)
		return call_fail(call, SCHEDULE_VALIDATION,
				 "Target.Arn is not valid: schedules have no API destinations.");
	return check_place(call, target, place.kind);
}
