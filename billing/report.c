/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Putting prices on usage. A task has the price of the time at which it began, and
 * the minimum counts for the task as a whole, so all its meters are billed the
 * same seconds.
 */
#include "billing/report.h"

#include <string.h>

#include "core/clock.h"
#include "store/record.h"

static int add(int64_t *sum, int64_t nano, struct err *err)
{
	if (__builtin_add_overflow(*sum, nano, sum))
		return err_set(err, ERR_LIMIT, "a sum of costs is out of range");
	return 0;
}

static int price_line(const struct price_list *prices, struct report_line *line, struct err *err)
{
	const struct price *price = price_list_at(prices, line->usage.started_ms);
	char when[CLOCK_ISO_SIZE];

	if (!price)
		return err_set(err, ERR_NOT_FOUND,
			       "the price list has no price for task %s, which began %s",
			       line->usage.task, clock_iso(line->usage.started_ms, when));
	line->billed_seconds = line->usage.seconds > price->minimum_seconds
				       ? line->usage.seconds
				       : price->minimum_seconds;
	for (int meter = 0; meter < METER_COUNT; meter++) {
		if (price_cost((enum meter)meter, line->usage.quantity[meter], line->billed_seconds,
			       price->per_hour_nano[meter], &line->cost_nano[meter], err) < 0 ||
		    add(&line->total_nano, line->cost_nano[meter], err) < 0)
			return err_wrap(err, "task %s", line->usage.task);
	}
	return 0;
}

static int add_line(struct report *report, const struct report_line *line, struct err *err)
{
	for (int meter = 0; meter < METER_COUNT; meter++) {
		if (add(&report->meter_nano[meter], line->cost_nano[meter], err) < 0)
			return -1;
	}
	return add(&report->total_nano, line->total_nano, err);
}

int report_make(struct db *db, const struct usage_filter *filter, const struct price_list *prices,
		struct arena *arena, struct report *ret_report, struct err *err)
{
	struct report report = {0};
	struct usage *usages;

	memcpy(report.currency, prices->currency, PRICE_CURRENCY_SIZE);
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
