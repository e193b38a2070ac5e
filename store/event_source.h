/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How each source of events is: slipway-relay writes it, for who looks after it.
 */
#ifndef SLIPWAY_STORE_EVENT_SOURCE_H
#define SLIPWAY_STORE_EVENT_SOURCE_H

#include "core/arena.h"
#include "store/db.h"

#define EVENT_SOURCE_STARTS "STARTS"
#define EVENT_SOURCE_READS  "READS"
#define EVENT_SOURCE_WAITS  "WAITS" /* it is tried again */

struct event_source {
	const char *name, *kind;
	const char *account; /* its id; while there is none, the configured name */
	const char *state, *reason;
	int64_t since_ms; /* wall: when it came into this state */
	int64_t tries;	  /* that have failed since; not written */
};

/* None is known any more. */
int event_source_clear(struct db *db, struct err *err) MUST_CHECK;
/* It has come into this state, or is in it still and has failed once more. */
int event_source_put(struct db *db, const struct event_source *source, struct err *err) MUST_CHECK;
/* By name; @account NULL: of all. */
int event_source_list(struct db *db, const char *account, struct arena *arena,
		      struct event_source **ret_sources, size_t *ret_count, struct err *err)
	MUST_CHECK;

#endif
