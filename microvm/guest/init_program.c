/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first process of a container whose program does not want to be one
 * (linuxParameters.initProcessEnabled):
 *
 *     slipway-init FILE ARGV0 [ARGUMENT...]
 *
 * It runs FILE in a process of its own, hands it the signals that come, reaps whoever
 * has lost a parent, and ends as FILE ends. Without arguments it only reaps: the first
 * process of a process namespace that containers share.
 *
 * It needs no C library, so nothing of the agent's memory or of anybody's files has to
 * be where it runs.
 */
#include <asm/ioctls.h>
#include <asm/signal.h>
#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/prctl.h>
#include <linux/wait.h>

#define STDERR		    2
#define EXIT_CANNOT_EXECUTE 255 /* as the agent itself ends when it cannot */
#define EXIT_SIGNAL	    128

typedef unsigned long word;

static long call(long number, word a, word b, word c, word d)
{
	register word fourth __asm__("r10") = d;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth)
			 : "rcx", "r11", "memory");
	return result;
}

static _Noreturn void end(int code)
{
	for (;;)
		(void)call(__NR_exit_group, (word)code, 0, 0, 0);
}

static word set_of(int signo)
{
	return 1UL << (signo - 1);
}

/* All but those that the kernel sends to whoever makes a mistake. */
static word forwarded(void)
{
	static const int own[] = {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS};
	word set = ~0UL;

	for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		set &= ~set_of(own[i]);
	return set;
}

static void set_mask(word set)
{
	(void)call(__NR_rt_sigprocmask, SIG_SETMASK, (word)&set, 0, sizeof(set));
}

static void say(const char *text)
{
	word len = 0;

	while (text[len])
		len++;
	(void)call(__NR_write, STDERR, (word)text, len, 0);
}

static const char *reason(long error)
{
	switch (error) {
	case -ENOENT:
		return "no such file or directory";
	case -ENOEXEC:
		return "exec format error";
	case -EACCES:
		return "permission denied";
	case -E2BIG:
		return "argument list too long";
	default:
		return "failed";
	}
}

/* A process group of its own, in front if there is a terminal. */
static _Noreturn void become(char **argv, char **envp)
{
	int group = (int)call(__NR_getpid, 0, 0, 0, 0);
	long error;

	(void)call(__NR_setpgid, 0, 0, 0, 0);
	(void)call(__NR_ioctl, 0, TIOCSPGRP, (word)&group, 0);
	set_mask(0);
	error = call(__NR_execve, (word)argv[0], (word)(argv + 1), (word)envp, 0);
	say("exec ");
	say(argv[0]);
	say(": ");
	say(reason(error));
	say("\n");
	end(EXIT_CANNOT_EXECUTE);
}

/* Every process that has ended; ends with @child. */
static void reap(long child)
{
	int status = 0;
	long pid;

	while ((pid = call(__NR_wait4, (word)-1, (word)&status, WNOHANG, 0)) > 0) {
		int signo = status & 0x7f;

		if (pid == child)
			end(signo ? EXIT_SIGNAL + signo : status >> 8 & 0xff);
	}
}

_Noreturn void begin(word *stack);

__attribute__((used)) _Noreturn void begin(word *stack)
{
	word argc = stack[0];
	char **argv = (char **)(stack + 1);
	word set = forwarded();
	long child = 0;

	set_mask(set);
	(void)call(__NR_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0); /* where it is not the first */
	if (argc > 2) {
		child = call(__NR_fork, 0, 0, 0, 0);
		if (child == 0)
			become(argv + 1, argv + argc + 1);
		if (child < 0)
			end(EXIT_CANNOT_EXECUTE);
	}
	for (;;) {
		long signo = call(__NR_rt_sigtimedwait, (word)&set, 0, 0, sizeof(set));

		if (signo == SIGCHLD)
			reap(child);
		else if (signo > 0 && child > 0)
			(void)call(__NR_kill, (word)child, (word)signo, 0, 0);
	}
}

/* The kernel leaves the number of arguments, then arguments and variables, on the stack. */
__asm__(".globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call begin\n");
