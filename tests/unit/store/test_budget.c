/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of budgets: the operator's words come back as they were given, a state belongs to the
 * words that it was worked out for, and who is refused is asked of the row alone.
 */
#include "tests/unit/store/place.h"

#include "store/account.h"
#include "store/budget.h"

static struct budget budget_of(const char *account, const char *name)
{
	struct budget budget = {
		.account = account,
		.name = name,
		.cluster = "",
		.family = "",
		.tag_key = "",
		.tag_value = "",
		.amount_nano = 5000000000,
		.period = BUDGET_MONTH,
		.refuse = true,
		.state = {.basis = ""},
	};

	return budget;
}

static const char *account_make(struct place *place, const char *name)
{
	struct account account;

	ASSERT_OK(account_create(place->db, name, &account, &place->err), &place->err);
	return arena_strdup(place->arena, account.id);
}

static void set(struct place *place, const struct budget *budget, int64_t now_ms)
{
	ASSERT_OK(budget_set(place->db, budget, now_ms, &place->err), &place->err);
}

static struct budget *list(struct place *place, const char *account, size_t count)
{
	struct budget *budgets;
	size_t found;

	ASSERT_OK(budget_list(place->db, account, place->arena, &budgets, &found, &place->err),
		  &place->err);
	ck_assert_uint_eq(found, count);
	return budgets;
}

START_TEST(thresholds_are_read_sorted_and_once)
{
	static const struct {
		const char *text, *again;
	} rows[] = {
		{"", ""},
		{"80", "80"},
		{"100,80", "80,100"},
		{"5,5,5", "5"},
		{"1,1000", "1,1000"},
		{"10,9,8,7,6,5,4,3,2,1", "1,2,3,4,5,6,7,8,9,10"},
	};
	static const char *const bad[] = {"0",
					  "1001",
					  "80,",
					  "a",
					  "80,b",
					  "-5",
					  "+5",
					  ",5",
					  "5%",
					  "5 ,6",
					  "5, 6",
					  " 5",
					  "1,2,3,4,5,6,7,8,9,10,11",
					  "99999999999999999999"};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct budget budget = {.percent_count = 3};
		char text[BUDGET_PERCENTS_SIZE];

		ASSERT_OK(budget_percents_parse(rows[i].text, &budget, &err), &err);
		ck_assert_str_eq(budget_percents_text(&budget, text), rows[i].again);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct budget budget = {.percent_count = 3};

		ck_assert_msg(budget_percents_parse(bad[i], &budget, &err) < 0, "%s", bad[i]);
		ck_assert_uint_eq(budget.percent_count, 3);
	}
}
END_TEST

START_TEST(a_budget_is_listed_as_it_was_set)
{
	AUTO(place_done) struct place place;
	const char *first, *second;
	struct budget budget, *found;

	place_state(&place);
	first = account_make(&place, "a");
	second = account_make(&place, "b");
	budget = budget_of(first, "team");
	budget.cluster = "c";
	budget.family = "f";
	budget.tag_key = "k";
	budget.tag_value = "v";
	budget.period = BUDGET_DAY;
	budget.stop = true;
	ASSERT_OK(budget_percents_parse("80,100", &budget, &place.err), &place.err);
	set(&place, &budget, 1000);
	budget = budget_of(second, "all");
	budget.period = BUDGET_ALL;
	set(&place, &budget, 2000);
	(void)list(&place, NULL, 2);
	found = list(&place, first, 1);
	ck_assert_str_eq(found->name, "team");
	ck_assert_str_eq(found->cluster, "c");
	ck_assert_str_eq(found->family, "f");
	ck_assert_str_eq(found->tag_key, "k");
	ck_assert_str_eq(found->tag_value, "v");
	ck_assert_int_eq(found->amount_nano, 5000000000);
	ck_assert_int_eq(found->period, BUDGET_DAY);
	ck_assert_uint_eq(found->percent_count, 2);
	ck_assert_int_eq(found->percents[1], 100);
	ck_assert(found->refuse && found->stop && !found->state.spent);
	ck_assert_int_eq(found->changed_ms, 1000);
	ASSERT_OK(budget_remove(place.db, first, "team", &place.err), &place.err);
	ASSERT_FAILS(budget_remove(place.db, first, "team", &place.err), ERR_NOT_FOUND, &place.err);
	ASSERT_FAILS(budget_remove(place.db, first, "all", &place.err), ERR_NOT_FOUND, &place.err);
	(void)list(&place, NULL, 1);
}
END_TEST

START_TEST(a_budget_that_means_nothing_is_refused)
{
	AUTO(place_done) struct place place;
	struct budget budget;
	const char *account;

	place_state(&place);
	account = account_make(&place, "a");
	budget = budget_of(account, "a b");
	ASSERT_FAILS(budget_set(place.db, &budget, 1, &place.err), ERR_INVALID, &place.err);
	budget = budget_of(account, "");
	ASSERT_FAILS(budget_set(place.db, &budget, 1, &place.err), ERR_INVALID, &place.err);
	budget = budget_of(account, "a");
	budget.amount_nano = 0;
	ASSERT_FAILS(budget_set(place.db, &budget, 1, &place.err), ERR_INVALID, &place.err);
	(void)list(&place, NULL, 0);
}
END_TEST

