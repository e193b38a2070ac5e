/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A flow with a real store and everything around it made of fakes: a folder with
 * databases, the fake world, images from a table. Used by one thread:
 *
 *     rig_open(&rig);                  folder, world
 *     rig_insert(&rig, 1, "[...]");    a task as the gateway writes it
 *     rig_start(&rig);                 loop, flow: a life of the provisioner
 *     rig_run_until(&rig, ...);
 *     rig_stop(&rig);                  SIGTERM; may be started again
 *     rig_close(&rig);
 */
#ifndef SLIPWAY_TESTS_SUPPORT_FLOW_RIG_H
#define SLIPWAY_TESTS_SUPPORT_FLOW_RIG_H

#include "provisioner/flow.h"
#include "store/logs.h"
#include "store/task.h"
#include "tests/support/machine_fake.h"

struct rig {
	char folder[64];
	char *state_path, *logs_path, *scratch_path, *doorbell_path;
	struct flow_options options; /* change between rig_open() and rig_start() */
	struct loop *loop;
	struct db *state, *logs;	     /* the flow's */
	struct db *watch_state, *watch_logs; /* the test's own eyes */
	struct machine_host *host;
	struct storage *storage;
	struct flow *flow;
	struct arena *arena;
	struct err err;
	char id[33]; /* of the last task that was inserted */
	bool (*until)(struct rig *rig);
	int64_t until_ns, began_ns; /* of rig_run_until() */
	bool timed_out;
};

#define RIG_ACCOUNT "111122223333"

void rig_open(struct rig *rig);
void rig_close(struct rig *rig);

/* Close and open the test's own eyes: around fork(), which databases do not survive. */
void rig_blind(struct rig *rig);
void rig_see(struct rig *rig);

/* @containers: a JSON array of container definitions. An image named "missing"
 * cannot be pulled, one named "slow" takes until it is cancelled. Returns the id. */
const char *rig_insert(struct rig *rig, unsigned number, const char *containers);

/* The same with a size of its own. */
const char *rig_insert_sized(struct rig *rig, unsigned number, const char *containers,
			     int64_t cpu_units, int64_t memory_mib);

void rig_start(struct rig *rig);
void rig_stop(struct rig *rig);

/* Run the loop until @until says true: false if that took longer than @most_ms. */
bool rig_run_until(struct rig *rig, bool (*until)(struct rig *rig), int64_t most_ms);

/* For until: the last inserted task is STOPPED, RUNNING; all tasks are STOPPED. */
bool rig_is_stopped(struct rig *rig);
bool rig_is_running(struct rig *rig);
bool rig_all_stopped(struct rig *rig);

struct task rig_task(struct rig *rig, const char *id);
/* The lines of a container, joined; in the rig's arena. */
const char *rig_lines(struct rig *rig, const char *id, const char *container);
/* Rows of the meter: opened, and closed. */
void rig_meters(struct rig *rig, const char *id, int64_t *ret_opened, int64_t *ret_closed);
/* How many machines have a disk. */
size_t rig_disks(struct rig *rig);
/* NULL, or what is left over in the world or on disk. */
const char *rig_leftovers(struct rig *rig);

#endif
