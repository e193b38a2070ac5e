/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comma-separated values after RFC 4180. A text that a spreadsheet would take for a formula gets a
 * quote in front of it, as whoever names a task family should not run code in the office.
 */
#include <inttypes.h>
#include <string.h>

#include "billing/calendar.h"
#include "billing/report_line.h"
#include "billing/usage_type.h"

#define HOURS_DIGITS 12
#define ROWS_MEMORY  (256u * 1024 * 1024)

static void put_text(FILE *out, const char *text)
{
	bool formula = text[0] != '\0' && strchr("=+-@\t\r", text[0]);

	if (!formula && !strpbrk(text, ",\"\r\n")) {
		(void)fputs(text, out);
		return;
	}
	(void)fputs(formula ? "\"'" : "\"", out);
	for (; *text; text++) {
		if (*text == '"')
			(void)fputc('"', out);
		(void)fputc(*text, out);
	}
	(void)fputc('"', out);
}

static void put_next(FILE *out, const char *text)
{
	put_text(out, text);
	(void)fputc(',', out);
}

/* Numbers may be negative, and are no formulas. */
static void put_number(FILE *out, const char *text)
{
	(void)fputs(text, out);
	(void)fputc(',', out);
}

/* --- a line a task --- */

struct csv {
	const struct report *report;
	FILE *out;
};

static void put_times(FILE *out, const struct charge *charge)
{
	char text[CALENDAR_TEXT_SIZE];

	put_next(out, calendar_time_text(charge->started_s, text));
	put_next(out, charge->running
			      ? ""
			      : calendar_time_text(charge->started_s + charge->seconds, text));
}

static int put_task(void *ctx, const struct report_line *line, struct err *err)
{
	const struct csv *csv = ctx;
	const struct charge *charge = line->charge;
	char cost[PRICE_TEXT_SIZE], vcpu[REPORT_QUANTITY_SIZE];

	(void)err;
	put_next(csv->out, charge->task.task);
	put_next(csv->out, charge->task.account);
	put_next(csv->out, charge->task.cluster);
	put_next(csv->out, charge->task.family);
	put_next(csv->out, charge_service(charge));
	put_next(csv->out, charge->task.started_by);
	put_next(csv->out, charge->task.architecture);
	put_next(csv->out, charge->task.spot ? "Spot" : "On Demand");
	put_next(csv->out, charge->task.tags_json);
	put_times(csv->out, charge);
	(void)fprintf(csv->out, "%" PRId64 ",%" PRId64 ",%" PRId64 ",%s,%s,", charge->seconds,
		      line->billed_seconds, line->period_seconds,
		      charge->running ? "true" : "false", charge->estimated ? "true" : "false");
	put_next(csv->out, charge->reason);
	(void)fprintf(csv->out, "%s,%" PRId64 ",%" PRId64 ",",
		      report_vcpu_text(charge->quantity[METER_VCPU], vcpu),
		      charge->quantity[METER_MEMORY], charge->quantity[METER_STORAGE]);
	for (int meter = 0; meter < METER_COUNT; meter++)
		put_number(csv->out, price_text(line->meter_nano[meter], cost));
	put_number(csv->out, price_text(line->total_nano, cost));
	(void)fprintf(csv->out, "%s\r\n", report_currency(csv->report));
	return 0;
}

static int put_tasks(const struct report *report, FILE *out, struct err *err)
{
	struct csv csv = {report, out};
	int64_t total;

	(void)fputs("task,account,cluster,family,service,started_by,architecture,purchase,tags,"
		    "started,ended,seconds,billed_seconds,period_seconds,running,estimated,stop_"
		    "code,vcpu,"
		    "memory_mib,storage_gib,vcpu_cost,memory_cost,storage_cost,cost,currency\r\n",
		    out);
	return report_each_line(report, put_task, &csv, &total, err);
}

/* --- rows of sums --- */

