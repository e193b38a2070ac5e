/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bill for programs: one JSON object, an element of its list a line. Lines are written while
 * the ledger is read, so the total comes last. Money and hours are exact decimals, as text.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "billing/calendar.h"
#include "billing/report_line.h"
#include "billing/task_bill.h"
#include "billing/usage_type.h"

#define HOURS_DIGITS 12
#define ROWS_MEMORY  (256u * 1024 * 1024)

static int cannot_write(const char *what, struct err *err)
{
	return err_set(err, ERR_INVALID, "%s cannot be written as JSON", what);
}

/* --- the object around the list --- */

struct json_list {
	const struct report *report;
	FILE *out;
	bool begun;
};

static json_t *time_json(int64_t at_s, int64_t open_s)
{
	char text[CALENDAR_TEXT_SIZE];

	return at_s == open_s ? json_null() : json_string(calendar_time_text(at_s, text));
}

/* As it stands in the text: with its quotes, or null. */
static const char *time_word(int64_t at_s, int64_t open_s, char ret[CALENDAR_TEXT_SIZE])
{
	char text[CALENDAR_TEXT_SIZE];

	if (at_s == open_s)
		return "null";
	(void)snprintf(ret, CALENDAR_TEXT_SIZE, "\"%.*s\"", CALENDAR_TEXT_SIZE - 3,
		       calendar_time_text(at_s, text));
	return ret;
}

static void begin_list(const struct report *report, const char *name, FILE *out)
{
	const struct charge_filter *filter = report->question.filter;
	char from[CALENDAR_TEXT_SIZE], until[CALENDAR_TEXT_SIZE];

	(void)fprintf(out, "{\"currency\": \"%s\",\n \"from\": %s, \"until\": %s,\n \"%s\": [",
		      report_currency(report), time_word(filter->from_s, 0, from),
		      time_word(filter->until_s, REPORT_OPEN_S, until), name);
}

/* Takes @element. */
static int put_element(struct json_list *list, json_t *element, const char *what, struct err *err)
{
	AUTO(json_decrefp) json_t *owned = element;

	if (!owned)
		return cannot_write(what, err);
	(void)fputs(list->begun ? ",\n  " : "\n  ", list->out);
	list->begun = true;
	if (json_dumpf(owned, list->out, 0) < 0)
		return ferror(list->out) ? err_sys(err, errno, "write the bill")
					 : cannot_write(what, err);
	return 0;
}

static void end_list(FILE *out, int64_t total_nano)
{
	char cost[PRICE_TEXT_SIZE];

	(void)fprintf(out, "\n ],\n \"total\": \"%s\"}\n", price_text(total_nano, cost));
}

/* --- a line a task --- */

static json_t *meters_json(const struct report_line *line)
{
	json_t *meters = json_array();
	char cost[PRICE_TEXT_SIZE];

	for (int meter = 0; meter < METER_COUNT; meter++) {
		int64_t quantity = line->charge->quantity[meter];

		if (quantity == 0)
			continue;
		(void)json_array_append_new(meters,
					    json_pack("{s:s, s:s, s:I, s:s}", "meter",
						      meter_name((enum meter)meter), "unit",
						      meter_unit((enum meter)meter), "quantity",
						      (json_int_t)quantity, "cost",
						      price_text(line->meter_nano[meter], cost)));
	}
	return meters;
}

static const char *or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

/* What cannot be read has no tags: verify says so. */
static json_t *tags_json(const struct charge *charge)
{
	json_t *tags = json_loads(charge->task.tags_json, 0, NULL);

	return tags ? tags : json_object();
}

static json_t *line_json(const struct report_line *line)
{
	const struct charge *charge = line->charge;
	const struct ledger_task *task = &charge->task;
	char started[CALENDAR_TEXT_SIZE], ended[CALENDAR_TEXT_SIZE], cost[PRICE_TEXT_SIZE];
	json_t *json = json_pack(
		"{s:s, s:s, s:s, s:s, s:I, s:s?, s:s?, s:s, s:s, s:o}", "task", task->task,
		"account", task->account, "cluster", task->cluster, "family", task->family,
		"revision", (json_int_t)task->revision, "service", or_null(charge_service(charge)),
		"startedBy", or_null(task->started_by), "architecture", task->architecture,
		"purchase", task->spot ? "Spot" : "On Demand", "tags", tags_json(charge));
	json_t *times = json_pack(
		"{s:s, s:s?, s:I, s:I, s:I, s:b, s:b, s:b, s:s?, s:o, s:s}", "startedAt",
		calendar_time_text(charge->started_s, started), "endedAt",
		charge->running ? NULL
				: calendar_time_text(charge->started_s + charge->seconds, ended),
		"seconds", (json_int_t)charge->seconds, "billedSeconds",
		(json_int_t)line->billed_seconds, "periodSeconds", (json_int_t)line->period_seconds,
		"running", charge->running, "estimated", charge->estimated, "corrected",
		charge->correction_count > 0, "stopCode", or_null(charge->reason), "meters",
		meters_json(line), "cost", price_text(line->total_nano, cost));

	if (json && (!times || json_object_update(json, times) < 0)) {
		json_decref(json);
		json = NULL;
	}
	json_decref(times);
	return json;
}

