/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.h and network.h in memory. Machines, leases and the agents in the
 * machines live in a world that is shared between processes, so that they outlive
 * a flow that is killed, as real ones do. The agents speak real wire frames; what a
 * container does is said by its first argument:
 *
 *     lines N     writes N lines "line 1", "line 2", ... and ends with 0
 *     exit N      ends with N
 *     wait        writes a line and runs until it is stopped (then ends with 143)
 *     memory      the kernel kills it: 137, out of memory
 *     nostart     cannot be started
 *     vanish      its machine ends without a word
 *     silence     its agent never speaks again
 *     garbage     its agent sends what is no report
 *
 * Every call counts. The world can make the n-th one fail, or end the process at
 * the n-th, before or after it took effect: each call passes two such points, and a
 * test may add its own with fake_point().
 */
#ifndef SLIPWAY_TESTS_SUPPORT_MACHINE_FAKE_H
#define SLIPWAY_TESTS_SUPPORT_MACHINE_FAKE_H

#include <pthread.h>

#include "provisioner/machine.h"
#include "provisioner/network.h"

#define FAKE_MACHINES	  64
#define FAKE_KEPT_MAX	  (1024 * 1024)
#define FAKE_CONTAINERS	  10
#define FAKE_CRASH_STATUS 77
#define FAKE_ARGUMENT	  64
#define FAKE_BLANK	  "/nowhere/blank" /* no image is behind a disk with this path */

struct fake_container {
	char what[FAKE_ARGUMENT], number[FAKE_ARGUMENT];
	bool ended, essential;
	unsigned disk_found; /* its image's disk was attached */
};

struct fake_machine {
	bool used, running, channel_open, silent, booted;
	char name[MACHINE_NAME_SIZE];
	size_t disks;
	char serials[MACHINE_DISKS_MAX][MACHINE_SERIAL_MAX + 1];
	bool limited;
	char task[33]; /* "" before TASK */
	struct fake_container containers[FAKE_CONTAINERS];
	size_t container_count;
	uint64_t next_seq;
	uint8_t kept[FAKE_KEPT_MAX]; /* reports that no host acknowledged */
	size_t kept_len;
};

struct fake_world {
	pthread_mutex_t lock;
	struct fake_machine machines[FAKE_MACHINES];
	char leases[FAKE_MACHINES][33];
	char told[FAKE_MACHINES][33]; /* every task that ever was told to an agent */
	size_t told_count;
	unsigned calls, fail_at; /* 1 is the first; 0: none fails */
	const char *fail_next;	 /* the next call of this name fails; NULL: none */
	const char *fail_each;	 /* every call of this name */
	enum err_code fail_code;
	unsigned points, crash_at;
	unsigned mute_count; /* so many machines that start from now on never say a word */
	bool mute_restored;  /* nor does any that begins from a template */
	char stuck[MACHINE_NAME_SIZE]; /* machine_destroy() of this one fails */
	int64_t kernel_mib;	       /* what a guest has beyond its task's memory */
	bool no_cpu_limit;	       /* machine_limit_cpu() is not supported */
	bool templates;		       /* machine_template_describe() is supported */
	unsigned restored;	       /* machines that began from a template */
	unsigned prepared;	       /* agents that were asked to prepare */
	unsigned heard[64];	       /* frames of the host, by type */
	uint32_t exec;		       /* the command that had input last */
	size_t channel_waiting;	       /* bytes, in each channel */
	int64_t order_cpu_units;       /* of the last task that an agent was told */
	struct process_id process;     /* of every machine; pid 0: it cannot be known */
};

/* The world of this process and its children. */
extern struct fake_world *fake_world;

void fake_world_open(void);
void fake_world_close(void);
/* In the parent, between two children: whatever lock one held is free. */
void fake_world_mend(void);

/* A point at which the process may be told to end. */
void fake_point(void);

size_t fake_machines_running(void);
size_t fake_leases(void);

/* Any network will do. */
struct network *fake_network(void);

#endif
