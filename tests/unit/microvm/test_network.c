/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <arpa/inet.h>

#include "microvm/agent/cgroup.h"
#include "microvm/agent/network.h"

START_TEST(addresses_have_four_numbers_and_a_length)
{
	static const struct {
		const char *text;
		uint32_t address;
		unsigned bits;
	} rows[] = {
		{"10.64.0.5/24", 0x0a400005, 24},
		{"0.0.0.0/0", 0, 0},
		{"255.255.255.255/32", 0xffffffff, 32},
	};
	static const char *const refused[] = {
		"",
		"10.64.0.5",
		"10.64.0.5/",
		"10.64.0.5/33",
		"10.64.0.5/-1",
		"10.64.0/24",
		"10.64.0.256/24",
		"10.64.0.5/2 4",
		"10.64.0.5/ 4",
		" 10.64.0.5/24",
		"::1/128",
		"10.64.0.5/24x",
		"/24",
		"a.b.c.d/24",
		"10.64.0.5/+4",
		"1234567890123456789/24",
		"10.64.0.5/99999999999999999999999",
	};
	struct netlink_prefix prefix;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ASSERT_OK(network_parse_prefix(rows[i].text, &prefix, &err), &err);
		ck_assert_uint_eq(ntohl(prefix.address.s_addr), rows[i].address);
		ck_assert_uint_eq(prefix.bits, rows[i].bits);
	}
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		ck_assert_msg(network_parse_prefix(refused[i], &prefix, &err) == -1, "%s",
			      refused[i]);
		ck_assert_int_eq(err.code, ERR_INVALID);
	}
}
END_TEST

static void assert_file(const char *folder, const char *name, const char *expected)
{
	char path[128];
	char text[512] = "";
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	(void)!fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	ck_assert_str_eq(text, expected);
}

START_TEST(name_service_files_say_what_the_host_said)
{
	const char *dns[] = {"10.64.0.3", "10.64.0.4"};
	struct wire_task task = {
		.hostname = "ip-10-64-0-5",
		.network = {.mac = "52:54:00:00:00:01",
			    .address = "10.64.0.5/24",
			    .dns = {.items = dns, .count = 2}},
	};
	char folder[64];
	struct err err = ERR_INIT;

	suite_folder(folder, sizeof(folder));
	ASSERT_OK(network_write_files(&task, folder, &err), &err);
	assert_file(folder, "resolv.conf", "nameserver 10.64.0.3\nnameserver 10.64.0.4\n");
	assert_file(folder, "hostname", "ip-10-64-0-5\n");
	assert_file(folder, "hosts",
		    "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
		    "10.64.0.5\tip-10-64-0-5\n");
	task.network.mac = "";
	task.network.address = "";
	task.network.dns.count = 0;
	ASSERT_OK(network_write_files(&task, folder, &err), &err);
	assert_file(folder, "resolv.conf", "");
	assert_file(folder, "hosts",
		    "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
		    "127.0.0.1\tip-10-64-0-5\n");
}
END_TEST

START_TEST(weights_are_in_proportion_and_within_the_kernels_bounds)
{
	ck_assert_int_eq(cgroup_weight(0, 16), 1);
	ck_assert_int_eq(cgroup_weight(1, 16), 1);
	ck_assert_int_eq(cgroup_weight(256, 16), 156);
	ck_assert_int_eq(cgroup_weight(1024, 16), 625);
	ck_assert_int_eq(cgroup_weight(16384, 16), 10000);
	ck_assert_int_eq(cgroup_weight(1048576, 16), 10000);
	ck_assert_int_eq(cgroup_weight(16384, 1), 10000);
	ck_assert_int_eq(cgroup_weight(16384, 32), 5000); /* a custom size */
}
END_TEST

START_TEST(the_tasks_limit_leaves_room_for_kernel_and_agent)
{
	/* A machine that was made large enough: the task has what it paid for. */
	ck_assert_int_eq(cgroup_task_memory_mib(512, 552, 1), 512);
	ck_assert_int_eq(cgroup_task_memory_mib(1024, 1068, 1), 1024);
	ck_assert_int_eq(cgroup_task_memory_mib(8192, 8400, 4), 8192);
	/* One that was not: whatever is left, and never nothing. */
	ck_assert_int_eq(cgroup_task_memory_mib(512, 512, 1), 475);
	ck_assert_int_eq(cgroup_task_memory_mib(512, 512, 2), 472);
	ck_assert_int_eq(cgroup_task_memory_mib(512, 16, 1), 1);
	for (int64_t total = 64; total < 200000; total += 97)
		ck_assert_int_le(cgroup_task_memory_mib(total, total, 1), total - 32);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		addresses_have_four_numbers_and_a_length,
		name_service_files_say_what_the_host_said,
		weights_are_in_proportion_and_within_the_kernels_bounds,
		the_tasks_limit_leaves_room_for_kernel_and_agent,
	};

	return suite_run("network", tests, ARRAY_LEN(tests));
}
