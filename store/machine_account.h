/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the machines of tasks really used: one row a machine that a task had. It is counted
 * by the host, and told by the guest; nobody is billed by it. Rows stay when tasks are
 * forgotten.
 *
 * Rows only grow: a count that is smaller than the one that is there changes nothing, and an
 * end that is known stays.
 */
#ifndef SLIPWAY_STORE_MACHINE_ACCOUNT_H
#define SLIPWAY_STORE_MACHINE_ACCOUNT_H

#include "core/arena.h"
#include "store/db.h"

#define MACHINE_COUNTS(X)                                                                          \
	X(cpu_ns)                                                                                  \
	X(memory_peak_bytes)                                                                       \
	X(read_bytes) /* disks */                                                                  \
	X(write_bytes)                                                                             \
	X(receive_bytes) /* network */                                                             \
	X(transmit_bytes)
#define MACHINE_COUNT_AS_MEMBER(name) int64_t name;
struct machine_counts {
	MACHINE_COUNTS(MACHINE_COUNT_AS_MEMBER)
};

/* Times by the boot clock of @boot_id. */
struct machine_account {
	const char *task, *machine, *boot_id;
	int64_t pid, process_start_ns; /* 0: not known */
	int64_t taken_ns;	       /* the task has it from here on */
	int64_t ended_ns;	       /* 0: it runs, or nobody saw its end */
	int64_t vcpus, memory_mib;     /* as configured */
	int64_t sampled_ns;	       /* when the host counted last; 0: never */
	struct machine_counts waited;  /* before the task had it; as at the first put */
	struct machine_counts host;    /* since then; the memory's peak: of its whole life */
	struct machine_counts guest;   /* of the task's containers, as the guest says */
};

/* In the caller's transaction or one of its own. */
int machine_account_put(struct db *db, const struct machine_account *account, struct err *err)
	MUST_CHECK;
/* Those of a task, in the order in which it got them (within one boot). Texts in the arena. */
int machine_account_list(struct db *db, const char *task, struct arena *arena,
			 struct machine_account **ret_accounts, size_t *ret_count, struct err *err)
	MUST_CHECK;

#endif
