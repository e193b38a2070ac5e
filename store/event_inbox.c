/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows come and go quickly, so numbers may come again once the table was empty: only the order of
 * those that are there counts.
 */
#include "store/event_inbox.h"

#include <stdio.h>
#include <string.h>

#include "store/record.h"

int event_inbox_put(struct db *db, const struct event_accepted *event, bool named, struct err *err)
{
	struct db_query *query;

	if (strlen(event->account) != ACCOUNT_ID_SIZE - 1)
		return err_set(err, ERR_INVALID, "'%s' is no account", event->account);
	if (strlen(event->body) > EVENT_INBOX_BODY_MAX)
		return err_set(err, ERR_LIMIT, "event %s has more than %u bytes", event->id,
			       EVENT_INBOX_BODY_MAX);
	if (db_query(db,
		     "INSERT INTO event_inbox (account, bus, id, named, received_ms, body)"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, event->account);
	db_bind_text(query, 2, event->bus);
	db_bind_text(query, 3, event->id);
	db_bind_int(query, 4, named);
	db_bind_int(query, 5, event->received_ms);
	db_bind_text(query, 6, event->body);
	return db_run(query, NULL, err);
}

int event_inbox_account(struct db *db, char account[ACCOUNT_ID_SIZE], bool *ret_found,
			struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(db,
		     "SELECT account FROM event_inbox WHERE account > ?1 ORDER BY account LIMIT 1",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	*ret_found = rc == 1;
	if (rc == 1)
		(void)snprintf(account, ACCOUNT_ID_SIZE, "%s", db_text(query, 0));
	return 0;
}

static void read_row(struct record_row *row, void *ret_item)
{
	*(struct event_inbox_row *)ret_item = (struct event_inbox_row){
		.number = db_int(row->query, 0),
		.named = db_int(row->query, 4) != 0,
		.event = {.account = record_text(row, 1),
			  .bus = record_text(row, 2),
			  .id = record_text(row, 3),
			  .received_ms = db_int(row->query, 5),
			  .body = record_text(row, 6)},
	};
}

int event_inbox_list(struct db *db, const char *account, size_t limit, struct arena *arena,
		     struct event_inbox_row **ret_rows, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT number, account, bus, id, named, received_ms, body FROM event_inbox"
		     " WHERE account = ?1 ORDER BY number LIMIT ?2",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_int(query, 2, (int64_t)limit);
	return record_list(query, read_row, sizeof(struct event_inbox_row), arena, ret_rows,
			   ret_count, err);
}

int event_inbox_end(struct db *db, int64_t number, struct err *err)
{
	struct db_query *query;

	if (db_query(db, "DELETE FROM event_inbox WHERE number = ?1", &query, err) < 0)
		return -1;
	db_bind_int(query, 1, number);
	return db_run(query, NULL, err);
}
