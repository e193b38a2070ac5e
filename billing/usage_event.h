/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is told to others who bill on: one event for each closing record of the ledger and one for
 * each correction, in the ledger's order. An event says what is to be added: of a
 * correction that is the difference, which is negative as a rule. So whoever adds up all of them
 * has what counts today.
 *
 * All of an event but its cost comes from records that never change. Its id is made of them
 * (task, meter, sequence), so the same event has the same id and the same content whenever and
 * however often it is exported.
 */
#ifndef SLIPWAY_BILLING_USAGE_EVENT_H
#define SLIPWAY_BILLING_USAGE_EVENT_H

#include "billing/cost.h"

/* Texts and corrections are borrowed until the function that is called with it returns. */
struct usage_event {
	int64_t position;	 /* of its record */
	struct ledger_task task; /* tags_json: as they were at the close */
	enum meter meter;
	int64_t sequence;
	int64_t quantity; /* as the ledger counts: milli-vCPU, MiB, GiB */
	int64_t seconds;  /* to be added */
	int64_t counted;  /* seconds that count from this record on */
	int64_t started_ms, ended_ms, written_ms;
	bool correction, estimated;
	const char *reason;
	/* of a correction: what was held, and all corrections up to this one */
	int64_t held_seconds;
	const struct charge_correction *corrections;
	size_t correction_count;
};

/* 0: go on; 1: that was enough; -1. */
typedef int usage_event_fn(void *ctx, const struct usage_event *event, struct err *err);

/*
 * Call @fn with the events behind @position, of one @account or (NULL) all, until it has enough.
 * *ret_position: up to there all was told, so the next call goes on from it; it may lie behind the
 * last event. *ret_end: that was the end of the ledger. One snapshot. ERR_CORRUPT names the record
 * that cannot be told.
 */
int usage_events_read(struct db *db, int64_t position, const char *account, usage_event_fn *fn,
		      void *ctx, int64_t *ret_position, bool *ret_end, struct err *err) MUST_CHECK;

/* The position before the first record that was written at @since_ms or later; the head's if there
 * is none. */
int usage_events_since(struct db *db, int64_t since_ms, int64_t *ret_position, struct err *err)
	MUST_CHECK;

/* What the event adds to the bill of its task. */
int usage_event_cost(const struct tariff *tariff, const struct usage_event *event,
		     int64_t *ret_nano, struct err *err) MUST_CHECK;

#endif
