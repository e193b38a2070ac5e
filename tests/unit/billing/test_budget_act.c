/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What follows from the book: each threshold once a period, whoever was killed when; a spent
 * budget refuses and stops what falls under it and nothing else.
 */
#include "tests/unit/billing/budget_place.h"

#include "billing/budget_cover.h"
#include "store/outbox.h"

#define UNIT 1000000000LL /* of the currency */

struct watch {
	struct price_list *prices;
	struct budget_book *book;
	struct budget_actor actor;
};

static void watch_begin(struct watch *watch)
{
	*watch = (struct watch){.prices = prices_make(1)};
	watch->book = budget_book_new(watch->prices);
}

static void watch_done(struct watch *watch)
{
	budget_book_free(watch->book);
	price_list_free(watch->prices);
	clock_real();
}

/* A look and what follows; *ret_stopped (may be NULL): tasks. Returns the notices. */
static size_t tick(struct place *place, struct watch *watch, size_t budgets, size_t *ret_stopped)
{
	struct budget_notice *notices;
	size_t count, stopped = 0;

	(void)look(place, watch->book, budgets);
	ASSERT_OK(budget_act(&watch->actor, watch->book, place->db, clock_wall_ms(), place->arena,
			     &notices, &count, &place->err),
		  &place->err);
	for (size_t i = 0; i < count; i++)
		stopped += notices[i].stopped;
	if (ret_stopped)
		*ret_stopped = stopped;
	return count;
}

/* "TYPE:PERCENT ..." of all events; a type without what all begin with. */
static const char *events(struct place *place)
{
	struct outbox_event *list;
	const char *text = "";
	size_t count;

	ASSERT_OK(outbox_read(place->db, 0, 1000, place->arena, &list, &count, &place->err),
		  &place->err);
	for (size_t i = 0; i < count; i++) {
		const char *percent = strstr(list[i].data_json, "\"percent\":");

		text = arena_printf(place->arena, "%s%s:%d ", text,
				    list[i].type + strlen("slipway.budget."),
				    percent ? atoi(percent + strlen("\"percent\":")) : 0);
	}
	return text;
}

static void set_percents(struct budget *budget, const char *text)
{
	struct err err = ERR_INIT;

	ASSERT_OK(budget_percents_parse(text, budget, &err), &err);
}

/* 799 seconds of a task cost a little more than 50. */
START_TEST(each_threshold_is_told_once_a_period)
{
	AUTO(place_done) struct place place;
	AUTO(watch_done) struct watch watch;
	struct budget budget = budget_of("b", BUDGET_DAY, 100 * UNIT);

	watch_begin(&watch);
	budget_place(&place);
	time_is(NOV_23);
	set_percents(&budget, "50,80,100");
	budget_put(&place, &budget);
	(void)task_begin(&place, 1, "c", NULL);
	ck_assert_uint_eq(tick(&place, &watch, 1, NULL), 0);
	time_is(NOV_23 + 798);
	ck_assert_uint_eq(tick(&place, &watch, 1, NULL), 0);
	time_is(NOV_23 + 799);
	ck_assert_uint_eq(tick(&place, &watch, 1, NULL), 1);
	ck_assert_str_eq(events(&place), "threshold:50 ");
	ck_assert_uint_eq(tick(&place, &watch, 1, NULL), 0);
	time_is(NOV_23 + 2000); /* two at once, of one look */
	ck_assert_uint_eq(tick(&place, &watch, 1, NULL), 2);
	ck_assert_str_eq(events(&place), "threshold:50 threshold:80 threshold:100 ");
	time_is(NOV_23 + DAY + 1000); /* another day */
	ck_assert_uint_eq(tick(&place, &watch, 1, NULL), 1);
	ck_assert_str_eq(events(&place), "threshold:50 threshold:80 threshold:100 threshold:50 ");
}
END_TEST

START_TEST(a_restart_neither_repeats_nor_loses_an_event)
{
	AUTO(place_done) struct place place;
	AUTO(watch_done) struct watch watch;
	struct budget budget = budget_of("b", BUDGET_MONTH, 100 * UNIT);

	watch_begin(&watch);
	budget_place(&place);
	time_is(NOV_23);
	set_percents(&budget, "50,80");
	budget_put(&place, &budget);
	(void)task_begin(&place, 1, "c", NULL);
	time_is(NOV_23 + 900);
	(void)look(&place, watch.book, 1); /* killed before it could act */
	for (int life = 0; life < 3; life++) {
		watch_done(&watch);
		watch_begin(&watch);
		time_is(NOV_23 + 900);
		ck_assert_uint_eq(tick(&place, &watch, 1, NULL), life == 0);
		ck_assert_str_eq(events(&place), "threshold:50 ");
	}
	/* A clock that goes over a border and back tells nothing twice either. */
	time_is(NOV_23 + 40 * DAY);
	(void)look(&place, watch.book, 1);
	time_is(NOV_23 + 901);
	(void)tick(&place, &watch, 1, NULL);
	ck_assert_str_eq(events(&place), "threshold:50 ");
}
END_TEST

