/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the readers and writers of CloudEvents share. Private to cloudevent*.c, event_cloud.c
 * and webhook_event.c.
 */
#ifndef SLIPWAY_EVENTS_CLOUDEVENT_PRIVATE_H
#define SLIPWAY_EVENTS_CLOUDEVENT_PRIVATE_H

#include "events/cloudevent.h"
#include "events/json_slice.h"

/* Give @event an attribute, which must be valid and new to it. The texts are kept, @name too. */
int cloudevent_set(struct cloudevent *event, struct arena *arena, const char *name,
		   enum cloudevent_kind kind, const char *value, struct err *err) MUST_CHECK;
/* All that is required is there, and it is not too large. */
int cloudevent_complete(const struct cloudevent *event, struct err *err) MUST_CHECK;

/* The value of the core attribute @name, NULL if it has none or there is no such attribute. */
const char *const *cloudevent_core(const struct cloudevent *event, const char *name);

/* Media types, which may have parameters: */
bool media_type_is(const char *type, const char *name); /* name/name, whatever its case */
bool media_type_is_json(const char *type);
bool media_type_is_text(const char *type); /* and of a character set that UTF-8 holds */
bool media_type_is_utf8(const char *type); /* names no other character set */

/* One attribute out of a member of a JSON object; null is absent. */
int cloudevent_set_json(struct cloudevent *event, struct arena *arena, struct json_slice name,
			struct json_slice value, struct err *err) MUST_CHECK;
/* One event of the JSON format, minified. */
int cloudevent_read_json(struct json_slice text, struct arena *arena, struct cloudevent *ret_event,
			 struct err *err) MUST_CHECK;
/* "name":value of all attributes with commas between. */
int cloudevent_write_attributes(const struct cloudevent *event, struct buf *out, struct err *err)
	MUST_CHECK;
/* What "data" says, by the event's datacontenttype. */
int cloudevent_take_data(struct cloudevent *event, struct json_slice value, struct arena *arena,
			 struct err *err) MUST_CHECK;
int cloudevent_take_base64(struct cloudevent *event, struct json_slice value, struct arena *arena,
			   struct err *err) MUST_CHECK;
/* "data":... or "data_base64":..., nothing without data. @before comes first. */
int cloudevent_write_data(const struct cloudevent *event, const char *before, struct buf *out,
			  struct err *err) MUST_CHECK;

#endif
