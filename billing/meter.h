/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The meter: what a task holds and for how long. It is opened, checked and closed
 * by the program that moves tasks, in the same transaction as the move, so that
 * there is no task without its usage and no usage without its task, whoever is
 * killed when.
 *
 * Durations come from the boot-time clock. If the host was booted anew in between, nobody
 * saw the end: it is then the last checkpoint, and marked as estimated.
 */
#ifndef SLIPWAY_BILLING_METER_H
#define SLIPWAY_BILLING_METER_H

#include "store/db.h"

#define METER_STORAGE_FREE_GIB 20 /* of each task: not metered */
#define METER_BOOT_ID_SIZE     40

#define METERS(X) /* X(meter, unit of its quantity) */                                             \
	X(VCPU, "milli-vCPU")                                                                      \
	X(MEMORY, "MiB")                                                                           \
	X(STORAGE, "GiB above the free 20")
#define METER_AS_ENUM(name, unit) METER_##name,
enum meter { METERS(METER_AS_ENUM) METER_COUNT };

const char *meter_name(enum meter meter); /* "VCPU" */

/* The meter runs from now on for what the task's row says it holds; @now_ms labels
 * the start. Without effect on a task whose pull has not begun (pull_started_ms is not
 * set), and on one whose meter was opened before. ERR_NOT_FOUND for no such task. */
int meter_open(struct db *db, const char *task, int64_t now_ms, struct err *err) MUST_CHECK;

/* The task holds it still: bounds what is lost if the host dies. */
int meter_checkpoint(struct db *db, const char *task, struct err *err) MUST_CHECK;

/* The task gave it back, now; the reason is its stop code. Without effect where the
 * meter never ran or is closed. */
int meter_close(struct db *db, const char *task, int64_t now_ms, struct err *err) MUST_CHECK;

/* --- for reports and tests --- */

/* When usage began and until when it is known to last, by one host's clock. */
struct meter_span {
	char boot_id[METER_BOOT_ID_SIZE];
	int64_t started_boot_ns, checkpoint_boot_ns;
};
/* Whole seconds, rounded up, up to now; if this host's boot is another one, up to the
 * checkpoint, and *ret_estimated is true. */
int64_t meter_seconds(const struct meter_span *span, bool *ret_estimated);

#endif
