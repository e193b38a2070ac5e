/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The containers' filter of system calls as libseccomp makes it. Only the build
 * and the tests call this: in an emulated microVM it took 23 ms of each boot.
 */
#ifndef SLIPWAY_MICROVM_FILTER_FILTER_RULES_H
#define SLIPWAY_MICROVM_FILTER_FILTER_RULES_H

#include <linux/filter.h>

#include "core/common.h"
#include "core/err.h"

#define FILTER_MAX 4096 /* instructions: the kernel's limit */

/* The same bytes at each call. */
int filter_rules_build(struct sock_filter program[FILTER_MAX], size_t *ret_length, struct err *err)
	MUST_CHECK;

#endif
