/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outbox has CloudEvents, and on the bus they are what any CloudEvent is there: type is the
 * detail-type, data the detail. The id is made of theirs.
 */
#include "gateway/events/outbox_event.h"

#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "events/event_cloud.h"
#include "gateway/events/accept.h"
#include "store/event_rule.h"
#include "store/outbox.h"
#include "store/record.h"

#define BATCH_MAX     32
#define ARENA_MAX     (32u << 20) /* 32 events of 64 KiB, their envelopes and rules */
#define SOURCE_PREFIX "/slipway/" /* and the account */

static int find_position(struct db *state, int64_t *ret_position, bool *ret_new, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t first;
	int64_t last;

	if (outbox_ends(state, &first, &last, err) < 0 ||
	    db_query(state, "SELECT position FROM event_outbox WHERE id = 1", &query, err) < 0 ||
	    record_int(query, last, ret_position, err) < 0)
		return -1;
	*ret_new = *ret_position < last;
	return 0;
}

static int put_position(struct db *state, int64_t position, struct err *err)
{
	struct db_query *query;

	if (db_query(state, "UPDATE event_outbox SET position = ?1 WHERE id = 1", &query, err) < 0)
		return -1;
	db_bind_int(query, 1, position);
	return db_run(query, NULL, err);
}

static int make(const struct api_options *options, const struct outbox_event *from, int64_t now_ms,
		struct arena *arena, struct event_accepted *ret_event, struct err *err)
{
	char time[CLOCK_ISO_SIZE];
	const struct cloudevent cloudevent = {.specversion = "1.0",
					      .id = from->id,
					      .source = from->source,
					      .type = from->type,
					      .subject = from->subject,
					      .time = clock_iso(from->time_ms, time),
					      .datacontenttype = "application/json",
					      .data_kind = CLOUDEVENT_JSON,
					      .data = from->data_json,
					      .data_len = strlen(from->data_json)};
	char *id = arena_alloc(arena, IDENT_UUID_SIZE);
	AUTO(buf_done) struct buf body;
	const struct event_place place = {.id = id,
					  .account = from->source + strlen(SOURCE_PREFIX),
					  .region = options->region,
					  .now_ms = now_ms};
	const char *text;

	buf_init(&body, EVENT_TEXT_MAX);
	if (event_from_cloudevent(&cloudevent, &place, arena, &body, err) < 0)
		return -1;
	text = arena_strndup(arena, (const char *)body.data, body.len);
	if (!id || !text)
		return err_set(err, ERR_LIMIT, "an event finds no room");
	event_cloud_id(from->source, from->id, id);
	*ret_event = (struct event_accepted){.account = place.account,
					     .bus = EVENT_BUS_DEFAULT,
					     .id = id,
					     .received_ms = now_ms,
					     .body = text};
	return 0;
}

/* Under the write lock: they are rare, and few rules ask for them. */
static int enter(const struct api_options *options, struct db *state,
		 const struct outbox_event *from, int64_t now_ms, struct arena *arena,
		 struct err *err)
{
	struct event_entering entering = {.named = false};

	if (strncmp(from->source, SOURCE_PREFIX, strlen(SOURCE_PREFIX)) != 0)
		return 0; /* of no account */
	if (make(options, from, now_ms, arena, &entering.event, err) < 0 ||
	    event_enter_match(options->events, state, arena, &entering, err) < 0) {
		if (err->code != ERR_LIMIT && err->code != ERR_INVALID)
			return -1;
		log_error("no event of %s: %s", from->id, err->text);
		err_clear(err);
		return 0;
	}
	return event_enter_write(state, &entering, err);
}

static int take(const struct api_options *options, struct db *state, int64_t now_ms,
		size_t *ret_count, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	struct outbox_event *events;
	int64_t position;
	bool is_new;

	if (find_position(state, &position, &is_new, err) < 0 ||
	    outbox_read(state, position, BATCH_MAX, arena, &events, ret_count, err) < 0)
		return -1;
	for (size_t i = 0; i < *ret_count; i++) {
		if (enter(options, state, &events[i], now_ms, arena, err) < 0)
			return err_wrap(err, "event %s of the outbox", events[i].id);
		position = events[i].position;
	}
	return put_position(state, position, err);
}

int outbox_events_take(const struct api_options *options, struct db *state, int64_t now_ms,
		       bool *ret_more, struct err *err)
{
	int64_t position;
	size_t count = 0;
	bool is_new;

	*ret_more = false;
	if (find_position(state, &position, &is_new, err) < 0)
		return -1;
	if (!is_new)
		return 0;
	if (db_begin(state, err) < 0)
		return -1;
	if (take(options, state, now_ms, &count, err) < 0 || db_commit(state, err) < 0) {
		db_rollback(state);
		return -1;
	}
	event_hub_ring(options->events);
	*ret_more = count == BATCH_MAX;
	return 0;
}
