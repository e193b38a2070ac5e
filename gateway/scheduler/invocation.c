/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event is the one that Scheduler gives to targets that have no input of their own, and
 * beside its members stands "schedule" with the target. Its bus is no bus's name, its rule the
 * schedule's, and its id is made of schedule, creation and time: so a time is one invocation,
 * whoever is killed when.
 */
#include "gateway/scheduler/invocation.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/digest.h"
#include "events/event.h"
#include "events/event_cloud.h"
#include "events/event_time.h"
#include "gateway/json_out.h"
#include "gateway/scheduler/schedule_name.h"
#include "gateway/scheduler/schedule_target.h"

#define BUS_PREFIX	"schedule-group:" /* a character that names of buses do not have */
#define TARGET		"target"	  /* the name of a schedule's only one */
#define STARTED_PREFIX	"chronos-schedule/"
#define EXECUTION_CHARS 16

static int make_event(const char *region, const char *account, const char *arn, const char *id,
		      int64_t due_ms, struct buf *out, struct err *err)
{
	const struct event_entry entry = {.source = "aws.scheduler",
					  .detail_type = "Scheduled Event",
					  .detail = "{}",
					  .resources = &arn,
					  .resource_count = 1,
					  .timed = true,
					  .time_ms = due_ms};
	const struct event_place place = {.id = id, .account = account, .region = region};

	return event_make(&entry, &place, out, err);
}

/* Instead of the brace that ends it. */
static int add_target(const char *target, struct buf *body, struct err *err)
{
	body->len--;
	return buf_printf(body, err, ",\"schedule\":{\"target\":%s}}", target);
}

int invocation_write(struct db *state, const char *region, const struct scheduler_record *schedule,
		     int64_t due_ms, int64_t now_ms, struct err *err)
{
	const struct scheduler_key *key = &schedule->key;
	struct schedule_arn arn = schedule_arn(region, key);
	AUTO(freep) char *bus = xasprintf(BUS_PREFIX "%s", key->group);
	AUTO(buf_done) struct buf body;
	char id[IDENT_UUID_SIZE];
	char time[48];

	buf_init(&body, EVENT_TEXT_MAX);
	(void)snprintf(time, sizeof(time), "%" PRId64 " %" PRId64, schedule->created_ms, due_ms);
	event_cloud_id(arn.text, time, id);
	if (make_event(region, key->account, arn.text, id, due_ms, &body, err) < 0 ||
	    add_target(schedule->target, &body, err) < 0)
		return -1;
	const struct event_accepted event = {.account = key->account,
					     .bus = bus,
					     .id = id,
					     .received_ms = now_ms,
					     .body = buf_text(&body)};

	if (event_accept_one(state, &event, key->name, TARGET, err) < 0) {
		if (err->code != ERR_EXISTS)
			return -1;
		err_clear(err);
	}
	return 0;
}

bool invocation_is_one(const struct event_accepted *event)
{
	return strncmp(event->bus, BUS_PREFIX, strlen(BUS_PREFIX)) == 0;
}

/* --- what is to be done --- */

/* Another for each attempt. */
static const char *execution_id(const struct event_delivery *delivery, struct arena *arena)
{
	AUTO(freep)
	char *text = xasprintf("%s %" PRId64, delivery->event.id, delivery->attempts + 1);
	char digest[SHA256_HEX_SIZE];

	sha256_hex(text, strlen(text), digest);
	return arena_strndup(arena, digest, EXECUTION_CHARS);
}

static int fill_input(const struct event_delivery *delivery, const struct schedule_target *target,
		      const char *arn, int64_t due_ms, struct arena *arena, const char **ret_input,
		      struct err *err)
{
	const struct schedule_facts facts = {.schedule_arn = arn,
					     .execution_id = execution_id(delivery, arena),
					     .scheduled_ms = due_ms,
					     .attempt = delivery->attempts + 1};

	*ret_input = NULL;
	if (!target->input)
		return 0;
	*ret_input = facts.execution_id ? schedule_input_fill(target->input, &facts, arena) : NULL;
	return *ret_input ? 0 : err_set(err, ERR_LIMIT, "the target's input is too large");
}

