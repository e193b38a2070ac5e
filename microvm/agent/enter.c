/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process cannot change its own process namespace, only that of its children. So
 * the fork of the agent enters all namespaces and forks once more; that one becomes the
 * program, and the first waits for it outside, where nobody of the container sees it,
 * and ends with the same code.
 *
 * Standard descriptors are /dev/null.
 */
#include "microvm/agent/enter.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>

#include "microvm/agent/program.h"
#include "microvm/agent/sysfile.h"

#define NAMESPACES	    (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)
#define EXIT_CANNOT_EXECUTE 126 /* as shells have it */

/* All that is the agent's is closed by the execve(), or by _exit(). */
static int leave_agent(const struct enter *enter, struct err *err)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		return err_sys(err, errno, "set up the standard descriptors");
	/* The agent's own protection is not for its children. */
	if (child_reset_signals(err) < 0 || sysfile_write("/proc/self/oom_score_adj", "0", err) < 0)
		return -1;
	if (setns(enter->target, NAMESPACES) < 0)
		return err_sys(err, errno, "enter the container");
	return 0;
}

static _Noreturn void become(const struct enter *enter)
{
	struct err err = ERR_INIT;
	char file[PROGRAM_PATH_SIZE];
	const char **env;

	if (setsid() >= 0 && child_become(&enter->child, enter->args, &env, file, &err) == 0)
		child_execute(enter->args, file, env);
	_exit(EXIT_CANNOT_EXECUTE);
}

_Noreturn void enter_run(const struct enter *enter)
{
	struct err err = ERR_INIT;
	int status = 0;
	pid_t pid;

	if (leave_agent(enter, &err) < 0)
		_exit(EXIT_CANNOT_EXECUTE);
	pid = fork();
	if (pid == 0)
		become(enter);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		_exit(EXIT_CANNOT_EXECUTE);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}
