/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A webhook that is no CloudEvent, as one: services say in headers of their own, or in their JSON,
 * what it is and which delivery it is.
 */
#ifndef SLIPWAY_EVENTS_WEBHOOK_EVENT_H
#define SLIPWAY_EVENTS_WEBHOOK_EVENT_H

#include "events/cloudevent.h"
#include "events/webhook_signature.h"

#define WEBHOOK_WORD_MAX 256 /* characters of a source and a type that an operator names */

/* Who sends it. */
struct webhook_origin {
	enum webhook_style style;
	const char *source; /* of its events */
	const char *type;   /* of those that name none; NULL: all must */
};

/* Whether @text can be the source of events: a URI-reference that is not reserved, not too long. */
bool webhook_source_ok(const char *text);

/* Whether a request says that it is a CloudEvent: cloudevents_read() is for it then. */
bool webhook_is_cloudevent(const struct header *headers, size_t header_count);

/*
 * The event of @message, which was checked (webhook_signature.h): its id is the delivery's, so one
 * that is sent again is the same event; where the service names none, and its style needs none, it
 * is a new one. ERR_INVALID names the header or member; ERR_UNSUPPORTED if the body is not JSON
 * by its type; ERR_LIMIT if it is too large. Texts are the arena's or the message's.
 */
int webhook_event_read(const struct webhook_origin *origin, const struct webhook_message *message,
		       struct arena *arena, struct cloudevent *ret_event, struct err *err)
	MUST_CHECK;

#endif
