/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/place.h"

#include "store/exec_session.h"

#define ID    "0123456789abcdef0123456789abcdef"
#define TOKEN "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define WRONG "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbc"
#define NOW   INT64_C(1000000)

static void begin(struct place *place)
{
	struct exec_session session = {
		.id = ID,
		.container = 2,
		.command = "sh -c 'x'",
		.account = ACCOUNT,
		.access_key = "AKIA",
		.created_ms = NOW,
	};

	place_state(place);
	session.task = place_insert(place, 1);
	ASSERT_OK(exec_session_insert(place->db, &session, TOKEN, &place->err), &place->err);
}

static int64_t number(struct place *place, const char *column)
{
	AUTO(freep) char *sql = xasprintf("SELECT %s FROM exec_session", column);
	AUTO(db_donep) struct db_query *query = NULL;

	ASSERT_OK(db_query(place->db, sql, &query, &place->err), &place->err);
	ck_assert_int_eq(db_step(query, &place->err), 1);
	return db_int(query, 0);
}

START_TEST(a_token_opens_its_session_once_and_soon)
{
	AUTO(place_done) struct place place;

	begin(&place);
	ASSERT_FAILS(exec_session_open(place.db, ID, WRONG, NOW, &place.err), ERR_DENIED,
		     &place.err);
	ASSERT_FAILS(exec_session_open(place.db, ID, "", NOW, &place.err), ERR_DENIED, &place.err);
	ASSERT_FAILS(exec_session_open(place.db, "none", TOKEN, NOW, &place.err), ERR_DENIED,
		     &place.err);
	ASSERT_FAILS(exec_session_open(place.db, ID, TOKEN, NOW + EXEC_TOKEN_MS, &place.err),
		     ERR_DENIED, &place.err);
	ASSERT_OK(exec_session_open(place.db, ID, TOKEN, NOW + EXEC_TOKEN_MS - 1, &place.err),
		  &place.err);
	ASSERT_FAILS(exec_session_open(place.db, ID, TOKEN, NOW + EXEC_TOKEN_MS - 1, &place.err),
		     ERR_DENIED, &place.err);
}
END_TEST

START_TEST(a_command_begins_once_and_only_behind_its_token)
{
	AUTO(place_done) struct place place;
	struct exec_session session;

	begin(&place);
	ASSERT_FAILS(
		exec_session_begin(place.db, ID, TOKEN, NOW, place.arena, &session, &place.err),
		ERR_DENIED, &place.err);
	ASSERT_OK(exec_session_open(place.db, ID, TOKEN, NOW, &place.err), &place.err);
	ASSERT_FAILS(
		exec_session_begin(place.db, ID, WRONG, NOW, place.arena, &session, &place.err),
		ERR_DENIED, &place.err);
	ASSERT_FAILS(exec_session_begin(place.db, ID, TOKEN, NOW + EXEC_BEGIN_MS, place.arena,
					&session, &place.err),
		     ERR_DENIED, &place.err);
	ASSERT_OK(
		exec_session_begin(place.db, ID, TOKEN, NOW + 5, place.arena, &session, &place.err),
		&place.err);
	ck_assert_str_eq(session.command, "sh -c 'x'");
	ck_assert_str_eq(session.access_key, "AKIA");
	ck_assert_int_eq(session.container, 2);
	ASSERT_FAILS(
		exec_session_begin(place.db, ID, TOKEN, NOW + 6, place.arena, &session, &place.err),
		ERR_DENIED, &place.err);
	ASSERT_OK(exec_session_end(place.db, ID, 7, "why", NOW + 9, &place.err), &place.err);
	ASSERT_OK(exec_session_end(place.db, ID, 8, "again", NOW + 10, &place.err), &place.err);
	ck_assert_int_eq(number(&place, "opened_ms"), NOW);
	ck_assert_int_eq(number(&place, "begun_ms"), NOW + 5);
	ck_assert_int_eq(number(&place, "ended_ms"), NOW + 9);
	ck_assert_int_eq(number(&place, "exit_code"), 7);
	ck_assert_int_eq(number(&place, "reason = 'why'"), 1);
}
END_TEST

static void on_ended(void *ctx, const char *id, const char *task)
{
	unsigned *count = ctx;

	ck_assert_str_eq(id, ID);
	ck_assert_uint_eq(strlen(task), 32);
	(*count)++;
}

static void end_all(struct place *place, int64_t now_ms, unsigned expected)
{
	unsigned count = 0;

	ASSERT_OK(
		exec_session_end_all(place->db, 255, "all", now_ms, on_ended, &count, &place->err),
		&place->err);
	ck_assert_uint_eq(count, expected);
}

START_TEST(what_has_begun_and_not_ended_ends_with_all)
{
	AUTO(place_done) struct place place;
	struct exec_session session;

	begin(&place);
	ASSERT_OK(exec_session_open(place.db, ID, TOKEN, NOW, &place.err), &place.err);
	end_all(&place, NOW + 1, 0);
	ck_assert_int_eq(number(&place, "ended_ms"), 0);
	ASSERT_OK(
		exec_session_begin(place.db, ID, TOKEN, NOW + 2, place.arena, &session, &place.err),
		&place.err);
	end_all(&place, NOW + 3, 1);
	ck_assert_int_eq(number(&place, "ended_ms"), NOW + 3);
	ck_assert_int_eq(number(&place, "exit_code"), 255);
	ck_assert_int_eq(number(&place, "reason = 'all'"), 1);
	end_all(&place, NOW + 4, 0);
	ck_assert_int_eq(number(&place, "ended_ms"), NOW + 3);
}
END_TEST

START_TEST(the_token_itself_is_not_kept)
{
	AUTO(place_done) struct place place;

	begin(&place);
	ck_assert_int_eq(number(&place, "instr(token_hash, 'aaaaaaaa')"), 0);
	ck_assert_int_eq(number(&place, "length(token_hash)"), 64);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_token_opens_its_session_once_and_soon,
		a_command_begins_once_and_only_behind_its_token,
		what_has_begun_and_not_ended_ends_with_all,
		the_token_itself_is_not_kept,
	};

	return suite_run("store/exec_session", tests, ARRAY_LEN(tests));
}
