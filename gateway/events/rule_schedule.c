/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The next time of each rule stands in the store, so a restart changes nothing: what is past is
 * due. The event of a schedule goes to the targets of its rule and to nobody else. Its id is made
 * of rule and time.
 *
 * A rule that cannot be fired waits for its next time, and stops nobody else.
 */
#include "gateway/events/rule_schedule.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "events/event.h"
#include "events/event_cloud.h"
#include "events/schedule.h"
#include "gateway/events/order.h"
#include "gateway/events/room.h"
#include "store/event_tail.h"

#define RULES_A_ROUND 32	 /* rows that one transaction touches */
#define ARENA_MAX     (4u << 20) /* 32 rules and their patterns of 4 KiB, and a small event each */
#define UNREADABLE_MS (60 * 60000)

static struct schedule_frame frame_of(const struct event_rule_record *rule)
{
	return (struct schedule_frame){.created_ms = rule->based_ms, .end_ms = SCHEDULE_NO_END};
}

int event_rule_next(const struct event_rule_record *rule, int64_t after_ms, int64_t *ret_due_ms,
		    struct err *err)
{
	struct schedule_frame frame = frame_of(rule);
	struct schedule schedule;
	int64_t due_ms = 0;

	if (rule->schedule) {
		if (schedule_parse(rule->schedule, SCHEDULE_OF_RULE, &schedule, err) < 0)
			return -1;
		if (!rule->enabled || !schedule_next(&schedule, &frame, after_ms, &due_ms))
			due_ms = 0;
	}
	*ret_due_ms = due_ms;
	return 0;
}

static int make_event(const struct api_options *options, const struct event_rule_record *rule,
		      int64_t due_ms, char *id, struct buf *body, struct err *err)
{
	const char *arn[1];
	char text[512];
	char time[24];
	const struct event_entry entry = {.source = "aws.events",
					  .detail_type = "Scheduled Event",
					  .detail = "{}",
					  .resources = arn,
					  .resource_count = 1,
					  .timed = true,
					  .time_ms = due_ms};
	const struct event_place place = {
		.id = id, .account = rule->key.account, .region = options->region};

	(void)snprintf(text, sizeof(text), "arn:aws:events:%s:%s:rule/%s", options->region,
		       rule->key.account, rule->key.name);
	(void)snprintf(time, sizeof(time), "%" PRId64, due_ms);
	arn[0] = text;
	event_cloud_id(text, time, id);
	return event_make(&entry, &place, body, err);
}

/* The event of @due_ms, for the targets of @rule. */
static int accept(const struct api_options *options, struct db *state,
		  const struct event_rule_record *rule, int64_t due_ms, int64_t now_ms,
		  struct arena *arena, struct err *err)
{
	const char *const *keys;
	AUTO(buf_done) struct buf body;
	char id[IDENT_UUID_SIZE];

	buf_init(&body, EVENT_TEXT_MAX);
	if (make_event(options, rule, due_ms, id, &body, err) < 0)
		return -1;
	const struct event_accepted event = {.account = rule->key.account,
					     .bus = rule->key.bus,
					     .id = id,
					     .received_ms = now_ms,
					     .body = buf_text(&body)};
	if (event_order_keys(state, &event, &rule->key.name, 1, arena, &keys, err) < 0)
		return -1;
	if (event_accept_ordered(state, &event, &rule->key.name, keys, 1, false, err) < 0) {
		/* The clock was set back: this time has made its event. */
		if (err->code != ERR_EXISTS)
			return -1;
		err_clear(err);
	} else if (event_tail_show(state, &event, err) < 0) {
		return -1;
	}
	return 0;
}

static int fire(const struct api_options *options, struct db *state,
		const struct event_rule_record *rule, int64_t now_ms, struct arena *arena,
		struct due_round *round, struct err *err)
{
	struct schedule_frame frame = frame_of(rule);
	struct due_said said = {
		.kind = "rule", .account = rule->key.account, .name = rule->key.name};
	struct schedule schedule;
	int64_t next_ms;
	bool room;

	if (event_room_find(options, state, rule->key.account, &room, err) < 0)
		return -1;
	if (!room)
		return err_set(err, ERR_LIMIT, EVENT_NO_ROOM);
	if (schedule_parse(rule->schedule, SCHEDULE_OF_RULE, &schedule, err) < 0 ||
	    event_rule_next(rule, now_ms, &next_ms, err) < 0)
		return -1;
	due_find_latest(&schedule, &frame, rule->due_ms, now_ms, &said.due_ms, &said.missed);
	said.now_ms = now_ms;
	said.skipped = due_is_skipped(options, said.due_ms, now_ms);
	if (!said.skipped && accept(options, state, rule, said.due_ms, now_ms, arena, err) < 0)
		return -1;
	due_say(&said);
	round->fired += !said.skipped;
	round->missed += said.missed + said.skipped;
	return event_rule_set_due(state, &rule->key, next_ms, err);
}

/* Whether another rule would not fail as well. */
static bool is_of_rule(const struct err *err)
{
	return err->code == ERR_INVALID || err->code == ERR_LIMIT || err->code == ERR_UNSUPPORTED;
}

static int put_off(struct db *state, const struct event_rule_record *rule, int64_t now_ms,
		   const struct err *why, struct err *err)
{
	struct err ignored = ERR_INIT;
	int64_t next_ms;

	log_error("rule cannot be fired account=%s rule=%s error=%s", rule->key.account,
		  rule->key.name, why->text);
	if (event_rule_next(rule, now_ms, &next_ms, &ignored) < 0)
		next_ms = now_ms + UNREADABLE_MS;
	return event_rule_set_due(state, &rule->key, next_ms, err);
}

static int try_fire(const struct api_options *options, struct db *state,
		    const struct event_rule_record *rule, int64_t now_ms, struct arena *arena,
		    struct due_round *round, struct err *err)
{
	struct err why = ERR_INIT;

	if (db_savepoint(state, err) < 0)
		return -1;
	if (fire(options, state, rule, now_ms, arena, round, &why) == 0)
		return db_release(state, err);
	if (!is_of_rule(&why) || !db_in_transaction(state)) {
		*err = why;
		return -1;
	}
	if (db_rollback_to(state, err) < 0)
		return -1;
	return put_off(state, rule, now_ms, &why, err);
}

int event_rules_fire(const struct api_options *options, struct db *state, int64_t now_ms,
		     struct due_round *ret_round, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	struct due_round round = {0};
	struct event_rule_record *rules;
	int64_t first_ms;
	size_t count;

	*ret_round = round;
	if (event_rules_next_due(state, &first_ms, err) < 0)
		return -1;
	if (first_ms == 0 || first_ms > now_ms)
		return 0;
	if (db_begin(state, err) < 0)
		return -1;
	if (event_rules_due(state, now_ms, RULES_A_ROUND, arena, &rules, &count, err) < 0) {
		db_rollback(state);
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (try_fire(options, state, &rules[i], now_ms, arena, &round, err) < 0) {
			db_rollback(state);
			return err_wrap(err, "fire rule %s of account %s", rules[i].key.name,
					rules[i].key.account);
		}
	}
	if (db_commit(state, err) < 0)
		return -1;
	round.more = count == RULES_A_ROUND;
	*ret_round = round;
	return 0;
}
