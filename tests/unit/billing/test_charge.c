/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the ledger: which charges a period has, what is folded into one, its labels.
 */
#include "tests/unit/store/place.h"

#include "billing/charge.h"
#include "billing/meter.h"
#include "core/clock.h"
#include "store/tag.h"

#define SECOND_NS 1000000000LL

static void begin(struct place *place, unsigned number, int64_t from_s)
{
	struct task_change change = {.pull_started_ms = from_s * 1000};
	struct task task = place_task(place, number);

	task.storage_gib = number % 2 ? 21 : 20;
	task.started_by = number % 2 ? "events-rule/nightly" : "";
	task.group = number % 2 ? "service:web" : "family:web";
	ASSERT_OK(task_insert(place->db, &task, &place->err), &place->err);
	ASSERT_OK(task_update(place->db, task.id, &change, false, &place->err), &place->err);
	clock_fake(from_s * 1000, from_s * SECOND_NS);
	ASSERT_OK(meter_open(place->db, task.id, from_s * 1000, &place->err), &place->err);
}

static void end(struct place *place, unsigned number, int64_t until_s)
{
	struct task task = place_task(place, number);

	clock_fake(until_s * 1000, until_s * SECOND_NS);
	ASSERT_OK(meter_close(place->db, task.id, until_s * 1000, &place->err), &place->err);
}

/* The last digits of the tasks of a period, in the order of the scan. */
static const char *found(struct place *place, const struct charge_filter *filter)
{
	AUTO(charge_scan_freep) struct charge_scan *scan = NULL;
	char *text = arena_alloc(place->arena, 16);
	struct charge charge;
	size_t len = 0;
	int rc;

	ASSERT_OK(charge_scan_open(place->db, filter, &scan, &place->err), &place->err);
	while ((rc = charge_scan_next(scan, &charge, &place->err)) == 1)
		text[len++] = charge.task.task[31];
	ASSERT_OK(rc, &place->err);
	ASSERT_OK(charge_scan_next(scan, &charge, &place->err), &place->err); /* and stays 0 */
	return text;
}

START_TEST(a_period_has_the_charges_that_reach_into_it)
{
	static const struct {
		struct charge_filter filter;
		const char *found;
	} rows[] = {
		{{0}, "1324"},
		{{.from_s = 20}, "324"},
		{{.from_s = 19}, "1324"},
		{{.from_s = 20, .slack_s = 1}, "1324"},
		{{.until_s = 11}, "14"},
		{{.until_s = 10}, "4"},
		{{.from_s = 31}, "24"},
		{{.from_s = 200, .until_s = 300}, "4"},
		{{.from_s = 90, .until_s = 91}, "24"},
		{{.account = "000000000000"}, ""},
		{{.account = ACCOUNT, .task = "00000000000000000000000000000003"}, "3"},
		{{.task = "00000000000000000000000000000004"}, "4"},
	};
	AUTO(place_done) struct place place;

	place_state(&place);
	begin(&place, 4, 5);
	begin(&place, 1, 10);
	begin(&place, 2, 15);
	end(&place, 1, 20);
	begin(&place, 3, 25);
	end(&place, 3, 31);
	end(&place, 2, 100);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *text = found(&place, &rows[i].filter);

		ck_assert_msg(strcmp(text, rows[i].found) == 0, "row %zu: %s", i, text);
	}
}
END_TEST

START_TEST(a_charge_is_all_that_a_task_held)
{
	static const struct tag definition_tags[] = {{"team", "blue"}, {"stage", "test"}};
	static const struct tag task_tags[] = {{"team", "red"}};
	AUTO(place_done) struct place place;
	AUTO(charge_scan_freep) struct charge_scan *scan = NULL;
	const struct charge_filter all = {0};
	struct charge_tag *tags;
	struct charge charge;
	size_t count;

	place_state(&place);
	ASSERT_OK(tag_put(place.db, "arn:aws:ecs:r:" ACCOUNT ":task-definition/web:1",
			  definition_tags, 2, &place.err),
		  &place.err);
	begin(&place, 1, 10);
	ASSERT_OK(tag_put(place.db,
			  "arn:aws:ecs:r:" ACCOUNT ":task/default/00000000000000000000000000000001",
			  task_tags, 1, &place.err),
		  &place.err);
	end(&place, 1, 20); /* tagged while it ran */
	ASSERT_OK(charge_scan_open(place.db, &all, &scan, &place.err), &place.err);
	ck_assert_int_eq(charge_scan_next(scan, &charge, &place.err), 1);
	ck_assert_int_eq(charge.started_s, 10);
	ck_assert_int_eq(charge.seconds, 10);
	ck_assert_int_eq(charge.quantity[METER_STORAGE], 1);
	ck_assert(!charge.running && !charge.estimated && charge.correction_count == 0);
	ck_assert_str_eq(charge_service(&charge), "web");
	ck_assert_str_eq(charge_rule(&charge), "nightly");
	ck_assert_str_eq(charge.task.tags_json, "{\"stage\":\"test\",\"team\":\"red\"}");
	ASSERT_OK(charge_tags(&charge, place.arena, &tags, &count, &place.err), &place.err);
	ck_assert_uint_eq(count, 7);
	ck_assert_str_eq(tags[0].key, "aws:ecs:clusterName");
	ck_assert_str_eq(tags[6].key, "team");
	ck_assert_str_eq(tags[6].value, "red");
}
END_TEST

START_TEST(a_correction_counts_and_is_found_in_the_period_of_its_writing)
{
	AUTO(place_done) struct place place;
	AUTO(charge_scan_freep) struct charge_scan *scan = NULL;
	const struct charge_filter all = {0};
	const struct charge_filter later = {.from_s = 500, .until_s = 600};
	struct charge charge;

	place_state(&place);
	begin(&place, 2, 10);
	end(&place, 2, 60);
	ck_assert_str_eq(found(&place, &later), "");
	ASSERT_OK(ledger_correct(place.db, "00000000000000000000000000000002", 7, "ours", 550000,
				 &place.err),
		  &place.err);
	ck_assert_str_eq(found(&place, &later), "2");
	ck_assert_str_eq(found(&place, &all), "2");
	ASSERT_OK(charge_scan_open(place.db, &all, &scan, &place.err), &place.err);
	ck_assert_int_eq(charge_scan_next(scan, &charge, &place.err), 1);
	ck_assert_int_eq(charge.held_seconds, 50);
	ck_assert_int_eq(charge.seconds, 7);
	ck_assert_uint_eq(charge.correction_count, 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_period_has_the_charges_that_reach_into_it,
		a_charge_is_all_that_a_task_held,
		a_correction_counts_and_is_found_in_the_period_of_its_writing,
	};

	return suite_run("billing/charge", tests, ARRAY_LEN(tests));
}
