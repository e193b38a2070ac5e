/* SPDX-License-Identifier: Apache-2.0 */
/* Ledgers with a few tasks that never ran, for tests of what is told of them. */
#ifndef SLIPWAY_TESTS_UNIT_BILLING_USAGE_PLACE_H
#define SLIPWAY_TESTS_UNIT_BILLING_USAGE_PLACE_H

#include "tests/unit/store/place.h"

#include "billing/ledger.h"

#define SECOND_NS 1000000000LL
#define TASK_ID	  "0123456789abcdef0123456789abcdef"

static inline int64_t usage_task(struct place *place, const char *id, const char *account)
{
	const struct ledger_task task = {.task = id,
					 .account = account,
					 .cluster = "default",
					 .family = "web",
					 .revision = 3,
					 .group = "service:shop",
					 .started_by = "ci",
					 .architecture = "X86_64",
					 .tags_json = "{\"team\":\"blue\"}"};
	int64_t number;

	ASSERT_OK(ledger_task_put(place->db, &task, &number, &place->err), &place->err);
	return number;
}

/* OPEN and CLOSE of one meter. */
static inline void usage_hold(struct place *place, int64_t task, enum meter meter, int64_t quantity,
			      int64_t started_ms, int64_t seconds)
{
	struct ledger_record record = {.task = task,
				       .meter = meter_number(meter),
				       .kind = LEDGER_OPEN,
				       .quantity = quantity,
				       .started_ms = started_ms,
				       .reason = ""};

	ASSERT_OK(ledger_append(place->db, &record, started_ms, &place->err), &place->err);
	record.sequence = 1;
	record.kind = LEDGER_CLOSE;
	record.duration_ns = seconds * SECOND_NS;
	record.seconds = seconds;
	record.ended_ms = ledger_end_ms(started_ms, seconds);
	record.reason = "UserInitiated";
	record.tags_json = "{\"stage\":\"test\",\"team\":\"red\"}";
	ASSERT_OK(ledger_append(place->db, &record, record.ended_ms + 5, &place->err), &place->err);
}

#endif
