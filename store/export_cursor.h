/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far an export has come. A cursor is moved after its records have arrived, so who is killed
 * between the two repeats some and leaves out none.
 */
#ifndef SLIPWAY_STORE_EXPORT_CURSOR_H
#define SLIPWAY_STORE_EXPORT_CURSOR_H

#include "store/db.h"

#define EXPORT_NAME_MAX	    1024 /* bytes: a path or a URL is a name, too */
#define EXPORT_ACCOUNT_SIZE 32

struct export_cursor {
	char account[EXPORT_ACCOUNT_SIZE]; /* id; "" for all */
	int64_t position;		   /* of the ledger: the last record that has arrived */
	int64_t event_position;		   /* the same of the outbox */
};

/* *ret_found: there is one; if not, *ret_cursor is all zeros. */
int export_cursor_read(struct db *db, const char *name, struct export_cursor *ret_cursor,
		       bool *ret_found, struct err *err) MUST_CHECK;
/* Make it, or put it there. */
int export_cursor_put(struct db *db, const char *name, const struct export_cursor *cursor,
		      int64_t now_ms, struct err *err) MUST_CHECK;

#endif