START_TEST(a_failure_in_the_middle_leaves_nothing_done)
{
	AUTO(place_done) struct place place;
	AUTO(watch_done) struct watch watch;
	struct budget budget = budget_of("b", BUDGET_ALL, UNIT);
	struct budget_notice *notices;
	struct budget *after;
	const char *task;
	size_t count;

	watch_begin(&watch);
	budget_place(&place);
	time_is(NOV_23);
	budget.refuse = budget.stop = true;
	set_percents(&budget, "100");
	budget_put(&place, &budget);
	task = task_begin(&place, 1, "c", NULL);
	time_is(NOV_23 + 900);
	ASSERT_OK(db_exec(place.db, "ALTER TABLE outbox RENAME TO away", NULL, &place.err),
		  &place.err);
	(void)look(&place, watch.book, 1);
	ck_assert_int_eq(budget_act(&watch.actor, watch.book, place.db, clock_wall_ms(),
				    place.arena, &notices, &count, &place.err),
			 -1);
	err_clear(&place.err);
	ck_assert(!place_find(&place, task).want_stopped);
	ASSERT_OK(budget_list(place.db, NULL, place.arena, &after, &count, &place.err), &place.err);
	ck_assert(!after->state.spent && after->state.notified_percent == 0);
	ASSERT_OK(db_exec(place.db, "ALTER TABLE away RENAME TO outbox", NULL, &place.err),
		  &place.err);
	(void)tick(&place, &watch, 1, NULL);
	ck_assert_str_eq(events(&place), "threshold:100 spent:0 ");
	ck_assert(place_find(&place, task).want_stopped);
}
END_TEST

static const char *refused_by(struct place *place, const char *cluster, const char *id)
{
	const struct ledger_task task = {.task = id,
					 .account = ACCOUNT,
					 .cluster = cluster,
					 .family = "web",
					 .revision = 1,
					 .group = "family:web",
					 .started_by = ""};
	const struct budget *budget;

	ASSERT_OK(budget_refusal(place->db, &task, clock_wall_ms() / 1000, place->arena, &budget,
				 &place->err),
		  &place->err);
	return budget ? budget->name : "";
}

START_TEST(a_spent_budget_refuses_what_falls_under_it)
{
	AUTO(place_done) struct place place;
	AUTO(watch_done) struct watch watch;
	struct budget blue = budget_of("blue", BUDGET_DAY, 10 * UNIT);
	struct budget team = budget_of("team", BUDGET_DAY, 10 * UNIT);
	const struct tag tag = {"team", "x"};

	watch_begin(&watch);
	budget_place(&place);
	time_is(NOV_23);
	blue.refuse = team.refuse = true;
	blue.cluster = "blue";
	team.tag_key = "team";
	team.tag_value = "x";
	budget_put(&place, &blue);
	budget_put(&place, &team);
	(void)task_begin(&place, 1, "blue", NULL);
	(void)task_begin(&place, 2, "red", "x");
	(void)tick(&place, &watch, 2, NULL);
	ck_assert_str_eq(refused_by(&place, "blue", "new"), "");
	time_is(NOV_23 + 1000);
	(void)tick(&place, &watch, 2, NULL);
	ck_assert_str_eq(refused_by(&place, "blue", "new"), "blue");
	ck_assert_str_eq(refused_by(&place, "red", "new"), "");
	ASSERT_OK(tag_put(place.db, "arn:aws:ecs:r:" ACCOUNT ":task/red/new", &tag, 1, &place.err),
		  &place.err);
	ck_assert_str_eq(refused_by(&place, "red", "new"), "team");
	ASSERT_OK(tag_put(place.db, "arn:aws:ecs:r:" ACCOUNT ":task-definition/web:1", &tag, 1,
			  &place.err),
		  &place.err);
	ck_assert_str_eq(refused_by(&place, "red", "other"), "team");
	time_is(NOV_23 + DAY); /* nobody has looked, but it is another day */
	ck_assert_str_eq(refused_by(&place, "blue", "new"), "");
}
END_TEST

