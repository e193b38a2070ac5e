/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the record modules share: a transaction that is the caller's or, if there is
 * none, one's own; reading a row's texts into an arena; lists whose length only the
 * database knows. Private to store/ and to modules that keep tables there (billing).
 */
#ifndef SLIPWAY_STORE_RECORD_H
#define SLIPWAY_STORE_RECORD_H

#include "core/arena.h"
#include "core/buf.h"
#include "store/db.h"

/* Pointers or small structs of one list: 64 MiB are 8 million ids. */
#define RECORD_LIST_MAX (64u * 1024 * 1024)

/*
 * AUTO(record_scope_done) struct record_scope scope = {0};
 * record_scope_begin(): joins the caller's transaction or begins one;
 * record_scope_commit(): commits one's own; at the end of the scope one's own that
 * was not committed is rolled back.
 */
struct record_scope {
	struct db *db; /* not NULL: a transaction of our own is open */
};
int record_scope_begin(struct record_scope *scope, struct db *db, struct err *err) MUST_CHECK;
/* The same for reading several queries from one snapshot. */
int record_scope_begin_read(struct record_scope *scope, struct db *db, struct err *err) MUST_CHECK;
int record_scope_commit(struct record_scope *scope, struct err *err) MUST_CHECK;
void record_scope_done(struct record_scope *scope);

/* A row being read. A text that finds no room sets @full and reads as "". */
struct record_row {
	struct db_query *query;
	struct arena *arena;
	bool full;
};
const char *record_text(struct record_row *row, int column);	     /* "" for NULL */
const char *record_text_or_null(struct record_row *row, int column); /* NULL for NULL */
int record_row_check(const struct record_row *row, struct err *err) MUST_CHECK;

/* ERR_LIMIT: "the answer is larger than its memory". */
int record_full(struct err *err);

/* Copies the items gathered in @list into the arena (at least one byte is taken). */
int record_list_take(struct buf *list, size_t item_size, struct arena *arena, void *ret_items,
		     size_t *ret_count, struct err *err) MUST_CHECK;

/*
 * Texts with a prefix are the range from @prefix to below this: the prefix and the last
 * character that there is (which no name has). The caller frees it; NULL for NULL.
 */
char *record_prefix_end(const char *prefix);

/* Fill one item from the row that the query stands on. */
typedef void record_read_fn(struct record_row *row, void *ret_item);

/* Steps a bound query to its end: an item of @item_size bytes from each row. */
int record_list(struct db_query *query, record_read_fn *read, size_t item_size, struct arena *arena,
		void *ret_items, size_t *ret_count, struct err *err) MUST_CHECK;

/* The same for texts in column 0. */
int record_texts(struct db_query *query, struct arena *arena, const char ***ret_texts,
		 size_t *ret_count, struct err *err) MUST_CHECK;

/* Steps a bound query that answers one row with one number; @fallback without a row. */
int record_int(struct db_query *query, int64_t fallback, int64_t *ret_value, struct err *err)
	MUST_CHECK;

#endif
