/* SPDX-License-Identifier: Apache-2.0 */
/* The tasks that cost most, of however many. */
#ifndef SLIPWAY_BILLING_HTML_TOP_H
#define SLIPWAY_BILLING_HTML_TOP_H

#include <stdio.h>

#include "billing/charge.h"

#define HTML_TOP_MAX 20

struct html_top_task {
	char *task, *family, *cluster; /* owned */
	int64_t started_s, seconds, total_nano;
	bool running, estimated;
};

/* Begins as {0}. */
struct html_top {
	struct html_top_task tasks[HTML_TOP_MAX]; /* the dearest first */
	size_t count;
};

void html_top_add(struct html_top *top, const struct charge *charge, int64_t total_nano);
void html_top_done(struct html_top *top);
void html_top(FILE *out, const struct html_top *top);

#endif
