/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes beyond Fargate, each switched on by the configuration and asked for by a
 * request in a way that AWS refuses: a size that is not in Fargate's table, a container
 * that is `privileged`, a tag that names another image. The gateway refuses what is off,
 * in AWS's words where it has any, and the provisioner checks it again.
 */
#ifndef SLIPWAY_STORE_EXTENSIONS_H
#define SLIPWAY_STORE_EXTENSIONS_H

#include "core/common.h"

/* The smallest custom size: less cpu starves the guest's kernel, less memory most programs. */
#define CUSTOM_CPU_MIN	    64
#define CUSTOM_MEMORY_MIN   128
#define CUSTOM_CPU_LIMIT    65536		   /* the most that can be configured */
#define CUSTOM_MEMORY_LIMIT (INT64_C(1024) * 1024) /* MiB */

struct extensions {
	bool custom_sizes;
	int64_t custom_cpu_limit;	   /* units */
	int64_t custom_memory_limit_bytes; /* of a task */
	bool image_overrides;
	bool privileged_containers;
};

/* Whether @extensions permit a task of this size. */
bool extensions_permit_size(const struct extensions *extensions, int64_t cpu_units,
			    int64_t memory_mib);

#endif
