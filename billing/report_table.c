/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bill on a terminal. Sums have a bar each, which shows how much of the largest they are;
 * where the terminal is not UTF-8 bars are made of #.
 */
#include <inttypes.h>
#include <string.h>

#include "billing/calendar.h"
#include "billing/report_line.h"
#include "billing/usage_type.h"
#include "core/clock.h"

#define FAMILY_WIDTH 24 /* longer names push their line's rest to the right */
#define MONEY_WIDTH  16
#define HOURS_WIDTH  12
#define HOURS_DIGITS 4
#define BAR_MIN	     10
#define BAR_MAX	     40
#define ROWS_MEMORY  (256u * 1024 * 1024)
#define MS	     1000

/* Text of a tag or a name: nothing in it moves the cursor. */
static void print_text(const char *text, int width, FILE *out)
{
	int columns = 0;

	for (; *text; text++) {
		bool plain = (uint8_t)*text >= 0x20 && *text != 0x7f;

		(void)fputc(plain ? *text : '?', out);
		columns += ((uint8_t)*text & 0xc0) != 0x80; /* a character, not its further bytes */
	}
	for (; columns < width; columns++)
		(void)fputc(' ', out);
}

/* --- a line a task --- */

struct task_table {
	FILE *out;
	size_t tasks;
	bool running, estimated, corrected;
};

/* What is to be known of the seconds: still growing, or only known up to a checkpoint. */
static const char *seconds_mark(const struct charge *charge)
{
	if (charge->estimated)
		return "~";
	if (charge->running)
		return "+";
	return charge->correction_count > 0 ? "*" : " ";
}

static int print_task_line(void *ctx, const struct report_line *line, struct err *err)
{
	struct task_table *table = ctx;
	const struct charge *charge = line->charge;
	char started[CALENDAR_TEXT_SIZE], vcpu[REPORT_QUANTITY_SIZE], cost[PRICE_TEXT_SIZE];

	(void)err;
	(void)fprintf(table->out, "%-32s  ", charge->task.task);
	print_text(charge->task.family, FAMILY_WIDTH, table->out);
	(void)fprintf(table->out, "  %s %9" PRId64 "%s %7s %8" PRId64 " %8" PRId64 "  %*s\n",
		      calendar_time_text(charge->started_s, started), line->period_seconds,
		      seconds_mark(charge), report_vcpu_text(charge->quantity[METER_VCPU], vcpu),
		      charge->quantity[METER_MEMORY], charge->quantity[METER_STORAGE], MONEY_WIDTH,
		      price_text(line->total_nano, cost));
	table->tasks++;
	table->running = table->running || charge->running;
	table->estimated = table->estimated || charge->estimated;
	table->corrected = table->corrected || charge->correction_count > 0;
	return 0;
}

static int print_tasks(const struct report *report, FILE *out, struct err *err)
{
	struct task_table table = {.out = out};
	char cost[PRICE_TEXT_SIZE];
	int64_t total;

	(void)fprintf(out, "%-32s  %-*s  %-20s %10s %7s %8s %8s  %*s\n", "TASK", FAMILY_WIDTH,
		      "FAMILY", "STARTED", "SECONDS", "VCPU", "MEM MiB", "STO GiB", MONEY_WIDTH,
		      "COST");
	if (report_each_line(report, print_task_line, &table, &total, err) < 0)
		return -1;
	(void)fprintf(out, "%zu task%s, total %s %s\n", table.tasks, table.tasks == 1 ? "" : "s",
		      price_text(total, cost), report_currency(report));
	if (table.running)
		(void)fprintf(out, "+ still running, counted up to now\n");
	if (table.estimated)
		(void)fprintf(out, "~ the host was restarted: counted up to the last checkpoint\n");
	if (table.corrected)
		(void)fprintf(out, "* corrected by an operator\n");
	return 0;
}

/* --- rows of sums --- */

static void print_bar(const struct report_look *look, int width, int64_t part, int64_t whole,
		      FILE *out)
{
	static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	int64_t steps = whole > 0 && part > 0 ? (int64_t)((__int128)part * width * 8 / whole) : 0;

	if (part > 0 && steps == 0)
		steps = 1;
	for (int64_t i = 0; i < steps / 8; i++)
		(void)fputs(look->utf8 ? "█" : "#", out);
	if (look->utf8)
		(void)fputs(eighths[steps % 8], out);
	else if (steps % 8 >= 4 || steps < 8)
		(void)fputs(steps > 0 ? "#" : "", out);
}

static const char *bucket_text(enum cost_grain grain, int64_t from_s, char *ret)
{
	switch (grain) {
	case COST_MONTHS:
		return calendar_month_text(from_s, ret);
	case COST_DAYS:
		return calendar_day_text(from_s, ret);
	case COST_HOURS:
	case COST_WHOLE:
	default:
		return calendar_time_text(from_s, ret);
	}
}

static int characters(const char *text)
{
	int count = 0;

	for (; *text; text++)
		count += ((uint8_t)*text & 0xc0) != 0x80;
	return count;
}

struct row_table {
	const struct report *report;
	const struct report_look *look;
	const struct summary *summary;
	int key_width[SUMMARY_GROUPS_MAX];
	int bucket_width;
	int bar_width;
	int64_t largest_nano;
	FILE *out;
};

