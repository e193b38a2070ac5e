/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two shapes of the same thing, mapped so that neither loses anything:
 *
 *     CloudEvent                   envelope
 *     source, type                 source, detail-type
 *     time                         time, to the second in UTC; now if absent
 *     source and id                id: a uuid made of their hash, so a retry is the same event
 *     data, a JSON object          detail
 *     other data                   detail.data, or detail.data_base64
 *     all attributes as they were  cloudevent, a member beside detail, with data_in if detail is
 * not the data itself
 *
 * The member cloudevent is what makes the way back exact. Rules may match on it: an extension is
 * found at cloudevent.NAME. PutEvents cannot make one.
 *
 * An event of another origin becomes a CloudEvent with its source, id and type, its detail as data,
 * and the extensions account, region and (if there are any) resources, a list in JSON. resources of
 * a CloudEvent that has such an extension are resources of the event again. A source that is no
 * URI-reference is percent-encoded.
 */
#include "events/event_cloud.h"

#include <stdio.h>
#include <string.h>

#include "core/digest.h"
#include "core/json_write.h"
#include "events/cloudevent_private.h"
#include "events/event_time.h"
#include "events/json_text.h"

#define IN_DATA	  "detail.data"
#define IN_BASE64 "detail.data_base64"
#define IN_NONE	  "none"

void event_cloud_id(const char *source, const char *id, char ret[IDENT_UUID_SIZE])
{
	uint8_t digests[2 * SHA256_SIZE];
	uint8_t bytes[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];

	sha256(source, strlen(source), digests);
	sha256(id, strlen(id), digests + SHA256_SIZE);
	sha256(digests, sizeof(digests), bytes);
	/* Version 8 of RFC 9562: of one's own making. */
	bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x80);
	bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
	hex_encode(bytes, 16, hex);
	(void)snprintf(ret, IDENT_UUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
		       hex + 16, hex + 20);
}

static bool is_object(const struct cloudevent *cloudevent)
{
	return cloudevent->data_kind == CLOUDEVENT_JSON && cloudevent->data[0] == '{';
}

static const char *place_of_data(const struct cloudevent *cloudevent)
{
	if (is_object(cloudevent))
		return NULL;
	switch (cloudevent->data_kind) {
	case CLOUDEVENT_NO_DATA:
		return IN_NONE;
	case CLOUDEVENT_BYTES:
		return IN_BASE64;
	default:
		return IN_DATA;
	}
}

/* The detail as text, with a zero behind it. */
static int make_detail(const struct cloudevent *cloudevent, struct buf *out, struct err *err)
{
	if (is_object(cloudevent))
		return buf_append(out, cloudevent->data, cloudevent->data_len, err);
	if (buf_append_text(out, "{", err) < 0 ||
	    cloudevent_write_data(cloudevent, "", out, err) < 0)
		return -1;
	return buf_append_text(out, "}", err);
}

/* The extension resources, if it is a list of strings, as an entry has them. */
static void find_resources(const struct cloudevent *cloudevent, struct arena *arena,
			   struct event_entry *entry)
{
	AUTO(buf_done) struct buf list = {0};
	struct err ignored = ERR_INIT;
	struct json_walk walk;
	struct json_slice name;
	struct json_slice value;
	const char **resources;
	const char *text = NULL;
	size_t count = 0;
	size_t len;

	for (size_t i = 0; i < cloudevent->extension_count; i++) {
		if (strcmp(cloudevent->extensions[i].name, "resources") == 0)
			text = cloudevent->extensions[i].value;
	}
	if (!text || text[0] != '[')
		return;
	buf_init(&list, strlen(text));
	if (json_text_minify(text, strlen(text), &list, &ignored) < 0)
		return;
	resources = arena_alloc(arena, (list.len / 2) * sizeof(resources[0]));
	if (!resources)
		return;
	walk = json_walk_of((struct json_slice){(const char *)list.data, list.len});
	while (json_walk_next(&walk, &name, &value)) {
		if (json_slice_string(value, arena, &resources[count], &len, &ignored) < 0 ||
		    strlen(resources[count]) != len)
			return;
		count++;
	}
	entry->resources = resources;
	entry->resource_count = count;
}

/* Behind the envelope's last brace, which goes: the member cloudevent. */
static int add_attributes(const struct cloudevent *cloudevent, struct buf *out, struct err *err)
{
	const char *place = place_of_data(cloudevent);

	out->len--;
	if (buf_append_text(out, ",\"cloudevent\":{", err) < 0 ||
	    cloudevent_write_attributes(cloudevent, out, err) < 0)
		return -1;
	if (place && buf_printf(out, err, ",\"data_in\":\"%s\"", place) < 0)
		return -1;
	return buf_append_text(out, "}}", err);
}

