/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an agent reports, and what follows from it. A batch is one transaction:
 * first every report changes the containers' rows, then the sum of them moves the
 * task, by at most these steps in this order:
 *
 *     ACTIVATING  --all started-->                       RUNNING
 *     ...         --an essential container ended,
 *                   or one's dependency cannot come-->   DEACTIVATING -> STOPPING
 *     ...         --all ended, or the agent gave up-->   DEPROVISIONING
 *
 * A guest may say anything. Indexes are checked, texts are freed of control
 * characters, names of phases are few and never ours.
 */
#include <stdio.h>
#include <string.h>

#include "core/ident.h"
#include "provisioner/facts_private.h"

#define MESSAGE_ARENA	    (64u * 1024)
#define REASON_OF_ESSENTIAL "Essential container in task exited"
#define REASON_OF_START	    "Task failed to start"
#define REASON_OF_MEMORY    "OutOfMemoryError: Container killed due to memory usage"

/* Phases that this program writes: an agent cannot take their place. */
static const char *const our_phases[] = {"accepted", "claimed", "image",   "machine", "kernel",
					 "hello",    "plugged", "started", "stopped"};

struct batch {
	struct facts_task *facts;
	struct facts_cause stop; /* an essential container's end; stop_code "" for none */
	struct facts_cause fail; /* the agent's own words; stop_code "" for none */
	int64_t now_ms;
	int64_t started_ms, ended_ms; /* of the container that did so last in this batch */
};

static void set_cause(struct facts_cause *cause, const char *stop_code, const char *reason)
{
	if (cause->stop_code[0])
		return;
	(void)snprintf(cause->stop_code, sizeof(cause->stop_code), "%s", stop_code);
	(void)snprintf(cause->reason, sizeof(cause->reason), "%s", reason);
}

/* Copy a guest's text without what could garble a terminal or a log. */
static void copy_text(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from);
	for (; *to; to++) {
		if ((uint8_t)*to < 0x20 || *to == 0x7f)
			*to = ' ';
	}
}

static int64_t not_after(int64_t value, int64_t limit)
{
	return value < limit ? value : limit;
}

static void take_phase(struct batch *batch, const struct wire_phase *phase)
{
	struct facts_task *facts = batch->facts;

	if (!ident_is_name(phase->name, FACTS_PHASE_NAME_SIZE - 1) ||
	    facts->guest_phases == FACTS_GUEST_PHASES_MAX || !facts->boot_wall_us ||
	    phase->uptime_us > batch->now_ms * 1000)
		return;
	for (size_t i = 0; i < ARRAY_LEN(our_phases); i++) {
		if (strcmp(phase->name, our_phases[i]) == 0)
			return;
	}
	facts->guest_phases++;
	facts_phase_add(facts, phase->name,
			not_after(facts->boot_wall_us + phase->uptime_us, batch->now_ms * 1000));
}

static int take_started(struct batch *batch, const struct report *report,
			const struct wire_started *started, struct err *err)
{
	struct facts_container *container;

	if ((size_t)started->container >= batch->facts->container_count)
		return err_set(err, ERR_INVALID, "the agent started a container that is none");
	container = &batch->facts->containers[started->container];
	if (container->state != CONTAINER_PENDING)
		return 0;
	batch->started_ms = report->wall_ms;
	runtime_id(batch->facts->id, (size_t)started->container, container->runtime_id);
	container->state = CONTAINER_RUNNING;
	container->dirty = true;
	return 0;
}

