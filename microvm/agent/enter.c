/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process cannot change its own process namespace, only that of its children. So
 * one enters all namespaces and forks once more; that one becomes the program, and the first
 * waits for it outside, where nobody of the container sees it, and ends with the same
 * code. It keeps no descriptor: it would hold the ends of pipes open whose end others wait for.
 *
 * The container sees the second one, and may be allowed to trace it. So that one finds nothing
 * to do that would need privilege, and has in its memory what is the container's own:
 *
 *     fork of the agent -> fresh.h -> namespaces, user, rights -> fork -> session, program
 */
#include "microvm/agent/enter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>

#include "microvm/agent/fresh.h"
#include "microvm/agent/program.h"
#include "microvm/agent/sysfile.h"
#include "microvm/agent/terminal.h"

#define NAMESPACES	    (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)
#define EXIT_CANNOT_EXECUTE 126 /* as shells have it */

struct program {
	const char **env;
	char file[PROGRAM_PATH_SIZE];
};

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

/* All that takes privilege, which then is gone. */
static int prepare(const struct enter *enter, struct program *ret_program, struct err *err)
{
	if (enter->ends.terminal >= 0 &&
	    terminal_make(enter->ends.terminal, TERMINAL_OF_COMMAND, err) < 0)
		return -1;
	return child_become(&enter->child, enter->args, &ret_program->env, ret_program->file, err);
}

static int lead_session(const struct enter *enter, struct err *err)
{
	if (setsid() < 0)
		return err_sys(err, errno, "make a session");
	return enter->ends.terminal >= 0 ? terminal_own(err) : 0;
}

static _Noreturn void give_up(const struct enter *enter, const struct err *err)
{
	(void)!write(enter->ends.setup, err->text, strlen(err->text)); /* it may be -1 */
	_exit(EXIT_CANNOT_EXECUTE);
}

static _Noreturn void become(const struct enter *enter, const struct program *program)
{
	struct err err = ERR_INIT;

	if (lead_session(enter, &err) < 0)
		give_up(enter, &err);
	(void)!write(enter->ends.setup, &(char){CHILD_READY}, 1);
	child_execute(enter->args, program->file, program->env);
	_exit(EXIT_CANNOT_EXECUTE);
}

_Noreturn void enter_run(const struct enter *enter)
{
	struct err err = ERR_INIT;

	fresh_enter(enter, &err);
	give_up(enter, &err);
}

_Noreturn void enter_go_on(const struct enter *enter)
{
	struct err err = ERR_INIT;
	struct program program;
	int status = 0;
	pid_t pid;

	if (leave_agent(enter, &err) < 0 || prepare(enter, &program, &err) < 0)
		give_up(enter, &err);
	pid = fork();
	if (pid == 0)
		become(enter, &program);
	(void)close_range(0, ~0U, 0); /* what stays open is closed by the end */
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		_exit(EXIT_CANNOT_EXECUTE);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}
