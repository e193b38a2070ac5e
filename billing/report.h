/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports: the same numbers in several forms. Without keys a report has a line a task (written
 * while the ledger is read, so that it takes no memory); with keys or a grain, a row of
 * sums each.
 *
 * All money has nine decimals, and each total is the sum of the lines above it.
 */
#ifndef SLIPWAY_BILLING_REPORT_H
#define SLIPWAY_BILLING_REPORT_H

#include <stdio.h>

#include "billing/summary.h"

/* A period without an end: the first second of the year 10000. One without a begin starts at 0. */
#define REPORT_OPEN_S 253402300800LL

struct report {
	struct db *db; /* in a read transaction of the caller's */
	const struct tariff *tariff;
	struct summary_question question; /* filter->until_s is set; cost_slack() in its slack_s */
	const char *region;		  /* for ARNs */
};

/* How a terminal is to be written for. */
struct report_look {
	int columns;
	bool utf8;
};

/* For people. */
int report_table(const struct report *report, const struct report_look *look, FILE *out,
		 struct err *err) MUST_CHECK;
/* One task in full: the one that @report's filter names. *ret_found: it has a charge. */
int report_task(const struct report *report, FILE *out, bool *ret_found, struct err *err)
	MUST_CHECK;
/* For spreadsheets: RFC 4180, a head line, no total. */
int report_csv(const struct report *report, FILE *out, struct err *err) MUST_CHECK;
/* One object: {"currency", "from", "until", "tasks" or "rows", "total"}. */
int report_json(const struct report *report, FILE *out, struct err *err) MUST_CHECK;
/* CSV by task, hour and usage type, with the columns of AWS's Cost and Usage Report. */
int report_usage_types(const struct report *report, FILE *out, struct err *err) MUST_CHECK;
/* One page that needs nothing from elsewhere. */
int report_html(const struct report *report, FILE *out, struct err *err) MUST_CHECK;

#endif
