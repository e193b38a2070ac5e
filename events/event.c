/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An entry is looked at member by member in the order in which EventBridge complains: what is
 * missing first, then who may say so, then whether Detail is a JSON object. Its size counts for the
 * request as a whole, before anything is looked at.
 *
 * The envelope is written once, its members in EventBridge's order, and Detail goes into it as it
 * was written but for its blanks.
 */
#include "events/event.h"

#include <string.h>

#include "core/json_write.h"
#include "events/event_time.h"
#include "events/json_text.h"

#define TIME_SIZE 14 /* what a time counts for in an entry's size */

static const struct {
	const char *code, *text;
} refusals[] = {
#define AS_TEXTS(name, code, text) {code, text},
	EVENT_REFUSALS(AS_TEXTS)};

const char *event_refusal_code(enum event_refusal refusal)
{
	return refusals[refusal].code;
}

const char *event_refusal_text(enum event_refusal refusal)
{
	return refusals[refusal].text;
}

static size_t size_of(const char *text)
{
	return text ? strlen(text) : 0;
}

size_t event_entry_size(const struct event_entry *entry)
{
	size_t size = entry->timed ? TIME_SIZE : 0;

	size += size_of(entry->source) + size_of(entry->detail_type) + size_of(entry->detail);
	for (size_t i = 0; i < entry->resource_count; i++)
		size += strlen(entry->resources[i]);
	return size;
}

int event_entries_fit(const struct event_entry *entries, size_t count, size_t limit,
		      struct err *err)
{
	size_t size = 0;

	for (size_t i = 0; i < count; i++)
		size += event_entry_size(&entries[i]);
	if (size < limit)
		return 0;
	return err_set(err, ERR_LIMIT,
		       "Total size of the entries in the request is over the limit.");
}

bool event_source_is_reserved(const char *source)
{
	return strncmp(source, "aws.", 4) == 0;
}

static bool is_object(const char *detail)
{
	struct err ignored = ERR_INIT;
	size_t at;

	return detail[strspn(detail, " \t\r\n")] == '{' &&
	       json_text_check(detail, strlen(detail), &at, &ignored) == 0;
}

enum event_refusal event_entry_check(const struct event_entry *entry)
{
	if (size_of(entry->source) == 0)
		return EVENT_REFUSED_SOURCE;
	if (size_of(entry->detail_type) == 0)
		return EVENT_REFUSED_DETAIL_TYPE;
	if (size_of(entry->detail) == 0)
		return EVENT_REFUSED_DETAIL;
	if (event_source_is_reserved(entry->source))
		return EVENT_REFUSED_RESERVED;
	if (entry->timed && (entry->time_ms < 0 || entry->time_ms > EVENT_TIME_MAX_MS))
		return EVENT_REFUSED_TIME;
	return is_object(entry->detail) ? EVENT_REFUSED_NONE : EVENT_REFUSED_MALFORMED;
}

/* @before, then @text as a string. */
static int put(struct buf *out, const char *before, const char *text, struct err *err)
{
	if (buf_append_text(out, before, err) < 0)
		return -1;
	return json_write_text(out, text, strlen(text), err);
}

static int put_resources(const struct event_entry *entry, struct buf *out, struct err *err)
{
	if (buf_append_text(out, ",\"resources\":[", err) < 0)
		return -1;
	for (size_t i = 0; i < entry->resource_count; i++) {
		if (put(out, i > 0 ? "," : "", entry->resources[i], err) < 0)
			return -1;
	}
	return buf_append_text(out, "],\"detail\":", err);
}

int event_make(const struct event_entry *entry, const struct event_place *place, struct buf *out,
	       struct err *err)
{
	char time[EVENT_TIME_SIZE];

	(void)event_time_write(entry->timed ? entry->time_ms : place->now_ms, time);
	if (put(out, "{\"version\":\"0\",\"id\":", place->id, err) < 0 ||
	    put(out, ",\"detail-type\":", entry->detail_type, err) < 0 ||
	    put(out, ",\"source\":", entry->source, err) < 0 ||
	    put(out, ",\"account\":", place->account, err) < 0 ||
	    put(out, ",\"time\":", time, err) < 0 ||
	    put(out, ",\"region\":", place->region, err) < 0 ||
	    put_resources(entry, out, err) < 0 ||
	    json_text_minify(entry->detail, strlen(entry->detail), out, err) < 0)
		return -1;
	return buf_append_text(out, "}", err);
}

int event_read(const char *text, size_t len, struct arena *arena, struct event *ret_event,
	       struct err *err)
{
	struct event event = {.whole = {text, len}};
	const struct {
		const char *name;
		const char **text;
	} texts[] = {
		{"id", &event.id},	   {"detail-type", &event.detail_type},
		{"source", &event.source}, {"account", &event.account},
		{"time", &event.time},	   {"region", &event.region},
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct json_slice value;
		size_t ignored;

		if (!json_slice_member(event.whole, texts[i].name, &value))
			return err_set(err, ERR_CORRUPT, "an event without %s", texts[i].name);
		if (json_slice_string(value, arena, texts[i].text, &ignored, err) < 0)
			return err_wrap(err, "%s of an event", texts[i].name);
	}
	if (!json_slice_member(event.whole, "resources", &event.resources) ||
	    !json_slice_member(event.whole, "detail", &event.detail))
		return err_set(err, ERR_CORRUPT, "an event without resources or detail");
	(void)json_slice_member(event.whole, "cloudevent", &event.cloudevent);
	*ret_event = event;
	return 0;
}
