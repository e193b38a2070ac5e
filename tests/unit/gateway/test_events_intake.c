/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many requests of a sender are read, and how much they may take together.
 */
#include "tests/support/suite.h"

#include "gateway/events/intake.h"

#define MIB (1024u * 1024)
#define NOW 5000000

static struct event_intake *intake;

static void begin(int64_t rate, size_t bytes)
{
	intake = event_intake_new(&(struct event_intake_limits){rate, bytes});
}

static void finish(void)
{
	event_intake_free(intake);
}

/* How many of @sender are taken at one moment. */
static int count_taken(const char *sender, int tries, int64_t now_ms)
{
	int taken = 0;

	for (int i = 0; i < tries; i++) {
		struct event_held held;

		taken += event_intake_enter(intake, sender, now_ms, &held) == 0;
		event_intake_leave(&held);
	}
	return taken;
}

START_TEST(a_sender_has_its_rate_and_takes_nothing_from_another)
{
	begin(50, MIB);
	ck_assert_int_eq(count_taken("a", 1000, NOW), 50);
	ck_assert_int_eq(count_taken("b", 1000, NOW), 50);
	ck_assert_int_eq(count_taken("a", 1000, NOW + 100), 5);
	ck_assert_int_eq(count_taken("a", 1000, NOW + 60000), 50);
}
END_TEST

START_TEST(who_waits_as_long_as_he_was_told_is_taken)
{
	struct event_held held;
	int64_t wait_ms;

	begin(4, MIB);
	ck_assert_int_eq(count_taken("a", 10, NOW), 4);
	wait_ms = event_intake_enter(intake, "a", NOW, &held);
	ck_assert_int_gt(wait_ms, 200);
	ck_assert_int_le(wait_ms, 251);
	ck_assert_int_eq(event_intake_enter(intake, "a", NOW + wait_ms, &held), 0);
	event_intake_leave(&held);
}
END_TEST

START_TEST(without_a_rate_or_an_intake_all_are_taken)
{
	struct event_held held;

	begin(0, MIB);
	ck_assert_int_eq(count_taken("a", 10000, NOW), 10000);
	ck_assert_int_eq(event_intake_enter(NULL, "a", NOW, &held), 0);
	ck_assert(event_intake_hold(&held, SIZE_MAX));
	event_intake_leave(&held);
}
END_TEST

START_TEST(one_sender_holds_half_of_the_memory_and_all_of_them_all_of_it)
{
	struct event_held held[4];

	begin(0, 8 * MIB);
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(event_intake_enter(intake, i < 3 ? "a" : "b", NOW, &held[i]), 0);
	ck_assert(event_intake_hold(&held[0], 3 * MIB));
	ck_assert(!event_intake_hold(&held[1], 2 * MIB));
	ck_assert(event_intake_hold(&held[1], 1 * MIB));
	ck_assert(!event_intake_hold(&held[3], 5 * MIB));
	ck_assert(event_intake_hold(&held[3], 4 * MIB));
	ck_assert(!event_intake_hold(&held[2], 1));
	event_intake_leave(&held[0]);
	event_intake_leave(&held[0]); /* once is enough */
	ck_assert(event_intake_hold(&held[2], 3 * MIB));
	for (size_t i = 1; i < 4; i++)
		event_intake_leave(&held[i]);
}
END_TEST

START_TEST(a_request_that_is_alone_is_taken_whatever_its_size)
{
	struct event_held held, other;

	begin(0, MIB);
	ck_assert_int_eq(event_intake_enter(intake, "a", NOW, &held), 0);
	ck_assert_int_eq(event_intake_enter(intake, "b", NOW, &other), 0);
	ck_assert(event_intake_hold(&held, 4 * MIB));
	ck_assert(!event_intake_hold(&other, 1));
	event_intake_leave(&held);
	ck_assert(event_intake_hold(&other, 1));
	event_intake_leave(&other);
}
END_TEST

START_TEST(more_senders_than_there_are_slots_are_all_taken)
{
	begin(2, MIB);
	for (int i = 0; i < 20000; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "sender-%d", i);
		ck_assert_int_eq(count_taken(name, 3, NOW + i), 2);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_sender_has_its_rate_and_takes_nothing_from_another,
		who_waits_as_long_as_he_was_told_is_taken,
		without_a_rate_or_an_intake_all_are_taken,
		one_sender_holds_half_of_the_memory_and_all_of_them_all_of_it,
		a_request_that_is_alone_is_taken_whatever_its_size,
		more_senders_than_there_are_slots_are_all_taken,
	};
	Suite *suite = suite_create("gateway/events_intake");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, NULL, finish);
	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tcase_add_test(all, tests[i]);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
