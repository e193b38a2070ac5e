/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor: restarts what dies, reaps orphans, stops everything on SIGTERM,
 * leaves nothing when it is killed.
 */
#include "tests/support/suite.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "cli/supervisor.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/process_end.h"

#define WAIT_MS 20000
#define STEP_MS 20

/* The process id in the file, waiting for one other than @not. */
static pid_t wait_pid(const char *path, pid_t not )
{
	for (int waited = 0; waited < WAIT_MS; waited += STEP_MS) {
		struct err err = ERR_INIT;
		struct buf text;
		int pid = 0;

		buf_init(&text, 64);
		if (file_read(path, &text, &err) == 0)
			pid = atoi(buf_text(&text));
		buf_done(&text);
		if (pid > 0 && pid != not )
			return pid;
		clock_pause_ms(STEP_MS);
	}
	ck_abort_msg("no new process id in %s", path);
}

static bool gone(pid_t pid)
{
	for (int waited = 0; waited < WAIT_MS; waited += STEP_MS) {
		if (kill(pid, 0) < 0 && errno == ESRCH)
			return true;
		clock_pause_ms(STEP_MS);
	}
	return false;
}

struct rig {
	char dir[64];
	char *log, *pid_path, *ends;
	pid_t supervisor;
};

static void rig_begin(struct rig *rig, const char *script)
{
	const char *argv[] = {"/bin/sh", "-c", script, NULL};
	struct err err = ERR_INIT;

	suite_folder(rig->dir, sizeof(rig->dir));
	rig->log = xasprintf("%s/log", rig->dir);
	rig->pid_path = xasprintf("%s/pid", rig->dir);
	rig->ends = xasprintf("%s/" PROCESS_ENDS_NAME, rig->dir);
	const struct supervisor_program program = {
		.name = "sleeper", .argv = argv, .log_path = rig->log, .pid_path = rig->pid_path};
	ASSERT_OK(supervisor_fork(&program, 1, rig->dir, &rig->supervisor, &err), &err);
}

static void rig_end(struct rig *rig)
{
	struct err err = ERR_INIT;

	ASSERT_OK(file_remove_tree(rig->dir, &err), &err);
	free(rig->log);
	free(rig->pid_path);
	free(rig->ends);
}

START_TEST(a_killed_program_is_started_again_and_stopped_at_the_end)
{
	struct rig rig;
	int status = -1;

	rig_begin(&rig, "exec sleep 600");
	pid_t first = wait_pid(rig.pid_path, 0);
	ck_assert_int_eq(kill(first, SIGKILL), 0);
	pid_t second = wait_pid(rig.pid_path, first);
	ck_assert(gone(first));
	ck_assert_int_eq(kill(rig.supervisor, SIGTERM), 0);
	ck_assert_int_eq(waitpid(rig.supervisor, &status, 0), rig.supervisor);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ck_assert(gone(second));
	rig_end(&rig);
}
END_TEST

START_TEST(orphans_are_reaped_at_once)
{
	struct rig rig;
	int status = -1;

	/* The inner shell ends and leaves its child, whose id is in the log, an orphan. */
	rig_begin(&rig, "sh -c 'sleep 0.3 & echo $!'; exec sleep 600");
	(void)wait_pid(rig.pid_path, 0);
	pid_t orphan = wait_pid(rig.log, 0);
	ck_assert(gone(orphan));
	ck_assert_int_eq(kill(rig.supervisor, SIGTERM), 0);
	ck_assert_int_eq(waitpid(rig.supervisor, &status, 0), rig.supervisor);
	rig_end(&rig);
}
END_TEST

/* When it was killed is known before its number is free; and none of a program is noted. */
START_TEST(the_end_of_an_orphan_is_noted_to_the_moment)
{
	struct process_id id, program;
	struct err err = ERR_INIT;
	int64_t ended_ns = 0, before_ns;
	struct rig rig;

	rig_begin(&rig, "sh -c 'sleep 600 & echo $!'; exec sleep 600");
	ASSERT_OK(process_find(wait_pid(rig.pid_path, 0), &program, &err), &err);
	ASSERT_OK(process_find(wait_pid(rig.log, 0), &id, &err), &err);
	ck_assert_int_eq(process_end_find(rig.ends, id, &ended_ns, &err), 0);
	before_ns = clock_boot_ns();
	ck_assert_int_eq(kill(id.pid, SIGKILL), 0);
	ck_assert(gone(id.pid));
	ck_assert_int_eq(process_end_find(rig.ends, id, &ended_ns, &err), 1);
	ck_assert_int_ge(ended_ns, before_ns);
	ck_assert_int_le(ended_ns, clock_boot_ns());
	ck_assert_int_eq(kill(program.pid, SIGKILL), 0);
	(void)wait_pid(rig.pid_path, program.pid);
	ck_assert_int_eq(process_end_find(rig.ends, program, &ended_ns, &err), 0);
	ck_assert_int_eq(kill(rig.supervisor, SIGTERM), 0);
	ck_assert_int_eq(waitpid(rig.supervisor, NULL, 0), rig.supervisor);
	rig_end(&rig);
}
END_TEST

START_TEST(programs_die_with_a_killed_supervisor)
{
	struct rig rig;

	rig_begin(&rig, "exec sleep 600");
	pid_t program = wait_pid(rig.pid_path, 0);
	ck_assert_int_eq(kill(rig.supervisor, SIGKILL), 0);
	ck_assert_int_eq(waitpid(rig.supervisor, NULL, 0), rig.supervisor);
	ck_assert(gone(program));
	rig_end(&rig);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_killed_program_is_started_again_and_stopped_at_the_end,
		orphans_are_reaped_at_once,
		the_end_of_an_orphan_is_noted_to_the_moment,
		programs_die_with_a_killed_supervisor,
	};

	return suite_run("supervisor", tests, ARRAY_LEN(tests));
}
