/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program of the rehearsal's container (microvm/agent/rehearsal.c): it ends at
 * once. It needs no C library, so it is as small as a program can be.
 */
#include <asm/unistd.h>

/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl*): where the linker begins */
_Noreturn void _start(void);

_Noreturn void _start(void)
{
	for (;;)
		__asm__ volatile("syscall"
				 :
				 : "a"(__NR_exit_group), "D"(0)
				 : "rcx", "r11", "memory");
}
