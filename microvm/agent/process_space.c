/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A namespace lives as long as its first process. Ours does nothing but reap: it has an
 * empty root, no privilege, the task's limits and nothing of the agent's memory, since
 * containers that may look into each other's processes may look into this one too.
 */
#include "microvm/agent/process_space.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include "microvm/agent/boot.h"
#include "microvm/agent/cgroup.h"
#include "microvm/agent/folder.h"
#include "microvm/agent/init_program.h"
#include "microvm/agent/privilege.h"
#include "microvm/agent/sysfile.h"

#define EMPTY_ROOT "/empty"
#define NOBODY	   65534

static int space_fd = -1; /* for ever, once it is there */
static int own_fd = -1;

/* The namespace's first process. */
static _Noreturn void hold(void)
{
	static const char *const no_words[] = {NULL};
	static const struct identity nobody = {
		.uid = NOBODY, .gid = NOBODY, .groups = {NOBODY}, .group_count = 1};
	struct err err = ERR_INIT;

	if (sysfile_write("/proc/self/oom_score_adj", "0", &err) == 0 &&
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("tmpfs", EMPTY_ROOT, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  "size=0,mode=755") == 0 &&
	    chdir(EMPTY_ROOT) == 0 && syscall(SYS_pivot_root, ".", ".") == 0 &&
	    umount2(".", MNT_DETACH) == 0 && chdir("/") == 0 &&
	    privilege_drop(&nobody, 0, &privilege_filter, &err) == 0)
		init_program_become(NULL, NULL, 0, no_words);
	_exit(1);
}

static int open_space(pid_t pid, struct err *err)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)pid);
	space_fd = open(path, O_RDONLY | O_CLOEXEC);
	own_fd = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	if (space_fd < 0 || own_fd < 0)
		return err_sys(err, errno, "open the process namespace");
	return 0;
}

static int make(struct err *err)
{
	AUTO(fd_closep) int group = -1;
	struct clone_args args = {
		/* Until it has executed its program it has the agent's memory: no container
		 * is there so early. */
		.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS |
			 CLONE_INTO_CGROUP | CLONE_VFORK,
		.exit_signal = SIGCHLD,
	};
	long pid;

	if (folder_make(EMPTY_ROOT, 0755, err) < 0 || cgroup_make_space(&group, err) < 0)
		return -1;
	args.cgroup = (uint64_t)group;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		hold();
	if (pid < 0)
		return err_sys(err, errno, "make a process namespace");
	return open_space((pid_t)pid, err);
}

int process_space_enter(struct err *err)
{
	if (space_fd < 0 && make(err) < 0)
		return -1;
	if (setns(space_fd, CLONE_NEWPID) < 0)
		return err_sys(err, errno, "enter the task's process namespace");
	return 0;
}

void process_space_leave(void)
{
	if (setns(own_fd, CLONE_NEWPID) < 0)
		boot_give_up("cannot leave the task's process namespace");
}
