/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happened, made durable. Each function is one transaction of the state:
 * the move of the task along its life, its containers' rows, its meter and its phases
 * stand or fall together. All are called on the one thread of the store, with a
 * struct facts_task of their own: the loop takes it over only when the
 * transaction was committed.
 */
#ifndef SLIPWAY_PROVISIONER_FACTS_H
#define SLIPWAY_PROVISIONER_FACTS_H

#include "provisioner/image/image_reference.h"
#include "provisioner/machine_life.h"
#include "provisioner/network.h"
#include "provisioner/runtime_id.h"
#include "provisioner/session.h"
#include "store/task.h"

#define FACTS_PHASES_MAX       16 /* that wait for the next write */
#define FACTS_GUEST_PHASES_MAX 16 /* that an agent may report in all */
#define FACTS_PHASE_NAME_SIZE  32
#define FACTS_STOP_CODE_SIZE   40

struct facts_container {
	bool essential;
	bool dirty; /* not yet written as it is here */
	int state;  /* CONTAINER_... */
	bool has_exit_code;
	int64_t exit_code;
	char digest[IMAGE_DIGEST_SIZE];
	char runtime_id[RUNTIME_ID_SIZE];
	char reason[TASK_REASON_MAX + 1];
	int health; /* CONTAINER_UNCHECKED, ... */
	int64_t restarts;
};

struct facts_phase {
	char name[FACTS_PHASE_NAME_SIZE];
	int64_t wall_us;
	bool first; /* once written: the store had none of this name */
};

/* One task as the store has it, and what shall be written with the next move. */
struct facts_task {
	char id[TASK_ID_SIZE];
	enum task_state state;
	bool want_stopped;
	bool was_running; /* startedAt is set */
	char subnet[64];
	char address[INET_ADDRSTRLEN], mac[18];
	char machine[MACHINE_NAME_SIZE];
	struct facts_container containers[TASK_CONTAINERS_MAX];
	size_t container_count;

	int64_t pull_started_ms;		  /* 0: not yet */
	int64_t pull_stopped_ms, connectivity_ms; /* 0: nothing to write */
	struct facts_phase phases[FACTS_PHASES_MAX];
	size_t phase_count;
	size_t phases_written; /* so many of them, by the write that this is the result of */
	size_t guest_phases;
	int64_t boot_wall_us; /* when the guest's kernel began; 0: not known */

	struct machine_life life; /* of its machine */
	bool gone;		  /* its machine is, and the meter shall know */
};

/* Why a task ends. The store keeps the first one. */
struct facts_cause {
	char stop_code[FACTS_STOP_CODE_SIZE];
	char reason[TASK_REASON_MAX + 1];
	int container; /* whose reason it is too; -1: none's */
};

/* From the row as task_find() gave it. */
void facts_task_init(struct facts_task *facts, const struct task *task);
/* Whether any of its containers has been started, or has failed to. */
bool facts_begun(const struct facts_task *facts);
/* To be written with the next move; the first time of a name counts. */
void facts_phase_add(struct facts_task *facts, const char *name, int64_t wall_us);
/* The write was committed: count the phases that it wrote, and forget them. */
void facts_phases_count(struct facts_task *facts, int64_t accepted_us);

/* PROVISIONING -> PENDING: a free address of its subnet, a name for the machine,
 * and the meter runs. ERR_LIMIT: the subnet is full. */
int facts_claim(struct db *db, struct network *network, struct facts_task *facts, int64_t now_ms,
		struct err *err) MUST_CHECK;
/* Another machine name, for another attempt; the account of the last one is written. */
int facts_rename(struct db *db, struct facts_task *facts, const char *machine, struct err *err)
	MUST_CHECK;
/* PENDING -> ACTIVATING */
int facts_told(struct db *db, struct facts_task *facts, int64_t now_ms, struct err *err) MUST_CHECK;
/* Control reports, in order, and all that follows from them; the number of the
 * last one becomes the task's. ERR_INVALID: the agent broke the rules. */
int facts_reports(struct db *db, struct facts_task *facts, const struct report *reports,
		  int64_t now_ms, struct err *err) MUST_CHECK;
/* It is wanted stopped (by a user): towards STOPPING, or DEPROVISIONING if no container can run. */
int facts_stopping(struct db *db, struct facts_task *facts, int64_t now_ms, struct err *err)
	MUST_CHECK;
/* -> DEPROVISIONING */
int facts_failed(struct db *db, struct facts_task *facts, const struct facts_cause *cause,
		 int64_t now_ms, struct err *err) MUST_CHECK;
/* DEPROVISIONING -> STOPPED, and the meter stops. */
int facts_released(struct db *db, struct facts_task *facts, int64_t now_ms, struct err *err)
	MUST_CHECK;

/* The name of a task's machine at its @attempt, and back. */
void facts_machine_name(const char *task, unsigned attempt, char ret[MACHINE_NAME_SIZE]);
/* false for names that are not ours. */
bool facts_machine_parse(const char *name, char ret_task[TASK_ID_SIZE], unsigned *ret_attempt);

#endif
