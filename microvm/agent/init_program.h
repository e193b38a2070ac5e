/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The small first process that containers may have (microvm/guest/init_program.c).
 */
#ifndef SLIPWAY_MICROVM_AGENT_INIT_PROGRAM_H
#define SLIPWAY_MICROVM_AGENT_INIT_PROGRAM_H

#include "core/err.h"

/* Before the initramfs is out of sight. */
int init_program_open(struct err *err) MUST_CHECK;

/* Become it, running @file with @args in a process of its own; both NULL: it only reaps.
 * Comes back when that fails, with errno set. */
void init_program_become(const char *file, const char *const *args, size_t count,
			 const char *const *env);

#endif
