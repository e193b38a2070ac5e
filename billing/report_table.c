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
#include "billing/visible.h"

#define FAMILY_WIDTH 24 /* longer names push their line's rest to the right */
#define MONEY_WIDTH  16
#define HOURS_WIDTH  12
#define HOURS_DIGITS 4
#define BAR_MIN	     10
#define BAR_MAX	     40
#define KEY_MIN	     8
#define KEY_MAX	     60 /* the widest column of a key */
#define ROWS_MEMORY  (256u * 1024 * 1024)

static int characters(const char *text)
{
	int count = 0;
	bool visible;

	for (; *text; text += visible_character(text, &visible))
		count++;
	return count;
}

/* In @width columns; what is longer is cut where @cut says so, else it pushes the rest. */
static void print_text(const char *text, int width, bool cut, const struct report_look *look,
		       FILE *out)
{
	int count = characters(text);
	int shown = cut && count > width ? width - 1 : count;

	for (int i = 0; i < shown; i++) {
		bool visible;
		size_t len = visible_character(text, &visible);

		if (visible && (len == 1 || look->utf8))
			(void)fwrite(text, 1, len, out);
		else
			(void)fputc('?', out);
		text += len;
	}
	if (shown < count)
		(void)fputs(look->utf8 ? "…" : "~", out);
	for (int i = shown + (shown < count); i < width; i++)
		(void)fputc(' ', out);
}

/* --- a line a task --- */

struct task_table {
	const struct report_look *look;
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
	print_text(charge->task.family, FAMILY_WIDTH, false, table->look, table->out);
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

static int print_tasks(const struct report *report, const struct report_look *look, FILE *out,
		       struct err *err)
{
	struct task_table table = {.look = look, .out = out};
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

	if (part > 0 && steps < 8)
		steps = look->utf8 ? (steps > 0 ? steps : 1) : 8;
	for (int64_t i = 0; i < steps / 8; i++)
		(void)fputs(look->utf8 ? "█" : "#", out);
	if (look->utf8)
		(void)fputs(eighths[steps % 8], out);
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

struct row_table {
	const struct report *report;
	const struct report_look *look;
	const struct summary *summary;
	int key_width[SUMMARY_GROUPS_MAX];
	int bucket_width;
	int bar_width; /* 0: there is no room */
	bool hours;    /* there is room for them */
	int64_t largest_nano;
	FILE *out;
};

/* Columns with the blanks in front of them. */
#define TASKS_WIDTH (8 + 1)
#define TWO_HOURS   (2 * (1 + HOURS_WIDTH))
#define COST_WIDTH  (2 + MONEY_WIDTH)
#define BAR_GAP	    2

static int natural_width(const struct row_table *table, size_t key)
{
	char text[REPORT_KEY_SIZE];
	int width = characters(report_key_text(&table->report->question.groups[key], text));

	for (size_t i = 0; i < table->summary->count; i++) {
		int row = characters(table->summary->rows[i].keys[key]);

		width = row > width ? row : width;
	}
	return width < KEY_MAX ? width : KEY_MAX;
}

/* Keys get what they need, as far as there is room; then hours, then the bar. */
static void share_columns(struct row_table *table, int columns)
{
	size_t keys = table->report->question.group_count;
	int room = columns - TASKS_WIDTH - COST_WIDTH -
		   (table->bucket_width > 0 ? table->bucket_width + 2 : 0);

	for (size_t i = 0; i < keys; i++) {
		int most = room / (int)(keys - i) - 2;

		if (table->key_width[i] > most)
			table->key_width[i] = most > KEY_MIN ? most : KEY_MIN;
		room -= table->key_width[i] + 2;
	}
	table->hours = room >= TWO_HOURS;
	room -= table->hours ? TWO_HOURS : 0;
	room -= BAR_GAP;
	table->bar_width = room < BAR_MIN ? 0 : room > BAR_MAX ? BAR_MAX : room;
}

static void measure(struct row_table *table)
{
	const struct summary_question *question = &table->report->question;
	char text[CALENDAR_TEXT_SIZE];

	if (question->grain != COST_WHOLE)
		table->bucket_width = (int)strlen(bucket_text(question->grain, 0, text));
	for (size_t i = 0; i < question->group_count; i++)
		table->key_width[i] = natural_width(table, i);
	for (size_t i = 0; i < table->summary->count; i++) {
		if (table->summary->rows[i].total_nano > table->largest_nano)
			table->largest_nano = table->summary->rows[i].total_nano;
	}
	share_columns(table, table->look->columns);
}

static void print_head(const struct row_table *table)
{
	const struct summary_question *question = &table->report->question;

	if (table->bucket_width > 0)
		(void)fprintf(table->out, "%-*s  ", table->bucket_width, "FROM");
	for (size_t i = 0; i < question->group_count; i++) {
		char key[REPORT_KEY_SIZE];

		print_text(report_key_text(&question->groups[i], key), table->key_width[i], true,
			   table->look, table->out);
		(void)fputs("  ", table->out);
	}
	(void)fprintf(table->out, "%8s ", "TASKS");
	if (table->hours)
		(void)fprintf(table->out, " %*s %*s", HOURS_WIDTH, "VCPU HOURS", HOURS_WIDTH,
			      "GB HOURS");
	(void)fprintf(table->out, "  %*s\n", MONEY_WIDTH, "COST");
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

	(void)fprintf(table->out, "%8" PRId64 "%s", row->tasks, row_mark(row));
	if (table->hours)
		(void)fprintf(
			table->out, " %*s %*s", HOURS_WIDTH,
			usage_hours_text(METER_VCPU, row->amount[METER_VCPU], HOURS_DIGITS, vcpu),
			HOURS_WIDTH,
			usage_hours_text(METER_MEMORY, row->amount[METER_MEMORY], HOURS_DIGITS,
					 memory));
	(void)fprintf(table->out, "  %*s", MONEY_WIDTH, price_text(row->total_nano, cost));
}

static void print_row(const struct row_table *table, const struct summary_row *row)
{
	const struct summary_question *question = &table->report->question;
	char text[CALENDAR_TEXT_SIZE];

	if (table->bucket_width > 0)
		(void)fprintf(table->out, "%-*s  ", table->bucket_width,
			      bucket_text(question->grain, row->from_s, text));
	for (size_t i = 0; i < question->group_count; i++) {
		print_text(row->keys[i][0] ? row->keys[i] : "-", table->key_width[i], true,
			   table->look, table->out);
		(void)fputs("  ", table->out);
	}
	print_numbers(table, row);
	if (table->bar_width > 0 && row->total_nano > 0) {
		(void)fputs("  ", table->out);
		print_bar(table->look, table->bar_width, row->total_nano, table->largest_nano,
			  table->out);
	}
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
	if ((report_is_by_task(report) ? print_tasks(report, look, out, err)
				       : print_rows(report, look, out, err)) < 0)
		return -1;
	return report_flushed(out, err);
}
