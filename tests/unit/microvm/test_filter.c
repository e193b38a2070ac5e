/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The filter that was built in is run here twice: by a small interpreter of
 * classic BPF, which can say what happens to calls of other architectures, and by
 * the kernel, in a process that gives itself to it.
 */
#include "tests/support/suite.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "microvm/agent/privilege.h"
#include "microvm/filter/filter_rules.h"

#define X32		  0x40000000
#define STEPS_MAX	  FILTER_MAX /* jumps go forward only */
#define AFTER(test, ins)  ((test) ? (ins)->jt : (ins)->jf)
#define REFUSED_WITH(why) (SECCOMP_RET_ERRNO | (why))

/* What the filter answers to a call, by the rules of classic BPF. */
static uint32_t answer(const struct sock_fprog *program, const struct seccomp_data *data)
{
	uint32_t accumulator = 0;

	for (size_t at = 0; at < program->len; at++) {
		const struct sock_filter *ins = &program->filter[at];

		switch (ins->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			ck_assert_uint_le(ins->k + sizeof(accumulator), sizeof(*data));
			memcpy(&accumulator, (const char *)data + ins->k, sizeof(accumulator));
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			accumulator &= ins->k;
			break;
		case BPF_JMP | BPF_JA:
			at += ins->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			at += AFTER(accumulator == ins->k, ins);
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			at += AFTER(accumulator > ins->k, ins);
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			at += AFTER(accumulator >= ins->k, ins);
			break;
		case BPF_RET | BPF_K:
			return ins->k;
		default:
			ck_abort_msg("instruction %zu has the unexpected code %#x", at, ins->code);
		}
	}
	ck_abort_msg("the filter ends without an answer");
}

START_TEST(the_built_in_filter_is_what_libseccomp_makes)
{
	static struct sock_filter program[FILTER_MAX];
	struct err err = ERR_INIT;
	size_t length;

	/* Twice: the build must give the same bytes each time. */
	for (int i = 0; i < 2; i++) {
		memset(program, 0xff, sizeof(program));
		ASSERT_OK(filter_rules_build(program, &length, &err), &err);
		ck_assert_uint_eq(length, privilege_filter.len);
		ck_assert_mem_eq(program, privilege_filter.filter, length * sizeof(*program));
	}
}
END_TEST

