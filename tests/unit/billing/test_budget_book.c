/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The book of budgets: whatever happens between two looks, it says what the bill says.
 */
#include "tests/unit/billing/budget_place.h"

#include "billing/budget_measure.h"

#define BUDGETS 6

static void put_budgets(struct place *place)
{
	struct budget budgets[BUDGETS] = {
		budget_of("a", BUDGET_ALL, 1),	 budget_of("b", BUDGET_DAY, 1),
		budget_of("c", BUDGET_MONTH, 1), budget_of("d", BUDGET_DAY, 1),
		budget_of("e", BUDGET_MONTH, 1), budget_of("f", BUDGET_ALL, 1),
	};

	budgets[1].cluster = "blue";
	budgets[2].tag_key = "team";
	budgets[2].tag_value = "x";
	budgets[3].family = "none";
	budgets[4].family = "web";
	budgets[5].cluster = "blue";
	budgets[5].tag_key = "aws:ecs:clusterName";
	budgets[5].tag_value = "blue";
	for (size_t i = 0; i < BUDGETS; i++)
		budget_put(place, &budgets[i]);
}

static bool is_covered(char budget, const struct charge *charge)
{
	bool blue = strcmp(charge->task.cluster, "blue") == 0;

	switch (budget) {
	case 'b':
	case 'f':
		return blue;
	case 'c':
		return strstr(charge->task.tags_json, "\"team\":\"x\"") != NULL;
	case 'd':
		return false;
	default:
		return true;
	}
}

/* What the bill says of a budget: all charges, walked anew. */
static int64_t billed(struct place *place, const struct tariff *tariff, char budget,
		      enum budget_period period)
{
	AUTO(charge_scan_freep) struct charge_scan *scan = NULL;
	const struct charge_filter all = {.from_s = 0};
	int64_t from_s, until_s, total = 0;
	struct charge charge;

	budget_period_at(period, clock_wall_ms() / 1000, &from_s, &until_s);
	ASSERT_OK(charge_scan_open(place->db, &all, &scan, &place->err), &place->err);
	while (charge_scan_next(scan, &charge, &place->err) == 1) {
		struct cost_walk walk;
		struct cost_piece piece;

		if (!is_covered(budget, &charge))
			continue;
		ASSERT_OK(cost_walk_begin(&walk, tariff, &charge, from_s, until_s, COST_HOURS,
					  &place->err),
			  &place->err);
		while (cost_walk_next(&walk, &piece, &place->err) == 1)
			total += piece.cost_nano;
	}
	return total;
}

static void check(struct place *place, const struct tariff *tariff, struct budget_book *book,
		  int step)
{
	static const enum budget_period periods[BUDGETS] = {BUDGET_ALL, BUDGET_DAY,   BUDGET_MONTH,
							    BUDGET_DAY, BUDGET_MONTH, BUDGET_ALL};
	const struct budget_line *lines = look(place, book, BUDGETS);

	for (int i = 0; i < BUDGETS; i++) {
		int64_t want = billed(place, tariff, (char)('a' + i), periods[i]);

		ck_assert_msg(lines[i].spent_nano == want, "step %d, budget %c: %lld, not %lld",
			      step, 'a' + i, (long long)lines[i].spent_nano, (long long)want);
	}
}

#define TASKS 40

struct story {
	struct place *place;
	const char *ids[TASKS];
	int state[TASKS]; /* 0: to come, 1: runs, 2: ended */
	unsigned seed;
	int64_t now_s;
};

static unsigned lot(struct story *story, unsigned below)
{
	story->seed = story->seed * 1103515245u + 12345u;
	return (story->seed >> 16) % below;
}

static void happen(struct story *story)
{
	unsigned number = lot(story, TASKS);
	struct place *place = story->place;

	story->now_s += lot(story, 10) == 0 ? (int64_t)lot(story, 40) * HOUR : lot(story, 300);
	time_is(story->now_s);
	if (story->state[number] == 0) {
		story->ids[number] = task_begin(place, number, number % 3 ? "blue" : "red",
						number % 2 ? "x" : NULL);
	} else if (story->state[number] == 1) {
		task_end(place, story->ids[number]);
	} else {
		/* More than it held is refused, and then nothing has happened. */
		if (ledger_correct(place->db, story->ids[number], lot(story, 200), "kind",
				   story->now_s * 1000, &place->err) < 0)
			err_clear(&place->err);
		return;
	}
	story->state[number]++;
}