static int take_exited(struct batch *batch, const struct report *report,
		       const struct wire_exited *exited, struct err *err)
{
	struct facts_container *container;

	if ((size_t)exited->container >= batch->facts->container_count)
		return err_set(err, ERR_INVALID, "the agent ended a container that is none");
	container = &batch->facts->containers[exited->container];
	if (container->state == CONTAINER_STOPPED)
		return 0;
	batch->ended_ms = report->wall_ms;
	copy_text(container->reason, sizeof(container->reason),
		  exited->out_of_memory ? REASON_OF_MEMORY : exited->error);
	facts_container_end(container, NULL);
	container->has_exit_code = exited->started;
	container->exit_code = exited->exit_code;
	if (exited->unmet) {
		set_cause(&batch->stop, "TaskFailedToStart", REASON_OF_START);
		return 0;
	}
	if (!container->essential)
		return 0;
	if (exited->started)
		set_cause(&batch->stop, "EssentialContainerExited", REASON_OF_ESSENTIAL);
	else
		set_cause(&batch->stop, "TaskFailedToStart",
			  container->reason[0] ? container->reason : REASON_OF_START);
	return 0;
}

static int take_health(struct batch *batch, const struct wire_health *said, struct err *err)
{
	static const int healths[WIRE_HEALTH_COUNT] = {
		[WIRE_HEALTH_UNKNOWN] = CONTAINER_UNKNOWN,
		[WIRE_HEALTH_HEALTHY] = CONTAINER_HEALTHY,
		[WIRE_HEALTH_UNHEALTHY] = CONTAINER_UNHEALTHY,
	};
	struct facts_container *container;

	if ((size_t)said->container >= batch->facts->container_count)
		return err_set(err, ERR_INVALID, "the agent checked a container that is none");
	container = &batch->facts->containers[said->container];
	if (container->health == CONTAINER_UNCHECKED)
		return err_set(err, ERR_INVALID, "the agent checked a container without a check");
	container->health = healths[said->status];
	container->dirty = true;
	return 0;
}

static int take_restarted(struct batch *batch, const struct wire_restarted *said, struct err *err)
{
	struct facts_container *container;

	if ((size_t)said->container >= batch->facts->container_count)
		return err_set(err, ERR_INVALID, "the agent restarted a container that is none");
	container = &batch->facts->containers[said->container];
	container->restarts = said->count;
	container->dirty = true;
	return 0;
}

static void take_failed(struct batch *batch, const struct wire_failed *failed)
{
	char reason[TASK_REASON_MAX + 1];

	copy_text(reason, sizeof(reason), failed->error);
	set_cause(&batch->fail,
		  batch->facts->was_running ? "InfrastructureHealth" : "TaskFailedToStart",
		  reason[0] ? reason : REASON_OF_START);
}

static int take(struct batch *batch, const struct report *report, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(MESSAGE_ARENA);
	AUTO(json_decrefp) json_t *json = NULL;
	struct frame frame = {.type = report->type,
			      .seq = report->seq,
			      .payload = report->payload,
			      .len = report->len};
	union {
		struct wire_phase phase;
		struct wire_started started;
		struct wire_exited exited;
		struct wire_failed failed;
		struct wire_health health;
		struct wire_restarted restarted;
	} said;

	switch (report->type) {
	case FRAME_PHASE:
		if (wire_read(&wire_phase_shape, &frame, arena, &said, &json, err) < 0)
			return -1;
		take_phase(batch, &said.phase);
		return 0;
	case FRAME_STARTED:
		if (wire_read(&wire_started_shape, &frame, arena, &said, &json, err) < 0)
			return -1;
		return take_started(batch, report, &said.started, err);
	case FRAME_EXITED:
		if (wire_read(&wire_exited_shape, &frame, arena, &said, &json, err) < 0)
			return -1;
		return take_exited(batch, report, &said.exited, err);
	case FRAME_FAILED:
		if (wire_read(&wire_failed_shape, &frame, arena, &said, &json, err) < 0)
			return -1;
		take_failed(batch, &said.failed);
		return 0;
	case FRAME_HEALTH:
		if (wire_read(&wire_health_shape, &frame, arena, &said, &json, err) < 0)
			return -1;
		return take_health(batch, &said.health, err);
	case FRAME_RESTARTED:
		if (wire_read(&wire_restarted_shape, &frame, arena, &said, &json, err) < 0)
			return -1;
		return take_restarted(batch, &said.restarted, err);
	default: /* the session hands out no other kind here */
		return err_set(err, ERR_INVALID, "the agent reported %s",
			       frame_type_name(report->type));
	}
}