int event_from_cloudevent(const struct cloudevent *cloudevent, const struct event_place *place,
			  struct arena *arena, struct buf *out, struct err *err)
{
	struct event_entry entry = {.source = cloudevent->source, .detail_type = cloudevent->type};
	struct event_place its_place = *place;
	AUTO(buf_done) struct buf detail = {0};
	char id[IDENT_UUID_SIZE];

	if (event_source_is_reserved(cloudevent->source))
		return err_set(err, ERR_DENIED, "%s", event_refusal_text(EVENT_REFUSED_RESERVED));
	buf_init(&detail, EVENT_TEXT_MAX);
	if (make_detail(cloudevent, &detail, err) < 0)
		return -1;
	entry.detail = buf_text(&detail);
	if (!entry.detail)
		return err_set(err, ERR_LIMIT, "the event is too large");
	entry.timed = cloudevent->time != NULL;
	if (entry.timed && event_time_read(cloudevent->time, &entry.time_ms, err) < 0)
		return err_wrap(err, "time");
	find_resources(cloudevent, arena, &entry);
	event_cloud_id(cloudevent->source, cloudevent->id, id);
	its_place.id = id;
	if (event_make(&entry, &its_place, out, err) < 0)
		return -1;
	return add_attributes(cloudevent, out, err);
}

static int take_detail(struct cloudevent *made, const struct event *event, const char *place,
		       struct arena *arena, struct err *err)
{
	struct json_slice value;

	if (strcmp(place, IN_NONE) == 0)
		return 0;
	if (strcmp(place, IN_DATA) == 0 && json_slice_member(event->detail, "data", &value))
		return cloudevent_take_data(made, value, arena, err);
	if (strcmp(place, IN_BASE64) == 0 &&
	    json_slice_member(event->detail, "data_base64", &value))
		return cloudevent_take_base64(made, value, arena, err);
	return err_set(err, ERR_CORRUPT, "an event whose data is at %s", place);
}

/* The event was one. */
static int restore(const struct event *event, struct arena *arena, struct cloudevent *made,
		   struct err *err)
{
	struct json_walk walk = json_walk_of(event->cloudevent);
	struct json_slice name;
	struct json_slice value;
	const char *place = NULL;
	size_t len;

	while (json_walk_next(&walk, &name, &value)) {
		if (text_is(name.text + 1, name.len - 2, "data_in")) {
			if (json_slice_string(value, arena, &place, &len, err) < 0)
				return -1;
		} else if (cloudevent_set_json(made, arena, name, value, err) < 0) {
			return -1;
		}
	}
	if (place)
		return take_detail(made, event, place, arena, err);
	made->data_kind = CLOUDEVENT_JSON;
	made->data = event->detail.text;
	made->data_len = event->detail.len;
	return 0;
}

/* @source with percents for what no URI-reference has. */
static const char *as_reference(const char *source, struct arena *arena)
{
	char *text = arena_alloc(arena, strlen(source) * 3 + 1);
	char *to = text;

	if (!text)
		return NULL;
	for (; *source; source++) {
		bool escape = *source == '%' && strspn(source + 1, "0123456789abcdefABCDEF") < 2;
		bool plain = *source > ' ' && *source < 0x7f && !strchr("\"<>\\^`{|}", *source);

		if (plain && !escape)
			*to++ = *source;
		else
			to += snprintf(to, 4, "%%%02X", (unsigned)(uint8_t)*source);
	}
	return text;
}

/* The event was none: attributes of what it has. */
static int describe(const struct event *event, struct arena *arena, struct cloudevent *made,
		    struct err *err)
{
	const char *resources = arena_strndup(arena, event->resources.text, event->resources.len);
	const char *source = as_reference(event->source, arena);
	const struct {
		const char *name, *value;
	} attributes[] = {
		{"specversion", "1.0"},	     {"id", event->id},
		{"source", source},	     {"type", event->detail_type},
		{"time", event->time},	     {"datacontenttype", "application/json"},
		{"account", event->account}, {"region", event->region},
		{"resources", resources},
	};

	if (!resources || !source)
		return err_set(err, ERR_LIMIT, "the event is too large");
	for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
		if (strcmp(attributes[i].value, "[]") == 0)
			continue;
		if (cloudevent_set(made, arena, attributes[i].name, CLOUDEVENT_STRING,
				   attributes[i].value, err) < 0)
			return -1;
	}
	made->data_kind = CLOUDEVENT_JSON;
	made->data = event->detail.text;
	made->data_len = event->detail.len;
	return 0;
}

int cloudevent_from_event(const struct event *event, struct arena *arena,
			  struct cloudevent *ret_cloudevent, struct err *err)
{
	struct cloudevent made = {0};
	int done = event->cloudevent.len > 0 ? restore(event, arena, &made, err)
					     : describe(event, arena, &made, err);

	if (done < 0 || cloudevent_complete(&made, err) < 0)
		return err_wrap(err, "event %s as a CloudEvent", event->id);
	*ret_cloudevent = made;
	return 0;
}
