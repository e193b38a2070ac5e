/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chain: what is added twice, what damage does, and how an operator goes on.
 */
#include "tests/unit/store/place.h"

#include "billing/meter.h"
#include "core/clock.h"
#include "store/record.h"

#define SECOND_NS 1000000000LL

static const char *hold(struct place *place, unsigned number, int64_t seconds)
{
	struct task_change change = {.pull_started_ms = 1000};
	const char *id = place_insert(place, number);

	ASSERT_OK(task_update(place->db, id, &change, false, &place->err), &place->err);
	clock_fake(1000, SECOND_NS);
	ASSERT_OK(meter_open(place->db, id, 1000, &place->err), &place->err);
	clock_fake(1000 + seconds * 1000, (1 + seconds) * SECOND_NS);
	ASSERT_OK(meter_close(place->db, id, clock_wall_ms(), &place->err), &place->err);
	return id;
}

static int64_t number_of(struct place *place, const char *sql)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t number;

	ASSERT_OK(db_query(place->db, sql, &query, &place->err), &place->err);
	ASSERT_OK(record_int(query, -1, &number, &place->err), &place->err);
	return number;
}

static void run(struct place *place, const char *sql)
{
	ASSERT_OK(db_exec(place->db, sql, NULL, &place->err), &place->err);
}

START_TEST(a_record_that_is_there_is_left_as_it_is)
{
	AUTO(place_done) struct place place;
	struct ledger_record record = {.task = 1,
				       .meter = meter_number(METER_VCPU),
				       .sequence = 1,
				       .kind = LEDGER_CLOSE,
				       .quantity = 9,
				       .reason = "other"};
	struct ledger_head before, after;

	place_state(&place);
	hold(&place, 1, 5);
	ASSERT_OK(ledger_head_read(place.db, &before, &place.err), &place.err);
	ck_assert_int_eq(before.position, 4); /* two meters, opened and closed */
	ASSERT_OK(db_begin(place.db, &place.err), &place.err);
	ASSERT_OK(ledger_append(place.db, &record, 5, &place.err), &place.err);
	ASSERT_OK(db_commit(place.db, &place.err), &place.err);
	ASSERT_OK(ledger_head_read(place.db, &after, &place.err), &place.err);
	ck_assert_int_eq(after.position, before.position);
	ck_assert_mem_eq(after.hash, before.hash, SHA256_SIZE);
	ck_assert_int_eq(number_of(&place, "SELECT SUM(quantity = 9) FROM ledger"), 0);
}
END_TEST

/* Each of them is noticed by the next record. */
START_TEST(a_damaged_end_takes_nothing_until_it_is_sealed)
{
	static const char *const damages[] = {
		"DELETE FROM ledger WHERE position = 4",
		"UPDATE ledger SET seconds = seconds + 1 WHERE position = 4",
		"UPDATE ledger SET hash = zeroblob(32) WHERE position = 4",
		"UPDATE ledger SET hash = x'00' WHERE position = 4",
		"UPDATE ledger SET reason = 'x' WHERE position = 4",
		"DELETE FROM ledger",
		"UPDATE ledger_head SET position = 3",
		"INSERT INTO ledger SELECT 5, task, meter, 9, kind, quantity, started_ms,"
		" duration_ns, seconds, ended_ms, estimated, reason, tags_json, written_ms, hash"
		" FROM ledger WHERE position = 4",
	};

	for (size_t i = 0; i < ARRAY_LEN(damages); i++) {
		AUTO(place_done) struct place place;
		struct ledger_head head;
		int64_t waiting, last;

		place_state(&place);
		hold(&place, 1, 5);
		run(&place, damages[i]);
		last = number_of(&place, "SELECT COALESCE(MAX(position), 0) FROM ledger");
		hold(&place, 2, 7); /* goes on all the same */
		ASSERT_OK(ledger_head_read(place.db, &head, &place.err), &place.err);
		ck_assert_msg(head.broken_position != 0, "%s", damages[i]);
		ck_assert_int_eq(number_of(&place, "SELECT COALESCE(MAX(position), 0) FROM ledger"),
				 last);
		ASSERT_OK(meter_settle(place.db, 9000, &waiting, &place.err), &place.err);
		ck_assert_int_eq(waiting, 1);
		ASSERT_OK(ledger_seal(place.db, "looked at", 9000, &place.err), &place.err);
		ASSERT_OK(meter_settle(place.db, 9000, &waiting, &place.err), &place.err);
		ck_assert_int_eq(waiting, 0);
		ck_assert_int_eq(number_of(&place, "SELECT COUNT(*) FROM ledger WHERE task = 2"),
				 4);
		ck_assert_int_eq(number_of(&place, "SELECT SUM(seconds) FROM ledger"
						   " WHERE task = 2 AND kind = 2"),
				 14);
		ck_assert_int_eq(number_of(&place, "SELECT COUNT(*) FROM meter_running"), 0);
	}
}
END_TEST

