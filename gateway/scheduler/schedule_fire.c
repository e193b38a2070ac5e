/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When each schedule fires next stands in the store, so a restart changes nothing: what is past
 * is due. Invocation and next time are one transaction.
 *
 * A schedule that cannot be read any more (its zone is gone from the host) waits an hour, and
 * stops nobody else. One whose account has no room for events waits a minute.
 */
#include "gateway/scheduler/schedule_fire.h"

#include <stdio.h>

#include "core/log.h"
#include "gateway/events/room.h"
#include "gateway/scheduler/invocation.h"
#include "gateway/scheduler/schedule_times.h"

#define A_ROUND	      256	  /* rows that one transaction touches: some ten milliseconds */
#define ARENA_MAX     (64u << 20) /* and their targets, 16 MiB at once */
#define UNREADABLE_MS (60 * 60000)
#define NO_ROOM_MS    60000

static int set_next(struct db *state, const struct scheduler_record *schedule, int64_t due_ms,
		    int64_t fire_ms, struct err *err)
{
	if (due_ms == 0 && schedule->delete_after)
		return scheduler_delete(state, &schedule->key, err);
	return scheduler_set_due(state, &schedule->key, due_ms, fire_ms, err);
}

static int fire(const struct api_options *options, struct db *state,
		const struct scheduler_record *schedule, int64_t now_ms, struct due_round *round,
		struct err *err)
{
	struct due_said said = {.kind = "schedule",
				.account = schedule->key.account,
				.name = schedule->key.name,
				.now_ms = now_ms};
	struct schedule_times times;
	int64_t due_ms;
	int64_t next_ms;
	int64_t moment_ms;
	bool room;

	if (event_room_find(options, state, schedule->key.account, &room, err) < 0)
		return -1;
	if (!room) {
		log_warn("schedule waits account=%s group=%s schedule=%s why=%s",
			 schedule->key.account, schedule->key.group, schedule->key.name,
			 EVENT_NO_ROOM);
		return scheduler_set_due(state, &schedule->key, schedule->due_ms,
					 now_ms + NO_ROOM_MS, err);
	}
	if (schedule_times_open(schedule, options->zones, &times, err) < 0) {
		log_error("schedule cannot be read account=%s group=%s schedule=%s error=%s",
			  schedule->key.account, schedule->key.group, schedule->key.name,
			  err->text);
		err_clear(err);
		return scheduler_set_due(state, &schedule->key, schedule->due_ms,
					 now_ms + UNREADABLE_MS, err);
	}
	schedule_times_latest(&times, schedule->due_ms, now_ms, &due_ms, &said.missed);
	schedule_times_next(&times, due_ms, &next_ms, &moment_ms);
	said.due_ms = schedule_times_moment(&times, due_ms);
	said.skipped = due_is_skipped(options, said.due_ms, now_ms);
	if (!said.skipped &&
	    invocation_write(state, options->region, schedule, due_ms, now_ms, err) < 0)
		return -1;
	due_say(&said);
	round->fired += !said.skipped;
	round->missed += said.missed + said.skipped;
	return set_next(state, schedule, next_ms, moment_ms, err);
}

static int fire_all(const struct api_options *options, struct db *state, int64_t now_ms,
		    struct due_round *round, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	struct scheduler_record *schedules;
	size_t count;

	if (scheduler_due(state, now_ms, A_ROUND, arena, &schedules, &count, &round->more, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (fire(options, state, &schedules[i], now_ms, round, err) < 0)
			return err_wrap(err, "fire schedule %s of account %s",
					schedules[i].key.name, schedules[i].key.account);
	}
	return 0;
}

int schedules_fire(const struct api_options *options, struct db *state, int64_t now_ms,
		   struct due_round *ret_round, struct err *err)
{
	struct due_round round = {0};
	int64_t first_ms;

	*ret_round = round;
	if (scheduler_next_due(state, &first_ms, err) < 0)
		return -1;
	if (first_ms == 0 || first_ms > now_ms)
		return 0;
	if (db_begin(state, err) < 0)
		return -1;
	if (fire_all(options, state, now_ms, &round, err) < 0 || db_commit(state, err) < 0) {
		db_rollback(state);
		return -1;
	}
	*ret_round = round;
	return 0;
}
