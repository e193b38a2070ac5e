/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pattern of the EventBridge language, read and checked: which events a rule wants.
 * It is never changed, so threads may share it.
 *
 * The language (field names lead to lists; an event matches if each field has a value in its
 * list): strings, numbers, true, false, null; prefix and suffix, each also without regard to
 * case; equals-ignore-case; wildcard; numeric; cidr; exists; anything-but, of strings, numbers,
 * or one of prefix, suffix, equals-ignore-case and wildcard; "$or" of objects. A dotted name is
 * the same as nested ones, and the last of equal names counts. A string that is an IP address
 * equals all ways to write it.
 */
#ifndef SLIPWAY_EVENTS_PATTERN_H
#define SLIPWAY_EVENTS_PATTERN_H

#include <jansson.h>

#include "core/err.h"
#include "events/address.h"
#include "events/wildcard.h"

#define EVENT_PATTERN_MAX	   (64u * 1024) /* bytes of its text; the API takes fewer */
#define EVENT_PATTERN_BRANCHES_MAX 1000		/* combinations of "$or": the service's number */
#define EVENT_PATTERN_VALUES_MAX   100000	/* in the lists of all combinations together */

enum event_test_kind {
	EVENT_TEST_TEXT,    /* a string is this one */
	EVENT_TEST_LITERAL, /* true, false, null, or a number that has no key, as it is written */
	EVENT_TEST_RANGE,   /* a number, or an address in a string, is in a range */
	EVENT_TEST_PREFIX,
	EVENT_TEST_SUFFIX,
	EVENT_TEST_TEXT_ANY_CASE,
	EVENT_TEST_PREFIX_ANY_CASE,
	EVENT_TEST_SUFFIX_ANY_CASE,
	EVENT_TEST_WILDCARD,
	EVENT_TEST_EXISTS,
	EVENT_TEST_ABSENT,
	EVENT_TEST_KIND_COUNT,
};

struct event_value {
	const char *text; /* of all but ranges; folded where case does not count */
	size_t len;
	struct event_range range;
	struct event_glob glob; /* of wildcards */
};

/* One member of a field's list. */
struct event_test {
	enum event_test_kind kind;
	bool negated; /* anything but these */
	struct event_value *values;
	size_t count; /* 1, or of what is negated any number; 0 for EXISTS and ABSENT */
};

struct event_field {
	const char *path; /* names with dots between them */
	size_t path_len;
	struct event_test *tests; /* one of them is to be true */
	size_t count;
};

/* All of these fields are to match. */
struct event_branch {
	const struct event_field **fields; /* in the order of their paths' bytes, none twice */
	size_t count;
	size_t room;
};

struct event_pattern;

/* The caller frees it with event_pattern_free(). ERR_INVALID with the service's message,
 * "Event pattern is not valid. Reason: ...". */
int event_pattern_new(const char *text, size_t len, struct event_pattern **ret_pattern,
		      struct err *err) MUST_CHECK;
void event_pattern_free(struct event_pattern *pattern); /* takes NULL */
void event_pattern_freep(struct event_pattern **pattern);

/* What it consists of: an event matches if it matches a branch. Borrowed from @pattern. */
const struct event_branch *event_pattern_branches(const struct event_pattern *pattern,
						  size_t *ret_count);

/* False: no event of @source matches. True where that does not follow from exact values alone. */
bool event_pattern_may_want(const struct event_pattern *pattern, const char *source);

/*
 * Whether @event matches, found by looking at one field after the other: for one pattern and
 * one event. Many patterns are for a machine (machine.h), which says the same. Two fields of
 * objects in an array match by the same object. ERR_LIMIT: the event's arrays are too many.
 */
int event_pattern_match(const struct event_pattern *pattern, const json_t *event, bool *ret_match,
			struct err *err) MUST_CHECK;

#endif
