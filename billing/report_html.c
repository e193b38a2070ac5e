/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bill as one page: no script, nothing from elsewhere, so it can be mailed and kept. Where a
 * reader's program executes scripts all the same, the policy at its head says that there are none.
 */
#include <inttypes.h>
#include <string.h>

#include "billing/calendar.h"
#include "billing/html.h"
#include "billing/html_data.h"
#include "billing/report_line.h"
#include "billing/usage_type.h"
#include "core/clock.h"

#define HOURS_DIGITS  4
#define INVOICES_MAX  24
#define COLUMNS_LIMIT 2000
#define MS	      1000
#define HASH_SHOWN    16

/* Columns that are still easily looked at. */
static const size_t columns_good[HTML_AXES] = {48, 100, COLUMNS_LIMIT};
static const enum cost_grain grains[HTML_AXES] = {COST_HOURS, COST_DAYS, COST_MONTHS};
static const char *const axis_titles[HTML_AXES] = {"Cost by hour", "Cost by day", "Cost by month"};
static const char *const table_titles[HTML_TABLES] = {"By cluster", "By service", "By task family",
						      "By usage type"};

/* --- the head --- */

/* A day where it begins. */
static const char *time_text(int64_t at_s, char *ret)
{
	return at_s % CALENDAR_DAY_S == 0 ? calendar_day_text(at_s, ret)
					  : calendar_time_text(at_s, ret);
}

static void print_period(FILE *out, const struct charge_filter *filter)
{
	char from[CALENDAR_TEXT_SIZE], until[CALENDAR_TEXT_SIZE];

	if (filter->from_s == 0 && filter->until_s == REPORT_OPEN_S) {
		(void)fputs("All that was ever held", out);
		return;
	}
	if (filter->from_s != 0)
		(void)fprintf(out, "From %s", time_text(filter->from_s, from));
	if (filter->until_s != REPORT_OPEN_S)
		(void)fprintf(out, "%s to before %s", filter->from_s != 0 ? "" : "Up",
			      time_text(filter->until_s, until));
	(void)fputs(", UTC", out);
}

static void print_head(FILE *out, const struct report *report)
{
	const struct charge_filter *filter = report->question.filter;
	char now[CLOCK_ISO_SIZE];

	(void)fprintf(out,
		      "<!doctype html>\n<html lang=en><head><meta charset=utf-8>\n"
		      "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; "
		      "style-src 'unsafe-inline'\">\n"
		      "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n"
		      "<title>Slipway bill</title>\n<style>%s</style></head>\n<body><main>\n"
		      "<header><div><h1>Slipway bill</h1><div>",
		      html_style);
	print_period(out, filter);
	(void)fputs("</div></div><p>", out);
	if (filter->account) {
		(void)fputs("Account ", out);
		html_text(out, filter->account);
	} else {
		(void)fputs("All accounts", out);
	}
	(void)fprintf(out, "%s<br>Made %.19sZ</p></header>\n",
		      report->question.wanted ? ", a selection" : "",
		      clock_iso(clock_wall_ms(), now));
}

/* --- the cards --- */

static void print_card(FILE *out, const struct html_data *data, enum meter meter, const char *title)
{
	char hours[USAGE_TEXT_SIZE];

	(void)fprintf(out, "<section><h2>%s</h2><b>%s</b><span class=note>", title,
		      usage_hours_text(meter, data->total.amount[meter], HOURS_DIGITS, hours));
	html_money(out, data->total.meter_nano[meter]);
	(void)fputs("</span></section>\n", out);
}

static void print_cards(FILE *out, const struct html_data *data)
{
	const struct summary_row *total = &data->total;

	(void)fprintf(out, "<div class=cards><section><h2>Total, %s</h2><b>",
		      report_currency(data->report));
	html_money(out, total->total_nano);
	(void)fprintf(out, "</b><span class=note>%s</span></section>\n",
		      total->running	? "with tasks that still run"
		      : total->invoiced ? "invoiced"
					: "not invoiced yet");
	(void)fprintf(out,
		      "<section><h2>Tasks</h2><b>%" PRId64
		      "</b><span class=note>from pull to end</span></section>\n",
		      total->tasks);
	print_card(out, data, METER_VCPU, "vCPU hours");
	print_card(out, data, METER_MEMORY, "Memory, GB hours");
	if (total->amount[METER_STORAGE] != 0)
		print_card(out, data, METER_STORAGE, "Storage, GB hours");
	(void)fputs("</div>\n", out);
}

/* --- the chart --- */

/* What the axis shows: the period, or what there is where that is open. */
static bool chart_of(const struct html_data *data, enum html_axis axis,
		     struct html_chart *ret_chart)
{
	const struct html_part *part = &data->axes[axis];
	const struct charge_filter *filter = data->report->question.filter;

	if (!part->sums || part->summary.count == 0)
		return false;
	*ret_chart = (struct html_chart){
		.summary = &part->summary,
		.grain = grains[axis],
		.from_s = filter->from_s != 0 ? filter->from_s : part->summary.rows[0].from_s,
		.until_s = filter->until_s != REPORT_OPEN_S
				   ? filter->until_s
				   : part->summary.rows[part->summary.count - 1].until_s,
		.currency = report_currency(data->report),
	};
	return true;
}

