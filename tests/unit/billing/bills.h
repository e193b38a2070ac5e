/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tests of reports begin with: tasks in a ledger, a price list, a report that asks for all.
 */
#ifndef SLIPWAY_TESTS_UNIT_BILLING_BILLS_H
#define SLIPWAY_TESTS_UNIT_BILLING_BILLS_H

#include "tests/unit/store/place.h"

#include "billing/meter.h"
#include "billing/report.h"
#include "core/clock.h"

#define SECOND_NS 1000000000LL
#define HOUR	  3600LL
#define DAY	  86400LL
#define JAN	  1767225600LL /* 2026-01-01 */

/* Fargate's prices, from second 1000 on, with a minimum of a minute. */
#define BILLS_PRICES                                                                               \
	"{\"currency\":\"USD\",\"tables\":[{\"account\":\"\",\"prices\":[{\"from\":1000,"          \
	"\"minimum\":60,\"x86\":[40480000,4445000,111000],\"arm\":[40480000,4445000,111000],"      \
	"\"shares\":[10000,10000],\"spot\":10000}]}]}"

struct bills {
	struct place place;
	struct price_list *prices;
	struct tariff tariff;
	struct charge_filter filter;
	struct report report;
};

static inline void bills_init(struct bills *bills)
{
	memset(bills, 0, sizeof(*bills));
	place_state(&bills->place);
	ASSERT_OK(price_list_parse(BILLS_PRICES, &bills->prices, &bills->place.err),
		  &bills->place.err);
	bills->tariff.prices = bills->prices;
	bills->filter = (struct charge_filter){.until_s = REPORT_OPEN_S, .slack_s = 60};
	bills->report = (struct report){.db = bills->place.db,
					.tariff = &bills->tariff,
					.question = {.filter = &bills->filter},
					.region = "us-east-1"};
}

static inline void bills_done(struct bills *bills)
{
	price_list_free(bills->prices);
	place_done(&bills->place);
}

/* What a task is like; what is not said is place_task()'s. */
struct bills_task {
	unsigned number;
	int64_t from_s, seconds;
	bool runs;
	const char *family, *cluster, *tags; /* {"KEY":"VALUE"} */
};

static inline const char *bills_hold(struct bills *bills, const struct bills_task *held)
{
	struct place *place = &bills->place;
	struct task_change change = {.pull_started_ms = held->from_s * 1000};
	struct task task = place_task(place, held->number);

	task.storage_gib = 25;
	task.family = held->family ? held->family : task.family;
	task.cluster = held->cluster ? held->cluster : task.cluster;
	ASSERT_OK(task_insert(place->db, &task, &place->err), &place->err);
	ASSERT_OK(task_update(place->db, task.id, &change, false, &place->err), &place->err);
	clock_fake(held->from_s * 1000, held->from_s * SECOND_NS);
	ASSERT_OK(meter_open(place->db, task.id, held->from_s * 1000, &place->err), &place->err);
	clock_fake((held->from_s + held->seconds) * 1000,
		   (held->from_s + held->seconds) * SECOND_NS);
	if (!held->runs)
		ASSERT_OK(meter_close(place->db, task.id, clock_wall_ms(), &place->err),
			  &place->err);
	if (held->tags) {
		struct db_query *query;

		/* As the ledger keeps them; the chain is not looked at here. */
		ASSERT_OK(db_query(place->db,
				   "UPDATE ledger_task SET tags_json = ?1 WHERE task = ?2", &query,
				   &place->err),
			  &place->err);
		db_bind_text(query, 1, held->tags);
		db_bind_text(query, 2, task.id);
		ASSERT_OK(db_run(query, NULL, &place->err), &place->err);
	}
	return task.id;
}

typedef int bills_form(const struct report *report, FILE *out, struct err *err);

/* What a form writes; in the arena. */
static inline const char *bills_written(struct bills *bills, bills_form *form)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	const char *copy;

	ASSERT_OK(form(&bills->report, out, &bills->place.err), &bills->place.err);
	ck_assert_int_eq(fclose(out), 0);
	copy = arena_strdup(bills->place.arena, text);
	free(text);
	return copy;
}

#define ASSERT_HAS(text, part)                                                                     \
	ck_assert_msg(strstr(text, part) != NULL, "\"%s\" is not in:\n%s", part, text)
#define ASSERT_LACKS(text, part)                                                                   \
	ck_assert_msg(strstr(text, part) == NULL, "\"%s\" is in:\n%s", part, text)

#endif
