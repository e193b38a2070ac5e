/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the ledger: one charge a task, its records folded into what counts today. Tasks that
 * run are among them, held up to this second. A scan takes a task at a time, so its memory
 * does not grow with the ledger.
 *
 * A charge holds from `started_s` on for `seconds`: whole seconds of wall time, which only label.
 */
#ifndef SLIPWAY_BILLING_CHARGE_H
#define SLIPWAY_BILLING_CHARGE_H

#include "billing/ledger.h"

struct charge_correction {
	int64_t position, written_ms; /* of its record */
	int64_t seconds;	      /* count from there on */
};

/* Borrowed until the next step of the scan. */
struct charge {
	struct ledger_task task;       /* tags_json: as they were last */
	int64_t started_s;	       /* since 1970, UTC */
	int64_t held_seconds;	       /* rounded up; up to now while it runs */
	int64_t seconds;	       /* the same, or what it was corrected to */
	int64_t quantity[METER_COUNT]; /* 0: it holds nothing of this */
	int64_t closed_position;       /* of the last record of its close; 0: it runs */
	bool running, estimated;
	const char *reason; /* stop code; "" while it runs or where there was none */
	const struct charge_correction *corrections; /* in the order of their records */
	size_t correction_count;
};

struct charge_filter {
	const char *account; /* id; NULL: all */
	const char *task;    /* id; NULL: all */
	int64_t from_s;	     /* charges that hold (with @slack_s on top) behind this, */
	int64_t until_s;     /* and begin before this; 0: no end */
	int64_t slack_s;     /* how much longer than held may be billed: a price list's minimum */
};

struct charge_scan;

/* Closed charges in the order of their end, then those of other periods that were corrected
 * in this one, then those that run, in the order of their start. The
 * caller has begun a transaction (db_begin_read() for one snapshot) and ends it afterwards; it
 * frees the scan first. @filter's texts are copied. */
int charge_scan_open(struct db *db, const struct charge_filter *filter,
		     struct charge_scan **ret_scan, struct err *err) MUST_CHECK;
/* 1: *ret_charge; 0: there are no more; -1. ERR_CORRUPT names what cannot be read. */
int charge_scan_next(struct charge_scan *scan, struct charge *ret_charge, struct err *err)
	MUST_CHECK;
void charge_scan_free(struct charge_scan *scan); /* takes NULL */
void charge_scan_freep(struct charge_scan **scan);

/* "service:web" -> "web"; "" for a task of no service. Borrowed from the charge. */
const char *charge_service(const struct charge *charge);
/* The event rule that started it (startedBy "events-rule/NAME"); "" if none did. */
const char *charge_rule(const struct charge *charge);

/*
 * A charge's tags: its own, and those of the provider, which begin with "slipway:" or, where
 * ECS has the same, "aws:ecs:" (clusterName, serviceName). Sorted by key; texts in the arena.
 */
struct charge_tag {
	const char *key, *value;
};
int charge_tags(const struct charge *charge, struct arena *arena, struct charge_tag **ret_tags,
		size_t *ret_count, struct err *err) MUST_CHECK;

#endif
