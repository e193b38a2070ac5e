/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ids are made of what makes the client token of a launch, so the tasks of one delivery are
 * one event. The depth is that of what the wait would start: who launches tasks because
 * launches wait comes to an end as well.
 */
#include "gateway/events/capacity.h"

#include <inttypes.h>
#include <string.h>

#include "core/clock.h"
#include "gateway/ecs/ecs_identifier.h"
#include "gateway/events/launch.h"
#include "gateway/events/made_event.h"
#include "gateway/json_out.h"

#define DETAIL_TYPE "Slipway Capacity Wait"
#define RULE_PREFIX "events-rule/"

static void put_since(json_t *detail, int64_t wall_ms)
{
	char text[CLOCK_ISO_SIZE];

	out_text(detail, "waitingSince", clock_iso(wall_ms, text));
}

int capacity_event_of_task(const struct call *call, const struct task_version *version,
			   struct event_accepted *ret_event, struct err *err)
{
	const struct task *task = &version->task;
	const struct ecs_arn arn = ecs_task_arn(call, task->cluster, task->id);
	const char *resources[] = {arn.text};
	AUTO(json_decrefp) json_t *detail = out_object();
	const struct made_event made = {
		.account = task->account,
		.region = call->options->region,
		.source = EVENT_SOURCE_SLIPWAY,
		.detail_type = DETAIL_TYPE,
		.resources = resources,
		.resource_count = 1,
		.detail = detail,
		.time_ms = version->noted_ms,
		.depth = task->event_depth,
		.id_source = EVENT_SOURCE_SLIPWAY,
		.id = task->event_depth > 0 ? task->client_token : task->id,
	};

	out_text(detail, "code", "RESOURCE:MEMORY");
	out_text(detail, "reason", "There is no room for the task on this host yet; it waits.");
	out_text(detail, "taskArn", arn.text);
	out_text(detail, "clusterArn", ecs_cluster_arn(call, task->cluster).text);
	out_text(detail, "taskDefinitionArn",
		 ecs_definition_arn(call, task->family, task->revision).text);
	out_textf(detail, "cpu", "%" PRId64, task->cpu_units);
	out_textf(detail, "memory", "%" PRId64, task->memory_mib);
	out_text(detail, "group", task->group);
	out_text(detail, "startedBy", task->started_by);
	if (strncmp(task->started_by, RULE_PREFIX, strlen(RULE_PREFIX)) == 0)
		out_text(detail, "rule", task->started_by + strlen(RULE_PREFIX));
	put_since(detail, task->created_ms);
	return made_event_write(&made, call->now_ms, call->arena, ret_event, err);
}

int capacity_event_of_delivery(const struct capacity_want *want, struct arena *arena,
			       struct event_accepted *ret_event, struct err *err)
{
	const struct event_delivery *delivery = want->delivery;
	const struct event_accepted *event = &delivery->event;
	AUTO(json_decrefp) json_t *detail = out_object();
	char token[SHA256_HEX_SIZE];
	const struct made_event made = {
		.account = event->account,
		.region = want->region,
		.source = EVENT_SOURCE_SLIPWAY,
		.detail_type = DETAIL_TYPE,
		.detail = detail,
		.time_ms = want->now_ms,
		.depth = event->depth + 1,
		.id_source = EVENT_SOURCE_SLIPWAY,
		.id = token,
	};

	event_launch_token(delivery, token);
	out_text(detail, "code", want->code);
	out_text(detail, "reason", want->reason);
	out_text(detail, "eventBus", event->bus);
	out_text(detail, "eventId", event->id);
	out_text(detail, "rule", delivery->rule);
	out_text(detail, "target", delivery->target);
	put_since(detail, delivery->since_ms);
	return made_event_write(&made, want->now_ms, arena, ret_event, err);
}