static void tell(int minimum, unsigned seed)
{
	AUTO(place_done) struct place place;
	AUTO(price_list_freep) struct price_list *prices = prices_make(minimum);
	AUTO(budget_book_freep) struct budget_book *book = budget_book_new(prices);
	AUTO(invoices_freep) struct invoices *invoices = NULL;
	struct story story = {.place = &place, .seed = seed, .now_s = NOV_23};
	struct budget_actor actor = {0};
	struct tariff tariff = {.prices = prices};
	struct budget_notice *notices;
	size_t count;

	budget_place(&place);
	time_is(story.now_s);
	put_budgets(&place);
	ASSERT_OK(invoices_read(place.db, &invoices, &place.err), &place.err);
	tariff.invoices = invoices;
	for (int step = 0; step < 300; step++) {
		happen(&story);
		if (lot(&story, 3) == 0)
			check(&place, &tariff, book, step);
		if (lot(&story, 9) == 0) /* what was counted is stored, now and then */
			ASSERT_OK(budget_act(&actor, book, place.db, story.now_s * 1000,
					     place.arena, &notices, &count, &place.err),
				  &place.err);
		if (lot(&story, 40) == 0) { /* a new life goes on from there */
			budget_book_free(book);
			book = budget_book_new(prices);
			actor = (struct budget_actor){0};
			check(&place, &tariff, book, step);
		}
	}
	clock_real();
}

START_TEST(the_book_says_what_the_bill_says)
{
	tell(1, 1 + (unsigned)_i);
	tell(60, 100 + (unsigned)_i);
}
END_TEST

START_TEST(a_closed_month_is_counted_as_it_was_invoiced)
{
	AUTO(place_done) struct place place;
	AUTO(price_list_freep) struct price_list *prices = prices_make(1);
	AUTO(price_list_freep) struct price_list *others = prices_make(200);
	AUTO(budget_book_freep) struct budget_book *book = budget_book_new(prices);
	AUTO(invoices_freep) struct invoices *invoices = NULL;
	struct tariff tariff = {.prices = prices};
	char id[INVOICE_ID_SIZE];
	const char *task;

	budget_place(&place);
	time_is(NOV_23);
	put_budgets(&place);
	task = task_begin(&place, 1, "blue", "x");
	time_is(NOV_23 + 100);
	task_end(&place, task);
	(void)look(&place, book, BUDGETS);
	time_is(NOV_23 + 20 * DAY);
	ASSERT_OK(invoice_close(place.db, others, ACCOUNT, NOV_23, clock_wall_ms(), id, &place.err),
		  &place.err);
	ASSERT_OK(ledger_correct(place.db, task, 0, "kind", clock_wall_ms(), &place.err),
		  &place.err);
	ASSERT_OK(invoices_read(place.db, &invoices, &place.err), &place.err);
	tariff.invoices = invoices;
	check(&place, &tariff, book, 0);
	/* What is given back is given back in this month. */
	ck_assert_int_lt(look(&place, book, BUDGETS)[4].spent_nano, 0);
	clock_real();
}
END_TEST

START_TEST(a_minimum_that_reaches_over_midnight_is_of_two_days)
{
	AUTO(place_done) struct place place;
	AUTO(price_list_freep) struct price_list *prices = prices_make(60);
	AUTO(budget_book_freep) struct budget_book *book = budget_book_new(prices);
	const struct tariff tariff = {.prices = prices};
	const char *task;

	budget_place(&place);
	time_is(NOV_23 + DAY - 10);
	put_budgets(&place);
	task = task_begin(&place, 1, "blue", "x");
	time_is(NOV_23 + DAY - 9);
	check(&place, &tariff, book, 0);
	task_end(&place, task);
	check(&place, &tariff, book, 1);
	time_is(NOV_23 + DAY);
	check(&place, &tariff, book, 2);
	ck_assert_int_gt(look(&place, book, BUDGETS)[1].spent_nano, 0);
	clock_real();
}
END_TEST

