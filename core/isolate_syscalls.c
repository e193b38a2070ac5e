/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The third stage: system calls. Three lists by name: allowed; allowed with
 * certain arguments; deadly; the first two have parts for the network. What is in none of them
 * fails with EPERM, which libraries that try something optional survive. What is deadly serves
 * nobody but an intruder, and ends the process, so that it is seen.
 *
 * Threads may be made, processes may not: clone() must ask for a thread. clone3()
 * has its flags in memory, where no filter can look, and answers ENOSYS, upon
 * which the C library takes clone(). Memory is never both writable and executable.
 *
 * The filter is put on all threads of the process at once.
 */
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "core/isolate.h"
#include "core/isolate_private.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

static const char *const allowed[] = {
	/* files, as far as Landlock lets them */
	"access",
	"close",
	"close_range",
	"copy_file_range",
	"dup",
	"dup2",
	"dup3",
	"faccessat",
	"faccessat2",
	"fadvise64",
	"fallocate",
	"fchmod",
	"fcntl",
	"fdatasync",
	"flock",
	"fstat",
	"fstatfs",
	"fsync",
	"ftruncate",
	"getcwd",
	"getdents64",
	"inotify_add_watch",
	"inotify_init1",
	"inotify_rm_watch",
	"lseek",
	"lstat",
	"mkdir",
	"mkdirat",
	"newfstatat",
	"open",
	"openat",
	"pipe2",
	"pread64",
	"preadv",
	"pwrite64",
	"pwritev",
	"read",
	"readlink",
	"readlinkat",
	"readv",
	"rename",
	"renameat",
	"renameat2",
	"rmdir",
	"sendfile",
	"stat",
	"statfs",
	"statx",
	"umask",
	"unlink",
	"unlinkat",
	"utimensat",
	"write",
	"writev",
	/* memory; mmap and mprotect are below */
	"brk",
	"madvise",
	"membarrier",
	"mincore",
	"mremap",
	"msync",
	"munmap",
	/* threads, signals, the end */
	"exit",
	"exit_group",
	"futex",
	"futex_waitv",
	"get_robust_list",
	"getpid",
	"getppid",
	"gettid",
	"restart_syscall",
	"rseq",
	"rt_sigaction",
	"rt_sigpending",
	"rt_sigprocmask",
	"rt_sigreturn",
	"rt_sigsuspend",
	"rt_sigtimedwait",
	"sched_getaffinity",
	"sched_getparam",
	"sched_getscheduler",
	"sched_yield",
	"set_robust_list",
	"set_tid_address",
	"sigaltstack",
	"signalfd4",
	/* time */
	"clock_getres",
	"clock_gettime",
	"clock_nanosleep",
	"gettimeofday",
	"nanosleep",
	"time",
	"timerfd_create",
	"timerfd_gettime",
	"timerfd_settime",
	"times",
	/* waiting */
	"epoll_create1",
	"epoll_ctl",
	"epoll_pwait",
	"epoll_pwait2",
	"epoll_wait",
	"eventfd2",
	"poll",
	"ppoll",
	"pselect6",
	"select",
	/* questions */
	"capget",
	"getcpu",
	"getegid",
	"geteuid",
	"getgid",
	"getgroups",
	"getrandom",
	"getresgid",
	"getresuid",
	"getrlimit",
	"getrusage",
	"getuid",
	"sysinfo",
	"uname",
};

/* Where the network is allowed; socket and socketpair are below. */
static const char *const network[] = {
	"accept",     "accept4", "bind",       "connect",  "getpeername", "getsockname",
	"getsockopt", "listen",	 "recvfrom",   "recvmmsg", "recvmsg",	  "sendmmsg",
	"sendmsg",    "sendto",	 "setsockopt", "shutdown",
};

