/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tags: rows by ARN and key, in the order of their keys.
 */
#include "store/tag.h"

#include "core/ident.h"
#include "store/record.h"

static int put_one(struct db *db, const char *arn, const struct arn *parts, const struct tag *tag,
		   struct err *err)
{
	AUTO(freep) char *account = xstrndup(parts->account, parts->account_len);
	AUTO(freep) char *resource = xstrndup(parts->resource, parts->resource_len);
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO tag (arn, key, value, account, resource)"
		     " VALUES (?1, ?2, ?3, ?4, ?5)"
		     " ON CONFLICT (arn, key) DO UPDATE SET value = excluded.value",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, arn);
	db_bind_text(query, 2, tag->key);
	db_bind_text(query, 3, tag->value);
	db_bind_text(query, 4, account);
	db_bind_text(query, 5, resource);
	return db_run(query, NULL, err);
}

static int count_tags(struct db *db, const char *arn, int64_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT COUNT(*) FROM tag WHERE arn = ?1", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, arn);
	return record_int(query, 0, ret_count, err);
}

/*
 * Refused as a whole: in a transaction of our own nothing stays. In the caller's, the
 * caller rolls back, as after every failure.
 */
int tag_put(struct db *db, const char *arn, const struct tag *tags, size_t count, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct arn parts;
	int64_t total;

	if (arn_parse(arn, &parts, err) < 0 || record_scope_begin(&scope, db, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (put_one(db, arn, &parts, &tags[i], err) < 0)
			return -1;
	}
	if (count_tags(db, arn, &total, err) < 0)
		return -1;
	if (total > TAGS_MAX)
		return err_set(err, ERR_LIMIT, "a resource has at most %d tags", TAGS_MAX);
	return record_scope_commit(&scope, err);
}

int tag_remove(struct db *db, const char *arn, const char *const *keys, size_t count,
	       struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};

	if (record_scope_begin(&scope, db, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct db_query *query;

		if (db_query(db, "DELETE FROM tag WHERE arn = ?1 AND key = ?2", &query, err) < 0)
			return -1;
		db_bind_text(query, 1, arn);
		db_bind_text(query, 2, keys[i]);
		if (db_run(query, NULL, err) < 0)
			return -1;
	}
	return record_scope_commit(&scope, err);
}

static void read_tag(struct record_row *row, void *ret_item)
{
	struct tag *ret_tag = ret_item;

	ret_tag->key = record_text(row, 0);
	ret_tag->value = record_text(row, 1);
}

int tag_list(struct db *db, const char *arn, struct arena *arena, struct tag **ret_tags,
	     size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT key, value FROM tag WHERE arn = ?1 ORDER BY key", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, arn);
	return record_list(query, read_tag, sizeof(struct tag), arena, ret_tags, ret_count, err);
}

int tag_clear(struct db *db, const char *arn, struct err *err)
{
	struct db_query *query;

	if (db_query(db, "DELETE FROM tag WHERE arn = ?1", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, arn);
	return db_run(query, NULL, err);
}