/* 32-bit numbers are of another table. */
static const struct {
	uint32_t arch;
	int number;
	uint64_t argument;
	uint32_t answer;
} calls[] = {
	{AUDIT_ARCH_X86_64, SYS_read, 0, SECCOMP_RET_ALLOW},
	{AUDIT_ARCH_X86_64, SYS_write, 1, SECCOMP_RET_ALLOW},
	{AUDIT_ARCH_X86_64, SYS_execve, 0, SECCOMP_RET_ALLOW},
	{AUDIT_ARCH_X86_64, SYS_ptrace, 0, SECCOMP_RET_ALLOW},
	{AUDIT_ARCH_X86_64, SYS_mknod, 0, SECCOMP_RET_ALLOW},
	{AUDIT_ARCH_X86_64, 9999, 0, SECCOMP_RET_ALLOW}, /* the kernel says ENOSYS */
	{AUDIT_ARCH_X86_64, SYS_bpf, 0, REFUSED_WITH(EPERM)},
	{AUDIT_ARCH_X86_64, SYS_mount, 0, REFUSED_WITH(EPERM)},
	{AUDIT_ARCH_X86_64, SYS_unshare, 0, REFUSED_WITH(EPERM)},
	{AUDIT_ARCH_X86_64, SYS_setns, 0, REFUSED_WITH(EPERM)},
	{AUDIT_ARCH_X86_64, SYS_init_module, 0, REFUSED_WITH(EPERM)},
	{AUDIT_ARCH_X86_64, SYS_finit_module, 0, REFUSED_WITH(EPERM)},
	{AUDIT_ARCH_X86_64, SYS_kexec_file_load, 0, REFUSED_WITH(EPERM)},
	{AUDIT_ARCH_X86_64, SYS_reboot, 0, REFUSED_WITH(EPERM)},
	{AUDIT_ARCH_X86_64, SYS_io_uring_setup, 0, REFUSED_WITH(EPERM)},
	{AUDIT_ARCH_X86_64, SYS_userfaultfd, 0, REFUSED_WITH(EPERM)},
	{AUDIT_ARCH_X86_64, SYS_keyctl, 0, REFUSED_WITH(EPERM)},
	{AUDIT_ARCH_X86_64, SYS_clock_settime, 0, REFUSED_WITH(EPERM)},
	{AUDIT_ARCH_X86_64, SYS_clone3, 0, REFUSED_WITH(ENOSYS)},
	{AUDIT_ARCH_X86_64, SYS_clone, SIGCHLD, SECCOMP_RET_ALLOW},
	{AUDIT_ARCH_X86_64, SYS_clone, CLONE_NEWNS | SIGCHLD, SECCOMP_RET_ALLOW},
	{AUDIT_ARCH_X86_64, SYS_clone, CLONE_NEWUSER | SIGCHLD, REFUSED_WITH(EPERM)},
	{AUDIT_ARCH_X86_64, SYS_socket, AF_INET, SECCOMP_RET_ALLOW},
	{AUDIT_ARCH_X86_64, SYS_socket, AF_UNIX, SECCOMP_RET_ALLOW},
	{AUDIT_ARCH_X86_64, SYS_socket, AF_VSOCK, REFUSED_WITH(EAFNOSUPPORT)},
	{AUDIT_ARCH_X86_64, SYS_socket, AF_ALG, REFUSED_WITH(EAFNOSUPPORT)},
	{AUDIT_ARCH_X86_64, X32 | SYS_read, 0, SECCOMP_RET_ALLOW},
	{AUDIT_ARCH_X86_64, X32 | SYS_bpf, 0, REFUSED_WITH(EPERM)},
	{AUDIT_ARCH_X86_64, X32 | SYS_unshare, 0, REFUSED_WITH(EPERM)},
	{AUDIT_ARCH_X86_64, X32 | SYS_clone3, 0, REFUSED_WITH(ENOSYS)},
	{AUDIT_ARCH_I386, 3 /* read */, 0, SECCOMP_RET_ALLOW},
	{AUDIT_ARCH_I386, 21 /* mount */, 0, REFUSED_WITH(EPERM)},
	{AUDIT_ARCH_I386, 310 /* unshare */, 0, REFUSED_WITH(EPERM)},
	{AUDIT_ARCH_I386, 357 /* bpf */, 0, REFUSED_WITH(EPERM)},
	{AUDIT_ARCH_I386, 113 /* vm86old */, 0, REFUSED_WITH(EPERM)},
	{AUDIT_ARCH_I386, 435 /* clone3 */, 0, REFUSED_WITH(ENOSYS)},
	{AUDIT_ARCH_I386, 120 /* clone */, CLONE_NEWUSER, REFUSED_WITH(EPERM)},
	{AUDIT_ARCH_AARCH64, 63 /* read */, 0, SECCOMP_RET_KILL_THREAD},
};

START_TEST(each_call_gets_its_answer)
{
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		struct seccomp_data data = {
			.nr = calls[i].number,
			.arch = calls[i].arch,
			.args = {calls[i].argument},
		};
		uint32_t got = answer(&privilege_filter, &data);

		ck_assert_msg(got == calls[i].answer, "row %zu: %#x instead of %#x", i, got,
			      calls[i].answer);
	}
}
END_TEST

/* In a process of its own: 0, or the number of what went wrong. */
static int live_under_the_filter(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &privilege_filter) < 0)
		return 1;
	if (getppid() <= 0)
		return 2;
	if (unshare(CLONE_NEWUSER) == 0 || errno != EPERM)
		return 3;
	if (syscall(SYS_clone3, NULL, 0) >= 0 || errno != ENOSYS)
		return 4;
	if (socket(AF_VSOCK, SOCK_STREAM, 0) >= 0 || errno != EAFNOSUPPORT)
		return 5;
	/* Without the filter: EFAULT or EINVAL. */
	if (syscall(SYS_io_uring_setup, 1, NULL) >= 0 || errno != EPERM)
		return 6;
	return 0;
}

START_TEST(the_kernel_takes_the_filter_and_decides_by_it)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(live_under_the_filter());
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		the_built_in_filter_is_what_libseccomp_makes,
		each_call_gets_its_answer,
		the_kernel_takes_the_filter_and_decides_by_it,
	};

	return suite_run("filter", tests, ARRAY_LEN(tests));
}
