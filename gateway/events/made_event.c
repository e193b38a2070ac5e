/* SPDX-License-Identifier: Apache-2.0 */
/* See made_event.h. */
#include "gateway/events/made_event.h"

#include "events/event.h"
#include "events/event_cloud.h"
#include "gateway/json_out.h"
#include "store/event_rule.h"

int made_event_write(const struct made_event *made, int64_t now_ms, struct arena *arena,
		     struct event_accepted *ret_event, struct err *err)
{
	AUTO(freep) char *detail = out_dump(made->detail);
	AUTO(buf_done) struct buf body;
	char *id = arena_alloc(arena, IDENT_UUID_SIZE);
	const struct event_entry entry = {.source = made->source,
					  .detail_type = made->detail_type,
					  .detail = detail,
					  .resources = made->resources,
					  .resource_count = made->resource_count,
					  .timed = true,
					  .time_ms = made->time_ms};
	const struct event_place place = {
		.id = id, .account = made->account, .region = made->region, .now_ms = now_ms};
	const char *text;

	buf_init(&body, EVENT_TEXT_MAX);
	if (!id)
		return err_set(err, ERR_LIMIT, "an event finds no room");
	event_cloud_id(made->id_source, made->id, id);
	if (event_make(&entry, &place, &body, err) < 0)
		return -1;
	text = arena_strndup(arena, (const char *)body.data, body.len);
	if (!text)
		return err_set(err, ERR_LIMIT, "an event finds no room");
	*ret_event = (struct event_accepted){.account = made->account,
					     .bus = EVENT_BUS_DEFAULT,
					     .id = id,
					     .received_ms = now_ms,
					     .body = text,
					     .depth = made->depth};
	return 0;
}
