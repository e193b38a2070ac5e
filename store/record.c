/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list is gathered in a growing buffer on the heap, which has a maximum, and
 * then copied into the caller's arena in one piece: the arena cannot grow an
 * allocation.
 */
#include "store/record.h"

#include <string.h>

int record_scope_begin(struct record_scope *scope, struct db *db, struct err *err)
{
	if (db_in_transaction(db))
		return 0;
	if (db_begin(db, err) < 0)
		return -1;
	scope->db = db;
	return 0;
}

int record_scope_begin_read(struct record_scope *scope, struct db *db, struct err *err)
{
	if (db_in_transaction(db))
		return 0;
	if (db_begin_read(db, err) < 0)
		return -1;
	scope->db = db;
	return 0;
}

int record_scope_commit(struct record_scope *scope, struct err *err)
{
	struct db *db = STEAL(scope->db, NULL);

	return db ? db_commit(db, err) : 0;
}

void record_scope_done(struct record_scope *scope)
{
	if (scope->db)
		db_rollback(scope->db);
	scope->db = NULL;
}

const char *record_text_or_null(struct record_row *row, int column)
{
	const char *text = db_text(row->query, column);
	const char *copy;

	if (!text)
		return NULL;
	copy = arena_strdup(row->arena, text);
	if (!copy)
		row->full = true;
	return copy ? copy : "";
}

const char *record_text(struct record_row *row, int column)
{
	const char *text = record_text_or_null(row, column);

	return text ? text : "";
}

int record_full(struct err *err)
{
	return err_set(err, ERR_LIMIT, "the answer is larger than its memory");
}

int record_row_check(const struct record_row *row, struct err *err)
{
	return row->full ? record_full(err) : 0;
}

int record_list_take(struct buf *list, size_t item_size, struct arena *arena, void *ret_items,
		     size_t *ret_count, struct err *err)
{
	void *items = arena_alloc(arena, list->len > 0 ? list->len : 1);

	if (!items)
		return record_full(err);
	if (list->len > 0)
		memcpy(items, list->data, list->len);
	*(void **)ret_items = items;
	*ret_count = list->len / item_size;
	return 0;
}

char *record_prefix_end(const char *prefix)
{
	return prefix ? xasprintf("%s\xf4\x8f\xbf\xbf", prefix) : NULL; /* U+10FFFF */
}

int record_list(struct db_query *query, record_read_fn *read, size_t item_size, struct arena *arena,
		void *ret_items, size_t *ret_count, struct err *err)
{
	AUTO(buf_done) struct buf list;
	struct record_row row = {.query = query, .arena = arena};
	int rc;

	buf_init(&list, RECORD_LIST_MAX);
	while ((rc = db_step(query, err)) == 1) {
		uint8_t *item;

		if (buf_reserve(&list, item_size, &item, err) < 0)
			return -1;
		read(&row, item);
		if (record_row_check(&row, err) < 0)
			return -1;
		buf_added(&list, item_size);
	}
	if (rc < 0)
		return -1;
	return record_list_take(&list, item_size, arena, ret_items, ret_count, err);
}

static void read_text(struct record_row *row, void *ret_item)
{
	const char **ret_text = ret_item;

	*ret_text = record_text(row, 0);
}

int record_texts(struct db_query *query, struct arena *arena, const char ***ret_texts,
		 size_t *ret_count, struct err *err)
{
	return record_list(query, read_text, sizeof(const char *), arena, ret_texts, ret_count,
			   err);
}

int record_int(struct db_query *query, int64_t fallback, int64_t *ret_value, struct err *err)
{
	int rc = db_step(query, err);

	if (rc < 0)
		return -1;
	*ret_value = rc == 1 ? db_int(query, 0) : fallback;
	return 0;
}
