/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes as a table: for each CPU the least and the most memory, and the step
 * between. The smallest one has no even step, so it has two rows.
 */
#include "store/task_size.h"

static const struct size_row {
	int64_t cpu_units, least_mib, most_mib, step_mib;
} sizes[] = {
	{256, 512, 1024, 512},	    {256, 2048, 2048, 1},	  {512, 1024, 4096, 1024},
	{1024, 2048, 8192, 1024},   {2048, 4096, 16384, 1024},	  {4096, 8192, 30720, 1024},
	{8192, 16384, 61440, 4096}, {16384, 32768, 122880, 8192},
};

bool task_size_is_fargate(int64_t cpu_units, int64_t memory_mib)
{
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		const struct size_row *row = &sizes[i];

		if (row->cpu_units == cpu_units && memory_mib >= row->least_mib &&
		    memory_mib <= row->most_mib &&
		    (memory_mib - row->least_mib) % row->step_mib == 0)
			return true;
	}
	return false;
}

/* The smallest of a row that is behind @size; false: none is. */
static bool next_of_row(const struct size_row *row, struct task_size *size)
{
	int64_t memory_mib = row->least_mib;

	if (row->cpu_units < size->cpu_units)
		return false;
	if (row->cpu_units == size->cpu_units && size->memory_mib >= row->least_mib)
		memory_mib +=
			((size->memory_mib - row->least_mib) / row->step_mib + 1) * row->step_mib;
	if (memory_mib > row->most_mib)
		return false;
	*size = (struct task_size){row->cpu_units, memory_mib};
	return true;
}

bool task_size_next(struct task_size *size)
{
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		if (next_of_row(&sizes[i], size))
			return true;
	}
	return false;
}
