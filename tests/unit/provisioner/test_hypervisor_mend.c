/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a killed libvirt left is told apart from what it can go on from, and taken away.
 */
#include "tests/support/suite.h"

#include <errno.h>
#include <signal.h>

#include "core/file.h"
#include "provisioner/hypervisor_mend.h"

static const struct {
	const char *text;
	bool whole;
} statuses[] = {
	{"<!-- x -->\n<domstatus state='running' reason='booted' pid='77'>\n<x/></domstatus>",
	 true},
	{"<domstatus state='paused' reason='starting up' pid='0'>", false},
	{"<domstatus state='paused' reason='starting up' pid='77'>", false},
	{"<domstatus state='running' reason='booted' pid='0'>", false},
	{"<domstatus state='running'", false},
	{"", false},
};

START_TEST(a_status_is_whole_or_half)
{
	ck_assert(hypervisor_status_is_whole(statuses[_i].text) == statuses[_i].whole);
}
END_TEST

/* A process whose arguments look like a QEMU of @root. */
static pid_t imitate(const char *root, const char *machine)
{
	AUTO(freep) char *name = xasprintf("guest=%s,debug-threads=on", machine);
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		execl("/bin/sh", "qemu-system-x86_64", "-c", "sleep 60; :", name, root,
		      (char *)NULL);
		_exit(127);
	}
	usleep(200000);
	return pid;
}

/* Of a virtiofsd, with its number in the record @name. */
static pid_t imitate_share(const char *records, const char *name)
{
	AUTO(freep) char *path = xasprintf("%s/%s", records, name);
	AUTO(freep) char *text = NULL;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		execl("/bin/sh", "/usr/lib/qemu/virtiofsd", "-c", "sleep 60; :", (char *)NULL);
		_exit(127);
	}
	text = xasprintf("%d", (int)pid);
	suite_write(path, text);
	return pid;
}

START_TEST(a_virtiofsd_without_a_machine_goes)
{
	char root[64];
	struct err err = ERR_INIT;
	unsigned count = 0;

	suite_folder(root, sizeof(root));
	AUTO(freep) char *records = xasprintf("%s/run/qemu", root);
	AUTO(freep) char *whole = xasprintf("%s/m-whole.xml", records);
	AUTO(freep) char *foreign = xasprintf("%s/3-m-other-fs0-fs.pid", records);
	AUTO(freep) char *left = xasprintf("%s/2-m-half-fs1-fs.pid", records);
	AUTO(freep) char *record = xasprintf("%s<x p='/domain-1-m-whole/x'/>", statuses[0].text);
	AUTO(freep) char *own_pid = xasprintf("%d", (int)getpid());
	ASSERT_OK(file_make_dir(records, 0755, &err), &err);
	suite_write(whole, record);
	suite_write(foreign, own_pid); /* a number that somebody else has now */
	pid_t kept = imitate_share(records, "1-m-whole-fs0-fs.pid");
	pid_t alone = imitate_share(records, "2-m-half-fs1-fs.pid");
	usleep(200000);
	(void)signal(SIGCHLD, SIG_IGN);
	ASSERT_OK(hypervisor_mend(root, &count, &err), &err);
	ck_assert_uint_eq(count, 1);
	ck_assert(kill(alone, 0) < 0 && errno == ESRCH);
	ck_assert_int_lt(access(left, F_OK), 0);
	ck_assert_int_lt(access(foreign, F_OK), 0);
	ck_assert_int_eq(kill(kept, SIGKILL), 0);
	ASSERT_OK(file_remove_tree(root, &err), &err);
}
END_TEST

START_TEST(half_started_machines_go_and_whole_ones_stay)
{
	char root[64];
	struct err err = ERR_INIT;
	unsigned count = 0;

	suite_folder(root, sizeof(root));
	AUTO(freep) char *records = xasprintf("%s/run/qemu", root);
	AUTO(freep) char *whole = xasprintf("%s/m-whole.xml", records);
	AUTO(freep) char *half = xasprintf("%s/m-half.xml", records);
	AUTO(freep) char *half_pid = xasprintf("%s/m-half.pid", records);
	ASSERT_OK(hypervisor_mend(root, &count, &err), &err);
	ck_assert_uint_eq(count, 0);
	ASSERT_OK(file_make_dir(records, 0755, &err), &err);
	AUTO(freep) char *used = xasprintf("%s/lib/qemu/channel/target/domain-1-m-whole", root);
	AUTO(freep) char *unused = xasprintf("%s/lib/qemu/channel/target/domain-2-m-half", root);
	AUTO(freep) char *record = xasprintf("%s<source path='%s/port'/>", statuses[0].text, used);
	ASSERT_OK(file_make_dir(used, 0755, &err), &err);
	ASSERT_OK(file_make_dir(unused, 0755, &err), &err);
	suite_write(whole, record);
	suite_write(half, statuses[1].text);
	suite_write(half_pid, "1");
	pid_t kept = imitate(root, "m-whole");
	pid_t unknown = imitate(root, "m-unknown");
	pid_t foreign = imitate("/elsewhere", "m-unknown");
	(void)signal(SIGCHLD, SIG_IGN); /* reaped at once, as a subreaper does */
	ASSERT_OK(hypervisor_mend(root, &count, &err), &err);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(access(whole, F_OK), 0);
	ck_assert_int_lt(access(half, F_OK), 0);
	ck_assert_int_lt(access(half_pid, F_OK), 0);
	ck_assert_int_eq(access(used, F_OK), 0);
	ck_assert_int_lt(access(unused, F_OK), 0);
	ck_assert(kill(unknown, 0) < 0 && errno == ESRCH);
	ck_assert_int_eq(kill(kept, SIGKILL), 0);
	ck_assert_int_eq(kill(foreign, SIGKILL), 0);
	ASSERT_OK(file_remove_tree(root, &err), &err);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hypervisor_mend");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, a_status_is_whole_or_half, 0, ARRAY_LEN(statuses));
	tcase_add_test(all, a_virtiofsd_without_a_machine_goes);
	tcase_add_test(all, half_started_machines_go_and_whole_ones_stay);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
