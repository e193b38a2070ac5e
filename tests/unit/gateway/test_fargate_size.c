/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes: every pair on a fine grid is asked for, and exactly the 74 that exist
 * exist, counted for each CPU as they were found on the real service.
 */
#include "gateway/ecs/fargate_size.h"
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
			if (!fargate_size_exists(cpu, memory))
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
		ck_assert_msg(!fargate_size_exists(refused[i][0], refused[i][1]), "row %zu", i);
}
END_TEST

START_TEST(units_are_read_in_every_spelling)
{
	static const struct {
		const char *text;
		int64_t cpu, memory; /* 0: refused */
	} rows[] = {
		{"256", 256, 256},    {" 512 ", 512, 512},   {"0.25 vCPU", 256, 0},
		{".25 vcpu", 256, 0}, {"1 vcpu", 1024, 0},   {"16VCPU", 16384, 0},
		{".5 gb", 0, 512},    {"0.5 GB", 0, 512},    {"2GB", 0, 2048},
		{"30 gb", 0, 30720},  {"1GB", 0, 1024},	     {"1.0 vCPU", 1024, 0},
		{"", 0, 0},	      {"vCPU", 0, 0},	     {".", 0, 0},
		{"1.", 0, 0},	      {"-256", 0, 0},	     {"0", 0, 0},
		{"256.5", 0, 0},      {"0.0001 vCPU", 0, 0}, {"1e3", 0, 0},
		{"256x", 0, 0},	      {"1 vCPU vCPU", 0, 0}, {"9999999999", 0, 0},
		{"0x100", 0, 0},      {"2 5 6", 0, 0},	     {"1,5 GB", 0, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t cpu = 0;
		int64_t memory = 0;

		ck_assert_msg((fargate_parse_cpu(rows[i].text, &cpu) == 0) == (rows[i].cpu > 0),
			      "cpu \"%s\"", rows[i].text);
		ck_assert_msg((fargate_parse_memory(rows[i].text, &memory) == 0) ==
				      (rows[i].memory > 0),
			      "memory \"%s\"", rows[i].text);
		ck_assert_int_eq(cpu, rows[i].cpu);
		ck_assert_int_eq(memory, rows[i].memory);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fargate_size");
	TCase *tests = tcase_create("size");

	tcase_add_test(tests, exactly_the_seventy_four_sizes_exist);
	tcase_add_test(tests, sizes_that_the_real_service_refused_do_not_exist);
	tcase_add_test(tests, units_are_read_in_every_spelling);
	suite_add_tcase(suite, tests);
	return suite_end(suite);
}
