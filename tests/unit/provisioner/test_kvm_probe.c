/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of the probe that need no guest: what is kept and when it counts, and that
 * asking the device answers quickly on any host, whatever the answer is.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/clock.h"
#include "core/file.h"
#include "provisioner/hypervisor.h"
#include "provisioner/kvm_probe_private.h"
#include "tests/support/suite.h"

static char path[64];

static void set_up(void)
{
	(void)snprintf(path, sizeof(path), "/tmp/slipway-kvm-%d", (int)getpid());
}

static void tear_down(void)
{
	(void)unlink(path);
}

START_TEST(a_verdict_is_kept_for_its_key)
{
	struct kvm_verdict verdict = {.works = _i == 1, .why = "a guest booted in 1.0 s"}, read;
	struct err err = ERR_INIT;

	ck_assert(!kvm_verdict_read(path, "boot qemu kernel", &read));
	ck_assert_int_eq(kvm_verdict_write(path, "boot qemu kernel", &verdict, &err), 0);
	ck_assert(kvm_verdict_read(path, "boot qemu kernel", &read));
	ck_assert_int_eq(read.works, verdict.works);
	ck_assert(read.kept);
	ck_assert_str_eq(read.why, verdict.why);
	ck_assert(!kvm_verdict_read(path, "boot qemu", &read));
	ck_assert(!kvm_verdict_read(path, "boot qemu kernel2", &read));
	ck_assert(!kvm_verdict_read(path, "other", &read));
}
END_TEST

START_TEST(a_damaged_verdict_is_none)
{
	static const char *const texts[] = {"",		  "key",      "key\n",
					    "key\nyes\n", "key\nkvm", "\nkvm x\n"};
	struct kvm_verdict read;
	struct err err = ERR_INIT;

	ck_assert_int_eq(file_write(path, texts[_i], strlen(texts[_i]), 0600, &err), 0);
	ck_assert(!kvm_verdict_read(path, "key", &read));
}
END_TEST

START_TEST(the_device_answers_in_time_and_says_why)
{
	struct kvm_verdict verdict;
	int64_t from_ns = clock_boot_ns();

	kvm_probe_device(_i == 0 ? 0 : 70001, _i == 0 ? 0 : 70001, &verdict);
	ck_assert_int_lt(clock_boot_ns() - from_ns, 3000000000);
	ck_assert_str_ne(verdict.why, "");
	fprintf(stderr, "kvm %s: %s\n", verdict.works ? "yes" : "no", verdict.why);
}
END_TEST

START_TEST(a_loop_is_cut_off_at_its_limit)
{
	struct err err = ERR_INIT;
	int64_t ran_ns = -1;

	if (access("/dev/kvm", R_OK | W_OK) < 0)
		return;
	/* 0 ms: nobody can have answered. */
	ck_assert_int_eq(kvm_loop(0, &ran_ns, &err), -1);
	ck_assert_int_eq(err.code, ERR_TIMEOUT);
	ck_assert_int_eq(ran_ns, -1);
}
END_TEST

START_TEST(root_runs_qemu_in_a_namespace_and_a_filter)
{
	struct err err = ERR_INIT;
	struct buf text;

	buf_init(&text, 4096);
	ck_assert_int_eq(hypervisor_conf(_i == 1, true, &text, &err), 0);
	ck_assert_ptr_nonnull(strstr(buf_text(&text), "seccomp_sandbox = 1\n"));
	ck_assert_int_eq(strstr(buf_text(&text), "namespaces = [ \"mount\" ]\n") != NULL, _i == 1);
	ck_assert_int_eq(strstr(buf_text(&text), "dynamic_ownership = 0\n") != NULL, _i == 1);
	buf_done(&text);
}
END_TEST

START_TEST(a_root_folder_must_be_short_and_plain)
{
	static const char *const roots[] = {
		"relative",
		"/tmp/with space",
		"/tmp/a?b",
		"/tmp/a&b",
		"/tmp/a#b",
		"/tmp/a%20b",
		"/tmp/0123456789012345678901234567890123456789",
	};
	struct err err = ERR_INIT;
	char *uri = NULL;

	ck_assert_int_eq(hypervisor_prepare(roots[_i], &uri, &err), -1);
	ck_assert(err.code == ERR_INVALID || err.code == ERR_LIMIT);
	ck_assert_ptr_null(uri);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kvm_probe");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_add_loop_test(all, a_verdict_is_kept_for_its_key, 0, 2);
	tcase_add_loop_test(all, a_damaged_verdict_is_none, 0, 6);
	tcase_add_loop_test(all, the_device_answers_in_time_and_says_why, 0, 2);
	tcase_add_test(all, a_loop_is_cut_off_at_its_limit);
	tcase_add_loop_test(all, root_runs_qemu_in_a_namespace_and_a_filter, 0, 2);
	tcase_add_loop_test(all, a_root_folder_must_be_short_and_plain, 0, 7);
	tcase_set_timeout(all, 60);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
