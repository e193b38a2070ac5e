/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading what the meter wrote.
 */
#ifndef SLIPWAY_BILLING_USAGE_H
#define SLIPWAY_BILLING_USAGE_H

#include "billing/ledger.h"
#include "core/arena.h"

/* One task: its meters opened and closed together. Texts live in the arena. */
struct usage {
	const char *task, *account, *cluster, *family;
	const char *reason;	       /* stop code; "" while it runs or where there was none */
	int64_t started_ms, ended_ms;  /* wall time; ended_ms 0: it runs */
	int64_t seconds;	       /* rounded up; up to now while it runs */
	bool estimated;		       /* the end is the last checkpoint */
	int64_t quantity[METER_COUNT]; /* 0: it holds nothing of this */
};

struct usage_filter {
	const char *account; /* id; NULL: all */
	const char *task;    /* id; NULL: all */
	int64_t since_ms;    /* usage that began then or later; */
	int64_t until_ms;    /* and before this; 0: no end */
};

/* In the order of their start. One snapshot. */
int usage_read(struct db *db, const struct usage_filter *filter, struct arena *arena,
	       struct usage **ret_usages, size_t *ret_count, struct err *err) MUST_CHECK;

#endif
