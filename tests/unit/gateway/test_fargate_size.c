/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes as they are written.
 */
#include "gateway/ecs/fargate_size.h"
#include "tests/support/suite.h"

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

	tcase_add_test(tests, units_are_read_in_every_spelling);
	suite_add_tcase(suite, tests);
	return suite_end(suite);
}
