/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens on the way of deliveries: fetched once, again when they expire or are refused, and what
 * their server does is no delivery's attempt.
 */
#include "dispatch_world.h"

#define PLAIN "{\"Id\":\"t\",\"Arn\":\"a\"}"

static int64_t life_s;	 /* of tokens */
static int tokens;	 /* that were given */
static int wanted;	 /* the server of events refuses all before this one */
static int token_status; /* 200: there is one */

static void serve(const struct sent *sent, struct webhook_answer *ret_answer)
{
	static char body[128];

	if (strcmp(sent->url, "https://token.example/t") == 0) {
		(void)snprintf(body, sizeof(body),
			       "{\"access_token\":\"T%d\",\"token_type\":\"Bearer\","
			       "\"expires_in\":%lld}",
			       token_status == 200 ? ++tokens : 0, (long long)life_s);
		*ret_answer = (struct webhook_answer){
			.status = token_status, .body = body, .body_len = strlen(body)};
		return;
	}
	ck_assert_int_eq(strncmp(sent->authorization, "Bearer T", 8), 0);
	ret_answer->status = strtol(sent->authorization + 8, NULL, 10) >= wanted ? 200 : 401;
}

static void begin(void)
{
	dispatch_world_begin();
	server = serve;
	life_s = 3600;
	tokens = wanted = 0;
	token_status = 200;
	make_destination("a", 300, OAUTH, PLAIN);
}

START_TEST(a_token_is_fetched_once_and_serves_all)
{
	put_events("a", 20);
	run_all(1000);
	ck_assert_int_eq(tokens, 1);
	ck_assert_uint_eq(count_sent("a"), 20);
	ck_assert_int_eq(world_count("SELECT COALESCE(MAX(attempts), 0) FROM event_delivery"), 0);
	put_events("a", 1);
	run_all(1000);
	ck_assert_int_eq(tokens, 1);
}
END_TEST

START_TEST(a_token_is_fetched_anew_before_it_expires)
{
	life_s = 200;
	put_events("a", 1);
	run_all(1000);
	set_clock(139000);
	put_events("a", 1);
	run_all(1000);
	ck_assert_int_eq(tokens, 1);
	set_clock(141000);
	put_events("a", 1);
	run_all(1000);
	ck_assert_int_eq(tokens, 2);
	ck_assert_str_eq(sents[sent_count - 1].authorization, "Bearer T2");
}
END_TEST

START_TEST(a_token_that_is_refused_is_fetched_anew_without_an_attempt)
{
	put_events("a", 1);
	run_all(1000);
	set_clock(60000);
	wanted = 2;
	put_events("a", 5);
	run_all(1000);
	ck_assert_int_eq(tokens, 2);
	ck_assert_uint_ge(count_sent("a"), 1 + 1 + 5);
	ck_assert_uint_le(count_sent("a"), 1 + 5 + 5);
	ck_assert_int_eq(world_count(DEAD), 0);
}
END_TEST

START_TEST(a_new_token_that_is_refused_is_an_attempt_that_failed)
{
	wanted = 1000000;
	put_events("a", 1);
	run_until(30000);
	ck_assert_int_eq(waiting(), 1);
	ck_assert_int_ge(world_count("SELECT attempts FROM event_delivery"), 3);
	ck_assert_uint_le(count_sent("a"), 12);
}
END_TEST

START_TEST(a_server_of_tokens_that_fails_delays_and_is_asked_each_five_seconds)
{
	token_status = 503;
	put_events("a", 10);
	run_until(60000);
	ck_assert_int_eq(waiting(), 10);
	ck_assert_uint_eq(count_sent("a"), 0);
	ck_assert_uint_le(sent_count, 14);
	token_status = 200;
	run_all(120000);
	ck_assert_uint_eq(count_sent("a"), 10);
	ck_assert_int_eq(world_count(DEAD), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_token_is_fetched_once_and_serves_all,
		a_token_is_fetched_anew_before_it_expires,
		a_token_that_is_refused_is_fetched_anew_without_an_attempt,
		a_new_token_that_is_refused_is_an_attempt_that_failed,
		a_server_of_tokens_that_fails_delays_and_is_asked_each_five_seconds,
	};
	Suite *suite = suite_create("relay/token");
	TCase *all = tcase_create("all");

	log_open("test", LOG_LEVEL_ERROR);
	tcase_set_timeout(all, 60);
	tcase_add_checked_fixture(all, begin, dispatch_world_end);
	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tcase_add_test(all, tests[i]);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