/* The event that a bus gets, with the input as its detail; any other target gets that of the
 * schedule. */
static int make_text(const struct schedule_target *target, const struct event_place *place,
		     const char *input, const char *arn, int64_t due_ms, struct arena *arena,
		     const char **ret_text, struct err *err)
{
	const struct event_entry entry = {.source = target->bridge.source,
					  .detail_type = target->bridge.detail_type,
					  .detail = input,
					  .resources = &arn,
					  .resource_count = 1,
					  .timed = true,
					  .time_ms = due_ms};
	AUTO(buf_done) struct buf text;
	int result;

	buf_init(&text, EVENT_TEXT_MAX);
	if (!target->has_bridge)
		result = make_event(place->region, place->account, arn, place->id, due_ms, &text,
				    err);
	else if (event_entry_check(&entry) != EVENT_REFUSED_NONE)
		return err_set(err, ERR_INVALID, "%s", event_refusal_text(EVENT_REFUSED_MALFORMED));
	else
		result = event_make(&entry, place, &text, err);
	if (result < 0)
		return -1;
	*ret_text = arena_strndup(arena, (const char *)text.data, text.len);
	return *ret_text ? 0 : err_set(err, ERR_LIMIT, "the event is too large");
}

static int read_target(const json_t *body, struct arena *arena, struct schedule_target *ret_target,
		       const char **ret_arn, int64_t *ret_due_ms, struct err *err)
{
	const json_t *target = json_object_get(json_object_get(body, "schedule"), "target");
	const char *time = json_string_value(json_object_get(body, "time"));

	*ret_arn = json_string_value(json_array_get(json_object_get(body, "resources"), 0));
	if (!target || !time || !*ret_arn)
		return err_set(err, ERR_INVALID, "the invocation is damaged");
	if (event_time_read(time, ret_due_ms, err) < 0)
		return -1;
	return shape_fill(&schedule_target_shape, target, arena, ret_target, err);
}

/* The cluster of a call, whose Input may leave it out and say who started its tasks. */
static void read_call(struct invocation *invocation)
{
	const json_t *request = invocation->target.ecs_json;
	const char *cluster = json_string_value(json_object_get(request, "Cluster"));
	const char *started_by = json_string_value(json_object_get(request, "StartedBy"));

	invocation->place =
		(struct event_target_place){EVENT_TARGET_ECS, cluster ? cluster : "default"};
	invocation->input = NULL;
	if (started_by)
		invocation->started_by = started_by;
}

int invocation_read(const struct event_delivery *delivery, const char *region, struct arena *arena,
		    struct invocation *ret_invocation, json_t **ret_body, struct err *err)
{
	const struct event_accepted *event = &delivery->event;
	const struct event_place place = {
		.id = event->id, .account = event->account, .region = region};
	struct invocation invocation = {.event = *event};
	struct schedule_target target;
	const char *arn;
	int64_t due_ms;

	if (shape_parse(event->body, strlen(event->body), ret_body, err) < 0 ||
	    read_target(*ret_body, arena, &target, &arn, &due_ms, err) < 0 ||
	    fill_input(delivery, &target, arn, due_ms, arena, &invocation.input, err) < 0 ||
	    schedule_target_as_event(&target, invocation.input, *ret_body, &invocation.target,
				     err) < 0 ||
	    make_text(&target, &place, invocation.input, arn, due_ms, arena, &invocation.event.body,
		      err) < 0)
		return -1;
	invocation.started_by = arena_printf(arena, STARTED_PREFIX "%s", delivery->rule);
	if (!invocation.started_by)
		return err_set(err, ERR_LIMIT, "the event is too large");
	if (schedule_target_is_call(&target))
		read_call(&invocation);
	else if (event_target_find_place(target.arn, region, event->account, arena,
					 &invocation.place, err) < 0)
		return -1;
	*ret_invocation = invocation;
	return 0;
}
