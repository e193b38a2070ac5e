/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns by time, a part a meter, as SVG inside the page. The numbers on the axis are 1, 2 or 5 of
 * a power of ten; each column has its exact numbers as a title.
 */
#include <inttypes.h>
#include <string.h>

#include "billing/calendar.h"
#include "billing/html.h"

#define WIDTH	    960
#define HEIGHT	    280
#define LEFT	    84 /* of the axis' numbers */
#define BOTTOM	    28
#define TOP	    12
#define PLOT_WIDTH  (WIDTH - LEFT - 8)
#define PLOT_HEIGHT (HEIGHT - TOP - BOTTOM)
#define COLUMN_MAX  56 /* the widest */
#define LABELS_MAX  12
#define TICKS_MAX   5
#define TENTHS	    10 /* lengths have a decimal */

static const char *const meter_classes[METER_COUNT] = {"vcpu", "memory", "storage"};

static int64_t axis_begin(const struct html_chart *chart)
{
	return cost_grain_begin(chart->grain, chart->from_s);
}

size_t html_chart_columns(const struct html_chart *chart)
{
	size_t count = 0;

	/* Far more than anybody draws, and far less than a clock that was wrong can ask for. */
	for (int64_t at_s = axis_begin(chart); at_s < chart->until_s && count < 100000;
	     at_s = cost_grain_end(chart->grain, at_s))
		count++;
	return count;
}

/* --- the axis --- */

static int64_t largest_cost(const struct summary *summary)
{
	int64_t largest = 0;

	for (size_t i = 0; i < summary->count; i++) {
		if (summary->rows[i].total_nano > largest)
			largest = summary->rows[i].total_nano;
	}
	return largest;
}

/* The least step of 1, 2, 5, 10, 20, ... with which @largest has at most TICKS_MAX steps. */
static int64_t tick_step(int64_t largest)
{
	static const int64_t firsts[] = {1, 2, 5};

	for (int64_t power = 1; power <= INT64_MAX / 50; power *= 10) {
		for (size_t i = 0; i < ARRAY_LEN(firsts); i++) {
			if (largest / (firsts[i] * power) < TICKS_MAX)
				return firsts[i] * power;
		}
	}
	return INT64_MAX / TICKS_MAX;
}

/* Without zeros at its end. */
static void print_tick(FILE *out, int64_t nano)
{
	char text[PRICE_TEXT_SIZE];
	size_t len = strlen(price_text(nano, text));

	while (text[len - 1] == '0')
		text[--len] = '\0';
	if (text[len - 1] == '.')
		text[--len] = '\0';
	(void)fputs(text, out);
}

/* In tenths. */
static int64_t height_of(int64_t nano, int64_t top_nano)
{
	if (nano <= 0 || top_nano <= 0)
		return 0;
	return (int64_t)((__int128)nano * PLOT_HEIGHT * TENTHS / top_nano);
}

static void print_length(FILE *out, const char *name, int64_t tenths)
{
	(void)fprintf(out, " %s=\"%" PRId64 ".%" PRId64 "\"", name, tenths / TENTHS,
		      tenths % TENTHS);
}

static void print_axis(FILE *out, int64_t step, int64_t top_nano)
{
	for (int64_t nano = 0; nano <= top_nano; nano += step) {
		int64_t y = (TOP + PLOT_HEIGHT) * TENTHS - height_of(nano, top_nano);

		(void)fprintf(out, "<line class=grid x1=\"%d\" x2=\"%d\"", LEFT, WIDTH - 8);
		print_length(out, "y1", y);
		print_length(out, "y2", y);
		(void)fprintf(out, "/><text class=tick x=\"%d\"", LEFT - 8);
		print_length(out, "y", y + 4 * TENTHS);
		(void)fputs(">", out);
		print_tick(out, nano);
		(void)fputs("</text>\n", out);
	}
}

/* --- columns --- */

struct columns {
	const struct html_chart *chart;
	FILE *out;
	int64_t top_nano;
	int64_t pitch; /* from one to the next, in tenths */
	int64_t width; /* of each, in tenths */
	size_t label_each;
};

static const char *label_of(enum cost_grain grain, int64_t at_s, char *text)
{
	if (grain == COST_MONTHS)
		return calendar_month_text(at_s, text);
	if (grain == COST_DAYS)
		return calendar_day_text(at_s, text) + strlen("2026-");
	/* The hour; at midnight the day. */
	if (at_s % CALENDAR_DAY_S == 0)
		return calendar_day_text(at_s, text) + strlen("2026-");
	(void)calendar_time_text(at_s, text);
	text[strlen("2026-01-01T00:00")] = '\0';
	return text + strlen("2026-01-01T");
}

