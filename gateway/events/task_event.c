/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The detail of a change is the task as DescribeTasks shows it with TAGS, PHASES and BILL, but for
 * what ECS writes otherwise in events: times are texts, there is an updatedAt, and the network
 * attachment is an "eni". State, containers and times are those of the version (the store noted
 * them); tags, phases and bill are as they are when the event is made, some milliseconds later.
 *
 * The events of a batch are matched in the snapshot that they were made in, and entered in one
 * transaction with the end of their rows; if that is lost before it is on the disk, they are made
 * again as they were. Their ids are made of task and version.
 */
#include "gateway/events/task_event.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/ident.h"
#include "core/log.h"
#include "gateway/billing_state.h"
#include "gateway/ecs/bill_desk.h"
#include "gateway/ecs/ecs_identifier.h"
#include "gateway/ecs/task_json.h"
#include "gateway/events/accept.h"
#include "gateway/events/capacity.h"
#include "gateway/events/made_event.h"
#include "gateway/json_out.h"
#include "store/task_version.h"

#define BATCH_MAX 32 /* events that share a durable write */
#define ARENA_MAX                                                                                  \
	(64u << 20) /* 32 tasks with their definitions and overrides, and their events             \
		     */

struct entry {
	const struct task_version *version;
	struct event_entering entering;
	bool dropped; /* it cannot be matched */
};

struct batch {
	const struct api_options *options;
	struct db *state;
	struct arena *arena;
	int64_t now_ms;
	struct request request; /* of nobody: errors name its id */
	struct bill_desk desk;
	bool has_desk;
	struct entry entries[BATCH_MAX];
	size_t count;
	bool again; /* rules have changed: the rest is for the next time */
};

static struct call call_for(const struct batch *batch, const struct task *task)
{
	struct call call = {.options = batch->options,
			    .state = batch->state,
			    .request = &batch->request,
			    .arena = batch->arena,
			    .now_ms = batch->now_ms};

	(void)snprintf(call.caller.account, sizeof(call.caller.account), "%s", task->account);
	return call;
}

/* --- the detail --- */

static bool ends_with_at(const char *name)
{
	size_t len = strlen(name);

	return strcmp(name, "at") == 0 || (len > 2 && strcmp(name + len - 2, "At") == 0);
}

/* The API's times are seconds with a fraction. Its answers are not deep. */
static void write_times(json_t *value)
{
	char text[CLOCK_ISO_SIZE];
	json_t *item;
	const char *name;
	void *next;
	size_t index;

	json_array_foreach (value, index, item)
		write_times(item);
	json_object_foreach_safe(value, next, name, item)
	{
		if (json_is_number(item) && ends_with_at(name)) {
			clock_iso((int64_t)(json_number_value(item) * 1000 + 0.5), text);
			out_put(value, name, out_string(text));
		} else {
			write_times(item);
		}
	}
}

static void put_bill(struct call *call, const struct batch *batch, const struct task *task,
		     json_t *object)
{
	json_t *bill = NULL;

	/* An event without what it costs is better than none. */
	if (batch->has_desk && bill_desk_json(call, &batch->desk, task->id, &bill) == 0 && bill)
		out_put(json_object_get(object, "slipway"), "bill", bill);
}

static int change_detail(struct call *call, const struct batch *batch,
			 const struct task_version *version, json_t **ret_detail, struct err *err)
{
	const struct task *task = &version->task;
	AUTO(json_decrefp) json_t *object = NULL;
	json_t *attachment;
	size_t index;

	if (task_json(call, task, TASK_WITH_TAGS | TASK_WITH_PHASES, &object) < 0)
		return err_set(err, ERR_UNAVAILABLE, "%s", call->error.message);
	put_bill(call, batch, task, object);
	out_time(object, "updatedAt", version->noted_ms);
	json_array_foreach (json_object_get(object, "attachments"), index, attachment)
		out_text(attachment, "type", "eni");
	write_times(object);
	*ret_detail = STEAL(object, NULL);
	return 0;
}

/* --- the events --- */

