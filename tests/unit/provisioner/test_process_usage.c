/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <unistd.h>

#include "provisioner/process_usage.h"

#define MIB (1 << 20)

START_TEST(a_key_is_found_at_the_begin_of_a_line_only)
{
	static const struct {
		const char *text, *key;
		int64_t number;
	} rows[] = {
		{"read_bytes: 12\nwrite_bytes: 34\n", "write_bytes:", 34},
		{"cancelled_write_bytes: 12\n", "write_bytes:", 0},
		{"VmHWM:\t    1024 kB\n", "VmHWM:", 1024},
		{"77\n", "", 77},
		{"VmHWM:", "VmHWM:", 0},
		{"VmHWM: -5", "VmHWM:", 0},
		{"", "VmHWM:", 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		ck_assert_int_eq(process_usage_find(rows[i].text, rows[i].key), rows[i].number);
}
END_TEST

START_TEST(this_process_has_used_what_it_has)
{
	struct machine_counts counts;
	struct process_id id;
	struct err err = ERR_INIT;
	volatile unsigned sum = 0;

	ASSERT_OK(process_find(getpid(), &id, &err), &err);
	do {
		for (unsigned i = 0; i < 10000000; i++)
			sum = sum + i;
		ASSERT_OK(process_usage_read(id, "lo", &counts, &err), &err);
	} while (counts.cpu_ns == 0);
	ck_assert_int_gt(counts.memory_peak_bytes, MIB);
	ASSERT_OK(process_usage_read(id, "no-such-tap", &counts, &err), &err);
	ck_assert_int_eq(counts.receive_bytes, 0);
}
END_TEST

START_TEST(another_process_with_the_number_is_not_counted)
{
	struct machine_counts counts = {.cpu_ns = -1};
	struct process_id id;
	struct err err = ERR_INIT;

	ASSERT_OK(process_find(getpid(), &id, &err), &err);
	id.start_ticks--;
	ck_assert_int_eq(process_usage_read(id, "", &counts, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	ck_assert_int_eq(counts.cpu_ns, -1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_key_is_found_at_the_begin_of_a_line_only,
		this_process_has_used_what_it_has,
		another_process_with_the_number_is_not_counted,
	};

	return suite_run("process_usage", tests, ARRAY_LEN(tests));
}
