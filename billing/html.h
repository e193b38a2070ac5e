/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pieces of a page: texts, money, a table of sums with bars, a chart with columns. Every text
 * from outside goes through html_text(), and the page's policy permits no script at all.
 */
#ifndef SLIPWAY_BILLING_HTML_H
#define SLIPWAY_BILLING_HTML_H

#include <stdio.h>

#include "billing/summary.h"

/* The style of the page: light, dark and on paper. For ever. */
extern const char html_style[];

/* As text or in a quoted attribute. What is no UTF-8 or moves the cursor becomes U+FFFD. */
void html_text(FILE *out, const char *text);
/* All nine decimals; those behind the second are small. */
void html_money(FILE *out, int64_t nano);
/* A bar of @part in @whole, as a share of the cell's width. */
void html_bar(FILE *out, int64_t part, int64_t whole);

struct html_sums {
	const char *title;
	const char *none; /* what rows with an empty key are called; NULL: they are left to @rest */
	const struct summary *summary; /* by one key */
	int64_t total_nano;
	const char *rest; /* what is in the total and in no row: "no tag"; NULL: nothing is */
};
/* The largest first, some of them; what is left as one row; the total. */
void html_sums(FILE *out, const struct html_sums *sums);

struct html_chart {
	const struct summary *summary; /* by the grain, no keys */
	enum cost_grain grain;
	int64_t from_s, until_s; /* what the axis shows */
	const char *currency;
};
/* So many columns the chart has; a limit is the caller's. */
size_t html_chart_columns(const struct html_chart *chart);
void html_chart(FILE *out, const struct html_chart *chart);

#endif
