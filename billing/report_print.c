/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bill on paper: a table for people, JSON for programs. Both print the same exact
 * decimals; nothing is rounded here.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "billing/report.h"
#include "core/clock.h"

#define FAMILY_WIDTH_MIN 6
#define FAMILY_WIDTH_MAX 32 /* longer names push their line's rest to the right */
#define MONEY_WIDTH	 16
#define QUANTITY_SIZE	 32

#define AS_UNIT(name, unit, number) [METER_##name] = unit,
static const char *const units[METER_COUNT] = {METERS(AS_UNIT)};

static int flushed(FILE *out, struct err *err)
{
	if (fflush(out) != 0 || ferror(out))
		return err_sys(err, errno, "write the bill");
	return 0;
}

/* Milli-vCPU as vCPU without needless zeros: "0.25", "4". */
static const char *vcpu_text(int64_t milli, char *ret)
{
	int len =
		snprintf(ret, QUANTITY_SIZE, "%" PRId64 ".%03" PRId64, milli / 1000, milli % 1000);

	while (ret[len - 1] == '0')
		ret[--len] = '\0';
	if (ret[len - 1] == '.')
		ret[len - 1] = '\0';
	return ret;
}

/* What is to be known of the seconds: still growing, or only known up to a checkpoint. */
static const char *seconds_mark(const struct usage *usage)
{
	if (usage->estimated)
		return "~";
	return usage->ended_ms == 0 ? "+" : " ";
}

static int family_width(const struct report *report)
{
	size_t width = FAMILY_WIDTH_MIN;

	for (size_t i = 0; i < report->count; i++) {
		size_t len = strlen(report->lines[i].usage.family);

		width = len > width ? len : width;
	}
	return width < FAMILY_WIDTH_MAX ? (int)width : FAMILY_WIDTH_MAX;
}

static void print_line(const struct report_line *line, int width, FILE *out)
{
	const struct usage *usage = &line->usage;
	char started[CLOCK_ISO_SIZE], vcpu[QUANTITY_SIZE], cost[PRICE_TEXT_SIZE];

	(void)fprintf(
		out, "%-32s  %-*s  %.19sZ  %9" PRId64 "%s  %5s  %7" PRId64 "  %7" PRId64 "  %*s\n",
		usage->task, width, usage->family, clock_iso(usage->started_ms, started),
		line->billed_seconds, seconds_mark(usage),
		vcpu_text(usage->quantity[METER_VCPU], vcpu), usage->quantity[METER_MEMORY],
		usage->quantity[METER_STORAGE], MONEY_WIDTH, price_text(line->total_nano, cost));
}

int report_print_table(const struct report *report, FILE *out, struct err *err)
{
	int width = family_width(report);
	bool running = false, estimated = false;
	char cost[PRICE_TEXT_SIZE];

	(void)fprintf(out, "%-32s  %-*s  %-20s  %9s   %5s  %7s  %7s  %*s\n", "TASK", width,
		      "FAMILY", "STARTED (UTC)", "SECONDS", "VCPU", "MEM MiB", "STO GiB",
		      MONEY_WIDTH - 4, "COST");
	for (size_t i = 0; i < report->count; i++) {
		const struct usage *usage = &report->lines[i].usage;

		print_line(&report->lines[i], width, out);
		running = running || (usage->ended_ms == 0 && !usage->estimated);
		estimated = estimated || usage->estimated;
	}
	(void)fprintf(out, "%zu task%s, total %s %s\n", report->count,
		      report->count == 1 ? "" : "s", price_text(report->total_nano, cost),
		      report->currency);
	if (running)
		(void)fprintf(out, "+ still running, counted up to now\n");
	if (estimated)
		(void)fprintf(out, "~ the host was restarted: counted up to the last checkpoint\n");
	return flushed(out, err);
}

static void print_meters(const struct report_line *line, const char *currency, FILE *out)
{
	char cost[PRICE_TEXT_SIZE];

	for (int meter = 0; meter < METER_COUNT; meter++) {
		if (line->usage.quantity[meter] == 0)
			continue;
		(void)fprintf(out, "  %-8s %9" PRId64 " %-22s x %9" PRId64 " s  %*s %s\n",
			      meter_name((enum meter)meter), line->usage.quantity[meter],
			      units[meter], line->billed_seconds, MONEY_WIDTH,
			      price_text(line->cost_nano[meter], cost), currency);
	}
}

