/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The meter: what a task holds and for how long. It is opened, checked and closed
 * by the program that moves tasks, in the same transaction as the move, so that
 * there is no task without its usage and no usage without its task, whoever is
 * killed when. What it finds it writes into the ledger.
 *
 * Durations come from the boot-time clock; wall time only labels the start. If the host was
 * booted anew in between, nobody saw the end: it is then the last checkpoint, and marked as
 * estimated, so never more is counted than was held.
 */
#ifndef SLIPWAY_BILLING_METER_H
#define SLIPWAY_BILLING_METER_H

#include "billing/ledger.h"

#define METER_STORAGE_FREE_GIB 20 /* of each task: not metered */
#define METER_BOOT_ID_SIZE     40

/* The meter runs from now on for what the task's row says it holds; @now_ms labels
 * the start. Without effect on a task whose pull has not begun (pull_started_ms is not
 * set), and on one whose meter was opened before. ERR_NOT_FOUND for no such task. */
int meter_open(struct db *db, const char *task, int64_t now_ms, struct err *err) MUST_CHECK;

/* At @boot_ns all tasks of this host whose machine is not known to be gone held what they hold:
 * bounds what is lost if the host dies. One small write, however many they are. */
int meter_checkpoint(struct db *db, int64_t boot_ns, struct err *err) MUST_CHECK;

/*
 * Its machine was seen to have ended at @boot_ns of this boot (in the future counts as now; before
 * the start as the start), so it holds nothing from then on. @lived_ns: it lived then for
 * certain; 0: not known. Who sees an end may be late, on a host with too much to do: a second that
 * the task may not have begun to hold, by METER_LATE_NS, is not counted.
 * The first word counts. Without effect where the meter does not run.
 */
#define METER_LATE_NS INT64_C(500000000)
int meter_gone(struct db *db, const char *task, int64_t lived_ns, int64_t boot_ns, struct err *err)
	MUST_CHECK;

/* Its machine ended in this boot, and nobody saw when: it held until the last checkpoint, or until
 * @lived_ns (0: not known) if that is later, which marks it as estimated. No word against one that
 * was said before. */
int meter_lost(struct db *db, const char *task, int64_t lived_ns, struct err *err) MUST_CHECK;

/* The task ended; the reason is its stop code. It held until its machine was gone, else
 * until now. Without effect where the meter never ran or is closed. */
int meter_close(struct db *db, const char *task, int64_t now_ms, struct err *err) MUST_CHECK;

/* Add to the ledger what waits because it was damaged; *ret_waiting (may be NULL): so many
 * tasks still do, as the ledger takes nothing. */
int meter_settle(struct db *db, int64_t now_ms, int64_t *ret_waiting, struct err *err) MUST_CHECK;

/* Take over what was metered before there was a ledger. Without effect where there is nothing. */
int meter_take_over(struct db *db, int64_t now_ms, struct err *err) MUST_CHECK;

#endif
