/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths into an event, as InputPath and InputPathsMap have them: dot notation with array indices
 * and wildcards ("$.detail.items[0].id", "$.detail.items[*].id"). Brackets with names, slices and
 * filters are not of it.
 */
#ifndef SLIPWAY_EVENTS_PATH_H
#define SLIPWAY_EVENTS_PATH_H

#include "events/json_slice.h"

#define EVENT_PATH_SIZE_MAX 256 /* characters, by the API */

struct event_path;

/* The arena keeps it, with what it needs of @text. ERR_INVALID says what is wrong with it. */
int event_path_parse(const char *text, struct arena *arena, struct event_path **ret_path,
		     struct err *err) MUST_CHECK;

/* The value there; of length 0 if there is none. With a wildcard it is always a list of what was
 * found, in the order of the event, and the arena's; else a part of @event. ERR_LIMIT at the
 * arena's maximum. */
int event_path_value(const struct event_path *path, struct json_slice event, struct arena *arena,
		     struct json_slice *ret_value, struct err *err) MUST_CHECK;

#endif
