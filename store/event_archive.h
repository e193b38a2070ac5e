/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archives: what came to a bus and matches a pattern, kept for some days or for ever. An archive
 * is one of the things that a bus's events are matched with, so a change of one raises the
 * version of the bus's rules (store/event_rule.h).
 *
 * Writers run inside the caller's transaction.
 */
#ifndef SLIPWAY_STORE_EVENT_ARCHIVE_H
#define SLIPWAY_STORE_EVENT_ARCHIVE_H

#include "core/arena.h"
#include "store/db.h"

#define EVENT_ARCHIVES_MAX 100 /* of an account: each costs every event of its bus a little */

struct event_archive {
	int64_t number; /* given by event_archive_create() */
	const char *name, *bus, *description;
	const char *pattern;	/* NULL: all events */
	int64_t retention_days; /* 0: for ever */
	int64_t created_ms;
	int64_t event_count, size_bytes;
};

/* ERR_EXISTS. */
int event_archive_create(struct db *db, const char *account, const struct event_archive *archive,
			 struct err *err) MUST_CHECK;
/* Its description, pattern and retention. ERR_NOT_FOUND. */
int event_archive_update(struct db *db, const char *account, const struct event_archive *archive,
			 struct err *err) MUST_CHECK;
/* Its events go later (event_archive_trim()). ERR_NOT_FOUND. */
int event_archive_delete(struct db *db, const char *account, const char *name, struct err *err)
	MUST_CHECK;
int event_archive_find(struct db *db, const char *account, const char *name, struct arena *arena,
		       struct event_archive *ret_archive, struct err *err)
	MUST_CHECK; /* ERR_NOT_FOUND */
/* Whether it is there, by its number. */
int event_archive_is_there(struct db *db, int64_t number, bool *ret_there, struct err *err)
	MUST_CHECK;
/* Names behind @after in order, those with @prefix; of @bus, NULL: of any. */
int event_archive_list(struct db *db, const char *account, const char *bus, const char *prefix,
		       const char *after, size_t limit, struct arena *arena,
		       struct event_archive **ret_archives, size_t *ret_count, struct err *err)
	MUST_CHECK;
/* Of @bus; NULL: of any. */
int event_archive_count(struct db *db, const char *account, const char *bus, int64_t *ret_count,
			struct err *err) MUST_CHECK;

struct event_archived {
	int64_t number; /* given by event_archive_add() */
	const char *id;
	int64_t event_ms, received_ms;
	const char *body; /* the envelope */
};

/* ERR_NOT_FOUND without the archive. */
int event_archive_add(struct db *db, const char *account, const char *name,
		      const struct event_archived *event, struct err *err) MUST_CHECK;
/* The highest number that an event of any archive has; 0: there is none. */
int event_archive_newest(struct db *db, int64_t *ret_number, struct err *err) MUST_CHECK;

/* Which events, in the order of their times. */
struct event_archive_range {
	int64_t archive;
	int64_t from_ms, to_ms;	  /* both are in it */
	int64_t until_number;	  /* those that were added later are not */
	int64_t at_ms, at_number; /* those up to this one are not */
};
/* At most @limit of them, and no more when they have @bytes_max together; at least one. */
int event_archive_read(struct db *db, const struct event_archive_range *range, size_t limit,
		       size_t bytes_max, struct arena *arena, struct event_archived **ret_events,
		       size_t *ret_count, struct err *err) MUST_CHECK;

/* Drop what is older than its archive keeps it, and deleted archives: at most @batch events of
 * each archive. *ret_more: there are more. */
int event_archive_trim(struct db *db, int64_t now_ms, size_t batch, bool *ret_more, struct err *err)
	MUST_CHECK;

#endif
