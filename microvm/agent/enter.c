/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process cannot change its own process namespace, only that of its children. So
 * the fork of the agent enters all namespaces and forks once more; that one becomes the
 * program, and the first waits for it outside, where nobody of the container sees it,
 * and ends with the same code. It keeps no descriptor: it would hold the ends of pipes
 * open whose end others wait for.
 */
#include "microvm/agent/enter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>

#include "microvm/agent/program.h"
#include "microvm/agent/sysfile.h"
#include "microvm/agent/terminal.h"

#define NAMESPACES	    (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)
#define EXIT_CANNOT_EXECUTE 126 /* as shells have it */

/* All that is the agent's is closed by the execve(), or by _exit(). */
static int take_descriptors(const struct enter_ends *ends, struct err *err)
{
	const int given[3] = {ends->in, ends->out, ends->errors};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd < 3; fd++) {
		if (dup2(given[fd] >= 0 ? given[fd] : null, fd) < 0)
			return err_sys(err, errno, "set up the standard descriptors");
	}
	return 0;
}

static int leave_agent(const struct enter *enter, struct err *err)
{
	/* The agent's own protection is not for its children. */
	if (take_descriptors(&enter->ends, err) < 0 || child_reset_signals(err) < 0 ||
	    sysfile_write("/proc/self/oom_score_adj", "0", err) < 0)
		return -1;
	if (setns(enter->target, NAMESPACES) < 0)
		return err_sys(err, errno, "enter the container");
	return 0;
}

static int prepare(const struct enter *enter, const char ***ret_env,
		   char ret_file[PROGRAM_PATH_SIZE], struct err *err)
{
	if (setsid() < 0)
		return err_sys(err, errno, "make a session");
	if (enter->ends.terminal >= 0 &&
	    terminal_make(enter->ends.terminal, TERMINAL_OF_COMMAND, err) < 0)
		return -1;
	return child_become(&enter->child, enter->args, ret_env, ret_file, err);
}

static _Noreturn void give_up(const struct enter *enter, const struct err *err)
{
	(void)!write(enter->ends.setup, err->text, strlen(err->text)); /* it may be -1 */
	_exit(EXIT_CANNOT_EXECUTE);
}

static _Noreturn void become(const struct enter *enter)
{
	struct err err = ERR_INIT;
	char file[PROGRAM_PATH_SIZE];
	const char **env;

	if (prepare(enter, &env, file, &err) < 0)
		give_up(enter, &err);
	(void)!write(enter->ends.setup, &(char){CHILD_READY}, 1);
	child_execute(enter->args, file, env);
	_exit(EXIT_CANNOT_EXECUTE);
}

_Noreturn void enter_run(const struct enter *enter)
{
	struct err err = ERR_INIT;
	int status = 0;
	pid_t pid;

	if (leave_agent(enter, &err) < 0)
		give_up(enter, &err);
	pid = fork();
	if (pid == 0)
		become(enter);
	(void)close_range(0, ~0U, 0); /* what stays open is closed by the end */
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		_exit(EXIT_CANNOT_EXECUTE);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}
