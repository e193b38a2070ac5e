/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deliveries to API destinations over a day of a fake clock: what is tried when, and how often, and
 * what becomes of it.
 */
#include "dispatch_world.h"

#include "events/retry.h"

#define PLAIN	"{\"Id\":\"t\",\"Arn\":\"a\"}"
#define HOUR_MS (60 * 60 * 1000LL)
#define DEAD_AS                                                                                    \
	"SELECT attempts || ' ' || exhausted || ' ' || code || ' ' || reason FROM event_dead"

static void works(const struct sent *sent, struct webhook_answer *ret_answer)
{
	(void)sent;
	ret_answer->status = 200;
}

static void fails(const struct sent *sent, struct webhook_answer *ret_answer)
{
	(void)sent;
	ret_answer->status = 500;
}

/* --- retries --- */

START_TEST(what_is_sent_arrives_at_once_and_is_gone)
{
	server = works;
	make_destination("a", 300, BASIC, PLAIN);
	put_events("a", 1);
	ck_assert_int_eq(turn(), 0);
	ck_assert_int_eq(waiting(), 0);
	ck_assert_uint_eq(sent_count, 1);
	ck_assert_int_eq(sents[0].ms, 0);
	ck_assert_str_eq(sents[0].authorization, "Basic bWU6c2VjcmV0");
	ck_assert_int_eq(world_count(DEAD), 0);
}
END_TEST

/* After @attempts failures the next one comes within these bounds. */
static void ck_gap(int64_t gap_ms, int64_t attempts)
{
	int64_t delay_ms = event_retry_delay_ms(attempts);

	ck_assert_int_ge(gap_ms, delay_ms / 2);
	ck_assert_int_le(gap_ms, delay_ms + 2 * LATENCY_MS);
}

START_TEST(a_day_of_failures_is_185_retries_at_most_with_delays_that_double_and_are_drawn)
{
	bool differ = false;

	server = fails;
	make_destination("a", 300, BASIC, PLAIN);
	put_events("a", 1);
	run_all(25 * HOUR_MS);
	ck_assert_uint_le(sent_count, 186);
	ck_assert_uint_ge(sent_count, 140);
	for (size_t i = 1; i < sent_count; i++) {
		int64_t gap_ms = sents[i].ms - sents[i - 1].ms;

		ck_gap(gap_ms, (int64_t)i - 1);
		ck_assert_str_eq(sents[i].key, sents[0].key);
		differ |= i > 20 && gap_ms != sents[i - 1].ms - sents[i - 2].ms;
	}
	ck_assert(differ);
	ck_assert_int_le(now_ms, 24 * HOUR_MS + 11 * 60 * 1000);
	ck_assert_int_eq(world_count(DEAD), 1);
	ck_assert_ptr_nonnull(strstr(world_text(DEAD_AS), "the endpoint answers HTTP 500"));
	/* A turn for each attempt and its end, and one each five seconds: nobody is in a hurry. */
	ck_assert_uint_le(wait_count, (size_t)(now_ms / 5000) + 3 * sent_count);
}
END_TEST

START_TEST(the_185th_retry_is_the_last)
{
	server = fails;
	make_destination("a", 300, BASIC, PLAIN);
	put_events("a", 1);
	for (int i = 0; i < 185; i++) {
		struct err err = ERR_INIT;

		ck_assert_int_eq(turn(), 0);
		ASSERT_OK(db_exec(world_db, "UPDATE event_delivery SET next_ms = 0", NULL, &err),
			  &err);
	}
	ck_assert_int_eq(waiting(), 1);
	ck_assert_int_eq(turn(), 0);
	ck_assert_int_eq(waiting(), 0);
	ck_assert_uint_eq(sent_count, 186);
	ck_assert_str_eq(world_text(DEAD_AS), "185 MaximumRetryAttempts HttpStatus the endpoint "
					      "answers HTTP 500");
}
END_TEST

static const struct {
	const char *target;
	size_t sends_min, sends_max;
	const char *exhausted;
} policies[] = {
	{"{\"Id\":\"t\",\"Arn\":\"a\",\"RetryPolicy\":{\"MaximumRetryAttempts\":3}}", 4, 4,
	 "MaximumRetryAttempts"},
	{"{\"Id\":\"t\",\"Arn\":\"a\",\"RetryPolicy\":{\"MaximumRetryAttempts\":0}}", 1, 1,
	 "MaximumRetryAttempts"},
	{"{\"Id\":\"t\",\"Arn\":\"a\",\"RetryPolicy\":{\"MaximumEventAgeInSeconds\":60}}", 6, 8,
	 "MaximumEventAgeInSeconds"},
};

