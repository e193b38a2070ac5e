/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <string.h>

#include "store/kernel_setting.h"

START_TEST(a_tasks_own_settings_and_no_others)
{
	static const struct {
		const char *name;
		bool good;
	} rows[] = {
		{"net.ipv4.tcp_keepalive_time", true},
		{"net.ipv4.conf.eth0.rp_filter", true},
		{"fs.mqueue.msg_max", true},
		{"kernel.shm_rmid_forced", true},
		{"kernel.shm_rmid_forced.x", false},
		{"kernel.core_pattern", false},
		{"vm.swappiness", false},
		{"net", false},
		{"net.", false},
		{"net..ipv4", false},
		{"net.ipv4/../../kernel/panic", false},
		{"net/ipv4/ip_forward", false},
		{".net.ipv4", false},
		{"net.\n", false},
		{"", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		ck_assert_msg(kernel_setting_is_namespaced(rows[i].name) == rows[i].good, "%s",
			      rows[i].name);
}
END_TEST

START_TEST(values_are_one_short_line)
{
	char text[KERNEL_SETTING_VALUE_MAX + 2];

	memset(text, '1', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert(!kernel_setting_value_ok(text));
	ck_assert(kernel_setting_value_ok(text + 1));
	ck_assert(kernel_setting_value_ok("250\t32000 32 128"));
	ck_assert(!kernel_setting_value_ok(""));
	ck_assert(!kernel_setting_value_ok("1\n2"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_tasks_own_settings_and_no_others,
				      values_are_one_short_line};

	return suite_run("kernel_setting", tests, ARRAY_LEN(tests));
}
