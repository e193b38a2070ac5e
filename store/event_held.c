/* SPDX-License-Identifier: Apache-2.0 */
#include "store/event_held.h"

#include "store/record.h"

int event_held_bytes(struct db *db, const char *account, int64_t *ret_bytes, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT COALESCE((SELECT bytes FROM event_held WHERE account = ?1), 0)"
		     " + COALESCE((SELECT SUM(size_bytes + ?2 * event_count) FROM event_archive"
		     " WHERE account = ?1), 0)",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_int(query, 2, EVENT_HELD_ROW);
	return record_int(query, 0, ret_bytes, err);
}
