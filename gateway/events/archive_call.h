/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archives and replays in requests and answers. Failures are answered in the API's words.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_ARCHIVE_CALL_H
#define SLIPWAY_GATEWAY_EVENTS_ARCHIVE_CALL_H

#include "gateway/events/bus_name.h"
#include "store/event_archive.h"
#include "store/event_replay.h"

#define EVENT_ARCHIVE_NAME_MAX 48 /* the API's */
#define EVENT_ARCHIVE_ENABLED  "ENABLED"

/* What CreateArchive and UpdateArchive say alike. */
struct event_archive_input {
	const char *name, *description, *pattern;
	int64_t retention_days;
	bool has_retention;
};
#define EVENT_ARCHIVE_FIELDS(s, f)                                                                 \
	TEXT(s, f.name, "ArchiveName", 1, EVENT_BUS_GIVEN_MAX, SHAPE_REQUIRED),                    \
		TEXT(s, f.description, "Description", 0, EVENT_DESCRIPTION_MAX, 0),                \
		TEXT(s, f.pattern, "EventPattern", 0, EVENT_PATTERN_GIVEN_MAX, 0),                 \
		INT_SEEN(s, f.retention_days, f.has_retention, "RetentionDays", 0, INT32_MAX),     \
		REFUSED("KmsKeyIdentifier")

int event_archive_input_check(struct call *call, const struct event_archive_input *input)
	MUST_CHECK;
struct event_arn event_archive_arn(const struct call *call, const char *name);
struct event_arn event_replay_arn(const struct call *call, const char *name);

int event_archive_require(struct call *call, const char *name, struct event_archive *ret_archive)
	MUST_CHECK;
/* As above, of a member EventSourceArn that is to be an archive's ARN. */
int event_archive_of_arn(struct call *call, const char *arn, struct event_archive *ret_archive)
	MUST_CHECK;
int event_replay_require(struct call *call, const char *name, struct event_replay *ret_replay)
	MUST_CHECK;

/* What lists show of one; Describe puts the rest. */
json_t *event_archive_json(const struct call *call, const struct event_archive *archive);
json_t *event_replay_json(const struct call *call, const struct event_replay *replay);

/* Lists take one of NamePrefix, EventSourceArn and State at most: @operation is the list's name. */
int event_one_filter(struct call *call, const char *operation, bool prefix, bool source, bool state)
	MUST_CHECK;

#endif
