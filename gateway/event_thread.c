/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is due stands in the store, so the thread keeps nothing: it may be killed at any time, and
 * its start is its recovery. It lives in the gateway, because a task for an event is a RunTask,
 * and everything that plans one is here; and because its work begins when an event is accepted,
 * which the gateway knows first.
 *
 * Other programs' events lie in the inbox; whoever put one there rings. Where a ring is lost, the
 * thread looks by itself after WAIT_MAX_MS.
 *
 * The clock of the wall says what is due. It may be set, so no wait is longer than WAIT_MAX_MS.
 */
#include "gateway/event_thread.h"

#include <inttypes.h>
#include <pthread.h>

#include "core/clock.h"
#include "core/log.h"
#include "gateway/events/hub.h"
#include "gateway/events/inbox.h"
#include "gateway/events/outbox_event.h"
#include "gateway/events/replay.h"
#include "gateway/events/rule_schedule.h"
#include "gateway/events/task_event.h"
#include "gateway/metrics.h"
#include "gateway/scheduler/schedule_fire.h"
#include "store/event_archive.h"
#include "store/event_queue.h"
#include "store/event_replay.h"
#include "store/event_rule.h"
#include "store/event_tail.h"
#include "store/logs.h"
#include "store/scheduler.h"

#define WAIT_MAX_MS   5000
#define AFTER_FAIL_MS 1000 /* the store has failed */
#define FIRE_MS	      200  /* of schedules that fire; then what waits behind them gets a turn */
#define TRIM_MS	      (60 * 1000)
#define TRIM_BATCH    1000 /* rows of a kind a time: some milliseconds */
#define KEYS_BATCH    5000 /* of what was written to log groups: one a delivery */
#define KEYS_PAUSE_MS 500

struct event_thread {
	struct event_deliverer deliverer;
	pthread_t thread;
	int64_t trimmed_ms; /* boot time */
	bool trim_more;	    /* at once */
	int64_t firing_ms;  /* boot time since when schedules are fired; 0: they are not */
};

/* Keys that are older than every delivery that waits are of none of them. */
static int trim_keys(const struct event_deliverer *deliverer, bool *ret_more, struct err *err)
{
	int64_t before_ms;

	if (event_deliveries_oldest(deliverer->state, clock_wall_ms(), &before_ms, err) < 0)
		return -1;
	return log_once_trim(deliverer->logs, before_ms, KEYS_BATCH, ret_more, err);
}

static int trim(struct event_thread *thread, struct err *err)
{
	struct db *state = thread->deliverer.state;
	int64_t now_ms = clock_wall_ms();
	bool more_keys;

	if (!thread->trim_more && thread->trimmed_ms > 0 &&
	    clock_boot_ms() - thread->trimmed_ms < TRIM_MS)
		return 0;
	if (scheduler_token_trim(state, now_ms, TRIM_BATCH, err) < 0 ||
	    event_tail_trim(state, now_ms, err) < 0 ||
	    event_queue_trim(state, now_ms, TRIM_BATCH, err) < 0 ||
	    event_replay_trim(state, now_ms, TRIM_BATCH, err) < 0 ||
	    event_archive_trim(state, now_ms, TRIM_BATCH, &thread->trim_more, err) < 0 ||
	    trim_keys(&thread->deliverer, &more_keys, err) < 0)
		return -1;
	thread->trimmed_ms = clock_boot_ms() - (more_keys ? TRIM_MS - KEYS_PAUSE_MS : 0);
	return 0;
}

static bool is_fired_enough(struct event_thread *thread)
{
	int64_t now_ms = clock_boot_ms();

	if (thread->firing_ms == 0)
		thread->firing_ms = now_ms;
	return now_ms - thread->firing_ms >= FIRE_MS;
}

