/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much memory all machines of this host may have together.
 */
#ifndef SLIPWAY_PROVISIONER_HOST_MEMORY_H
#define SLIPWAY_PROVISIONER_HOST_MEMORY_H

#include "provisioner/machine.h"

/* 80 % of what is available now. What our running machines hold already counts as
 * available: they will be charged against the limit. */
int host_memory_limit(struct machine_host *host, int64_t *ret_bytes, struct err *err) MUST_CHECK;

/* MemAvailable in the text of /proc/meminfo; ERR_CORRUPT without one. */
int host_memory_parse(const char *text, int64_t *ret_bytes, struct err *err) MUST_CHECK;

#endif
