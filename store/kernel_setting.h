/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which kernel settings a task may have: those that are its own wherever it runs, so
 * that a definition means the same here as on a host that it shares with others.
 */
#ifndef SLIPWAY_STORE_KERNEL_SETTING_H
#define SLIPWAY_STORE_KERNEL_SETTING_H

#include "core/common.h"

#define KERNEL_SETTING_NAME_MAX	 255
#define KERNEL_SETTING_VALUE_MAX 255

/* "net.ipv4.tcp_keepalive_time": by its name alone, a kernel need not have it. */
bool kernel_setting_is_namespaced(const char *name);
bool kernel_setting_value_ok(const char *value);

#endif
