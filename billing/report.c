/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Putting prices on usage. A task has the price of the time at which it began, and
 * the minimum counts for the task as a whole, so all its meters are billed the
 * same seconds.
 */
#include "billing/report.h"

#include <string.h>

#include "billing/cost.h"
#include "store/record.h"

/* The line's numbers as a charge, which prices are put on. */
static struct charge charge_of(const struct usage *usage)
{
	struct charge charge = {
		.task = {.task = usage->task,
			 .account = usage->account,
			 .cluster = usage->cluster,
			 .family = usage->family,
			 .group = "",
			 .started_by = "",
			 .architecture = "X86_64",
			 .tags_json = "{}"},
		.started_s = usage->started_ms / 1000,
		.held_seconds = usage->seconds,
		.seconds = usage->seconds,
		.reason = "",
	};

	memcpy(charge.quantity, usage->quantity, sizeof(charge.quantity));
	return charge;
}

static int price_line(const struct price_list *prices, struct report_line *line, struct err *err)
{
	const struct tariff tariff = {.prices = prices};
	const struct charge charge = charge_of(&line->usage);
	struct cost_walk walk;
	struct cost_piece piece;
	int rc;

	if (cost_billed_seconds(&tariff, &charge, &line->billed_seconds, err) < 0 ||
	    cost_walk_begin(&walk, &tariff, &charge, 0, INT64_MAX, COST_WHOLE, err) < 0)
		return -1;
	while ((rc = cost_walk_next(&walk, &piece, err)) == 1) {
		if (cost_add(&line->cost_nano[piece.meter], piece.cost_nano, err) < 0 ||
		    cost_add(&line->total_nano, piece.cost_nano, err) < 0)
			return -1;
	}
	return rc;
}

static int add_line(struct report *report, const struct report_line *line, struct err *err)
{
	for (int meter = 0; meter < METER_COUNT; meter++) {
		if (cost_add(&report->meter_nano[meter], line->cost_nano[meter], err) < 0)
			return -1;
	}
	return cost_add(&report->total_nano, line->total_nano, err);
}

int report_make(struct db *db, const struct usage_filter *filter, const struct price_list *prices,
		struct arena *arena, struct report *ret_report, struct err *err)
{
	struct report report = {0};
	struct usage *usages;

	memcpy(report.currency, price_list_currency(prices), PRICE_CURRENCY_SIZE);
	if (usage_read(db, filter, arena, &usages, &report.count, err) < 0)
		return -1;
	report.lines = arena_alloc(arena, (report.count + 1) * sizeof(*report.lines));
	if (!report.lines)
		return record_full(err);
	for (size_t i = 0; i < report.count; i++) {
		report.lines[i].usage = usages[i];
		if (price_line(prices, &report.lines[i], err) < 0 ||
		    add_line(&report, &report.lines[i], err) < 0)
			return -1;
	}
	*ret_report = report;
	return 0;
}