START_TEST(a_sound_ledger_is_not_sealed)
{
	AUTO(place_done) struct place place;

	place_state(&place);
	hold(&place, 1, 5);
	ASSERT_FAILS(ledger_seal(place.db, "why not", 1, &place.err), ERR_INVALID, &place.err);
}
END_TEST

START_TEST(a_correction_bills_no_more_than_was_held)
{
	AUTO(place_done) struct place place;
	const char *id;

	place_state(&place);
	id = hold(&place, 1, 50);
	ASSERT_FAILS(ledger_correct(place.db, id, 51, "more", 1, &place.err), ERR_INVALID,
		     &place.err);
	ASSERT_FAILS(ledger_correct(place.db, id, -1, "less", 1, &place.err), ERR_INVALID,
		     &place.err);
	ASSERT_FAILS(ledger_correct(place.db, "none", 1, "?", 1, &place.err), ERR_NOT_FOUND,
		     &place.err);
	ASSERT_OK(ledger_correct(place.db, id, 10, "our fault", 60000, &place.err), &place.err);
	ASSERT_OK(ledger_correct(place.db, id, 50, "it was not", 70000, &place.err), &place.err);
	ck_assert_int_eq(number_of(&place, "SELECT COUNT(*) FROM ledger WHERE kind = 3"), 4);
	ck_assert_int_eq(number_of(&place, "SELECT MAX(sequence) FROM ledger"), 3);
}
END_TEST

START_TEST(what_was_metered_before_there_was_a_ledger_is_taken_over)
{
	AUTO(place_done) struct place place;

	place_state(&place);
	clock_fake(100000, 100 * SECOND_NS);
	run(&place, "INSERT INTO usage_before_ledger VALUES ('a', 'VCPU', 250, '1', 'c', 'f', 1000,"
		    " 'b', 1, 2, 6000, 5, 'UserInitiated', 0), ('a', 'MEMORY', 512, '1', 'c', 'f',"
		    " 1000, 'b', 1, 2, 6000, 5, 'UserInitiated', 0), ('r', 'VCPU', 250, '1', 'c',"
		    " 'f', 1000, 'b', 1000000000, 5000000000, 0, 0, '', 0)");
	for (int i = 0; i < 2; i++) {
		ASSERT_OK(meter_take_over(place.db, 100000, &place.err), &place.err);
		ck_assert_int_eq(number_of(&place, "SELECT COUNT(*) FROM ledger"), 5);
		ck_assert_int_eq(number_of(&place, "SELECT SUM(seconds) FROM ledger"), 10);
		ck_assert_int_eq(number_of(&place, "SELECT vcpu_milli FROM meter_running"), 250);
		ck_assert_int_eq(number_of(&place, "SELECT boot_ns FROM meter_checkpoint"),
				 5 * SECOND_NS);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_record_that_is_there_is_left_as_it_is,
		a_damaged_end_takes_nothing_until_it_is_sealed,
		a_sound_ledger_is_not_sealed,
		a_correction_bills_no_more_than_was_held,
		what_was_metered_before_there_was_a_ledger_is_taken_over,
	};

	return suite_run("billing/ledger", tests, ARRAY_LEN(tests));
}
