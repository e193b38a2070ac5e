/* SPDX-License-Identifier: Apache-2.0 */
/* See export_cursor.h. */
#include "store/export_cursor.h"

#include <stdio.h>

int export_cursor_read(struct db *db, const char *name, struct export_cursor *ret_cursor,
		       bool *ret_found, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(db,
		     "SELECT account, position, event_position FROM export_cursor WHERE name = ?1",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, name);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	*ret_cursor = (struct export_cursor){.position = 0};
	*ret_found = rc == 1;
	if (rc == 1) {
		(void)snprintf(ret_cursor->account, sizeof(ret_cursor->account), "%s",
			       db_text(query, 0));
		ret_cursor->position = db_int(query, 1);
		ret_cursor->event_position = db_int(query, 2);
	}
	return 0;
}

int export_cursor_put(struct db *db, const char *name, const struct export_cursor *cursor,
		      int64_t now_ms, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO export_cursor (name, account, position, event_position, moved_ms)"
		     " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (name) DO UPDATE SET"
		     " account = ?2, position = ?3, event_position = ?4, moved_ms = ?5",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, name);
	db_bind_text(query, 2, cursor->account);
	db_bind_int(query, 3, cursor->position);
	db_bind_int(query, 4, cursor->event_position);
	db_bind_int(query, 5, now_ms);
	return db_run(query, NULL, err);
}
