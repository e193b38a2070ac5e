/* SPDX-License-Identifier: Apache-2.0 */
/* What all forms of a report share. For report*.c only. */
#ifndef SLIPWAY_BILLING_REPORT_LINE_H
#define SLIPWAY_BILLING_REPORT_LINE_H

#include "billing/report.h"

/* What a charge comes to in the period. */
struct report_line {
	const struct charge *charge; /* borrowed until the next */
	int64_t billed_seconds;	     /* of all of it, with the minimum */
	int64_t period_seconds;	     /* those of them that lie in the period, with corrections */
	int64_t amount[METER_COUNT]; /* in the period: quantity x seconds */
	int64_t meter_nano[METER_COUNT];
	int64_t total_nano;
};

typedef int report_line_fn(void *ctx, const struct report_line *line, struct err *err);
/* Each charge that has something of what is asked for; *ret_total_nano: their sum. */
int report_each_line(const struct report *report, report_line_fn *fn, void *ctx,
		     int64_t *ret_total_nano, struct err *err) MUST_CHECK;

/* Lines of tasks, not rows of sums. */
bool report_is_by_task(const struct report *report);
/* "family", "tag:team" */
#define REPORT_KEY_SIZE 160
char *report_key_text(const struct summary_group *group, char ret[REPORT_KEY_SIZE]);

const char *report_currency(const struct report *report);
int report_flushed(FILE *out, struct err *err) MUST_CHECK;

/* Milli-vCPU as vCPU without needless zeros: "0.25", "4". */
#define REPORT_QUANTITY_SIZE 32
char *report_vcpu_text(int64_t milli, char ret[REPORT_QUANTITY_SIZE]);

#endif