/* One task that was asked for by name is told in full. */
static int add_use(const struct report *report, const struct report_line *line, json_t *json,
		   struct err *err)
{
	struct task_bill bill;

	if (!report->question.filter->task)
		return 0;
	if (task_bill_make(report->db, report->tariff, line->charge, &bill, err) < 0)
		return -1;
	task_bill_say_use(&bill, json);
	return 0;
}

static int put_task(void *ctx, const struct report_line *line, struct err *err)
{
	struct json_list *list = ctx;
	AUTO(json_decrefp) json_t *json = line_json(line);

	if (add_use(list->report, line, json, err) < 0)
		return -1;
	return put_element(list, STEAL(json, NULL), line->charge->task.task, err);
}

static int put_tasks(const struct report *report, FILE *out, struct err *err)
{
	struct json_list list = {.report = report, .out = out};
	int64_t total;

	begin_list(report, "tasks", out);
	if (report_each_line(report, put_task, &list, &total, err) < 0)
		return -1;
	end_list(out, total);
	return 0;
}

/* --- rows of sums --- */

static json_t *keys_json(const struct report *report, const struct summary_row *row)
{
	json_t *keys = json_object();

	for (size_t i = 0; i < report->question.group_count; i++) {
		char key[REPORT_KEY_SIZE];

		(void)json_object_set_new(keys, report_key_text(&report->question.groups[i], key),
					  json_string(row->keys[i]));
	}
	return keys;
}

static json_t *sums_json(const struct summary_row *row)
{
	json_t *meters = json_array();
	char cost[PRICE_TEXT_SIZE], hours[USAGE_TEXT_SIZE];

	for (int meter = 0; meter < METER_COUNT; meter++) {
		if (row->amount[meter] == 0 && row->meter_nano[meter] == 0)
			continue;
		(void)json_array_append_new(
			meters,
			json_pack("{s:s, s:s, s:s, s:s}", "meter", meter_name((enum meter)meter),
				  "unit", usage_type_unit((enum meter)meter), "hours",
				  usage_hours_text((enum meter)meter, row->amount[meter],
						   HOURS_DIGITS, hours),
				  "cost", price_text(row->meter_nano[meter], cost)));
	}
	return meters;
}

static json_t *row_json(const struct report *report, const struct summary_row *row)
{
	char cost[PRICE_TEXT_SIZE];

	return json_pack("{s:o, s:o, s:o, s:I, s:o, s:b, s:b, s:b, s:s}", "from",
			 time_json(row->from_s, 0), "until", time_json(row->until_s, REPORT_OPEN_S),
			 "keys", keys_json(report, row), "tasks", (json_int_t)row->tasks, "meters",
			 sums_json(row), "running", row->running, "estimated", row->estimated,
			 "invoiced", row->invoiced, "cost", price_text(row->total_nano, cost));
}

static int put_rows(const struct report *report, FILE *out, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ROWS_MEMORY);
	struct json_list list = {.report = report, .out = out};
	struct summary summary;

	if (summary_make(report->db, report->tariff, &report->question, arena, &summary, err) < 0)
		return -1;
	begin_list(report, "rows", out);
	for (size_t i = 0; i < summary.count; i++) {
		if (put_element(&list, row_json(report, &summary.rows[i]), "a row", err) < 0)
			return -1;
	}
	end_list(out, summary.total.total_nano);
	return 0;
}

int report_json(const struct report *report, FILE *out, struct err *err)
{
	if ((report_is_by_task(report) ? put_tasks(report, out, err) : put_rows(report, out, err)) <
	    0)
		return -1;
	return report_flushed(out, err);
}
