/* SPDX-License-Identifier: Apache-2.0 */
/* A row of meter_running: a meter that runs, or that waits for the ledger. For billing/ only. */
#ifndef SLIPWAY_BILLING_METER_RUNNING_H
#define SLIPWAY_BILLING_METER_RUNNING_H

#include "billing/ledger.h"
#include "store/record.h"

struct meter_running {
	int64_t task; /* ledger_task.number */
	const char *boot_id;
	int64_t started_boot_ns, started_ms;
	int64_t gone_boot_ns; /* 0: its machine is not known to be gone */
	int64_t quantity[METER_COUNT];
	bool opened, closed;
	bool estimated;	     /* its end is a checkpoint */
	int64_t duration_ns; /* from here: once it is closed */
	const char *reason;
	const char *tags_json; /* NULL: as at the start */
};

#define METER_RUNNING_COLUMNS                                                                      \
	"meter_running.task, boot_id, started_boot_ns, gone_boot_ns, started_ms, vcpu_milli,"      \
	" memory_mib, storage_gib, opened, closed, duration_ns, estimated, reason,"                \
	" meter_running.tags_json"
#define METER_RUNNING_COLUMN_COUNT 14
/* Texts in the row's arena; METER_RUNNING_COLUMNS come first (a record_read_fn). */
void meter_running_row(struct record_row *row, void *ret_item);

/* Until when, by its boot's clock, it is known to have been held; *ret_estimated: by a
 * checkpoint only. */
int meter_running_end(struct db *db, const struct meter_running *running, int64_t *ret_end_ns,
		      bool *ret_estimated, struct err *err) MUST_CHECK;

#endif