/* How many containers are in @state. */
static size_t count_in(const struct facts_task *facts, int state)
{
	size_t count = 0;

	for (size_t i = 0; i < facts->container_count; i++)
		count += facts->containers[i].state == state;
	return count;
}

static int move_started(struct db *db, struct batch *batch, struct err *err)
{
	struct facts_task *facts = batch->facts;
	struct task_change change = {.started_ms =
					     batch->started_ms ? batch->started_ms : batch->now_ms};

	if (facts->state != TASK_ACTIVATING || count_in(facts, CONTAINER_PENDING) > 0 ||
	    strcmp(batch->stop.stop_code, "TaskFailedToStart") == 0)
		return 0;
	facts_phase_add(facts, "started", change.started_ms * 1000);
	facts->was_running = true;
	return facts_move(db, facts, TASK_EV_STARTED, change, batch->now_ms, err);
}

static int move_stopping(struct db *db, struct batch *batch, struct err *err)
{
	struct facts_task *facts = batch->facts;
	struct task_change change = {.stop_code = batch->stop.stop_code,
				     .stopped_reason = batch->stop.reason,
				     .want_stopped = true};

	if (!batch->stop.stop_code[0])
		return 0;
	facts->want_stopped = true;
	if (facts->state != TASK_ACTIVATING && facts->state != TASK_RUNNING)
		return 0;
	if (facts_move(db, facts, TASK_EV_STOP_ASKED, change, batch->now_ms, err) < 0)
		return -1;
	return facts_move(db, facts, TASK_EV_DEACTIVATED, change, batch->now_ms, err);
}

static int move_ended(struct db *db, struct batch *batch, struct err *err)
{
	struct facts_task *facts = batch->facts;
	struct task_change change = {.want_stopped = true};
	bool failed = batch->fail.stop_code[0] != '\0';

	if (facts->state >= TASK_DEPROVISIONING)
		return 0;
	if (!failed && count_in(facts, CONTAINER_STOPPED) < facts->container_count)
		return 0;
	facts->want_stopped = true;
	if (failed) {
		change.stop_code = batch->fail.stop_code;
		change.stopped_reason = batch->fail.reason;
	}
	for (size_t i = 0; i < facts->container_count; i++) {
		if (facts->containers[i].state != CONTAINER_STOPPED)
			facts_container_end(&facts->containers[i], NULL);
		if (facts->containers[i].runtime_id[0])
			change.execution_stopped_ms =
				batch->ended_ms ? batch->ended_ms : batch->now_ms;
	}
	return facts_move(db, facts, failed ? TASK_EV_FAILED : TASK_EV_ENDED, change, batch->now_ms,
			  err);
}

static int write_batch(struct db *db, struct batch *batch, uint64_t last, struct err *err)
{
	struct task_change change = {.agent_seq = (int64_t)last};
	enum task_state before = batch->facts->state;
	bool visible = false;

	for (size_t i = 0; i < batch->facts->container_count; i++)
		visible = visible || batch->facts->containers[i].dirty;
	if (move_started(db, batch, err) < 0 || move_stopping(db, batch, err) < 0 ||
	    move_ended(db, batch, err) < 0 || facts_flush(db, batch->facts, err) < 0)
		return -1;
	/* Where the task moved, its containers are of that version. */
	return task_update(db, batch->facts->id, &change, visible && batch->facts->state == before,
			   err);
}

int facts_reports(struct db *db, struct facts_task *facts, const struct report *reports,
		  int64_t now_ms, struct err *err)
{
	struct batch batch = {.facts = facts, .now_ms = now_ms};
	uint64_t last = 0;

	for (const struct report *report = reports; report; report = report->next) {
		if (take(&batch, report, err) < 0)
			return -1;
		last = report->seq;
	}
	if (db_begin(db, err) < 0)
		return -1;
	return facts_end(db, write_batch(db, &batch, last, err), err);
}
