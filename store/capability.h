/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of Linux capabilities as the API spells them ("SYS_PTRACE"), and sets of
 * them as numbers with one bit each, by the kernel's numbering.
 */
#ifndef SLIPWAY_STORE_CAPABILITY_H
#define SLIPWAY_STORE_CAPABILITY_H

#include "core/shape.h"

/* All bits for "ALL"; 0 for a name that there is not. */
int64_t capability_bits(const char *name);
/* Of a list of texts; names that there are not count for nothing. */
int64_t capability_set(const struct shape_list *list);

#endif
