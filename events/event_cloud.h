/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CloudEvent as an event of a bus, and an event of a bus as a CloudEvent.
 */
#ifndef SLIPWAY_EVENTS_CLOUD_H
#define SLIPWAY_EVENTS_CLOUD_H

#include "core/ident.h"
#include "events/cloudevent.h"
#include "events/event.h"

/* The id on the bus of the CloudEvent that @source calls @id: the same two are the same event. */
void event_cloud_id(const char *source, const char *id, char ret[IDENT_UUID_SIZE]);

/* Append the envelope of @cloudevent; its id is event_cloud_id(), whatever @place says. ERR_DENIED
 * with the API's text for a source that is reserved, ERR_LIMIT at the maximum of @out. */
int event_from_cloudevent(const struct cloudevent *cloudevent, const struct event_place *place,
			  struct arena *arena, struct buf *out, struct err *err) MUST_CHECK;

/* An event that came as a CloudEvent is that one again, any other gets attributes. ERR_INVALID if
 * it cannot be said as one (a control character in its detail-type). Texts are the arena's, data
 * points into the event. */
int cloudevent_from_event(const struct event *event, struct arena *arena,
			  struct cloudevent *ret_cloudevent, struct err *err) MUST_CHECK;

#endif
