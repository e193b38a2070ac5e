/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <linux/capability.h>

#include "store/capability.h"

START_TEST(names_have_the_kernels_numbers)
{
	static const struct {
		const char *name;
		unsigned number;
	} rows[] = {
		{"CHOWN", CAP_CHOWN},		{"NET_BIND_SERVICE", CAP_NET_BIND_SERVICE},
		{"SYS_PTRACE", CAP_SYS_PTRACE}, {"MKNOD", CAP_MKNOD},
		{"SYSLOG", CAP_SYSLOG},		{"CHECKPOINT_RESTORE", CAP_CHECKPOINT_RESTORE},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		ck_assert_int_eq(capability_bits(rows[i].name), INT64_C(1) << rows[i].number);
	ck_assert_int_eq(capability_bits("ALL"), (INT64_C(2) << CAP_CHECKPOINT_RESTORE) - 1);
}
END_TEST

START_TEST(what_is_no_name_has_no_bits)
{
	ck_assert_int_eq(capability_bits(""), 0);
	ck_assert_int_eq(capability_bits("chown"), 0);
	ck_assert_int_eq(capability_bits("CAP_CHOWN"), 0);
}
END_TEST

START_TEST(a_list_is_a_set)
{
	const char *names[] = {"CHOWN", "KILL", "CHOWN", "nothing"};
	const struct shape_list list = {.items = names, .count = 4, .present = true};

	ck_assert_int_eq(capability_set(&list), 1 << CAP_CHOWN | 1 << CAP_KILL);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		names_have_the_kernels_numbers,
		what_is_no_name_has_no_bits,
		a_list_is_a_set,
	};

	return suite_run("capability", tests, ARRAY_LEN(tests));
}
