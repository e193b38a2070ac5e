/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wildcards: "*" stands for any characters, "\*" and "\\" for themselves.
 */
#ifndef SLIPWAY_EVENTS_WILDCARD_H
#define SLIPWAY_EVENTS_WILDCARD_H

#include "core/err.h"

/* A wildcard ready to use: texts between stars, of which the first and last may be empty. */
struct event_glob {
	const char *const *pieces; /* not zero-terminated */
	const uint32_t *piece_lens;
	size_t count; /* one more than there are stars */
};

/* One wildcard of a list, as people wrote it. @pattern: equal for those of one "anything-but". */
struct event_wildcard {
	const char *text;
	size_t len;
	unsigned int pattern;
};

/* ERR_INVALID with the service's message. */
int event_wildcard_check(const char *text, size_t len, struct err *err) MUST_CHECK;

/*
 * Whether the wildcards of one list are more than the service takes: the most of them that one
 * text could be in the middle of, counted as the service's evaluator does, is over its limit;
 * or finding out would take too long.
 */
bool event_wildcards_too_complex(const struct event_wildcard *wildcards, size_t count);

/* Time is bounded by the product of the lengths, and nearly always by their sum. */
bool event_glob_match(const struct event_glob *glob, const char *text, size_t len);

#endif
