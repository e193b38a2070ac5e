/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "provisioner/host_memory.h"
#include "tests/support/machine_fake.h"

static struct err err;

START_TEST(available_memory_is_read_in_bytes)
{
	int64_t bytes;

	ASSERT_OK(host_memory_parse("MemTotal: 9 kB\nMemAvailable:   2048 kB\n", &bytes, &err),
		  &err);
	ck_assert_int_eq(bytes, 2048 * 1024);
}
END_TEST

START_TEST(a_text_without_it_is_an_error)
{
	int64_t bytes;

	ck_assert_int_eq(host_memory_parse("MemTotal: 9 kB\n", &bytes, &err), -1);
	ck_assert_int_eq(host_memory_parse("MemAvailable: much\n", &bytes, &err), -1);
	ck_assert_int_eq(err.code, ERR_CORRUPT);
}
END_TEST

START_TEST(the_limit_is_a_share_of_this_hosts)
{
	int64_t bytes = 0;

	fake_world_open();
	ASSERT_OK(host_memory_limit(NULL, &bytes, &err), &err);
	ck_assert_int_gt(bytes, 1 << 20);
	fake_world_close();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		available_memory_is_read_in_bytes,
		a_text_without_it_is_an_error,
		the_limit_is_a_share_of_this_hosts,
	};

	return suite_run("provisioner/host_memory", tests, ARRAY_LEN(tests));
}