START_TEST(a_policy_of_its_own_ends_a_delivery_sooner)
{
	server = fails;
	make_destination("a", 300, BASIC, policies[_i].target);
	put_events("a", 1);
	run_all(HOUR_MS);
	ck_assert_uint_ge(sent_count, policies[_i].sends_min);
	ck_assert_uint_le(sent_count, policies[_i].sends_max);
	ck_assert_str_eq(world_text("SELECT exhausted FROM event_dead"), policies[_i].exhausted);
}
END_TEST

static void refuses(const struct sent *sent, struct webhook_answer *ret_answer)
{
	(void)sent;
	ret_answer->status = 404;
}

START_TEST(what_the_server_refuses_for_good_is_not_sent_again)
{
	server = refuses;
	make_destination("a", 300, BASIC, PLAIN);
	put_events("a", 1);
	run_all(1000);
	ck_assert_uint_eq(sent_count, 1);
	ck_assert_str_eq(world_text(DEAD_AS), "0  HttpStatus the endpoint answers HTTP 404");
}
END_TEST

/* --- Retry-After --- */

static void busy_for_a_minute(const struct sent *sent, struct webhook_answer *ret_answer)
{
	bool is_busy = strcmp(sent->url, "https://busy.example/") == 0 && sent->ms < 60000;

	*ret_answer = (struct webhook_answer){.status = is_busy ? 429 : 200,
					      .retry_after_ms = is_busy ? 60000 : 0};
}

START_TEST(retry_after_holds_all_of_its_destination_and_no_other)
{
	server = busy_for_a_minute;
	make_destination("busy", 300, BASIC, PLAIN);
	make_destination("free", 300, BASIC, PLAIN);
	put_events("busy", 1);
	ck_assert_int_eq(turn(), 0);
	put_events("busy", 100);
	put_events("free", 100);
	run_until(60000);
	ck_assert_uint_eq(count_sent("busy"), 1);
	ck_assert_uint_eq(count_sent("free"), 100);
	run_all(10000);
	ck_assert_uint_eq(count_sent("busy"), 1 + 101);
	for (size_t i = 1; i < sent_count; i++) {
		if (strcmp(sents[i].url, "https://busy.example/") == 0)
			ck_assert_int_ge(sents[i].ms, 60000);
		else
			ck_assert_int_lt(sents[i].ms, 1000);
	}
	ck_assert_int_eq(world_count(DEAD), 0);
}
END_TEST

static void busy_for_a_year(const struct sent *sent, struct webhook_answer *ret_answer)
{
	bool is_first = sent->ms == 0;

	*ret_answer = (struct webhook_answer){.status = is_first ? 503 : 200,
					      .retry_after_ms = is_first ? 86400000 : 0};
}

START_TEST(a_year_of_retry_after_holds_a_destination_for_an_hour)
{
	server = busy_for_a_year;
	make_destination("a", 300, BASIC, PLAIN);
	put_events("a", 1);
	ck_assert_int_eq(turn(), 0);
	put_events("a", 1);
	run_until(2 * HOUR_MS);
	ck_assert_uint_eq(sent_count, 2);
	ck_assert_int_ge(sents[1].ms, HOUR_MS);
	ck_assert_int_lt(sents[1].ms, HOUR_MS + 1000);
	ck_assert_int_eq(waiting(), 1); /* the one that was refused waits as long as it was told */
}
END_TEST

/* --- limits --- */

START_TEST(a_destination_gets_no_more_a_second_than_its_rate)
{
	server = works;
	make_destination("a", 5, BASIC, PLAIN);
	put_events("a", 100);
	run_all(60000);
	ck_assert_uint_eq(sent_count, 100);
	for (size_t i = 0; i < sent_count; i++)
		ck_assert_int_ge(sents[i].ms, ((int64_t)i - 1) * 200);
	ck_assert_int_le(sents[99].ms, 99 * 200 + 1000);
}
END_TEST

static void one_is_slow(const struct sent *sent, struct webhook_answer *ret_answer)
{
	ret_answer->status = strcmp(sent->url, "https://slow.example/") == 0 ? SLOW : 200;
}

