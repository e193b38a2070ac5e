/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine that a task has: which process it is, since when the task has it, what it has
 * used, and when it ended. It is what the store keeps as a machine's account, and where the
 * meter learns the end from.
 *
 * A task may have had machines before this one that came to nothing; each is a life of its own.
 */
#ifndef SLIPWAY_PROVISIONER_MACHINE_LIFE_H
#define SLIPWAY_PROVISIONER_MACHINE_LIFE_H

#include "microvm/wire/message.h"
#include "provisioner/machine.h"
#include "store/machine_account.h"

/* All 0: none. Times of this boot's clock. */
struct machine_life {
	char machine[MACHINE_NAME_SIZE];
	struct process_id process; /* pid 0: not known */
	int64_t taken_ns;	   /* the task has it; 0: it never came to that */
	int64_t ended_ns;	   /* it was gone by then; 0: not that we know */
	bool unseen;		   /* it is gone, and nobody saw when */
	int64_t lived_ns;	   /* it lived then for certain; 0: that is not known */
	int64_t vcpus, memory_mib; /* as configured */
	int64_t memory_bytes;	   /* all that the guest has */
	int64_t sampled_ns;
	struct machine_counts waited, host, guest;
};

/* The task has it from now on. @waited: what it used before; NULL: it was made for the task. */
void machine_life_take(struct machine_life *life, const char *machine, struct machine_size size,
		       struct process_id process, const struct machine_counts *waited);
/* The same life, from the row that an earlier one of this program left. */
void machine_life_resume(struct machine_life *life, const struct machine_account *account);

/* What its process had used in all at @boot_ns. */
void machine_life_sample(struct machine_life *life, const struct machine_counts *counts,
			 int64_t boot_ns);
/* What its guest says: no less than before, no more than such a machine can do. */
void machine_life_hear(struct machine_life *life, const struct wire_stats *stats);

/* It lived then for certain; not said of one that is known to have ended before. */
void machine_life_prove(struct machine_life *life, int64_t boot_ns);
/* It is gone since @boot_ns, or nobody saw when. The first word counts. */
void machine_life_end(struct machine_life *life, int64_t boot_ns);
void machine_life_end_unseen(struct machine_life *life, int64_t lived_ns);
bool machine_life_is_over(const struct machine_life *life);

/* Without effect where the task never had it. */
int machine_life_put(struct db *db, const char *task, const struct machine_life *life,
		     struct err *err) MUST_CHECK;

#endif
