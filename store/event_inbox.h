/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events that a program other than the gateway has accepted. A row is the durable acceptance:
 * whoever has committed it may tell its sender so, and then rings the gateway (shared_event_bell(),
 * store/doorbell.h), whose thread of events takes the rows of each account in their order and
 * moves them into the queue (event_queue.h). An id that the bus has had within 24 hours ends there.
 */
#ifndef SLIPWAY_STORE_EVENT_INBOX_H
#define SLIPWAY_STORE_EVENT_INBOX_H

#include "store/account.h"
#include "store/event_queue.h"

#define EVENT_INBOX_BODY_MAX (2u * 1024 * 1024) /* bytes of an envelope: EVENT_TEXT_MAX */

struct event_inbox_row {
	int64_t number;
	struct event_accepted event;
	bool named; /* its sender gave the id, and may send it again */
};

/* In the caller's transaction, if there is one. Whether there is such a bus or account the gateway
 * finds out. ERR_LIMIT: the envelope is too large; ERR_INVALID: no account has such an id. */
int event_inbox_put(struct db *db, const struct event_accepted *event, bool named, struct err *err)
	MUST_CHECK;

/* Step to the next account behind @account ("": the first), in order, of which there are rows;
 * *ret_found: there is one. */
int event_inbox_account(struct db *db, char account[ACCOUNT_ID_SIZE], bool *ret_found,
			struct err *err) MUST_CHECK;
/* Its first rows. */
int event_inbox_list(struct db *db, const char *account, size_t limit, struct arena *arena,
		     struct event_inbox_row **ret_rows, size_t *ret_count, struct err *err)
	MUST_CHECK;
/* It was moved on. */
int event_inbox_end(struct db *db, int64_t number, struct err *err) MUST_CHECK;

#endif
