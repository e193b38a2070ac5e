/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a replay stands moves in the transaction that accepts its events, so whoever is killed
 * when, each event is replayed once. Its envelope is the archived one with the replay's name; the
 * id under which it is on its way is made of the replay and the event's own, so it is neither
 * taken for the event that came before nor for that of another replay.
 *
 * Events are matched with the rules of now; those of the filter are taken from them.
 */
#include "gateway/events/replay.h"

#include <inttypes.h>
#include <string.h>

#include "core/log.h"
#include "events/event.h"
#include "events/event_cloud.h"
#include "gateway/events/accept.h"
#include "gateway/events/room.h"
#include "gateway/json_out.h"
#include "store/event_archive.h"
#include "store/event_replay.h"
#include "store/event_rule.h"

#define BATCH_MAX   64		/* events that share a durable write */
#define BATCH_BYTES (4u << 20)	/* and how much of them; the last one may be larger */
#define ARENA_MAX   (32u << 20) /* a batch twice, as archived and as sent, and rules' names */
#define BACKLOG_MAX 256		/* deliveries that are due; some tenths of a second */

struct sending {
	struct event_replay *replay;
	struct event_entering entering[BATCH_MAX];
	size_t count;
	bool ended; /* these are the last */
};

/* --- what is sent --- */

static bool is_wanted(const json_t *filters, const struct api_options *options,
		      const struct event_replay *replay, const char *rule)
{
	bool is_default = strcmp(replay->bus, EVENT_BUS_DEFAULT) == 0;
	AUTO(freep)
	char *arn = xasprintf("arn:aws:events:%s:%s:rule/%s%s%s", options->region, replay->account,
			      is_default ? "" : replay->bus, is_default ? "" : "/", rule);
	const json_t *filter;
	size_t i;

	json_array_foreach (filters, i, filter) {
		if (strcmp(json_string_value(filter), arn) == 0)
			return true;
	}
	return json_array_size(filters) == 0;
}

static int filter_rules(const struct api_options *options, const struct event_replay *replay,
			struct event_entering *entering, struct arena *arena, struct err *err)
{
	AUTO(json_decrefp) json_t *filters = out_stored_list(replay->filter);
	size_t size = (entering->rule_count + 1) * sizeof(char *);
	const char **rules = arena_alloc(arena, size);
	const char **keys = arena_alloc(arena, size);
	size_t count = 0;

	if (!rules || !keys)
		return err_set(err, ERR_LIMIT, "too many rules match");
	for (size_t i = 0; i < entering->rule_count; i++) {
		if (!is_wanted(filters, options, replay, entering->rules[i]))
			continue;
		keys[count] = entering->keys ? entering->keys[i] : NULL;
		rules[count++] = entering->rules[i];
	}
	entering->rules = rules;
	entering->keys = entering->keys ? keys : NULL;
	entering->rule_count = count;
	return 0;
}

static int make_entering(const struct api_options *options, const struct event_replay *replay,
			 const struct event_archived *event, int64_t now_ms, struct arena *arena,
			 struct event_entering *ret_entering, struct err *err)
{
	AUTO(freep)
	char *arn = xasprintf("arn:aws:events:%s:%s:replay/%s", options->region, replay->account,
			      replay->name);
	char *id = arena_alloc(arena, IDENT_UUID_SIZE);
	size_t len = strlen(event->body);
	const char *body;

	if (len < 2)
		return err_set(err, ERR_CORRUPT, "an archived event is no envelope");
	body = arena_printf(arena, "%.*s,\"" EVENT_REPLAY_NAME "\":\"%s\"}", (int)(len - 1),
			    event->body, replay->name);
	if (!id || !body)
		return err_set(err, ERR_LIMIT, "the events are too large");
	/* The number besides: a replay of this name may have been there before. */
	AUTO(freep)
	char *number = xasprintf("%" PRId64 " %" PRId64, replay->started_ms, event->number);

	event_cloud_id(arn, number, id);
	*ret_entering = (struct event_entering){.event = {.account = replay->account,
							  .bus = replay->bus,
							  .id = id,
							  .received_ms = now_ms,
							  .body = body}};
	return 0;
}

/* An event that no rule can judge any more is passed over. */
static int match(const struct api_options *options, struct db *state, struct sending *sending,
		 const struct event_archived *event, int64_t now_ms, struct arena *arena,
		 struct err *err)
{
	struct event_entering *entering = &sending->entering[sending->count];

	if (make_entering(options, sending->replay, event, now_ms, arena, entering, err) < 0)
		return -1;
	if (event_enter_match(options->events, state, arena, entering, err) < 0) {
		if (err->code != ERR_LIMIT && err->code != ERR_INVALID)
			return -1;
		log_warn("replayed event is passed over account=%s replay=%s event=%s error=%s",
			 sending->replay->account, sending->replay->name, event->id, err->text);
		err_clear(err);
		return 0;
	}
	if (filter_rules(options, sending->replay, entering, arena, err) < 0)
		return -1;
	sending->count++;
	return 0;
}

