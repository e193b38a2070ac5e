/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sizes that a Fargate task may have: 74 pairs of CPU units (1024 are a vCPU) and MiB.
 */
#ifndef SLIPWAY_STORE_TASK_SIZE_H
#define SLIPWAY_STORE_TASK_SIZE_H

#include "core/common.h"

struct task_size {
	int64_t cpu_units, memory_mib;
};

bool task_size_is_fargate(int64_t cpu_units, int64_t memory_mib);

/* All of them, by CPU, then memory: from @size (the first: {0, 0}) to the next one. false: there
 * are no more. */
bool task_size_next(struct task_size *size);

#endif
