/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page: what it says, and that nothing that a task is called becomes part of it.
 */
#include "tests/unit/billing/bills.h"

#include "billing/html.h"
#include "billing/html_hints.h"
#include "billing/html_top.h"

static int page(const struct report *report, FILE *out, struct err *err)
{
	return report_html(report, out, err);
}

/* Without tags, as a reader sees it. */
static const char *text_of(struct bills *bills, const char *html)
{
	char *text = arena_strdup(bills->place.arena, html);
	size_t len = 0;
	bool tag = false;

	for (; *html; html++) {
		tag = tag || *html == '<';
		if (!tag)
			text[len++] = *html;
		tag = tag && *html != '>';
	}
	text[len] = '\0';
	return text;
}

static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;

	for (text = strstr(text, part); text; text = strstr(text + 1, part))
		count++;
	return count;
}

START_TEST(the_page_has_the_sums_and_needs_nothing_from_elsewhere)
{
	AUTO(bills_done) struct bills bills;
	const char *html, *text;

	bills_init(&bills);
	bills_hold(&bills, &(struct bills_task){.number = 1, .from_s = JAN, .seconds = 3600});
	bills_hold(&bills, &(struct bills_task){.number = 2,
						.from_s = JAN + DAY,
						.seconds = 100,
						.family = "etl",
						.cluster = "batch",
						.tags = "{\"team\":\"blue\"}"});
	html = bills_written(&bills, page);
	ck_assert_int_eq(strncmp(html, "<!doctype html>", 15), 0);
	ASSERT_HAS(html, "<svg class=chart");
	ASSERT_HAS(html, "default-src 'none'");
	ASSERT_LACKS(html, "<script");
	ASSERT_LACKS(html, "<link");
	ASSERT_LACKS(html, "src=\"");
	ASSERT_LACKS(html, "@import");
	ASSERT_LACKS(html, "url(");
	text = text_of(&bills, html);
	ASSERT_HAS(text, "Total, USD0.013255764");
	/* The card, and the foot of each table: cluster, family, usage type, one tag. */
	ck_assert_uint_eq(count_of(text, "0.013255764"), 5);
	ASSERT_HAS(text, "Cost by hour");
	ASSERT_HAS(text, "web10.01289750097.2 %");
	ASSERT_HAS(text, "By tag team");
	ASSERT_HAS(text, "(no such tag)0.012897500");
	ASSERT_HAS(text, "00000000000000000000000000000001webdefault2026-01-01T00:00:00Z3600");
	ASSERT_HAS(html, "<title>2026-01-01T00:00:00Z: 0.012897500 USD\nVCPU 0.010120000\n");
	ASSERT_LACKS(text, "By service");
	ASSERT_LACKS(text, "Could be smaller");
}
END_TEST

START_TEST(names_stay_text)
{
	AUTO(bills_done) struct bills bills;
	const char *html;

	bills_init(&bills);
	bills_hold(&bills,
		   &(struct bills_task){.number = 1,
					.from_s = JAN,
					.seconds = 100,
					.family = "<script>alert(1)</script>",
					.tags = "{\"<img src=x>\":\"\\\"'&<b>\\u001b\\u202e\"}"});
	html = bills_written(&bills, page);
	ASSERT_LACKS(html, "<script");
	ASSERT_LACKS(html, "<img");
	ASSERT_HAS(html, "&lt;script&gt;alert(1)");
	ASSERT_HAS(html, "By tag &lt;img src=x&gt;");
	ASSERT_HAS(html, "&quot;&#39;&amp;&lt;b&gt;&#xfffd;&#xfffd;");
}
END_TEST

