/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All sizes are tried: they are few. Prices are compared as exact numerators over one
 * denominator.
 */
#include "billing/right_size.h"

#include "store/extensions.h"

#define UNITS_PER_VCPU	   1024
#define MILLI		   1000
#define NS_PER_SECOND	   1000000000LL
#define BYTES_PER_MIB	   (1024 * 1024)
#define MIB_PER_GIB	   1024
#define PERCENT		   100
#define CUSTOM_CPU_STEP	   64
#define CUSTOM_MEMORY_STEP 64

typedef __int128 wide;

static wide divide_up(wide value, wide by)
{
	return (value + by - 1) / by;
}

static wide max_of(wide a, wide b)
{
	return a > b ? a : b;
}

/* An hour, times MILLI x MIB_PER_GIB x PRICE_WHOLE. */
static wide price_of(const struct right_size_question *question, int64_t vcpu_milli,
		     int64_t memory_mib)
{
	return (wide)vcpu_milli * question->vcpu.list_nano * question->vcpu.share * MIB_PER_GIB +
	       (wide)memory_mib * question->memory.list_nano * question->memory.share * MILLI;
}

int64_t right_size_vcpu_milli(const struct task_size *size)
{
	return (size->cpu_units * MILLI + UNITS_PER_VCPU - 1) / UNITS_PER_VCPU;
}

/* The smallest that holds what is used, whatever sizes there are; false: out of range. */
static bool find_need(const struct right_size_question *question, struct task_size *ret_need)
{
	wide memory = divide_up((wide)question->memory_peak_bytes * RIGHT_SIZE_MEMORY_PERCENT,
				(wide)BYTES_PER_MIB * PERCENT);
	wide cpu = divide_up((wide)question->cpu_ns * UNITS_PER_VCPU * RIGHT_SIZE_CPU_PERCENT,
			     (wide)question->seconds * NS_PER_SECOND * PERCENT);

	if (memory > CUSTOM_MEMORY_LIMIT || cpu > CUSTOM_CPU_LIMIT)
		return false;
	*ret_need = (struct task_size){(int64_t)cpu, (int64_t)memory};
	return true;
}

static bool is_fargates(const struct right_size_question *question)
{
	struct task_size size = {0, 0};

	while (task_size_next(&size)) {
		if (right_size_vcpu_milli(&size) == question->vcpu_milli &&
		    size.memory_mib == question->memory_mib)
			return true;
	}
	return false;
}

static struct task_size custom_size(const struct task_size *need)
{
	wide cpu = divide_up(max_of(need->cpu_units, CUSTOM_CPU_MIN), CUSTOM_CPU_STEP);
	wide memory = divide_up(max_of(need->memory_mib, CUSTOM_MEMORY_MIN), CUSTOM_MEMORY_STEP);

	return (struct task_size){(int64_t)cpu * CUSTOM_CPU_STEP,
				  (int64_t)memory * CUSTOM_MEMORY_STEP};
}

bool right_size_find(const struct right_size_question *question, struct task_size *ret_size)
{
	wide best = price_of(question, question->vcpu_milli, question->memory_mib);
	struct task_size need, size = {0, 0};
	bool found = false;

	if (question->seconds < RIGHT_SIZE_SECONDS_MIN || question->memory_peak_bytes <= 0 ||
	    question->cpu_ns < 0 || !find_need(question, &need))
		return false;
	while (task_size_next(&size)) {
		wide price = price_of(question, right_size_vcpu_milli(&size), size.memory_mib);

		if (size.cpu_units < need.cpu_units || size.memory_mib < need.memory_mib ||
		    price >= best)
			continue;
		best = price;
		*ret_size = size;
		found = true;
	}
	size = custom_size(&need);
	if (is_fargates(question) ||
	    price_of(question, right_size_vcpu_milli(&size), size.memory_mib) >= best)
		return found;
	*ret_size = size;
	return true;
}
