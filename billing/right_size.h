/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A better size for a task that uses far less than it holds: the cheapest one, at the task's own
 * prices, that holds its peak of memory with a fifth on top, and its CPU, as an average over its
 * time, with half on top. It is a hint: an average says nothing of a moment.
 */
#ifndef SLIPWAY_BILLING_RIGHT_SIZE_H
#define SLIPWAY_BILLING_RIGHT_SIZE_H

#include "billing/price.h"
#include "store/task_size.h"

#define RIGHT_SIZE_SECONDS_MIN	  60  /* who held for less is not judged */
#define RIGHT_SIZE_MEMORY_PERCENT 120 /* of the peak */
#define RIGHT_SIZE_CPU_PERCENT	  150 /* of the average */

struct right_size_question {
	int64_t vcpu_milli, memory_mib; /* as it is */
	int64_t seconds;		/* held */
	int64_t cpu_ns;			/* used in that time */
	int64_t memory_peak_bytes;
	struct price_rate vcpu, memory;
};

/*
 * true: *ret_size is cheaper. Where the task's own size is none of Fargate's, custom sizes are
 * in use here, and the better one may be such a one too, in steps of 64 units and 64 MiB.
 */
bool right_size_find(const struct right_size_question *question, struct task_size *ret_size);

/* 256 units: 250 thousandths of a vCPU, rounded up as the meter does. */
int64_t right_size_vcpu_milli(const struct task_size *size);

#endif