START_TEST(a_slow_destination_has_eight_places_and_delays_no_other)
{
	server = one_is_slow;
	make_destination("slow", 300, BASIC, PLAIN);
	make_destination("quick", 300, BASIC, PLAIN);
	put_events("slow", 40);
	put_events("quick", 100);
	run_until(999);
	ck_assert_uint_eq(count_sent("slow"), LANE_JOBS_MAX);
	ck_assert_uint_eq(count_sent("quick"), 100);
	run_all(10000);
	ck_assert_uint_eq(sent_count, 140);
}
END_TEST

/* --- faults --- */

START_TEST(who_is_killed_before_the_end_is_written_sends_it_again_with_the_same_key)
{
	server = works;
	make_destination("a", 300, BASIC, PLAIN);
	put_events("a", 3);
	dies = true;
	while (turn() == 0)
		continue;
	dies = false;
	ck_assert_int_eq(waiting(), 3);
	dispatch_die();
	dispatch_begin();
	run_all(1000);
	for (size_t i = 0; i < sent_count; i++) {
		size_t same = 0;

		for (size_t j = 0; j < sent_count; j++)
			same += strcmp(sents[i].key, sents[j].key) == 0;
		ck_assert_uint_le(same, 2);
		ck_assert_uint_ge(same, sents[i].ms == 0 ? 2 : 1);
	}
	ck_assert_uint_ge(sent_count, 4);
	ck_assert_uint_le(sent_count, 6);
	ck_assert_int_eq(world_count(DEAD), 0);
}
END_TEST

START_TEST(what_waits_for_a_destination_that_is_deleted_is_a_dead_letter_at_once)
{
	struct err err = ERR_INIT;
	int64_t deleted_ms;

	server = busy_for_a_year;
	make_destination("a", 300, BASIC, PLAIN);
	put_events("a", 1);
	ck_assert_int_eq(turn(), 0); /* it is held for an hour, and waits for a day */
	put_events("a", 20);
	ASSERT_OK(event_api_destination_delete(world_db, ACCOUNT, "a", &err), &err);
	deleted_ms = now_ms;
	run_all(1000);
	ck_assert_int_le(now_ms - deleted_ms, 100);
	ck_assert_uint_eq(sent_count, 1);
	ck_assert_int_eq(world_count(DEAD), 21);
	ck_assert_int_eq(world_count("SELECT COUNT(*) FROM event_dead WHERE exhausted = ''"
				     " AND code = 'ResourceNotFoundException'"),
			 21);
}
END_TEST

START_TEST(the_write_that_needs_the_relay_is_noted_and_no_other_is)
{
	const char *const none[] = {"none"};
	const struct event_accepted event = {
		.account = ACCOUNT, .bus = "b", .id = "x", .received_ms = 1, .body = "{}"};
	struct err err = ERR_INIT;

	(void)event_away_noted();
	ASSERT_OK(event_accept(world_db, &event, none, 1, true, &err), &err);
	ck_assert(!event_away_noted());
	make_destination("a", 300, BASIC, PLAIN);
	ck_assert(event_away_noted());
	put_events("a", 1);
	ck_assert(event_away_noted());
	ck_assert(!event_away_noted());
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_is_sent_arrives_at_once_and_is_gone,
		a_day_of_failures_is_185_retries_at_most_with_delays_that_double_and_are_drawn,
		the_185th_retry_is_the_last,
		what_the_server_refuses_for_good_is_not_sent_again,
		retry_after_holds_all_of_its_destination_and_no_other,
		a_year_of_retry_after_holds_a_destination_for_an_hour,
		a_destination_gets_no_more_a_second_than_its_rate,
		a_slow_destination_has_eight_places_and_delays_no_other,
		who_is_killed_before_the_end_is_written_sends_it_again_with_the_same_key,
		what_waits_for_a_destination_that_is_deleted_is_a_dead_letter_at_once,
		the_write_that_needs_the_relay_is_noted_and_no_other_is,
	};
	Suite *suite = suite_create("relay/dispatch");
	TCase *all = tcase_create("all");

	log_open("test", LOG_LEVEL_ERROR);
	tcase_set_timeout(all, 60);
	tcase_add_checked_fixture(all, dispatch_world_begin, dispatch_world_end);
	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tcase_add_test(all, tests[i]);
	tcase_add_loop_test(all, a_policy_of_its_own_ends_a_delivery_sooner, 0,
			    ARRAY_LEN(policies));
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
