/* SPDX-License-Identifier: Apache-2.0 */
/* What is noted of processes that are no children, and until when somebody was there. */
#include "tests/support/suite.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/witness.h"
#include "core/clock.h"
#include "core/file.h"

static char folder[64];
static char *ends, *pids;
static struct loop *loop;
static struct err err = ERR_INIT;

static void open_scene(void)
{
	suite_folder(folder, sizeof(folder));
	ends = xasprintf("%s/" PROCESS_ENDS_NAME, folder);
	pids = xasprintf("%s/libvirt/run/qemu", folder);
	ASSERT_OK(file_make_dir(pids, 0755, &err), &err);
	ASSERT_OK(loop_new(&loop, &err), &err);
}

static void close_scene(void)
{
	loop_free(loop);
	ASSERT_OK(file_remove_tree(folder, &err), &err);
	free(ends);
	free(pids);
}

static void stop(void *ctx)
{
	loop_stop(ctx);
}

static void run_ms(int64_t ms)
{
	(void)loop_timer_add(loop, ms, stop, loop);
	ASSERT_OK(loop_run(loop, &err), &err);
}

static struct process_id sleeper(void)
{
	struct process_id id;
	pid_t pid = fork();

	if (pid == 0) {
		for (;;)
			pause();
	}
	ASSERT_OK(process_find(pid, &id, &err), &err);
	return id;
}

static void write_pid(const char *name, int pid)
{
	AUTO(freep) char *path = xasprintf("%s/%s", pids, name);
	AUTO(freep) char *text = xasprintf("%d\n", pid);

	suite_write(path, text);
}

START_TEST(machines_of_before_are_watched)
{
	struct process_id id = sleeper();
	struct witness *witness;
	int64_t before, ended = 0;

	write_pid("slipway-x-1.pid", id.pid);
	write_pid("slipway-x-1.xml", 1);
	write_pid("damaged.pid", -7);
	write_pid("gone.pid", INT32_MAX);
	witness = witness_new(loop, folder);
	run_ms(20);
	ck_assert_int_eq(process_end_find(ends, id, &ended, &err), 0);
	before = clock_boot_ns();
	witness_stay_awake(witness);
	ASSERT_OK(process_end_lived(ends, id, &ended, &err), &err);
	ck_assert_int_ge(ended, before);
	ck_assert_int_eq(kill(id.pid, SIGKILL), 0);
	run_ms(200);
	ck_assert_int_eq(process_end_find(ends, id, &ended, &err), 1);
	ck_assert_int_ge(ended, before);
	ck_assert_int_le(ended, clock_boot_ns());
	ck_assert_int_eq(waitpid(id.pid, NULL, 0), id.pid);
	witness_free(witness);
}
END_TEST

START_TEST(without_machines_or_folder_there_is_nothing_to_watch)
{
	witness_free(witness_new(loop, folder));
	witness_free(witness_new(loop, "/nowhere"));
	witness_free(NULL);
}
END_TEST

/* Of those only that began after the witness did. */
START_TEST(whose_end_is_not_noted_lived_while_the_witness_was_there)
{
	struct process_id before = sleeper();
	struct process_id after = before;
	struct witness *witness;
	int64_t lived = -1, now;

	clock_pause_ms(30);
	witness = witness_new(loop, folder);
	after.start_ticks += 1000;
	ASSERT_OK(process_end_lived(ends, after, &lived, &err), &err);
	ck_assert_int_eq(lived, 0);
	now = clock_boot_ns();
	witness_stay_awake(witness);
	ASSERT_OK(process_end_lived(ends, after, &lived, &err), &err);
	ck_assert_int_ge(lived, now);
	now = lived;
	run_ms(1200);
	ASSERT_OK(process_end_lived(ends, after, &lived, &err), &err);
	ck_assert_int_gt(lived, now + INT64_C(900000000));
	before.start_ticks = 1;
	ASSERT_OK(process_end_lived(ends, before, &lived, &err), &err);
	ck_assert_int_eq(lived, 0);
	ck_assert_int_eq(kill(before.pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(before.pid, NULL, 0), before.pid);
	witness_free(witness);
}
END_TEST

START_TEST(nobody_lived_while_an_end_is_not_noted_yet)
{
	struct witness *witness = witness_new(loop, folder);
	struct process_id child = sleeper();
	siginfo_t ended;
	int64_t lived = -1, now;

	ck_assert_int_eq(kill(child.pid, SIGKILL), 0);
	ck_assert_int_eq(waitid(P_PID, (id_t)child.pid, &ended, WEXITED | WNOWAIT), 0);
	child.start_ticks += 1000;
	witness_stay_awake(witness);
	run_ms(100);
	ASSERT_OK(process_end_lived(ends, child, &lived, &err), &err);
	ck_assert_int_eq(lived, 0);
	now = clock_boot_ns();
	ck_assert_int_eq(waitpid(child.pid, NULL, 0), child.pid);
	run_ms(100);
	ASSERT_OK(process_end_lived(ends, child, &lived, &err), &err);
	ck_assert_int_ge(lived, now);
	witness_free(witness);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		machines_of_before_are_watched,
		without_machines_or_folder_there_is_nothing_to_watch,
		whose_end_is_not_noted_lived_while_the_witness_was_there,
		nobody_lived_while_an_end_is_not_noted_yet,
	};
	Suite *suite = suite_create("witness");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, open_scene, close_scene);
	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tcase_add_test(all, tests[i]);
	tcase_set_timeout(all, 60);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
