/* SPDX-License-Identifier: Apache-2.0 */
#include "store/event_mark.h"

#include "store/record.h"

int event_mark_find(struct db *db, const char *source, const char *item, const char *value,
		    bool *ret_found, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(db, "SELECT 1 FROM event_mark WHERE source = ?1 AND item = ?2 AND value = ?3",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, source);
	db_bind_text(query, 2, item);
	db_bind_text(query, 3, value);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	*ret_found = rc == 1;
	return 0;
}

int event_mark_put(struct db *db, const char *source, const char *item, const char *value,
		   bool *ret_new, struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (db_query(db,
		     "INSERT INTO event_mark (source, item, value) VALUES (?1, ?2, ?3)"
		     " ON CONFLICT (source, item) DO UPDATE SET value = excluded.value"
		     " WHERE event_mark.value <> excluded.value",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, source);
	db_bind_text(query, 2, item);
	db_bind_text(query, 3, value);
	if (db_run(query, &changed, err) < 0)
		return -1;
	*ret_new = changed > 0;
	return 0;
}

int event_mark_forget(struct db *db, const char *source, const char *item, struct err *err)
{
	struct db_query *query;

	if (db_query(db, "DELETE FROM event_mark WHERE source = ?1 AND item = ?2", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, source);
	db_bind_text(query, 2, item);
	return db_run(query, NULL, err);
}

int event_mark_list(struct db *db, const char *source, const char *after, size_t limit,
		    struct arena *arena, const char ***ret_items, size_t *ret_count,
		    struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT item FROM event_mark WHERE source = ?1 AND item > ?2"
		     " ORDER BY item LIMIT ?3",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, source);
	db_bind_text(query, 2, after);
	db_bind_int(query, 3, (int64_t)limit);
	return record_texts(query, arena, ret_items, ret_count, err);
}