static const char *title_of(enum cost_grain grain, int64_t at_s, char *text)
{
	if (grain == COST_MONTHS)
		return calendar_month_text(at_s, text);
	return grain == COST_DAYS ? calendar_day_text(at_s, text) : calendar_time_text(at_s, text);
}

static void print_title(const struct columns *columns, int64_t at_s, const struct summary_row *row)
{
	char text[CALENDAR_TEXT_SIZE], cost[PRICE_TEXT_SIZE];

	(void)fprintf(columns->out, "<title>%s: %s %s", title_of(columns->chart->grain, at_s, text),
		      price_text(row->total_nano, cost), columns->chart->currency);
	for (int meter = 0; meter < METER_COUNT; meter++) {
		if (row->meter_nano[meter] != 0)
			(void)fprintf(columns->out, "\n%s %s", meter_name((enum meter)meter),
				      price_text(row->meter_nano[meter], cost));
	}
	(void)fputs("</title>", columns->out);
}

static void print_column(const struct columns *columns, size_t index, int64_t at_s,
			 const struct summary_row *row)
{
	int64_t x = LEFT * TENTHS + (int64_t)index * columns->pitch +
		    (columns->pitch - columns->width) / 2;
	int64_t stacked_nano = 0;

	(void)fputs("<g>", columns->out);
	print_title(columns, at_s, row);
	for (int meter = 0; meter < METER_COUNT; meter++) {
		int64_t below, above;

		if (row->meter_nano[meter] <= 0)
			continue;
		below = height_of(stacked_nano, columns->top_nano);
		stacked_nano += row->meter_nano[meter];
		above = height_of(stacked_nano, columns->top_nano);
		(void)fprintf(columns->out, "<rect class=%s", meter_classes[meter]);
		print_length(columns->out, "x", x);
		print_length(columns->out, "y", (TOP + PLOT_HEIGHT) * TENTHS - above);
		print_length(columns->out, "width", columns->width);
		print_length(columns->out, "height", above - below);
		(void)fputs("/>", columns->out);
	}
	(void)fputs("</g>\n", columns->out);
}

static void print_label(const struct columns *columns, size_t index, int64_t at_s)
{
	char text[CALENDAR_TEXT_SIZE];

	if (index % columns->label_each != 0)
		return;
	(void)fprintf(columns->out, "<text class=label y=\"%d\"", HEIGHT - 8);
	print_length(columns->out, "x",
		     LEFT * TENTHS + (int64_t)index * columns->pitch + columns->pitch / 2);
	(void)fprintf(columns->out, ">%s</text>\n", label_of(columns->chart->grain, at_s, text));
}

static void print_columns(const struct columns *columns)
{
	const struct html_chart *chart = columns->chart;
	const struct summary_row *row = chart->summary->rows;
	const struct summary_row *end = row + chart->summary->count;
	size_t index = 0;

	for (int64_t at_s = axis_begin(chart); at_s < chart->until_s;
	     at_s = cost_grain_end(chart->grain, at_s), index++) {
		if (row < end && cost_grain_begin(chart->grain, row->from_s) == at_s)
			print_column(columns, index, at_s, row++);
		print_label(columns, index, at_s);
	}
}

static void print_legend(FILE *out)
{
	(void)fputs("<p class=legend><span class=vcpu></span>vCPU <span class=memory></span>Memory "
		    "<span class=storage></span>Storage</p>\n",
		    out);
}

void html_chart(FILE *out, const struct html_chart *chart)
{
	size_t count = html_chart_columns(chart);
	int64_t step = tick_step(largest_cost(chart->summary));
	struct columns columns = {.chart = chart, .out = out};

	if (count == 0)
		return;
	columns.top_nano = (largest_cost(chart->summary) / step + 1) * step;
	columns.pitch = PLOT_WIDTH * TENTHS / (int64_t)count;
	columns.width = columns.pitch * 4 / 5;
	if (columns.width > COLUMN_MAX * TENTHS)
		columns.width = COLUMN_MAX * TENTHS;
	columns.label_each = (count + LABELS_MAX - 1) / LABELS_MAX;
	(void)fprintf(out,
		      "<svg class=chart viewBox=\"0 0 %d %d\" role=img aria-label=\"Cost by time\""
		      " xmlns=\"http://www.w3.org/2000/svg\">\n",
		      WIDTH, HEIGHT);
	print_axis(out, step, columns.top_nano);
	print_columns(&columns);
	(void)fputs("</svg>\n", out);
	print_legend(out);
}
