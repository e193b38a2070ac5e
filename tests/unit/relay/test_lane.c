/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a lane lets requests through, on a clock of the test's own.
 */
#include "tests/support/suite.h"

#include "relay/lane.h"

#define NOW 1000000

static struct lanes lanes;

static struct lane *lane_of(int64_t rate)
{
	struct lane *lane = lanes_obtain(&lanes, 1, NOW);

	lane_fill(lane, rate, 1, NOW);
	return lane;
}

static void finish(void)
{
	lanes_done(&lanes);
}

START_TEST(a_lane_lets_through_what_its_rate_says)
{
	struct lane *lane = lane_of(50);
	int sent = 0;

	for (int64_t now_ms = NOW; now_ms < NOW + 10000; now_ms++) {
		lane_fill(lane, 50, 1, now_ms);
		for (; lane_wait_ms(lane, now_ms) == 0; sent++)
			lane->tokens -= 1;
	}
	ck_assert_int_ge(sent, 10 * 50 - 1);
	ck_assert_int_le(sent, 10 * 50 + 1);
}
END_TEST

START_TEST(a_lane_that_has_rested_lets_through_a_second_of_its_rate_and_no_more)
{
	struct lane *lane = lane_of(50);
	int sent = 0;

	lane_fill(lane, 50, 1, NOW + 60000);
	for (; lane_wait_ms(lane, NOW + 60000) == 0; sent++)
		lane->tokens -= 1;
	ck_assert_int_eq(sent, 50);
}
END_TEST

START_TEST(the_wait_of_an_empty_lane_is_until_there_is_a_token)
{
	struct lane *lane = lane_of(4);

	lane->tokens = 0;
	ck_assert_int_eq(lane_wait_ms(lane, NOW), 251);
	lane_fill(lane, 4, 1, NOW + 251);
	ck_assert_int_eq(lane_wait_ms(lane, NOW + 251), 0);
}
END_TEST

START_TEST(a_full_lane_waits_for_an_answer)
{
	struct lane *lane = lane_of(50);

	lane->jobs = LANE_JOBS_MAX;
	ck_assert_int_eq(lane_wait_ms(lane, NOW), -1);
	lane->jobs--;
	ck_assert_int_eq(lane_wait_ms(lane, NOW), 0);
}
END_TEST

START_TEST(the_longest_hold_of_several_answers_holds)
{
	struct lane *lane = lane_of(50);

	lane_hold(lane, 3000, NOW);
	lane_hold(lane, 1000, NOW);
	ck_assert_int_eq(lane_wait_ms(lane, NOW + 500), 2500);
	ck_assert_int_eq(lane_wait_ms(lane, NOW + 3000), 0);
}
END_TEST

START_TEST(no_answer_holds_a_lane_for_longer_than_an_hour)
{
	struct lane *lane = lane_of(50);

	lane_hold(lane, INT64_MAX, NOW);
	ck_assert_int_eq(lane_wait_ms(lane, NOW), LANE_HOLD_MAX_MS);
}
END_TEST

START_TEST(a_destination_that_was_changed_is_held_no_more)
{
	struct lane *lane = lane_of(50);

	lane_hold(lane, 60000, NOW);
	lane_fill(lane, 50, 1, NOW + 10);
	ck_assert_int_gt(lane_wait_ms(lane, NOW + 10), 0);
	lane_fill(lane, 50, 2, NOW + 20);
	ck_assert_int_eq(lane_wait_ms(lane, NOW + 20), 0);
}
END_TEST

START_TEST(a_lane_stays_as_long_as_it_makes_a_difference)
{
	struct lane *lane = lane_of(50);

	lanes_drop(&lanes, NOW + 5000); /* it was used */
	ck_assert_ptr_eq(lanes_find(&lanes, 1), lane);
	lane->jobs = 1;
	lanes_drop(&lanes, NOW + 5000);
	ck_assert_ptr_eq(lanes_find(&lanes, 1), lane);
	lane->jobs = 0;
	lane_hold(lane, 10000, NOW);
	lanes_drop(&lanes, NOW + 5000);
	ck_assert_ptr_eq(lanes_find(&lanes, 1), lane);
	lanes_drop(&lanes, NOW + 10000);
	ck_assert_ptr_null(lanes_find(&lanes, 1));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_lane_lets_through_what_its_rate_says,
		a_lane_that_has_rested_lets_through_a_second_of_its_rate_and_no_more,
		the_wait_of_an_empty_lane_is_until_there_is_a_token,
		a_full_lane_waits_for_an_answer,
		the_longest_hold_of_several_answers_holds,
		no_answer_holds_a_lane_for_longer_than_an_hour,
		a_destination_that_was_changed_is_held_no_more,
		a_lane_stays_as_long_as_it_makes_a_difference,
	};
	Suite *suite = suite_create("relay/lane");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, NULL, finish);
	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tcase_add_test(all, tests[i]);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
