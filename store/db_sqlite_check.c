/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite's own check of a table: that its pages can be read and each index says what the table
 * does.
 */
#include <stdio.h>
#include <string.h>

#include "store/record.h"

int db_check_table(struct db *db, const char *table, struct arena *arena, const char ***ret_faults,
		   size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	AUTO(freep) char *sql = xasprintf("PRAGMA integrity_check(%s)", table);
	const char **texts;
	size_t count;

	if (db_query(db, sql, &query, err) < 0 ||
	    record_texts(query, arena, &texts, &count, err) < 0)
		return -1;
	*ret_faults = texts;
	*ret_count = count == 1 && strcmp(texts[0], "ok") == 0 ? 0 : count;
	return 0;
}
