/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the page shows, from one scan of the ledger. Memory is bounded by the page's limits, not by
 * the number of tasks.
 */
#ifndef SLIPWAY_BILLING_HTML_DATA_H
#define SLIPWAY_BILLING_HTML_DATA_H

#include "billing/html_hints.h"
#include "billing/html_top.h"
#include "billing/report.h"

#define HTML_TAGS_MAX 6 /* keys of tags that have a table: the first that are met */

enum html_table { HTML_CLUSTERS, HTML_SERVICES, HTML_FAMILIES, HTML_USAGE_TYPES, HTML_TABLES };
/* From the finest on. */
enum html_axis { HTML_HOURS, HTML_DAYS, HTML_MONTHS, HTML_AXES };

/* Sums that may turn out to have too many rows for a page. */
struct html_part {
	struct summary_question question;
	struct summary_sums *sums; /* NULL: not asked for */
	bool too_many;
	struct summary summary; /* in the end */
};

struct html_data {
	const struct report *report;
	struct arena *arena;
	struct html_part tables[HTML_TABLES];
	struct html_part axes[HTML_AXES];
	struct html_part tags[HTML_TAGS_MAX];
	char *tag_keys[HTML_TAGS_MAX]; /* owned */
	size_t tag_count;
	bool more_tags; /* than have tables */
	struct html_top top;
	struct html_hints *hints;
	struct summary_row total;
};

/* The caller ends it with html_data_done(), also after a failure. */
int html_data_read(const struct report *report, struct html_data *ret_data, struct err *err)
	MUST_CHECK;
void html_data_done(struct html_data *data);

#endif
