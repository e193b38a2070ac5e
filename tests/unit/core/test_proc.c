/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

#include "core/clock.h"
#include "core/proc.h"

static struct err err;
static struct buf output, errors;

/* Run @script by a shell with 20 s to do it, and what else @call says. */
static int run_shell(struct proc_call call, const char *script, int *ret_exit)
{
	const char *argv[] = {"sh", "-c", script, NULL};

	if (!output.max) {
		buf_init(&output, 65536);
		buf_init(&errors, 65536);
	}
	buf_clear(&output);
	buf_clear(&errors);
	call.argv = argv;
	if (call.deadline_ms == 0)
		call.deadline_ms = 20000;
	call.output = &output;
	call.errors = &errors;
	return proc_run(&call, ret_exit, &err);
}

static void free_buffers(void)
{
	buf_done(&output);
	buf_done(&errors);
}

START_TEST(output_errors_and_exit_code_come_back)
{
	int exit_code = -1;

	ASSERT_OK(run_shell((struct proc_call){0}, "echo out; echo err >&2; exit 3", &exit_code),
		  &err);
	ck_assert_int_eq(exit_code, 3);
	ck_assert_str_eq(buf_text(&output), "out\n");
	ck_assert_str_eq(buf_text(&errors), "err\n");
	ASSERT_OK(run_shell((struct proc_call){0}, "kill -TERM $$", &exit_code), &err);
	ck_assert_int_eq(exit_code, 128 + SIGTERM);
	free_buffers();
}
END_TEST

START_TEST(input_is_given_and_absent_input_is_empty)
{
	static char big[300000];
	int exit_code = -1;

	memset(big, 'b', sizeof(big));
	ASSERT_OK(run_shell((struct proc_call){.input = big, .input_len = sizeof(big)}, "wc -c",
			    &exit_code),
		  &err);
	ck_assert_str_eq(buf_text(&output), "300000\n");
	ASSERT_OK(run_shell((struct proc_call){0}, "wc -c", &exit_code), &err);
	ck_assert_str_eq(buf_text(&output), "0\n");
	free_buffers();
}
END_TEST

START_TEST(environment_and_folder_are_what_was_said)
{
	const char *env[] = {"ONLY=this", NULL};
	int exit_code = -1;

	ck_assert_int_eq(setenv("SLIPWAY_SECRET", "leak", 1), 0);
	ASSERT_OK(run_shell((struct proc_call){.dir = "/"},
			    "echo $SLIPWAY_SECRET$LANG; pwd; test -n \"$PATH\"", &exit_code),
		  &err);
	ck_assert_int_eq(exit_code, 0);
	ck_assert_str_eq(buf_text(&output), "C.UTF-8\n/\n");
	ASSERT_OK(run_shell((struct proc_call){.env = env}, "echo $ONLY$LANG", &exit_code), &err);
	ck_assert_str_eq(buf_text(&output), "this\n");
	free_buffers();
}
END_TEST

