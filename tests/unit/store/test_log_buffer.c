/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "store/log_buffer.h"

#define MIB (INT64_C(1024) * 1024)

static int read_options(const char *mode, const char *size, int64_t *ret_bytes, struct err *err)
{
	struct shape_pair pairs[] = {
		{"awslogs-group", "g"},
		{"mode", mode ? mode : ""},
		{"max-buffer-size", size ? size : ""},
	};
	struct shape_list options = {.items = pairs, .count = 3, .present = true};

	return log_buffer_read(&options, ret_bytes, err);
}

START_TEST(each_pair_of_options_has_its_meaning)
{
	static const struct {
		const char *mode, *size;
		int64_t bytes;
	} rows[] = {
		{NULL, NULL, 0},
		{"blocking", NULL, 0},
		{"non-blocking", NULL, LOG_BUFFER_DEFAULT},
		{"non-blocking", "25m", 25 * MIB},
		{NULL, "4m", 4 * MIB},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		int64_t bytes = -1;

		ASSERT_OK(read_options(rows[i].mode, rows[i].size, &bytes, &err), &err);
		ck_assert_int_eq(bytes, rows[i].bytes);
	}
}
END_TEST

START_TEST(sizes_are_read_as_docker_reads_them)
{
	static const struct {
		const char *text;
		int64_t bytes; /* -1: refused */
	} rows[] = {
		{"1048576", MIB},
		{"1048576b", MIB},
		{"512k", MIB / 2},
		{"512KB", MIB / 2},
		{"4m", 4 * MIB},
		{"4M", 4 * MIB},
		{"4mb", 4 * MIB},
		{"4MiB", 4 * MIB},
		{"4 MiB", 4 * MIB},
		{"1.5m", 3 * MIB / 2},
		{"1.m", MIB},
		{"1g", 1024 * MIB},
		{"0", LOG_BUFFER_MIN},
		{"1k", LOG_BUFFER_MIN},
		{"99999999999999999999999999p", 1024 * 1024 * MIB},
		{"banana", -1},
		{"m", -1},
		{"-1m", -1},
		{"+1m", -1},
		{" 1m", -1},
		{"1m ", -1},
		{"1  m", -1},
		{"1bb", -1},
		{"1mi", -1},
		{"1mbb", -1},
		{"1x", -1},
		{".5m", -1},
		{"1.5.5m", -1},
		{"0x10", -1},
		{"1e3", -1},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		int64_t bytes = -1;

		(void)!read_options("non-blocking", rows[i].text, &bytes, &err);
		ck_assert_msg(bytes == rows[i].bytes, "%s: %lld", rows[i].text, (long long)bytes);
		if (bytes == -1)
			ck_assert_str_eq(err.text, "max-buffer-size must be a size, as 4m");
	}
}
END_TEST

START_TEST(what_means_nothing_is_refused)
{
	struct err err = ERR_INIT;
	int64_t bytes = -1;

	ck_assert_int_eq(read_options("maybe", NULL, &bytes, &err), -1);
	ck_assert_str_eq(err.text, "mode must be blocking or non-blocking");
	ck_assert_int_eq(read_options("blocking", "1m", &bytes, &err), -1);
	ck_assert_str_eq(err.text, "max-buffer-size is only supported with mode=non-blocking");
	ck_assert_int_eq(bytes, -1);
}
END_TEST

START_TEST(buffers_take_half_of_a_tasks_memory_at_most)
{
	ck_assert(log_buffer_fits(0, 512));
	ck_assert(log_buffer_fits(256 * MIB, 512));
	ck_assert(!log_buffer_fits(256 * MIB + 1, 512));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		each_pair_of_options_has_its_meaning,
		sizes_are_read_as_docker_reads_them,
		what_means_nothing_is_refused,
		buffers_take_half_of_a_tasks_memory_at_most,
	};

	return suite_run("log_buffer", tests, ARRAY_LEN(tests));
}