static int make_change(struct batch *batch, const struct task_version *version,
		       struct event_accepted *ret_event, struct err *err)
{
	const struct task *task = &version->task;
	struct call call = call_for(batch, task);
	const struct ecs_arn arn = ecs_task_arn(&call, task->cluster, task->id);
	const char *resources[] = {arn.text};
	char number[24];
	struct made_event made = {.account = task->account,
				  .region = batch->options->region,
				  .source = EVENT_SOURCE_ECS,
				  .detail_type = "ECS Task State Change",
				  .resources = resources,
				  .resource_count = 1,
				  .time_ms = version->noted_ms,
				  .depth = task->event_depth,
				  .id_source = arn.text,
				  .id = number};
	AUTO(json_decrefp) json_t *detail = NULL;

	(void)snprintf(number, sizeof(number), "%" PRId64, task->version);
	if (change_detail(&call, batch, version, &detail, err) < 0)
		return -1;
	made.detail = detail;
	return made_event_write(&made, batch->now_ms, batch->arena, ret_event, err);
}

static int make(struct batch *batch, const struct task_version *version,
		struct event_accepted *ret_event, struct err *err)
{
	struct call call = call_for(batch, &version->task);

	if (version->waits)
		return capacity_event_of_task(&call, version, ret_event, err);
	return make_change(batch, version, ret_event, err);
}

static int plan_entry(struct batch *batch, struct entry *entry, struct err *err)
{
	if (make(batch, entry->version, &entry->entering.event, err) < 0)
		return err_wrap(err, "event of task %s", entry->version->task.id);
	if (event_enter_match(batch->options->events, batch->state, batch->arena, &entry->entering,
			      err) == 0)
		return 0;
	if (err->code != ERR_LIMIT && err->code != ERR_INVALID)
		return -1;
	log_error("task=%s version=%" PRId64 " no event, as rules cannot be asked: %s",
		  entry->version->task.id, entry->version->task.version, err->text);
	err_clear(err);
	entry->dropped = true;
	return 0;
}

static void open_desk(struct batch *batch)
{
	const struct task none = {.account = ""};
	struct call call = call_for(batch, &none);

	if (batch->options->billing && billing_state_prices(batch->options->billing))
		batch->has_desk = bill_desk_open(&call, &batch->desk) == 0;
}

static int plan(struct batch *batch, struct err *err)
{
	struct task_version *versions;
	size_t count;
	int result;

	if (db_begin_read(batch->state, err) < 0)
		return -1;
	result = task_version_list(batch->state, BATCH_MAX, batch->arena, &versions, &count, err);
	if (result == 0 && count > 0)
		open_desk(batch);
	for (size_t i = 0; result == 0 && i < count; i++) {
		struct entry *entry = &batch->entries[batch->count];

		entry->version = &versions[i];
		result = plan_entry(batch, entry, err);
		batch->count += result == 0;
	}
	db_rollback(batch->state);
	return result;
}

static int write_entries(struct batch *batch, struct err *err)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct entry *entry = &batch->entries[i];

		if (!entry->dropped && event_enter_write(batch->state, &entry->entering, err) < 0) {
			if (err->code != ERR_CONFLICT)
				return -1;
			err_clear(err);
			batch->again = true;
			return 0;
		}
		if (task_version_end(batch->state, entry->version->number, err) < 0)
			return -1;
	}
	return 0;
}

static int write_batch(struct batch *batch, struct err *err)
{
	if (db_begin_deferred(batch->state, err) < 0)
		return -1;
	if (write_entries(batch, err) < 0 || db_commit(batch->state, err) < 0) {
		db_rollback(batch->state);
		return -1;
	}
	event_hub_ring(batch->options->events);
	return 0;
}

int task_events_take(const struct api_options *options, struct db *state, int64_t now_ms,
		     bool *ret_more, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = NULL;
	AUTO(freep) struct batch *batch = NULL;
	bool none;
	int result;

	*ret_more = false;
	if (task_version_none(state, &none, err) < 0)
		return -1;
	if (none)
		return 0;
	arena = arena_new(ARENA_MAX);
	batch = xcalloc(1, sizeof(*batch));
	*batch = (struct batch){
		.options = options, .state = state, .arena = arena, .now_ms = now_ms};
	ident_uuid(batch->request.id);
	result = plan(batch, err);
	if (result == 0 && batch->count > 0)
		result = write_batch(batch, err);
	if (batch->has_desk)
		bill_desk_done(&batch->desk);
	*ret_more = batch->again || batch->count == BATCH_MAX;
	return result;
}