START_TEST(what_cannot_be_run_says_why)
{
	const char *missing[] = {"slipway-no-such-program", NULL};
	const char *not_a_program[] = {"/etc/passwd", NULL};
	const char *empty[] = {"", NULL};
	struct proc_call call = {.argv = missing, .deadline_ms = 1000};
	int exit_code = 77;

	ck_assert_int_eq(proc_run(&call, &exit_code, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	call.argv = not_a_program;
	ck_assert_int_eq(proc_run(&call, &exit_code, &err), -1);
	ck_assert_int_eq(err.code, ERR_DENIED);
	ck_assert_msg(strstr(err.text, "run /etc/passwd: execute: "), "%s", err.text);
	call.argv = empty;
	ck_assert_int_eq(proc_run(&call, &exit_code, &err), -1);
	ck_assert_int_eq(run_shell((struct proc_call){.dir = "/nonexistent"}, "true", &exit_code),
			 -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	ck_assert_msg(strstr(err.text, "enter folder"), "%s", err.text);
	ck_assert_int_eq(exit_code, 77);
	free_buffers();
}
END_TEST

START_TEST(the_deadline_kills_the_whole_group)
{
	char folder[64];
	AUTO(freep) char *script = NULL;
	AUTO(freep) char *path = NULL;
	int exit_code = 77;
	int64_t before = clock_boot_ns();

	suite_folder(folder, sizeof(folder));
	path = xasprintf("%s/late", folder);
	/* The grandchild would write a second later, and ignores everything milder. */
	script = xasprintf("trap '' TERM; (sleep 1; echo x > %s) & sleep 60", path);
	ck_assert_int_eq(run_shell((struct proc_call){.deadline_ms = 300}, script, &exit_code), -1);
	ck_assert_int_eq(err.code, ERR_TIMEOUT);
	ck_assert_int_eq(exit_code, 77);
	ck_assert_int_lt(clock_boot_ns() - before, 10000000000);
	ck_assert_int_eq(sleep(2), 0);
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(rmdir(folder), 0);
	free_buffers();
}
END_TEST

START_TEST(what_the_program_leaves_behind_neither_holds_the_call_nor_survives)
{
	char folder[64];
	AUTO(freep) char *script = NULL;
	AUTO(freep) char *path = NULL;
	int exit_code = -1;
	int64_t before = clock_boot_ns();

	suite_folder(folder, sizeof(folder));
	path = xasprintf("%s/late", folder);
	script = xasprintf("(sleep 2; echo x > %s) & echo started", path);
	ASSERT_OK(run_shell((struct proc_call){0}, script, &exit_code), &err);
	ck_assert_int_eq(exit_code, 0);
	ck_assert_str_eq(buf_text(&output), "started\n");
	ck_assert_int_lt(clock_boot_ns() - before, 1900000000);
	ck_assert_int_eq(sleep(3), 0);
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(rmdir(folder), 0);
	free_buffers();
}
END_TEST

START_TEST(too_much_output_kills_and_too_many_errors_are_dropped)
{
	int exit_code = -1;

	ck_assert_int_eq(run_shell((struct proc_call){0}, "yes", &exit_code), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	ck_assert_uint_eq(output.len, output.max);
	ASSERT_OK(
		run_shell((struct proc_call){0}, "yes | head -c 3000000 >&2; echo end", &exit_code),
		&err);
	ck_assert_uint_eq(errors.len, errors.max);
	ck_assert_str_eq(buf_text(&output), "end\n");
	free_buffers();
}
END_TEST

static void *cancel_soon(void *ctx)
{
	ck_assert_int_eq(usleep(100000), 0);
	__atomic_store_n((int *)ctx, 1, __ATOMIC_RELAXED);
	return NULL;
}

START_TEST(a_cancelled_call_ends_soon)
{
	int cancel = 0;
	pthread_t thread;
	int exit_code = 77;
	int64_t before = clock_boot_ns();

	ck_assert_int_eq(pthread_create(&thread, NULL, cancel_soon, &cancel), 0);
	ck_assert_int_eq(run_shell((struct proc_call){.cancel = &cancel}, "sleep 60", &exit_code),
			 -1);
	pthread_join(thread, NULL);
	ck_assert_int_eq(err.code, ERR_CONFLICT);
	ck_assert_int_lt(clock_boot_ns() - before, 10000000000);
	free_buffers();
}
END_TEST

START_TEST(the_child_has_three_files_no_signals_blocked_and_no_core)
{
	int exit_code = -1;
	sigset_t all;
	int fd = open("/dev/null", O_RDONLY); /* without close-on-exec */

	ck_assert_int_ge(fd, 3);
	sigfillset(&all);
	ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, &all, NULL), 0);
	ck_assert(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	/* The shell becomes the program: nobody else's descriptors are in the list, whose
	 * fourth is the one that reads it. */
	ASSERT_OK(run_shell((struct proc_call){0}, "exec ls /proc/self/fd", &exit_code), &err);
	ck_assert_str_eq(buf_text(&output), "0\n1\n2\n3\n");
	ASSERT_OK(run_shell((struct proc_call){0},
			    "ulimit -c; exec grep -E '^Sig(Blk|Ign)' /proc/self/status",
			    &exit_code),
		  &err);
	ck_assert_str_eq(buf_text(&output),
			 "0\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
	close(fd);
	free_buffers();
}
END_TEST

START_TEST(standard_descriptors_may_be_closed_in_the_parent)
{
	int exit_code = -1;
	int kept = dup(2);

	close(0);
	close(1);
	close(2);
	ASSERT_OK(run_shell((struct proc_call){.input = "in", .input_len = 2},
			    "cat; echo out; echo err >&2", &exit_code),
		  &err);
	ck_assert_int_eq(dup2(kept, 2), 2);
	ck_assert_int_eq(dup2(kept, 1), 1);
	ck_assert_str_eq(buf_text(&output), "inout\n");
	ck_assert_str_eq(buf_text(&errors), "err\n");
	free_buffers();
}
END_TEST

START_TEST(as_user_has_only_that_user_and_no_new_privileges)
{
	bool root = geteuid() == 0;
	uid_t uid = root ? 65534 : geteuid();
	gid_t gid = root ? 65534 : getegid();
	AUTO(freep) char *wanted = NULL;
	int exit_code = -1;

	ASSERT_OK(run_shell((struct proc_call){.as_user = true, .uid = uid, .gid = gid},
			    "id -u; id -g; grep NoNewPrivs /proc/self/status | tr -d '\\t'",
			    &exit_code),
		  &err);
	wanted = xasprintf("%u\n%u\nNoNewPrivs:1\n", (unsigned)uid, (unsigned)gid);
	ck_assert_str_eq(buf_text(&output), wanted);
	if (root) {
		ASSERT_OK(run_shell((struct proc_call){.as_user = true, .uid = uid, .gid = gid},
				    "id -G; grep CapEff /proc/self/status | tr -d '\\t'",
				    &exit_code),
			  &err);
		ck_assert_str_eq(buf_text(&output), "65534\nCapEff:0000000000000000\n");
	} else {
		ck_assert_int_eq(run_shell((struct proc_call){.as_user = true}, "id", &exit_code),
				 -1);
		ck_assert_int_eq(err.code, ERR_DENIED);
	}
	free_buffers();
}
END_TEST

START_TEST(a_call_without_a_deadline_is_refused)
{
	const char *argv[] = {"true", NULL};
	struct proc_call call = {.argv = argv};
	int exit_code = -1;

	ck_assert_int_eq(proc_run(&call, &exit_code, &err), -1);
	ck_assert_int_eq(err.code, ERR_INVALID);
	call.deadline_ms = 20000;
	ASSERT_OK(proc_run(&call, &exit_code, &err), &err);
	ck_assert_int_eq(exit_code, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		output_errors_and_exit_code_come_back,
		input_is_given_and_absent_input_is_empty,
		environment_and_folder_are_what_was_said,
		what_cannot_be_run_says_why,
		the_deadline_kills_the_whole_group,
		what_the_program_leaves_behind_neither_holds_the_call_nor_survives,
		too_much_output_kills_and_too_many_errors_are_dropped,
		a_cancelled_call_ends_soon,
		the_child_has_three_files_no_signals_blocked_and_no_core,
		standard_descriptors_may_be_closed_in_the_parent,
		as_user_has_only_that_user_and_no_new_privileges,
		a_call_without_a_deadline_is_refused,
	};

	return suite_run("core/proc", tests, ARRAY_LEN(tests));
}
