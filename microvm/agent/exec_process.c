/* SPDX-License-Identifier: Apache-2.0 */
/* See exec_process.h. */
#include "microvm/agent/exec_process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "microvm/agent/cgroup.h"
#include "microvm/agent/enter.h"

/* Both ends of all that goes between the agent and the command. */
struct ends {
	int in[2], out[2], errors[2], setup[2], terminal[2];
};

static void ends_done(struct ends *ends)
{
	for (int i = 0; i < 2; i++) {
		fd_closep(&ends->in[i]);
		fd_closep(&ends->out[i]);
		fd_closep(&ends->errors[i]);
		fd_closep(&ends->setup[i]);
		fd_closep(&ends->terminal[i]);
	}
}

static int make_ends(struct ends *ends, bool terminal, struct err *err)
{
	if (pipe2(ends->setup, O_CLOEXEC) < 0 || fcntl(ends->setup[0], F_SETFL, O_NONBLOCK) < 0)
		return err_sys(err, errno, "make pipes");
	if (terminal)
		return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends->terminal) < 0
			       ? err_sys(err, errno, "make a socket")
			       : 0;
	/* Only our ends: a command expects its own to block. */
	if (pipe2(ends->in, O_CLOEXEC) < 0 || pipe2(ends->out, O_CLOEXEC) < 0 ||
	    pipe2(ends->errors, O_CLOEXEC) < 0 || fcntl(ends->in[1], F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(ends->out[0], F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(ends->errors[0], F_SETFL, O_NONBLOCK) < 0)
		return err_sys(err, errno, "make pipes");
	return 0;
}

static int clone_command(const struct exec_process_words *words, const struct ends *ends,
			 pid_t *ret_pid, struct err *err)
{
	AUTO(fd_closep) int group = -1;
	AUTO(fd_closep) int target = -1;
	struct enter enter = {
		.child = {.spec = (const struct wire_container *)words->task->containers.items +
				  words->index,
			  .hostname = words->task->hostname,
			  .index = words->index,
			  .filter = words->filter},
		.args = words->args,
		.ends = {ends->in[0], ends->out[1], ends->errors[1], ends->terminal[1],
			 ends->setup[1]},
	};
	struct clone_args clone = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD};
	long pid;

	if (words->container <= 0)
		return err_set(err, ERR_NOT_FOUND, "the container does not run");
	target = (int)syscall(SYS_pidfd_open, words->container, 0);
	if (target < 0)
		return err_sys(err, errno, "find the container");
	if (cgroup_make_exec(words->index, words->slot, &group, err) < 0)
		return -1;
	enter.target = target;
	clone.cgroup = (uint64_t)group;
	pid = syscall(SYS_clone3, &clone, sizeof(clone));
	if (pid == 0)
		enter_run(&enter);
	if (pid < 0)
		return err_sys(err, errno, "make the command's process");
	*ret_pid = (pid_t)pid;
	return 0;
}

int exec_process_start(const struct exec_process_words *words, struct exec_process *ret_process,
		       struct err *err)
{
	AUTO(ends_done) struct ends ends = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
	pid_t pid = -1;

	if (make_ends(&ends, words->terminal, err) < 0 ||
	    clone_command(words, &ends, &pid, err) < 0)
		return -1;
	ret_process->pid = pid;
	ret_process->setup_fd = STEAL(ends.setup[0], -1);
	ret_process->terminal_socket = STEAL(ends.terminal[0], -1);
	ret_process->in_fd = STEAL(ends.in[1], -1);
	ret_process->out_fd = STEAL(ends.out[0], -1);
	ret_process->errors_fd = STEAL(ends.errors[0], -1);
	return 0;
}
