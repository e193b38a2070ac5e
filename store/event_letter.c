/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A letter that goes back finds its event's row (other deliveries may be under way, or the id be
 * kept), or makes it anew.
 */
#include "store/event_letter.h"

#include "store/event_inbox.h"
#include "store/record.h"

#define COLUMNS                                                                                    \
	"number, account, bus, rule, target, event_id, received_ms, dead_ms, attempts, exhausted," \
	" code, reason"
#define LETTER_ARENA (8u << 20) /* one event of 2 MiB */

static void read_letter(struct record_row *row, void *ret_item)
{
	*(struct event_letter *)ret_item = (struct event_letter){
		.number = db_int(row->query, 0),
		.rule = record_text(row, 3),
		.target = record_text(row, 4),
		.attempts = db_int(row->query, 8),
		.event = {.account = record_text(row, 1),
			  .bus = record_text(row, 2),
			  .id = record_text(row, 5),
			  .received_ms = db_int(row->query, 6),
			  .body = record_text(row, 12)},
		.why = {.dead_ms = db_int(row->query, 7),
			.exhausted = record_text(row, 9),
			.code = record_text(row, 10),
			.reason = record_text(row, 11)},
	};
}

int event_letter_list(struct db *db, const struct event_letter_filter *filter, bool with_body,
		      size_t limit, struct arena *arena, struct event_letter **ret_letters,
		      size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT " COLUMNS ", CASE WHEN ?6 = 1 THEN body ELSE '' END FROM event_dead"
		     " WHERE number > ?4 AND (?1 IS NULL OR account = ?1)"
		     " AND (?2 IS NULL OR bus = ?2) AND (?3 IS NULL OR rule = ?3)"
		     " ORDER BY number LIMIT ?5",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, filter->account);
	db_bind_text(query, 2, filter->bus);
	db_bind_text(query, 3, filter->rule);
	db_bind_int(query, 4, filter->after);
	db_bind_int(query, 5, (int64_t)limit);
	db_bind_int(query, 6, with_body);
	return record_list(query, read_letter, sizeof(struct event_letter), arena, ret_letters,
			   ret_count, err);
}

int event_letter_newest(struct db *db, int64_t *ret_number, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT number FROM event_dead_head WHERE id = 1", &query, err) < 0)
		return -1;
	return record_int(query, 0, ret_number, err);
}

static int not_found(int64_t number, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "there is no dead letter %lld", (long long)number);
}

int event_letter_find(struct db *db, int64_t number, struct arena *arena,
		      struct event_letter *ret_letter, struct err *err)
{
	const struct event_letter_filter filter = {.after = number - 1};
	struct event_letter *letters;
	size_t count;

	if (event_letter_list(db, &filter, true, 1, arena, &letters, &count, err) < 0)
		return -1;
	if (count == 0 || letters[0].number != number)
		return not_found(number, err);
	*ret_letter = letters[0];
	return 0;
}

int event_letter_delete(struct db *db, int64_t number, struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (db_query(db, "DELETE FROM event_dead WHERE number = ?1", &query, err) < 0)
		return -1;
	db_bind_int(query, 1, number);
	if (db_run(query, &changed, err) < 0)
		return -1;
	return changed > 0 ? 0 : not_found(number, err);
}

/* What had come to no rule asks the rules again. */
static int send_again(struct db *db, const struct event_letter *letter, int64_t now_ms,
		      struct err *err)
{
	if (letter->rule[0] == '\0')
		return event_inbox_put(db, &letter->event, false, err);
	return event_deliver_again(db, &letter->event, letter->rule, letter->target, now_ms, err);
}

int event_letter_redrive(struct db *db, int64_t number, int64_t now_ms, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	AUTO(arena_freep) struct arena *arena = arena_new(LETTER_ARENA);
	struct event_letter letter;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    event_letter_find(db, number, arena, &letter, err) < 0)
		return -1;
	if (event_letter_delete(db, number, err) < 0 || send_again(db, &letter, now_ms, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}
