/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event: what PutEvents takes of it, and the envelope that rules, targets and tasks see.
 */
#ifndef SLIPWAY_EVENTS_EVENT_H
#define SLIPWAY_EVENTS_EVENT_H

#include "core/buf.h"
#include "events/json_slice.h"

#define EVENT_ENTRIES_MAX      10 /* of one PutEvents */
/* All entries of one PutEvents, and what is in any one event. EventBridge's own limit is 256 KiB.
 */
#define EVENT_ENTRIES_SIZE_MAX (1024u * 1024)
/* An envelope as text: the entry, its escapes and what is put around it. */
#define EVENT_TEXT_MAX	       (2u * EVENT_ENTRIES_SIZE_MAX)

/* What one entry of PutEvents says; NULL is absent. All borrowed. */
struct event_entry {
	const char *source, *detail_type, *detail;
	const char *const *resources;
	size_t resource_count;
	bool timed;
	int64_t time_ms; /* wall, if timed */
};

/* Bytes as EventBridge counts them: 14 for a time, and its texts. */
size_t event_entry_size(const struct event_entry *entry);

/* ERR_LIMIT with the API's text if they are @limit bytes or more together. */
int event_entries_fit(const struct event_entry *entries, size_t count, size_t limit,
		      struct err *err) MUST_CHECK;

/* Why one entry is not accepted, in the API's words. */
#define EVENT_REFUSALS(X)                                                                          \
	X(NONE, "", "")                                                                            \
	X(SOURCE, "InvalidArgument",                                                               \
	  "Parameter Source is not valid. Reason: Source is a required argument.")                 \
	X(DETAIL, "InvalidArgument",                                                               \
	  "Parameter Detail is not valid. Reason: Detail is a required argument.")                 \
	X(DETAIL_TYPE, "InvalidArgument",                                                          \
	  "Parameter DetailType is not valid. Reason: DetailType is a required argument.")         \
	X(RESERVED, "NotAuthorizedForSourceException", "Not authorized for the source.")           \
	X(TIME, "InvalidArgument",                                                                 \
	  "Parameter Time is not valid. Reason: Time is not between the years 1970 and 9999.")     \
	X(MALFORMED, "MalformedDetail", "Detail is malformed.")
#define EVENT_AS_REFUSAL(name, code, text) EVENT_REFUSED_##name,
enum event_refusal { EVENT_REFUSALS(EVENT_AS_REFUSAL) EVENT_REFUSED_COUNT };

const char *event_refusal_code(enum event_refusal refusal);
const char *event_refusal_text(enum event_refusal refusal);

/* EVENT_REFUSED_NONE if an event can be made of it. */
enum event_refusal event_entry_check(const struct event_entry *entry);

/* Names of sources that begin with "aws." are the services' own. */
bool event_source_is_reserved(const char *source);

/* What the bus says of an event. */
struct event_place {
	const char *id; /* a uuid */
	const char *account, *region;
	int64_t now_ms; /* wall: the event's time if its entry has none */
};

/* Append the envelope of an entry that was checked: one JSON object without blanks. ERR_LIMIT at
 * the maximum of @out. */
int event_make(const struct event_entry *entry, const struct event_place *place, struct buf *out,
	       struct err *err) MUST_CHECK;

/*
 * An envelope that was made here, taken apart; texts are the arena's, the slices point into the
 * envelope. "cloudevent" stands in those that came as one (event_cloud.h).
 */
struct event {
	const char *id, *detail_type, *source, *account, *time, *region;
	struct json_slice whole, resources, detail, cloudevent;
};

/* Borrows @text, which must be as event_make() left it. ERR_CORRUPT if it is no envelope. */
int event_read(const char *text, size_t len, struct arena *arena, struct event *ret_event,
	       struct err *err) MUST_CHECK;

#endif
