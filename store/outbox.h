/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outbox: what others shall be told, written in the transaction of what it tells of, so that
 * there is no event without its cause and no cause without its event, whoever is killed when. The
 * members are those of CloudEvents 1.0. An id is made of what happened and not by lot: the same
 * event written again changes nothing.
 *
 * Who reads keeps a position, and asks for what is behind it; positions only grow, and none is
 * used twice. The outbox keeps the last OUTBOX_KEPT events, read or not.
 */
#ifndef SLIPWAY_STORE_OUTBOX_H
#define SLIPWAY_STORE_OUTBOX_H

#include "core/arena.h"
#include "store/db.h"

/* Some 50 MB: a reader may be away for days. */
#define OUTBOX_KEPT	100000
#define OUTBOX_DATA_MAX 65536 /* bytes: what CloudEvents asks of everyone to forward */

struct outbox_event {
	int64_t position;    /* given by outbox_put() */
	const char *id;	     /* unique among all events with this source */
	const char *type;    /* "slipway.budget.threshold" */
	const char *source;  /* "/slipway/ACCOUNT" */
	const char *subject; /* "budget/NAME" */
	int64_t time_ms;     /* wall time */
	const char *data_json;
};

/* In the caller's transaction. ERR_LIMIT for data that is too large. */
int outbox_put(struct db *db, const struct outbox_event *event, struct err *err) MUST_CHECK;

/* The first @limit events behind @position, in their order; texts in the arena. */
int outbox_read(struct db *db, int64_t position, size_t limit, struct arena *arena,
		struct outbox_event **ret_events, size_t *ret_count, struct err *err) MUST_CHECK;

/* The position of the newest event (0: there never was one), and of the oldest that is kept
 * (one behind the newest if none is): who is to read from further back has missed some. */
int outbox_ends(struct db *db, int64_t *ret_first, int64_t *ret_last, struct err *err) MUST_CHECK;

/* Events up to @position are needed by nobody any more. */
int outbox_trim(struct db *db, int64_t position, struct err *err) MUST_CHECK;

#endif
