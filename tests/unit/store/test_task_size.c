/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes: every pair on a fine grid is asked for, and exactly the 74 that exist
 * exist, counted for each CPU as they were found on the real service.
 */
#include "store/task_size.h"
#include "tests/support/suite.h"

static const struct {
	int64_t cpu_units;
	int count;
	int64_t least_mib, most_mib;
} known[] = {
	{256, 3, 512, 2048},	    {512, 4, 1024, 4096},    {1024, 7, 2048, 8192},
	{2048, 13, 4096, 16384},    {4096, 23, 8192, 30720}, {8192, 12, 16384, 61440},
	{16384, 12, 32768, 122880},
};

START_TEST(exactly_the_seventy_four_sizes_exist)
{
	int total = 0;

	for (int64_t cpu = 128; cpu <= 32768; cpu += 128) {
		int count = 0;
		int want = 0;
		int64_t least = 0;
		int64_t most = 0;
		size_t row = 0;

		for (int64_t memory = 128; memory <= 262144; memory += 128) {
			if (!task_size_is_fargate(cpu, memory))
				continue;
			count++;
			least = least ? least : memory;
			most = memory;
		}
		while (row < ARRAY_LEN(known) && known[row].cpu_units != cpu)
			row++;
		if (row < ARRAY_LEN(known)) {
			want = known[row].count;
			ck_assert_int_eq(least, known[row].least_mib);
			ck_assert_int_eq(most, known[row].most_mib);
		}
		ck_assert_msg(count == want, "cpu %lld", (long long)cpu);
		total += count;
	}
	ck_assert_int_eq(total, 74);
}
END_TEST

START_TEST(sizes_that_the_real_service_refused_do_not_exist)
{
	static const int64_t refused[][2] = {
		{256, 1536},	{256, 4096},	 {1024, 9216},	 {2048, 17408}, {4096, 31744},
		{8192, 62464},	{16384, 131072}, {1024, 2560},	 {8192, 17408}, {8192, 18432},
		{16384, 33792}, {16384, 36864},	 {32768, 65536}, {1024, 1024},	{0, 512},
		{256, 0},	{-256, -512},	 {256, 513},
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		ck_assert_msg(!task_size_is_fargate(refused[i][0], refused[i][1]), "row %zu", i);
}
END_TEST

START_TEST(walking_finds_each_size_once_in_order)
{
	struct task_size size = {0, 0}, before = size;
	int count = 0;

	for (; task_size_next(&size); count++, before = size) {
		ck_assert(task_size_is_fargate(size.cpu_units, size.memory_mib));
		ck_assert(size.cpu_units > before.cpu_units ||
			  (size.cpu_units == before.cpu_units &&
			   size.memory_mib > before.memory_mib));
	}
	ck_assert_int_eq(count, 74);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		exactly_the_seventy_four_sizes_exist,
		sizes_that_the_real_service_refused_do_not_exist,
		walking_finds_each_size_once_in_order,
	};

	return suite_run("store/task_size", tests, ARRAY_LEN(tests));
}
