/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dead letters, for who looks after them: what could not be delivered, and why (event_queue.h
 * writes them). Numbers rise, and none is used twice.
 */
#ifndef SLIPWAY_STORE_EVENT_LETTER_H
#define SLIPWAY_STORE_EVENT_LETTER_H

#include "store/event_queue.h"

struct event_letter {
	int64_t number;
	const char *rule, *target; /* "": it came to none */
	int64_t attempts;
	struct event_accepted event;
	struct event_dead why;
};

struct event_letter_filter {
	const char *account, *bus, *rule; /* NULL: any */
	int64_t after;			  /* numbers behind this one */
};
/* In the order of their numbers. @with_body: else the events' bodies are "". */
int event_letter_list(struct db *db, const struct event_letter_filter *filter, bool with_body,
		      size_t limit, struct arena *arena, struct event_letter **ret_letters,
		      size_t *ret_count, struct err *err) MUST_CHECK;
/* The number of the newest that there ever was; 0: there was none. */
int event_letter_newest(struct db *db, int64_t *ret_number, struct err *err) MUST_CHECK;
int event_letter_find(struct db *db, int64_t number, struct arena *arena,
		      struct event_letter *ret_letter, struct err *err)
	MUST_CHECK; /* ERR_NOT_FOUND */

/*
 * Back into the queue, in one transaction: a delivery with all of its attempts and its whole age
 * before it, at the beginning of a chain of events (its depth is 0). ERR_NOT_FOUND: the letter is
 * not there (any more), so of two who do it one does. One that had come to no rule meets the
 * rules of its bus again.
 */
int event_letter_redrive(struct db *db, int64_t number, int64_t now_ms, struct err *err) MUST_CHECK;
int event_letter_delete(struct db *db, int64_t number, struct err *err)
	MUST_CHECK; /* ERR_NOT_FOUND */

#endif