static void put_row(const struct report *report, const struct summary_row *row, FILE *out)
{
	char text[CALENDAR_TEXT_SIZE], cost[PRICE_TEXT_SIZE], hours[USAGE_TEXT_SIZE];

	put_next(out, row->from_s == 0 ? "" : calendar_time_text(row->from_s, text));
	put_next(out, row->until_s == REPORT_OPEN_S ? "" : calendar_time_text(row->until_s, text));
	for (size_t i = 0; i < report->question.group_count; i++)
		put_next(out, row->keys[i]);
	(void)fprintf(out, "%" PRId64 ",", row->tasks);
	for (int meter = 0; meter < METER_COUNT; meter++)
		put_number(out, usage_hours_text((enum meter)meter, row->amount[meter],
						 HOURS_DIGITS, hours));
	for (int meter = 0; meter < METER_COUNT; meter++)
		put_number(out, price_text(row->meter_nano[meter], cost));
	put_number(out, price_text(row->total_nano, cost));
	(void)fprintf(out, "%s,%s,%s,%s\r\n", report_currency(report),
		      row->running ? "true" : "false", row->estimated ? "true" : "false",
		      row->invoiced ? "true" : "false");
}

static int put_rows(const struct report *report, FILE *out, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ROWS_MEMORY);
	struct summary summary;

	if (summary_make(report->db, report->tariff, &report->question, arena, &summary, err) < 0)
		return -1;
	(void)fputs("from,until,", out);
	for (size_t i = 0; i < report->question.group_count; i++) {
		char key[REPORT_KEY_SIZE];

		put_next(out, report_key_text(&report->question.groups[i], key));
	}
	(void)fputs("tasks,vcpu_hours,gb_hours,storage_gb_hours,vcpu_cost,memory_cost,"
		    "storage_cost,cost,currency,running,estimated,invoiced\r\n",
		    out);
	for (size_t i = 0; i < summary.count; i++)
		put_row(report, &summary.rows[i], out);
	return 0;
}

int report_csv(const struct report *report, FILE *out, struct err *err)
{
	if ((report_is_by_task(report) ? put_tasks(report, out, err) : put_rows(report, out, err)) <
	    0)
		return -1;
	return report_flushed(out, err);
}

/* --- usage types by the hour --- */

static void put_piece(const struct report *report, const struct charge *charge,
		      const struct cost_piece *piece, FILE *out)
{
	char text[CALENDAR_TEXT_SIZE], cost[PRICE_TEXT_SIZE], hours[USAGE_TEXT_SIZE];
	char invoice[INVOICE_ID_SIZE];

	put_next(out, invoice_id(charge->task.account, piece->from_s, invoice));
	put_next(out, charge->task.account);
	put_next(out, calendar_time_text(cost_grain_begin(COST_HOURS, piece->from_s), text));
	put_next(out, calendar_time_text(cost_grain_end(COST_HOURS, piece->from_s), text));
	put_next(out, "AmazonECS");
	put_next(out, usage_type_name(&charge->task, piece->meter));
	(void)fprintf(out, "arn:aws:ecs:%s:%s:task/%s/%s,", report->region, charge->task.account,
		      charge->task.cluster, charge->task.task);
	put_number(out, usage_hours_text(piece->meter, piece->amount, HOURS_DIGITS, hours));
	put_next(out, usage_type_unit(piece->meter));
	put_number(out, price_text(piece->cost_nano, cost));
	(void)fprintf(out, "%s\r\n", report_currency(report));
}

int report_usage_types(const struct report *report, FILE *out, struct err *err)
{
	AUTO(charge_scan_freep) struct charge_scan *scan = NULL;
	const struct summary_question *question = &report->question;
	struct charge charge;
	int rc;

	(void)fputs("bill/InvoiceId,lineItem/UsageAccountId,lineItem/UsageStartDate,"
		    "lineItem/UsageEndDate,lineItem/ProductCode,lineItem/UsageType,"
		    "lineItem/ResourceId,lineItem/UsageAmount,pricing/unit,lineItem/UnblendedCost,"
		    "lineItem/CurrencyCode\r\n",
		    out);
	if (charge_scan_open(report->db, question->filter, &scan, err) < 0)
		return -1;
	while ((rc = charge_scan_next(scan, &charge, err)) == 1) {
		struct cost_walk walk;
		struct cost_piece piece;

		if (cost_walk_begin(&walk, report->tariff, &charge, question->filter->from_s,
				    question->filter->until_s, COST_HOURS, err) < 0)
			return -1;
		while ((rc = cost_walk_next(&walk, &piece, err)) == 1) {
			if (!question->wanted ||
			    question->wanted(question->ctx, &charge, piece.meter))
				put_piece(report, &charge, &piece, out);
		}
		if (rc < 0)
			return -1;
	}
	return rc < 0 ? -1 : report_flushed(out, err);
}