static int print_chart(FILE *out, const struct html_data *data, struct err *err)
{
	bool asked = data->report->question.grain != COST_WHOLE;

	for (int axis = 0; axis < HTML_AXES; axis++) {
		struct html_chart chart;
		size_t limit = asked ? COLUMNS_LIMIT : columns_good[axis];

		if (!chart_of(data, (enum html_axis)axis, &chart) ||
		    html_chart_columns(&chart) > limit)
			continue;
		(void)fprintf(out, "<section><h2>%s</h2>\n", axis_titles[axis]);
		html_chart(out, &chart);
		(void)fputs("</section>\n", out);
		return 0;
	}
	if (data->total.total_nano != 0)
		return err_set(err, ERR_LIMIT,
			       "the chart would have more than %d columns: ask for a shorter period"
			       " or a coarser --grain",
			       COLUMNS_LIMIT);
	return 0;
}

/* --- tables --- */

static void print_part(FILE *out, const struct html_data *data, const struct html_part *part,
		       const char *title, const char *none, const char *rest)
{
	const struct html_sums sums = {.title = title,
				       .none = none,
				       .summary = &part->summary,
				       .total_nano = data->total.total_nano,
				       .rest = rest};

	if (!part->too_many) {
		html_sums(out, &sums);
		return;
	}
	(void)fputs("<section><h2>", out);
	html_text(out, title);
	(void)fputs("</h2><p class=note>More than can be shown here: ask for them by CSV.</p>"
		    "</section>\n",
		    out);
}

static bool any_service(const struct html_data *data)
{
	const struct html_part *part = &data->tables[HTML_SERVICES];

	return part->too_many || part->summary.count > 1 ||
	       (part->summary.count == 1 && part->summary.rows[0].keys[0][0]);
}

static void print_tables(FILE *out, const struct html_data *data)
{
	(void)fputs("<div class=tables>\n", out);
	for (int table = 0; table < HTML_TABLES; table++) {
		if (table != HTML_SERVICES || any_service(data))
			print_part(out, data, &data->tables[table], table_titles[table], "(none)",
				   NULL);
	}
	for (size_t i = 0; i < data->tag_count; i++) {
		AUTO(freep) char *title = xasprintf("By tag %s", data->tag_keys[i]);

		print_part(out, data, &data->tags[i], title, NULL, "(no such tag)");
	}
	(void)fputs("</div>\n", out);
	if (data->more_tags)
		(void)fprintf(out,
			      "<p class=note>There are more than %d keys of tags: the others have"
			      " no table here.</p>\n",
			      HTML_TAGS_MAX);
}

/* --- invoices, and what proves the page --- */

static bool is_in(const struct report *report, const struct invoice *invoice)
{
	const struct charge_filter *filter = report->question.filter;

	return invoice->from_s < filter->until_s && invoice->until_s > filter->from_s &&
	       (!filter->account || strcmp(filter->account, invoice->account) == 0);
}

static void print_invoice(FILE *out, const struct invoice *invoice)
{
	char hash[SHA256_HEX_SIZE];

	hex_encode(invoice->ledger_hash, SHA256_SIZE, hash);
	(void)fputs("<tr><th scope=row>", out);
	html_text(out, invoice->id);
	(void)fprintf(out,
		      "</th><td>%s</td><td><code>%" PRId64 ":%.*s…</code></td><td class=number>",
		      invoice->month, invoice->ledger_position, HASH_SHOWN, hash);
	html_money(out, invoice->total_nano);
	(void)fputs("</td></tr>\n", out);
}

/* Of a selection no invoice says anything. */
static void print_invoices(FILE *out, const struct report *report)
{
	const struct invoices *invoices = report->tariff->invoices;
	size_t shown = 0;

	for (size_t i = 0; invoices && !report->question.wanted && i < invoices_count(invoices);
	     i++) {
		if (!is_in(report, invoices_get(invoices, i)) || shown++ >= INVOICES_MAX)
			continue;
		if (shown == 1)
			(void)fputs("<section><h2>Invoices</h2><table><thead><tr>"
				    "<th scope=col>Invoice</th><th scope=col class=left>Month</th>"
				    "<th scope=col class=left>Ledger</th><th scope=col>Total</th>"
				    "</tr></thead><tbody>\n",
				    out);
		print_invoice(out, invoices_get(invoices, i));
	}
	if (shown > 0)
		(void)fputs("</tbody></table>", out);
	if (shown > INVOICES_MAX)
		(void)fprintf(out, "<p class=note>and %zu more</p>", shown - INVOICES_MAX);
	if (shown > 0)
		(void)fputs("</section>\n", out);
}

static int print_foot(FILE *out, const struct html_data *data, struct err *err)
{
	struct ledger_head head;
	char hash[SHA256_HEX_SIZE];

	if (ledger_head_read(data->report->db, &head, err) < 0)
		return -1;
	hex_encode(head.hash, SHA256_SIZE, hash);
	(void)fprintf(out,
		      "<footer>Every sum on this page is the sum of the same lines, to the ninth"
		      " decimal.%s%s<br>Ledger <code>%" PRId64 ":%s</code></footer>\n"
		      "</main></body></html>\n",
		      data->total.running ? " + still runs: counted up to now." : "",
		      data->total.estimated
			      ? " ~ the host was restarted: counted up to the last checkpoint."
			      : "",
		      head.position, hash);
	return 0;
}

int report_html(const struct report *report, FILE *out, struct err *err)
{
	AUTO(html_data_done) struct html_data data = {0};

	if (html_data_read(report, &data, err) < 0)
		return -1;
	print_head(out, report);
	print_cards(out, &data);
	if (print_chart(out, &data, err) < 0)
		return -1;
	print_tables(out, &data);
	html_top(out, &data.top);
	html_hints(out, data.hints);
	print_invoices(out, report);
	if (print_foot(out, &data, err) < 0)
		return -1;
	return report_flushed(out, err);
}
