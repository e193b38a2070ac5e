/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts, money, bars, tables of sums.
 */
#include "billing/html.h"

#include <inttypes.h>
#include <string.h>

#include "billing/visible.h"

#define ROWS_SHOWN  12
#define MILLE	    1000
#define DECIMALS_IN 2 /* decimals of money that are not small */
#define REPLACEMENT "&#xfffd;"

static const char *escape_of(char byte)
{
	switch (byte) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void html_text(FILE *out, const char *text)
{
	while (text && *text) {
		const char *escape = escape_of(*text);
		bool visible;
		size_t len = visible_character(text, &visible);

		if (!visible)
			(void)fputs(REPLACEMENT, out);
		else if (escape)
			(void)fputs(escape, out);
		else
			(void)fwrite(text, 1, len, out);
		text += len;
	}
}

void html_money(FILE *out, int64_t nano)
{
	char text[PRICE_TEXT_SIZE];
	size_t front = strcspn(price_text(nano, text), ".") + 1 + DECIMALS_IN;

	(void)fprintf(out, "<span class=money>%.*s<small>%s</small></span>", (int)front, text,
		      text + front);
}

static int64_t per_mille(int64_t part, int64_t whole)
{
	return whole > 0 && part > 0 ? (int64_t)((__int128)part * MILLE / whole) : 0;
}

void html_bar(FILE *out, int64_t part, int64_t whole)
{
	int64_t share = per_mille(part, whole);

	(void)fprintf(out,
		      "<span class=bar><i style=\"width:%" PRId64 ".%" PRId64 "%%\"></i></span>",
		      share / 10, share % 10);
}

/* --- tables of sums --- */

static int compare_cost(const void *a, const void *b)
{
	const struct summary_row *left = *(const struct summary_row *const *)a;
	const struct summary_row *right = *(const struct summary_row *const *)b;

	if (left->total_nano != right->total_nano)
		return left->total_nano > right->total_nano ? -1 : 1;
	return strcmp(left->keys[0], right->keys[0]);
}

struct shown {
	const struct html_sums *sums;
	FILE *out;
	int64_t largest_nano;
};

static void print_numbers(const struct shown *shown, int64_t nano)
{
	int64_t share = per_mille(nano, shown->sums->total_nano);

	(void)fputs("<td class=number>", shown->out);
	html_money(shown->out, nano);
	(void)fprintf(shown->out, "</td><td class=number>%" PRId64 ".%" PRId64 " %%</td></tr>\n",
		      share / 10, share % 10);
}

static void print_row(const struct shown *shown, const char *label, int64_t tasks, int64_t nano)
{
	(void)fputs("<tr><th scope=row>", shown->out);
	html_text(shown->out, label);
	html_bar(shown->out, nano, shown->largest_nano);
	(void)fputs("</th><td class=number>", shown->out);
	if (tasks > 0)
		(void)fprintf(shown->out, "%" PRId64, tasks);
	(void)fputs("</td>", shown->out);
	print_numbers(shown, nano);
}

/* What is not shown by itself. */
static void print_others(const struct shown *shown, size_t count, int64_t nano, int64_t rest_nano)
{
	char label[64];

	(void)snprintf(label, sizeof(label), "%zu more", count);
	if (count > 0)
		print_row(shown, label, 0, nano);
	if (shown->sums->rest && rest_nano != 0)
		print_row(shown, shown->sums->rest, 0, rest_nano);
}

static void print_rows(const struct shown *shown, const struct summary_row *const *rows,
		       size_t count)
{
	const struct html_sums *sums = shown->sums;
	int64_t others_nano = 0, all_nano = 0;

	for (size_t i = 0; i < count; i++) {
		const struct summary_row *row = rows[i];

		all_nano += row->total_nano;
		if (i < ROWS_SHOWN)
			print_row(shown, row->keys[0][0] ? row->keys[0] : sums->none, row->tasks,
				  row->total_nano);
		else
			others_nano += row->total_nano;
	}
	print_others(shown, count > ROWS_SHOWN ? count - ROWS_SHOWN : 0, others_nano,
		     sums->total_nano - all_nano);
}

void html_sums(FILE *out, const struct html_sums *sums)
{
	const struct summary *summary = sums->summary;
	const struct summary_row **rows = xcalloc(summary->count + 1, sizeof(void *));
	struct shown shown = {.sums = sums, .out = out};
	size_t count = 0;

	for (size_t i = 0; i < summary->count; i++) {
		if (summary->rows[i].keys[0][0] || sums->none)
			rows[count++] = &summary->rows[i];
	}
	if (count > 0)
		qsort(rows, count, sizeof(void *), compare_cost);
	shown.largest_nano = count > 0 ? rows[0]->total_nano : 0;
	(void)fputs("<section><h2>", out);
	html_text(out, sums->title);
	(void)fputs("</h2><table><thead><tr><th scope=col>&nbsp;</th><th scope=col>Tasks</th>"
		    "<th scope=col>Cost</th><th scope=col>Share</th></tr></thead><tbody>\n",
		    out);
	print_rows(&shown, rows, count);
	(void)fputs("</tbody><tfoot><tr><th scope=row>Total</th><td></td>", out);
	print_numbers(&shown, sums->total_nano);
	(void)fputs("</tfoot></table></section>\n", out);
	free(rows);
}