static const char *const deadly[] = {
	/* programs and processes; clone is below */
	"execve",
	"execveat",
	"fork",
	"vfork",
	/* other processes */
	"kcmp",
	"pidfd_getfd",
	"process_madvise",
	"process_vm_readv",
	"process_vm_writev",
	"ptrace",
	/* mounts, roots, namespaces */
	"chroot",
	"fsconfig",
	"fsmount",
	"fsopen",
	"fspick",
	"mount",
	"mount_setattr",
	"move_mount",
	"open_by_handle_at",
	"open_tree",
	"pivot_root",
	"setns",
	"umount",
	"umount2",
	"unshare",
	/* identity */
	"capset",
	"personality",
	"setfsgid",
	"setfsuid",
	"setgid",
	"setgroups",
	"setregid",
	"setresgid",
	"setresuid",
	"setreuid",
	"setuid",
	/* the kernel */
	"acct",
	"add_key",
	"adjtimex",
	"bpf",
	"clock_adjtime",
	"clock_settime",
	"delete_module",
	"fanotify_init",
	"finit_module",
	"init_module",
	"io_uring_enter",
	"io_uring_register",
	"io_uring_setup",
	"ioperm",
	"iopl",
	"kexec_file_load",
	"kexec_load",
	"keyctl",
	"lookup_dcookie",
	"mknod",
	"mknodat",
	"modify_ldt",
	"perf_event_open",
	"quotactl",
	"reboot",
	"request_key",
	"setdomainname",
	"sethostname",
	"settimeofday",
	"swapoff",
	"swapon",
	"syslog",
	"userfaultfd",
};

/* Allowed if (argument & mask) == value. */
struct conditional {
	const char *name;
	unsigned argument;
	uint64_t mask, value;
};

#define EXACTLY	    UINT64_MAX
/* The upper half of an int argument is whatever the register held. */
#define INT_EXACTLY UINT64_C(0xffffffff)

static const struct conditional conditionals[] = {
	{"clone", 0, CLONE_THREAD, CLONE_THREAD},
	{"mmap", 2, PROT_EXEC, 0},
	/* Libraries that are loaded late: file contents, not writable. */
	{"mmap", 2, PROT_EXEC | PROT_WRITE, PROT_EXEC},
	{"mprotect", 2, PROT_EXEC, 0},
	{"ioctl", 1, INT_EXACTLY, FIOCLEX},
	{"ioctl", 1, INT_EXACTLY, FIONBIO},
	{"ioctl", 1, INT_EXACTLY, FIONREAD},
	{"ioctl", 1, INT_EXACTLY, TCGETS},
	{"ioctl", 1, INT_EXACTLY, TIOCGWINSZ},
	{"prctl", 0, INT_EXACTLY, PR_CAPBSET_READ},
	{"prctl", 0, INT_EXACTLY, PR_GET_DUMPABLE},
	{"prctl", 0, INT_EXACTLY, PR_GET_NAME},
	{"prctl", 0, INT_EXACTLY, PR_GET_NO_NEW_PRIVS},
	{"prctl", 0, INT_EXACTLY, PR_SET_NAME},
	{"prctl", 0, INT_EXACTLY, PR_SET_VMA}, /* names of mappings, by the C library */
	{"prlimit64", 2, EXACTLY, 0},	       /* asking, not setting */
};

static const struct conditional sockets[] = {
	{"socket", 0, INT_EXACTLY, AF_UNIX},
	{"socket", 0, INT_EXACTLY, AF_INET},
	{"socket", 0, INT_EXACTLY, AF_INET6},
	{"socketpair", 0, INT_EXACTLY, AF_UNIX},
};

static int add_rule(scmp_filter_ctx filter, uint32_t action, const char *name,
		    const struct scmp_arg_cmp *compared, struct err *err)
{
	int number = seccomp_syscall_resolve_name(name);
	int result;

	/* A name that this machine, or this library, does not have needs no rule. */
	if (number == __NR_SCMP_ERROR)
		return 0;
	result = seccomp_rule_add_array(filter, action, number, compared ? 1 : 0, compared);
	if (result == -EDOM)
		return 0;
	if (result < 0)
		return err_sys(err, -result, "filter system call %s", name);
	return 0;
}