START_TEST(a_state_is_of_the_words_that_it_was_made_for)
{
	AUTO(place_done) struct place place;
	struct budget budget, stale;
	bool written;

	place_state(&place);
	budget = budget_of(account_make(&place, "a"), "team");
	set(&place, &budget, 1000);
	stale = list(&place, NULL, 1)[0];
	stale.state = (struct budget_state){.from_s = 10,
					    .until_s = 20,
					    .counted_nano = 30,
					    .counted_position = 40,
					    .basis = "x",
					    .notified_percent = 80,
					    .spent = true};
	ASSERT_OK(budget_state_put(place.db, &stale, &written, &place.err), &place.err);
	ck_assert(written);
	set(&place, &budget, 1000); /* the same words: the state stays */
	ck_assert_int_eq(list(&place, NULL, 1)->state.notified_percent, 80);
	ck_assert_int_eq(list(&place, NULL, 1)->state.counted_position, 40);
	ck_assert(list(&place, NULL, 1)->state.spent);
	budget.amount_nano++;
	set(&place, &budget, 1000); /* others in the same millisecond */
	ck_assert_int_eq(list(&place, NULL, 1)->changed_ms, 1001);
	ck_assert(!list(&place, NULL, 1)->state.spent);
	ASSERT_OK(budget_state_put(place.db, &stale, &written, &place.err), &place.err);
	ck_assert(!written);
	ck_assert_int_eq(list(&place, NULL, 1)->state.counted_position, 0);
}
END_TEST

static size_t refusing(struct place *place, const char *account, int64_t now_s)
{
	struct budget *budgets;
	size_t count;

	ASSERT_OK(budget_refusing(place->db, account, now_s, place->arena, &budgets, &count,
				  &place->err),
		  &place->err);
	return count;
}

START_TEST(only_a_spent_hard_budget_refuses_and_only_in_its_period)
{
	AUTO(place_done) struct place place;
	struct budget budget;
	const char *account;
	bool written;

	place_state(&place);
	account = account_make(&place, "a");
	budget = budget_of(account, "team");
	set(&place, &budget, 1000);
	ck_assert_uint_eq(refusing(&place, account, 15), 0);
	budget = list(&place, NULL, 1)[0];
	budget.state.from_s = 10;
	budget.state.until_s = 20;
	budget.state.spent = true;
	ASSERT_OK(budget_state_put(place.db, &budget, &written, &place.err), &place.err);
	ck_assert_uint_eq(refusing(&place, account, 10), 1);
	ck_assert_uint_eq(refusing(&place, account, 19), 1);
	ck_assert_uint_eq(refusing(&place, account, 20), 0); /* at once, whoever has noticed */
	ck_assert_uint_eq(refusing(&place, account, 9), 0);
	ck_assert_uint_eq(refusing(&place, OTHER_ACCOUNT, 15), 0);
	budget.refuse = false;
	set(&place, &budget, 3000);
	budget = list(&place, NULL, 1)[0];
	budget.state =
		(struct budget_state){.from_s = 10, .until_s = 20, .basis = "", .spent = true};
	ASSERT_OK(budget_state_put(place.db, &budget, &written, &place.err), &place.err);
	ck_assert_uint_eq(refusing(&place, account, 15), 0);
}
END_TEST

/* Another name for the first one: faster than setting it. */
static void copy(struct place *place, const char *name)
{
	struct db_query *query;

	ASSERT_OK(db_query(place->db,
			   "INSERT INTO budget SELECT account, ?1, cluster, family, tag_key,"
			   " tag_value, amount_nano, period, percents, refuse, stop, changed_ms,"
			   " from_s, until_s, counted_nano, counted_position, basis,"
			   " notified_percent, spent FROM budget WHERE name = 'b0'",
			   &query, &place->err),
		  &place->err);
	db_bind_text(query, 1, name);
	ASSERT_OK(db_run(query, NULL, &place->err), &place->err);
}

START_TEST(there_are_not_more_budgets_than_can_be_watched)
{
	AUTO(place_done) struct place place;
	struct budget budget;

	place_state(&place);
	budget = budget_of(account_make(&place, "a"), "b0");
	ASSERT_OK(db_begin(place.db, &place.err), &place.err);
	for (int i = 0; i < BUDGETS_MAX; i++) {
		budget.name = arena_printf(place.arena, "b%d", i);
		if (i % 100 == 0)
			set(&place, &budget, 1);
		else
			copy(&place, budget.name);
	}
	budget.name = "more";
	ASSERT_FAILS(budget_set(place.db, &budget, 1, &place.err), ERR_LIMIT, &place.err);
	budget.name = "b7";
	set(&place, &budget, 1);
	db_rollback(place.db);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		thresholds_are_read_sorted_and_once,
		a_budget_is_listed_as_it_was_set,
		a_budget_that_means_nothing_is_refused,
		a_state_is_of_the_words_that_it_was_made_for,
		only_a_spent_hard_budget_refuses_and_only_in_its_period,
		there_are_not_more_budgets_than_can_be_watched,
	};

	return suite_run("store/budget", tests, ARRAY_LEN(tests));
}
