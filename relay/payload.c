/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who says by a header that a message is a CloudEvent is held to it; JSON that only looks like one
 * and is none is a detail like any other.
 */
#include "relay/payload.h"

#include <inttypes.h>
#include <string.h>

#include "core/base64.h"
#include "core/json_write.h"
#include "events/event_cloud.h"
#include "events/json_text.h"

#define CE_VERSION "ce-specversion"
#define CE_TYPE	   "application/cloudevents"

/* The id does not depend on the time of the reading: the same item is the same event. */
static void make_id(const struct source_options *source, const struct source_item *item,
		    char ret_id[IDENT_UUID_SIZE])
{
	AUTO(freep) char *from = xasprintf("slipway-relay:%s", source->name);
	AUTO(freep) char *what = xasprintf("%s\n%s", item->name, item->value);

	event_cloud_id(from, what, ret_id);
}

/* --- CloudEvents --- */

static bool claims_to_be_cloudevent(const struct source_item *item)
{
	for (size_t i = 0; i < item->header_count; i++) {
		const struct header *header = &item->headers[i];

		if (strcmp(header->name, CE_VERSION) == 0 ||
		    (strcmp(header->name, "content-type") == 0 &&
		     strncasecmp(header->value, CE_TYPE, strlen(CE_TYPE)) == 0))
			return true;
	}
	return false;
}

static bool looks_like_cloudevent(const struct source_item *item)
{
	static const char mark[] = "\"specversion\"";

	return !item->is_detail && item->len > 0 && item->data[0] == '{' &&
	       memmem(item->data, item->len, mark, sizeof(mark) - 1);
}

static int read_cloudevent(const struct source_item *item, bool claimed, struct arena *arena,
			   struct cloudevent *ret_event, struct err *err)
{
	static const struct header structured = {.name = "content-type",
						 .value = "application/cloudevents+json"};
	struct cloudevents found;

	if (cloudevents_read(claimed ? item->headers : &structured,
			     claimed ? item->header_count : 1, (const uint8_t *)item->data,
			     item->len, arena, &found, err) < 0)
		return -1;
	if (found.count != 1)
		return err_set(err, ERR_INVALID, "a message is one CloudEvent, not %zu",
			       found.count);
	*ret_event = found.events[0];
	return 0;
}

/* --- all else --- */

static bool is_utf8(const char *text, size_t len)
{
	AUTO(json_decrefp) json_t *value = json_stringn(text, len);

	return value != NULL;
}

static int write_bytes(const struct source_item *item, struct buf *out, struct err *err)
{
	AUTO(freep) char *text = xcalloc(1, BASE64_SIZE(item->len));

	base64_encode(item->data, item->len, text);
	return buf_printf(out, err, "{\"data_base64\":\"%s\"}", text);
}

static int write_detail(const struct source_item *item, struct buf *out, struct err *err)
{
	size_t blank = strspn(item->data, " \t\r\n");
	size_t at;

	if (json_text_check(item->data, item->len, &at, err) == 0) {
		if (item->data[blank] == '{')
			return buf_append(out, item->data, item->len, err);
		if (buf_append_text(out, "{\"data\":", err) < 0 ||
		    buf_append(out, item->data, item->len, err) < 0)
			return -1;
		return buf_append_text(out, "}", err);
	}
	err_clear(err);
	if (!is_utf8(item->data, item->len))
		return write_bytes(item, out, err);
	if (buf_append_text(out, "{\"data\":", err) < 0 ||
	    json_write_text(out, item->data, item->len, err) < 0)
		return -1;
	return buf_append_text(out, "}", err);
}

static int make_event(const struct source_options *source, const char *detail, int64_t time_ms,
		      const struct event_place *place, struct buf *out, struct err *err)
{
	const struct event_entry entry = {
		.source = source->source,
		.detail_type = source->type,
		.detail = detail,
		.timed = time_ms > 0,
		.time_ms = time_ms,
	};
	enum event_refusal refusal = event_entry_check(&entry);

	if (refusal != EVENT_REFUSED_NONE)
		return err_set(err, ERR_INVALID, "%s", event_refusal_text(refusal));
	return event_make(&entry, place, out, err);
}

static int make_plain(const struct source_options *source, const struct source_item *item,
		      const struct event_place *place, struct buf *out, struct err *err)
{
	AUTO(buf_done) struct buf detail;
	const char *text;

	buf_init(&detail, EVENT_TEXT_MAX);
	if (write_detail(item, &detail, err) < 0)
		return -1;
	text = buf_text(&detail);
	if (!text)
		return err_set(err, ERR_LIMIT, "the event is too large");
	return make_event(source, text, item->time_ms, place, out, err);
}

static struct event_place place_of(const struct source_options *source, const char *id,
				   int64_t now_ms)
{
	return (struct event_place){
		.id = id, .account = source->account, .region = source->region, .now_ms = now_ms};
}

int payload_event(const struct source_options *source, const struct source_item *item,
		  int64_t now_ms, struct arena *arena, char ret_id[IDENT_UUID_SIZE],
		  struct buf *out, struct err *err)
{
	struct event_place place = place_of(source, ret_id, now_ms);
	bool claimed = claims_to_be_cloudevent(item);
	struct cloudevent cloudevent;

	make_id(source, item, ret_id);
	if (item->len > SOURCE_DATA_MAX)
		return err_set(err, ERR_LIMIT, "it has more than %d bytes", SOURCE_DATA_MAX);
	if (claimed || looks_like_cloudevent(item)) {
		if (read_cloudevent(item, claimed, arena, &cloudevent, err) == 0) {
			event_cloud_id(cloudevent.source, cloudevent.id, ret_id);
			return event_from_cloudevent(&cloudevent, &place, arena, out, err);
		}
		if (claimed)
			return -1;
		err_clear(err);
	}
	return make_plain(source, item, &place, out, err);
}

int payload_dead(const struct source_options *source, const struct source_item *item,
		 int64_t now_ms, char ret_id[IDENT_UUID_SIZE], struct buf *out, struct err *err)
{
	const struct event_place place = place_of(source, ret_id, now_ms);
	char detail[64];

	make_id(source, item, ret_id);
	if (item->len <= SOURCE_DATA_MAX && make_plain(source, item, &place, out, err) == 0)
		return 0;
	err_clear(err);
	buf_clear(out);
	(void)snprintf(detail, sizeof(detail), "{\"bytes\":%zu}", item->len);
	return make_event(source, detail, 0, &place, out, err);
}