START_TEST(the_chart_has_hours_days_or_months_as_they_fit)
{
	static const struct {
		int64_t apart_s;
		enum cost_grain grain;
		const char *title;
	} rows[] = {
		{10 * HOUR, COST_WHOLE, "Cost by hour"},  {40 * DAY, COST_WHOLE, "Cost by day"},
		{400 * DAY, COST_WHOLE, "Cost by month"}, {10 * HOUR, COST_MONTHS, "Cost by month"},
		{4 * DAY, COST_HOURS, "Cost by hour"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(bills_done) struct bills bills;

		bills_init(&bills);
		bills.report.question.grain = rows[i].grain;
		bills_hold(&bills, &(struct bills_task){.number = 1, .from_s = JAN, .seconds = 60});
		bills_hold(&bills, &(struct bills_task){.number = 2,
							.from_s = JAN + rows[i].apart_s,
							.seconds = 60});
		ASSERT_HAS(bills_written(&bills, page), rows[i].title);
	}
}
END_TEST

START_TEST(more_columns_than_a_chart_can_have_are_an_error)
{
	AUTO(bills_done) struct bills bills;
	FILE *out = fopen("/dev/null", "w");

	bills_init(&bills);
	bills.report.question.grain = COST_HOURS;
	bills_hold(&bills, &(struct bills_task){.number = 1, .from_s = JAN, .seconds = 60});
	bills_hold(&bills,
		   &(struct bills_task){.number = 2, .from_s = JAN + 200 * DAY, .seconds = 60});
	ASSERT_FAILS(report_html(&bills.report, out, &bills.place.err), ERR_LIMIT,
		     &bills.place.err);
	(void)fclose(out);
}
END_TEST

START_TEST(an_empty_bill_is_a_page_too)
{
	AUTO(bills_done) struct bills bills;
	const char *html;

	bills_init(&bills);
	html = bills_written(&bills, page);
	ASSERT_HAS(text_of(&bills, html), "Total, USD0.000000000");
	ASSERT_LACKS(html, "<svg");
}
END_TEST

START_TEST(what_has_too_many_rows_says_so_and_its_total_stays)
{
	AUTO(bills_done) struct bills bills;
	const char *html;

	bills_init(&bills);
	ASSERT_OK(db_begin(bills.place.db, &bills.place.err), &bills.place.err);
	for (unsigned i = 1; i <= 40; i++)
		bills_hold(&bills,
			   &(struct bills_task){
				   .number = i,
				   .from_s = JAN,
				   .seconds = 60,
				   .family = arena_printf(bills.place.arena, "f%02u", i),
				   .tags = arena_printf(bills.place.arena, "{\"k%u\":\"v\"}", i)});
	ASSERT_OK(db_commit(bills.place.db, &bills.place.err), &bills.place.err);
	html = text_of(&bills, bills_written(&bills, page));
	ASSERT_HAS(html, "f01");
	ASSERT_HAS(html, "f12");
	ASSERT_HAS(html, "28 more");
	ASSERT_HAS(html, "There are more than 6 keys of tags");
}
END_TEST

/* --- pieces --- */

static const char *piece(struct bills *bills, void (*write)(FILE *out, void *ctx), void *ctx)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	const char *copy;

	write(out, ctx);
	ck_assert_int_eq(fclose(out), 0);
	copy = arena_strdup(bills->place.arena, text);
	free(text);
	return copy;
}

static void write_money(FILE *out, void *ctx)
{
	html_money(out, *(const int64_t *)ctx);
}

START_TEST(money_has_all_its_decimals)
{
	AUTO(bills_done) struct bills bills;
	int64_t nano = -1234567890123;

	bills_init(&bills);
	ck_assert_str_eq(piece(&bills, write_money, &nano),
			 "<span class=money>-1234.56<small>7890123</small></span>");
}
END_TEST

static void write_top(FILE *out, void *ctx)
{
	html_top(out, ctx);
}