START_TEST(a_missing_price_is_an_error_and_no_zero)
{
	AUTO(place_done) struct place place;
	AUTO(price_list_freep) struct price_list *prices = NULL;
	AUTO(budget_book_freep) struct budget_book *book = NULL;
	const struct budget_line *lines;
	size_t count;

	budget_place(&place);
	ASSERT_OK(price_list_parse("{\"currency\":\"USD\",\"tables\":[{\"account\":\"\",\"prices\":"
				   "[{\"from\":1800000000,\"minimum\":1,\"x86\":[1,1,1],\"arm\":"
				   "[1,1,1],\"shares\":[10000,8000],\"spot\":3000}]}]}",
				   &prices, &place.err),
		  &place.err);
	book = budget_book_new(prices);
	time_is(NOV_23);
	put_budgets(&place);
	(void)look(&place, book, BUDGETS);
	(void)task_begin(&place, 1, "blue", NULL);
	ASSERT_OK(db_begin_read(place.db, &place.err), &place.err);
	ASSERT_FAILS(budget_book_look(book, place.db, NOV_23, &place.err), ERR_NOT_FOUND,
		     &place.err);
	db_rollback(place.db);
	lines = budget_book_lines(book, &count);
	ck_assert(!lines && count == 0);
	clock_real();
}
END_TEST

START_TEST(a_threshold_is_reached_exactly)
{
	ck_assert(!budget_reached(799999999, 1000000000, 80));
	ck_assert(budget_reached(800000000, 1000000000, 80));
	ck_assert(budget_reached(1, 1, 100));
	ck_assert(!budget_reached(INT64_MAX - 1, INT64_MAX, 100));
	ck_assert(!budget_reached(-5, 1, 1));
	ck_assert(budget_reached(10, 1, 1000));
}
END_TEST

START_TEST(an_amount_is_read_exactly)
{
	static const struct {
		const char *text;
		int64_t nano; /* 0: refused */
	} rows[] = {
		{"1", 1000000000},
		{"100.00", 100000000000},
		{"0.000000001", 1},
		{"0.25", 250000000},
		{"007", 7000000000},
		{"999999999.999999999", 999999999999999999},
		{"0", 0},
		{"", 0},
		{".", 0},
		{".5", 0},
		{"5.", 0},
		{"-1", 0},
		{"+1", 0},
		{"1e3", 0},
		{"1,5", 0},
		{"1 ", 0},
		{"0.0000000001", 0},
		{"9999999999", 0},
		{"1$", 0},
		{"99999999999999999999", 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		int64_t nano = 0;
		int result = budget_amount_parse(rows[i].text, &nano, &err);

		ck_assert_msg((result == 0) == (rows[i].nano != 0) && nano == rows[i].nano,
			      "%s: %lld", rows[i].text, (long long)nano);
	}
}
END_TEST

START_TEST(periods_begin_at_midnight_and_on_the_first)
{
	int64_t from_s, until_s;

	budget_period_at(BUDGET_DAY, NOV_23 + 5, &from_s, &until_s);
	ck_assert(from_s == NOV_23 && until_s == NOV_23 + DAY);
	budget_period_at(BUDGET_MONTH, NOV_23 + 5, &from_s, &until_s);
	ck_assert(from_s == NOV_23 - 22 * DAY && until_s == NOV_23 + 8 * DAY);
	budget_period_at(BUDGET_ALL, NOV_23, &from_s, &until_s);
	ck_assert(from_s == 0 && until_s == INT64_MAX);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("billing/budget_book");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, the_book_says_what_the_bill_says, 0, 8);
	tcase_add_test(all, a_closed_month_is_counted_as_it_was_invoiced);
	tcase_add_test(all, a_minimum_that_reaches_over_midnight_is_of_two_days);
	tcase_add_test(all, a_missing_price_is_an_error_and_no_zero);
	tcase_add_test(all, a_threshold_is_reached_exactly);
	tcase_add_test(all, an_amount_is_read_exactly);
	tcase_add_test(all, periods_begin_at_midnight_and_on_the_first);
	tcase_set_timeout(all, 100);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
