/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container uses, in the form of Docker's stats, which clients of the metadata
 * endpoint read.
 */
#ifndef SLIPWAY_MICROVM_AGENT_CONTAINER_STATS_H
#define SLIPWAY_MICROVM_AGENT_CONTAINER_STATS_H

#include <jansson.h>

#include "core/common.h"

struct stats_sample {
	int64_t wall_ms; /* 0: none was taken */
	int64_t cpu_us, user_us, kernel_us;
	int64_t system_ns; /* of all processors, idle or not */
	int64_t periods, throttled_periods, throttled_us;
};

/* Of one container; all zero to begin with. */
struct container_stats {
	struct stats_sample now, before; /* two looks, a second apart at least */
};

/* Look at the running container's cgroup. A new document; NULL when memory is gone. */
json_t *container_stats_look(struct container_stats *stats, unsigned index, const char *id,
			     const char *name);

/* The parts that are read from texts of the kernel. New objects. */
json_t *container_stats_memory(const char *memory_stat); /* "anon 4096\nfile 0\n..." */
json_t *container_stats_disks(const char *io_stat, const char *const keys[2]); /* rbytes, wbytes */

#endif