START_TEST(the_dearest_of_many_are_kept_in_order)
{
	AUTO(bills_done) struct bills bills;
	AUTO(html_top_done) struct html_top top = {.count = 0};
	const char *html;

	bills_init(&bills);
	for (int i = 0; i < 500; i++) {
		char id[16];
		const struct charge charge = {.task = {.task = id, .family = "f", .cluster = "c"}};

		(void)snprintf(id, sizeof(id), "t%d", i * 7 % 500);
		html_top_add(&top, &charge, i * 7 % 500);
	}
	ck_assert_uint_eq(top.count, HTML_TOP_MAX);
	for (size_t i = 0; i < top.count; i++)
		ck_assert_int_eq(top.tasks[i].total_nano, 499 - (int64_t)i);
	ck_assert_str_eq(top.tasks[0].task, "t499");
	html = piece(&bills, write_top, &top);
	ASSERT_HAS(html, "<code>t480</code>");
	ASSERT_LACKS(html, "<code>t479</code>");
}
END_TEST

static void write_hints(FILE *out, void *ctx)
{
	html_hints(out, ctx);
}

static void add_use(struct html_hints *hints, const char *family, int64_t vcpu_milli,
		    int64_t cpu_milli, int64_t peak_mib)
{
	const struct charge charge = {
		.task = {.account = "a", .family = family},
		.held_seconds = 600,
		.quantity = {vcpu_milli, 4096, 0},
	};
	const struct task_bill bill = {
		.charge = &charge,
		.meter_nano = {8000000, 2000000, 0},
		.rate = {{40480000, PRICE_WHOLE}, {4445000, PRICE_WHOLE}, {0, 0}},
		.used = {.cpu_ns = cpu_milli * 600 * (SECOND_NS / 1000),
			 .memory_peak_bytes = peak_mib * 1024 * 1024},
		.use_known = true,
	};

	html_hints_add(hints, &bill);
}

START_TEST(a_hint_holds_the_most_that_any_task_of_a_family_used)
{
	AUTO(bills_done) struct bills bills;
	AUTO(html_hints_freep) struct html_hints *hints = html_hints_new();
	const char *text;

	bills_init(&bills);
	add_use(hints, "web", 2000, 100, 300);
	add_use(hints, "web", 2000, 300, 100);
	add_use(hints, "web", 2000, 1, 900);
	add_use(hints, "busy", 2000, 1900, 4000);
	add_use(hints, "small", 1000, 10, 10);
	text = text_of(&bills, piece(&bills, write_hints, hints));
	/* Of 30 millionths: a quarter of the CPU's 24, half of the memory's 6. */
	ASSERT_HAS(text, "web32000 m / 4096 MiB300 m / 900 MiBcpu 512, memory 20480.021000000");
	ASSERT_HAS(text, "small11000 m / 4096 MiB10 m / 10 MiBcpu 256, memory 5120.007750000");
	ASSERT_LACKS(text, "busy");
}
END_TEST

START_TEST(families_beyond_the_limit_are_left_out_and_that_is_said)
{
	AUTO(bills_done) struct bills bills;
	AUTO(html_hints_freep) struct html_hints *hints = html_hints_new();

	bills_init(&bills);
	for (int i = 0; i < HINTS_FAMILIES_MAX + 10; i++)
		add_use(hints, arena_printf(bills.place.arena, "f%d", i), 2000, 1, 1);
	ASSERT_HAS(piece(&bills, write_hints, hints), "more families than were looked at");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		the_page_has_the_sums_and_needs_nothing_from_elsewhere,
		names_stay_text,
		the_chart_has_hours_days_or_months_as_they_fit,
		more_columns_than_a_chart_can_have_are_an_error,
		an_empty_bill_is_a_page_too,
		what_has_too_many_rows_says_so_and_its_total_stays,
		money_has_all_its_decimals,
		the_dearest_of_many_are_kept_in_order,
		a_hint_holds_the_most_that_any_task_of_a_family_used,
		families_beyond_the_limit_are_left_out_and_that_is_said,
	};

	return suite_run("billing/html", tests, ARRAY_LEN(tests));
}