START_TEST(a_hard_budget_stops_what_falls_under_it_and_keeps_stopping)
{
	AUTO(place_done) struct place place;
	AUTO(watch_done) struct watch watch;
	struct budget budget = budget_of("hard", BUDGET_MONTH, 10 * UNIT);
	const char *first, *second, *other;
	size_t stopped;
	struct task task;

	watch_begin(&watch);
	budget_place(&place);
	time_is(NOV_23);
	budget.cluster = "blue";
	budget.refuse = budget.stop = true;
	budget_put(&place, &budget);
	first = task_begin(&place, 1, "blue", NULL);
	other = task_begin(&place, 2, "red", NULL);
	(void)tick(&place, &watch, 1, &stopped);
	ck_assert_uint_eq(stopped, 0);
	time_is(NOV_23 + 1000);
	ck_assert_uint_eq(tick(&place, &watch, 1, &stopped), 1);
	ck_assert_uint_eq(stopped, 1);
	ck_assert_str_eq(events(&place), "spent:0 ");
	task = place_find(&place, first);
	ck_assert(task.want_stopped);
	ck_assert_str_eq(task.stop_code, "UserInitiated");
	ck_assert_str_eq(task.stopped_reason, "Budget hard is spent: 10.000000000 USD a month.");
	ck_assert(!place_find(&place, other).want_stopped);
	/* One that was launched just before is stopped with the next look, before it runs. */
	second = place_insert(&place, 3);
	ck_assert_uint_eq(tick(&place, &watch, 1, NULL), 0); /* of another cluster */
	ck_assert(!place_find(&place, second).want_stopped);
	second = task_begin(&place, 4, "blue", NULL);
	ck_assert_uint_eq(tick(&place, &watch, 1, &stopped), 1);
	ck_assert_uint_eq(stopped, 1);
	ck_assert(place_find(&place, second).want_stopped);
	ck_assert_str_eq(events(&place), "spent:0 ");
	ck_assert_uint_eq(tick(&place, &watch, 1, NULL), 0);
}
END_TEST

START_TEST(another_amount_begins_anew)
{
	AUTO(place_done) struct place place;
	AUTO(watch_done) struct watch watch;
	struct budget budget = budget_of("b", BUDGET_DAY, 10 * UNIT);

	watch_begin(&watch);
	budget_place(&place);
	time_is(NOV_23);
	budget.refuse = true;
	set_percents(&budget, "50");
	budget_put(&place, &budget);
	(void)task_begin(&place, 1, "c", NULL);
	time_is(NOV_23 + 1000);
	(void)tick(&place, &watch, 1, NULL);
	ck_assert_str_eq(refused_by(&place, "c", "new"), "b");
	ck_assert_str_eq(events(&place), "threshold:50 spent:0 ");
	budget.amount_nano = 100 * UNIT;
	budget_put(&place, &budget);
	ck_assert_str_eq(refused_by(&place, "c", "new"), "");
	(void)tick(&place, &watch, 1, NULL);
	ck_assert_str_eq(refused_by(&place, "c", "new"), "");
	ck_assert_str_eq(events(&place), "threshold:50 spent:0 threshold:50 ");
}
END_TEST

START_TEST(a_budget_that_was_changed_meanwhile_is_left_alone)
{
	AUTO(place_done) struct place place;
	AUTO(watch_done) struct watch watch;
	struct budget budget = budget_of("b", BUDGET_DAY, 10 * UNIT);
	struct budget_notice *notices;
	const char *task;
	size_t count;

	watch_begin(&watch);
	budget_place(&place);
	time_is(NOV_23);
	budget.refuse = budget.stop = true;
	budget_put(&place, &budget);
	task = task_begin(&place, 1, "c", NULL);
	time_is(NOV_23 + 1000);
	(void)look(&place, watch.book, 1);
	budget.amount_nano = 10000 * UNIT;
	budget_put(&place, &budget);
	ASSERT_OK(budget_act(&watch.actor, watch.book, place.db, clock_wall_ms(), place.arena,
			     &notices, &count, &place.err),
		  &place.err);
	ck_assert_uint_eq(count, 0);
	ck_assert_str_eq(events(&place), "");
	ck_assert(!place_find(&place, task).want_stopped);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		each_threshold_is_told_once_a_period,
		a_restart_neither_repeats_nor_loses_an_event,
		a_failure_in_the_middle_leaves_nothing_done,
		a_spent_budget_refuses_what_falls_under_it,
		a_hard_budget_stops_what_falls_under_it_and_keeps_stopping,
		another_amount_begins_anew,
		a_budget_that_was_changed_meanwhile_is_left_alone,
	};

	return suite_run("billing/budget_act", tests, ARRAY_LEN(tests));
}