/* Tasks, hours and cost. */
#define NUMBERS_WIDTH (8 + 2 + HOURS_WIDTH + 1 + HOURS_WIDTH + 2 + MONEY_WIDTH + 2)

static void measure(struct row_table *table)
{
	const struct summary_question *question = &table->report->question;
	char text[CALENDAR_TEXT_SIZE];
	int used;

	if (question->grain != COST_WHOLE)
		table->bucket_width = (int)strlen(bucket_text(question->grain, 0, text));
	used = table->bucket_width + 2 + NUMBERS_WIDTH;
	for (size_t i = 0; i < question->group_count; i++) {
		char key[REPORT_KEY_SIZE];

		table->key_width[i] = characters(report_key_text(&question->groups[i], key));
		for (size_t j = 0; j < table->summary->count; j++) {
			int width = characters(table->summary->rows[j].keys[i]);

			if (width > table->key_width[i])
				table->key_width[i] = width < 40 ? width : 40;
		}
		used += table->key_width[i] + 2;
	}
	for (size_t j = 0; j < table->summary->count; j++) {
		if (table->summary->rows[j].total_nano > table->largest_nano)
			table->largest_nano = table->summary->rows[j].total_nano;
	}
	table->bar_width = table->look->columns - used;
	if (table->bar_width > BAR_MAX)
		table->bar_width = BAR_MAX;
	if (table->bar_width < BAR_MIN)
		table->bar_width = BAR_MIN;
}

static void print_head(const struct row_table *table)
{
	const struct summary_question *question = &table->report->question;

	if (table->bucket_width > 0)
		(void)fprintf(table->out, "%-*s  ", table->bucket_width, "FROM");
	for (size_t i = 0; i < question->group_count; i++) {
		char key[REPORT_KEY_SIZE];

		print_text(report_key_text(&question->groups[i], key), table->key_width[i],
			   table->out);
		(void)fputs("  ", table->out);
	}
	(void)fprintf(table->out, "%8s  %*s %*s  %*s\n", "TASKS", HOURS_WIDTH, "VCPU HOURS",
		      HOURS_WIDTH, "GB HOURS", MONEY_WIDTH, "COST");
}

static const char *row_mark(const struct summary_row *row)
{
	if (row->estimated)
		return "~";
	return row->running ? "+" : " ";
}

static void print_numbers(const struct row_table *table, const struct summary_row *row)
{
	char vcpu[USAGE_TEXT_SIZE], memory[USAGE_TEXT_SIZE], cost[PRICE_TEXT_SIZE];

	(void)fprintf(
		table->out, "%8" PRId64 "%s %*s %*s  %*s", row->tasks, row_mark(row), HOURS_WIDTH,
		usage_hours_text(METER_VCPU, row->amount[METER_VCPU], HOURS_DIGITS, vcpu),
		HOURS_WIDTH,
		usage_hours_text(METER_MEMORY, row->amount[METER_MEMORY], HOURS_DIGITS, memory),
		MONEY_WIDTH, price_text(row->total_nano, cost));
}

static void print_row(const struct row_table *table, const struct summary_row *row)
{
	const struct summary_question *question = &table->report->question;
	char text[CALENDAR_TEXT_SIZE];

	if (table->bucket_width > 0)
		(void)fprintf(table->out, "%-*s  ", table->bucket_width,
			      bucket_text(question->grain, row->from_s, text));
	for (size_t i = 0; i < question->group_count; i++) {
		print_text(row->keys[i][0] ? row->keys[i] : "-", table->key_width[i], table->out);
		(void)fputs("  ", table->out);
	}
	print_numbers(table, row);
	(void)fputs("  ", table->out);
	print_bar(table->look, table->bar_width, row->total_nano, table->largest_nano, table->out);
	(void)fputc('\n', table->out);
}

static int print_rows(const struct report *report, const struct report_look *look, FILE *out,
		      struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ROWS_MEMORY);
	struct summary summary;
	struct row_table table = {.report = report, .look = look, .summary = &summary, .out = out};
	char cost[PRICE_TEXT_SIZE];

	if (summary_make(report->db, report->tariff, &report->question, arena, &summary, err) < 0)
		return -1;
	measure(&table);
	print_head(&table);
	for (size_t i = 0; i < summary.count; i++)
		print_row(&table, &summary.rows[i]);
	(void)fprintf(out, "%" PRId64 " task%s, total %s %s\n", summary.total.tasks,
		      summary.total.tasks == 1 ? "" : "s",
		      price_text(summary.total.total_nano, cost), report_currency(report));
	if (summary.total.running)
		(void)fprintf(out, "+ still running, counted up to now\n");
	if (summary.total.estimated)
		(void)fprintf(out, "~ the host was restarted: counted up to the last checkpoint\n");
	return 0;
}

int report_table(const struct report *report, const struct report_look *look, FILE *out,
		 struct err *err)
{
	if ((report_is_by_task(report) ? print_tasks(report, out, err)
				       : print_rows(report, look, out, err)) < 0)
		return -1;
	return report_flushed(out, err);
}
