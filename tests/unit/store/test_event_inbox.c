/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inbox of events: rows in the order of their writing, one account after the other, until
 * they are taken.
 */
#include "tests/unit/store/place.h"

#include "store/event_inbox.h"

static void put(struct place *place, const char *account, const char *id)
{
	const struct event_accepted event = {account, "b", id, 7, "{\"a\":1}", 0};

	ASSERT_OK(event_inbox_put(place->db, &event, true, &place->err), &place->err);
}

static struct event_inbox_row *list(struct place *place, const char *account, size_t *ret_count)
{
	struct event_inbox_row *rows;

	ASSERT_OK(event_inbox_list(place->db, account, 2, place->arena, &rows, ret_count,
				   &place->err),
		  &place->err);
	return rows;
}

START_TEST(rows_come_in_their_order_as_they_were_written_until_they_end)
{
	AUTO(place_done) struct place place;
	struct event_inbox_row *rows;
	size_t count;

	place_state(&place);
	put(&place, ACCOUNT, "z");
	put(&place, OTHER_ACCOUNT, "o");
	put(&place, ACCOUNT, "a");
	put(&place, ACCOUNT, "m");
	rows = list(&place, ACCOUNT, &count);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(rows[0].event.id, "z");
	ck_assert_str_eq(rows[1].event.id, "a");
	ck_assert_str_eq(rows[0].event.account, ACCOUNT);
	ck_assert_str_eq(rows[0].event.bus, "b");
	ck_assert_str_eq(rows[0].event.body, "{\"a\":1}");
	ck_assert_int_eq(rows[0].event.received_ms, 7);
	ck_assert(rows[0].named);
	ASSERT_OK(event_inbox_end(place.db, rows[0].number, &place.err), &place.err);
	rows = list(&place, ACCOUNT, &count);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(rows[0].event.id, "a");
	ck_assert_str_eq(rows[1].event.id, "m");
}
END_TEST

START_TEST(accounts_that_have_rows_come_one_after_the_other)
{
	char account[ACCOUNT_ID_SIZE] = "";
	AUTO(place_done) struct place place;
	bool found;

	place_state(&place);
	ASSERT_OK(event_inbox_account(place.db, account, &found, &place.err), &place.err);
	ck_assert(!found);
	put(&place, OTHER_ACCOUNT, "o");
	put(&place, ACCOUNT, "a");
	put(&place, OTHER_ACCOUNT, "p");
	ASSERT_OK(event_inbox_account(place.db, account, &found, &place.err), &place.err);
	ck_assert(found);
	ck_assert_str_eq(account, ACCOUNT);
	ASSERT_OK(event_inbox_account(place.db, account, &found, &place.err), &place.err);
	ck_assert(found);
	ck_assert_str_eq(account, OTHER_ACCOUNT);
	ASSERT_OK(event_inbox_account(place.db, account, &found, &place.err), &place.err);
	ck_assert(!found);
}
END_TEST

START_TEST(what_could_never_be_taken_is_not_put)
{
	AUTO(freep) char *body = xcalloc(1, EVENT_INBOX_BODY_MAX + 2);
	struct event_accepted event = {ACCOUNT, "b", "i", 7, body, 0};
	AUTO(place_done) struct place place;

	place_state(&place);
	memset(body, 'x', EVENT_INBOX_BODY_MAX + 1);
	ASSERT_FAILS(event_inbox_put(place.db, &event, true, &place.err), ERR_LIMIT, &place.err);
	body[EVENT_INBOX_BODY_MAX] = '\0';
	ASSERT_OK(event_inbox_put(place.db, &event, true, &place.err), &place.err);
	event.account = "1";
	ASSERT_FAILS(event_inbox_put(place.db, &event, true, &place.err), ERR_INVALID, &place.err);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		rows_come_in_their_order_as_they_were_written_until_they_end,
		accounts_that_have_rows_come_one_after_the_other,
		what_could_never_be_taken_is_not_put,
	};

	return suite_run("store/event_inbox", tests, ARRAY_LEN(tests));
}