int report_print_task(const struct report *report, FILE *out, struct err *err)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct report_line *line = &report->lines[i];
		const struct usage *usage = &line->usage;
		char when[CLOCK_ISO_SIZE], cost[PRICE_TEXT_SIZE];

		(void)fprintf(out, "task %s (%s, cluster %s)\n", usage->task, usage->family,
			      usage->cluster);
		(void)fprintf(out, "  held from %s", clock_iso(usage->started_ms, when));
		if (usage->ended_ms != 0)
			(void)fprintf(out, " to %s%s%s", clock_iso(usage->ended_ms, when),
				      usage->reason[0] != '\0' ? ", " : "", usage->reason);
		(void)fprintf(out, "\n  %" PRId64 " second%s%s\n", usage->seconds,
			      usage->seconds == 1 ? "" : "s",
			      usage->estimated
				      ? " up to the last checkpoint: the host was restarted"
			      : usage->ended_ms == 0 ? " up to now: it still runs"
						     : "");
		if (line->billed_seconds > usage->seconds)
			(void)fprintf(out,
				      "  the shortest time that is billed is %" PRId64 " seconds\n",
				      line->billed_seconds);
		print_meters(line, report->currency, out);
		(void)fprintf(out, "  %-56s %*s %s\n", "total", MONEY_WIDTH,
			      price_text(line->total_nano, cost), report->currency);
	}
	return flushed(out, err);
}

/* ---- JSON ---- */

static json_t *meters_json(const struct report_line *line)
{
	json_t *meters = json_array();
	char cost[PRICE_TEXT_SIZE];

	for (int meter = 0; meter < METER_COUNT; meter++) {
		if (line->usage.quantity[meter] == 0)
			continue;
		(void)json_array_append_new(
			meters, json_pack("{s:s, s:s, s:I, s:s}", "meter",
					  meter_name((enum meter)meter), "unit", units[meter],
					  "quantity", (json_int_t)line->usage.quantity[meter],
					  "cost", price_text(line->cost_nano[meter], cost)));
	}
	return meters;
}

static json_t *line_json(const struct report_line *line)
{
	const struct usage *usage = &line->usage;
	char started[CLOCK_ISO_SIZE], ended[CLOCK_ISO_SIZE], cost[PRICE_TEXT_SIZE];

	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s?, s:I, s:I, s:b, s:b, s:s?, s:o, s:s}", "task",
		usage->task, "account", usage->account, "cluster", usage->cluster, "family",
		usage->family, "startedAt", clock_iso(usage->started_ms, started), "endedAt",
		usage->ended_ms ? clock_iso(usage->ended_ms, ended) : NULL, "seconds",
		(json_int_t)usage->seconds, "billedSeconds", (json_int_t)line->billed_seconds,
		"running", usage->ended_ms == 0, "estimated", usage->estimated, "stopCode",
		usage->reason[0] != '\0' ? usage->reason : NULL, "meters", meters_json(line),
		"cost", price_text(line->total_nano, cost));
}

int report_print_json(const struct report *report, FILE *out, struct err *err)
{
	AUTO(json_decrefp) json_t *lines = json_array();
	AUTO(json_decrefp) json_t *json = NULL;
	char cost[PRICE_TEXT_SIZE];

	for (size_t i = 0; i < report->count; i++) {
		json_t *line = line_json(&report->lines[i]);

		if (!line || json_array_append_new(lines, line) < 0)
			return err_set(err, ERR_INVALID, "task %s cannot be written as JSON",
				       report->lines[i].usage.task);
	}
	json = json_pack("{s:s, s:O, s:s}", "currency", report->currency, "tasks", lines, "total",
			 price_text(report->total_nano, cost));
	if (!json || json_dumpf(json, out, JSON_INDENT(2)) < 0)
		return err_set(err, ERR_SYSTEM, "the bill cannot be written as JSON");
	(void)fputc('\n', out);
	return flushed(out, err);
}