static int add_compared(scmp_filter_ctx filter, uint32_t action, const char *name,
			unsigned argument, uint64_t mask, uint64_t value, struct err *err)
{
	const struct scmp_arg_cmp compared = {
		.arg = argument,
		.op = SCMP_CMP_MASKED_EQ,
		.datum_a = mask,
		.datum_b = value,
	};

	return add_rule(filter, action, name, &compared, err);
}

static int add_names(scmp_filter_ctx filter, uint32_t action, const char *const *names,
		     size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (add_rule(filter, action, names[i], NULL, err) < 0)
			return -1;
	return 0;
}

static int add_conditionals(scmp_filter_ctx filter, const struct conditional *rows, size_t count,
			    struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (add_compared(filter, SCMP_ACT_ALLOW, rows[i].name, rows[i].argument,
				 rows[i].mask, rows[i].value, err) < 0)
			return -1;
	return 0;
}

static int add_network(scmp_filter_ctx filter, struct err *err)
{
	if (add_names(filter, SCMP_ACT_ALLOW, network, ARRAY_LEN(network), err) < 0)
		return -1;
	return add_conditionals(filter, sockets, ARRAY_LEN(sockets), err);
}

static int add_rules(scmp_filter_ctx filter, struct err *err)
{
	/* Signals to ourselves, for abort() and threads. */
	uint64_t self = (uint64_t)getpid();

	if (add_names(filter, SCMP_ACT_ALLOW, allowed, ARRAY_LEN(allowed), err) < 0 ||
	    add_names(filter, SCMP_ACT_KILL_PROCESS, deadly, ARRAY_LEN(deadly), err) < 0 ||
	    add_conditionals(filter, conditionals, ARRAY_LEN(conditionals), err) < 0)
		return -1;
	if (add_compared(filter, SCMP_ACT_KILL_PROCESS, "clone", 0, CLONE_THREAD, 0, err) < 0 ||
	    add_compared(filter, SCMP_ACT_ALLOW, "tgkill", 0, INT_EXACTLY, self, err) < 0 ||
	    add_compared(filter, SCMP_ACT_ALLOW, "kill", 0, INT_EXACTLY, self, err) < 0 ||
	    add_rule(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3", NULL, err) < 0)
		return -1;
	return 0;
}

static int load(scmp_filter_ctx filter, bool with_network, struct err *err)
{
	static const struct {
		enum scmp_filter_attr name;
		uint32_t value;
	} attributes[] = {
		{SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS},
		{SCMP_FLTATR_CTL_NNP, 1},
		{SCMP_FLTATR_CTL_TSYNC, 1},
		{SCMP_FLTATR_CTL_OPTIMIZE, 2}, /* a binary tree: the list is long */
	};
	int result;

	for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
		result = seccomp_attr_set(filter, attributes[i].name, attributes[i].value);
		if (result < 0)
			return err_sys(err, -result, "set up the system call filter");
	}
	if (add_rules(filter, err) < 0 || (with_network && add_network(filter, err) < 0))
		return -1;
	result = seccomp_load(filter);
	if (result < 0)
		return err_sys(err, -result, "load the system call filter");
	return 0;
}

static int isolate_syscalls(bool with_network, struct err *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int result;

	if (!filter)
		return err_set(err, ERR_SYSTEM, "create a system call filter");
	result = load(filter, with_network, err);
	seccomp_release(filter);
	if (result == 0)
		isolate_mark_done();
	return result;
}

int isolate_syscalls_server(struct err *err)
{
	return isolate_syscalls(true, err);
}

int isolate_syscalls_offline(struct err *err)
{
	return isolate_syscalls(false, err);
}