static int plan(const struct api_options *options, struct db *state, struct sending *sending,
		int64_t now_ms, struct arena *arena, struct err *err)
{
	struct event_replay *replay = sending->replay;
	const struct event_archive_range range = {.archive = replay->archive,
						  .from_ms = replay->from_ms,
						  .to_ms = replay->to_ms,
						  .until_number = replay->until_number,
						  .at_ms = replay->at_ms,
						  .at_number = replay->at_number};
	struct event_archived *events;
	size_t count;

	if (event_archive_read(state, &range, BATCH_MAX, BATCH_BYTES, arena, &events, &count, err) <
	    0)
		return -1;
	sending->ended = count == 0;
	for (size_t i = 0; i < count; i++) {
		if (match(options, state, sending, &events[i], now_ms, arena, err) < 0)
			return -1;
	}
	if (count > 0) {
		replay->at_ms = events[count - 1].event_ms;
		replay->at_number = events[count - 1].number;
	}
	return 0;
}

/* --- one step of a replay --- */

static void end(struct event_replay *replay, enum event_replay_state state, const char *reason,
		int64_t now_ms)
{
	replay->state = state;
	replay->reason = reason;
	replay->ended_ms = now_ms;
}

/* Where it goes from here; what there is to send, in a snapshot. */
static int decide(const struct api_options *options, struct db *state, struct sending *sending,
		  int64_t now_ms, struct arena *arena, struct err *err)
{
	struct event_replay *replay = sending->replay;
	bool is_there;

	if (replay->state == EVENT_REPLAY_CANCELLING) {
		end(replay, EVENT_REPLAY_CANCELLED, "", now_ms);
		return 0;
	}
	if (event_archive_is_there(state, replay->archive, &is_there, err) < 0)
		return -1;
	if (!is_there) {
		end(replay, EVENT_REPLAY_FAILED, "The archive was deleted.", now_ms);
		return 0;
	}
	replay->state = EVENT_REPLAY_RUNNING;
	if (plan(options, state, sending, now_ms, arena, err) < 0)
		return -1;
	if (sending->ended)
		end(replay, EVENT_REPLAY_COMPLETED, "", now_ms);
	return 0;
}

static int write_all(struct db *state, const struct sending *sending, enum event_replay_state from,
		     struct err *err)
{
	if (event_replay_move(state, sending->replay, from, err) < 0)
		return -1;
	for (size_t i = 0; i < sending->count; i++) {
		if (event_enter_write(state, &sending->entering[i], err) < 0)
			return -1;
	}
	return 0;
}

static int step(const struct api_options *options, struct db *state, struct event_replay *replay,
		int64_t now_ms, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	AUTO(freep) struct sending *sending = xcalloc(1, sizeof(*sending));
	enum event_replay_state from = replay->state;
	int result;

	sending->replay = replay;
	if (db_begin_read(state, err) < 0)
		return -1;
	result = decide(options, state, sending, now_ms, arena, err);
	db_rollback(state);
	if (result < 0 || db_begin(state, err) < 0)
		return -1;
	if (write_all(state, sending, from, err) < 0) {
		db_rollback(state);
		if (err->code != ERR_CONFLICT)
			return -1;
		err_clear(err); /* the rules, or the replay, have changed: the next step sees it */
		return 0;
	}
	if (db_commit(state, err) < 0)
		return -1;
	if (from != replay->state)
		log_info("replay account=%s name=%s %s -> %s %s", replay->account, replay->name,
			 event_replay_state_name(from), event_replay_state_name(replay->state),
			 replay->reason);
	return 0;
}

int event_replays_run(const struct api_options *options, struct db *state, int64_t now_ms,
		      bool *ret_more, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	struct event_replay *replays;
	struct err other = ERR_INIT;
	size_t count;
	int result = 0;

	*ret_more = false;
	if (event_replays_running(state, NULL, arena, &replays, &count, err) < 0)
		return -1;
	*ret_more = count > 0;
	for (size_t i = 0; i < count; i++) {
		int64_t waiting;
		bool room;

		if (event_deliveries_count(state, replays[i].account, now_ms, BACKLOG_MAX, &waiting,
					   result ? &other : err) < 0)
			return -1;
		if (event_room_find(options, state, replays[i].account, &room,
				    result ? &other : err) < 0)
			return -1;
		if (waiting < BACKLOG_MAX && room &&
		    step(options, state, &replays[i], now_ms, result ? &other : err) < 0)
			result = err_wrap(result ? &other : err, "replay %s of account %s",
					  replays[i].name, replays[i].account);
	}
	return result;
}