/* All that is due now, a transaction of each kind. */
static int work(struct event_thread *thread, bool *ret_more, struct err *err)
{
	const struct event_deliverer *deliverer = &thread->deliverer;
	const struct api_options *options = deliverer->options;
	struct db *state = deliverer->state;
	struct due_round rules;
	struct due_round schedules;
	bool inbox = false;
	bool tasks = false;
	bool outbox = false;
	bool replayed = false;
	bool delivered = false;
	struct err other = ERR_INIT;
	int result;

	if (event_rules_fire(options, state, clock_wall_ms(), &rules, err) < 0 ||
	    schedules_fire(options, state, clock_wall_ms(), &schedules, err) < 0)
		return -1;
	metric_add(METRIC_schedules_fired_total, (int64_t)(rules.fired + schedules.fired));
	metric_add(METRIC_schedules_missed_total, (int64_t)(rules.missed + schedules.missed));
	*ret_more = rules.more || schedules.more;
	/* First all that is due becomes durable: a time that is late is late for all of them. But
	 * nobody's schedules are so many that nothing else goes on. */
	if (*ret_more && !is_fired_enough(thread))
		return 0;
	thread->firing_ms = 0;
	/* What fails of one kind does not keep the others waiting; the first error is told. */
	result = event_inbox_take(options->events, state, clock_wall_ms(), &inbox, err);
	result |= task_events_take(options, state, clock_wall_ms(), &tasks, result ? &other : err);
	result |=
		outbox_events_take(options, state, clock_wall_ms(), &outbox, result ? &other : err);
	result |= event_replays_run(options, state, clock_wall_ms(), &replayed,
				    result ? &other : err);
	result |= event_deliver(deliverer, clock_wall_ms(), &delivered, result ? &other : err);
	result |= trim(thread, result ? &other : err);
	*ret_more |= inbox || tasks || outbox || replayed || delivered || thread->trim_more;
	return result;
}

static int64_t earlier(int64_t wait_ms, int64_t due_ms, int64_t now_ms)
{
	if (due_ms == 0 || due_ms - now_ms >= wait_ms)
		return wait_ms;
	return due_ms > now_ms ? due_ms - now_ms : 0;
}

static int find_wait(struct event_thread *thread, int64_t *ret_wait_ms, struct err *err)
{
	struct db *state = thread->deliverer.state;
	int64_t now_ms = clock_wall_ms();
	int64_t rule_ms;
	int64_t schedule_ms;
	int64_t delivery_ms;

	if (event_rules_next_due(state, &rule_ms, err) < 0 ||
	    scheduler_next_due(state, &schedule_ms, err) < 0 ||
	    event_deliveries_next(state, &delivery_ms, err) < 0)
		return -1;
	*ret_wait_ms = earlier(WAIT_MAX_MS, rule_ms, now_ms);
	*ret_wait_ms = earlier(*ret_wait_ms, schedule_ms, now_ms);
	*ret_wait_ms = earlier(*ret_wait_ms, delivery_ms, now_ms);
	return 0;
}

static void *run(void *ctx)
{
	struct event_thread *thread = ctx;
	struct event_hub *hub = thread->deliverer.options->events;
	int64_t wait_ms = 0;

	while (event_hub_wait(hub, wait_ms)) {
		struct err err = ERR_INIT;
		bool more = false;

		wait_ms = 0;
		if (work(thread, &more, &err) < 0 ||
		    (!more && find_wait(thread, &wait_ms, &err) < 0)) {
			log_error("events wait: %s", err.text);
			wait_ms = AFTER_FAIL_MS;
		}
		event_hub_ring_relay(hub);
	}
	return NULL;
}

int event_thread_new(const struct event_deliverer *deliverer, struct event_thread **ret_thread,
		     struct err *err)
{
	AUTO(freep) struct event_thread *thread = xcalloc(1, sizeof(*thread));
	int rc;

	thread->deliverer = *deliverer;
	rc = pthread_create(&thread->thread, NULL, run, thread);
	if (rc != 0)
		return err_sys(err, rc, "start the thread of events");
	*ret_thread = STEAL(thread, NULL);
	return 0;
}

void event_thread_free(struct event_thread *thread)
{
	if (!thread)
		return;
	event_hub_stop(thread->deliverer.options->events);
	(void)pthread_join(thread->thread, NULL);
	free(thread);
}
