/* SPDX-License-Identifier: Apache-2.0 */
/* Cursors of exports: each name has its own, and it stays where it was put. */
#include "tests/unit/store/place.h"

#include "store/export_cursor.h"

START_TEST(a_cursor_stays_where_it_was_put)
{
	static const struct export_cursor first = {
		.account = ACCOUNT, .position = 41, .event_position = 7};
	static const struct export_cursor back = {.position = 3};
	AUTO(place_done) struct place place;
	struct export_cursor cursor;
	bool found;

	place_state(&place);
	ASSERT_OK(export_cursor_read(place.db, "a", &cursor, &found, &place.err), &place.err);
	ck_assert(!found && cursor.position == 0 && cursor.account[0] == '\0');
	ASSERT_OK(export_cursor_put(place.db, "a", &first, 1000, &place.err), &place.err);
	db_free(place.db);
	ASSERT_OK(db_open_state(place.path, &place.db, &place.err), &place.err);
	ASSERT_OK(export_cursor_read(place.db, "a", &cursor, &found, &place.err), &place.err);
	ck_assert(found && cursor.position == 41 && cursor.event_position == 7);
	ck_assert_str_eq(cursor.account, ACCOUNT);
	ASSERT_OK(export_cursor_read(place.db, "b", &cursor, &found, &place.err), &place.err);
	ck_assert(!found && cursor.position == 0);
	ASSERT_OK(export_cursor_put(place.db, "a", &back, 1001, &place.err), &place.err);
	ASSERT_OK(export_cursor_read(place.db, "a", &cursor, &found, &place.err), &place.err);
	ck_assert(found && cursor.position == 3 && cursor.account[0] == '\0');
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_cursor_stays_where_it_was_put};

	return suite_run("store/export_cursor", tests, ARRAY_LEN(tests));
}
