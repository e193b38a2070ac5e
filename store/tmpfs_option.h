/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words that tmpfs.mountOptions may hold: flags of a mount, settings of the file
 * system, and those that the API knows and a tmpfs of a container has no use for.
 */
#ifndef SLIPWAY_STORE_TMPFS_OPTION_H
#define SLIPWAY_STORE_TMPFS_OPTION_H

#include "core/common.h"

enum tmpfs_option_kind {
	TMPFS_OPTION_UNKNOWN,
	TMPFS_OPTION_FLAG,    /* "noexec" */
	TMPFS_OPTION_SETTING, /* "mode=1777" */
	TMPFS_OPTION_REFUSED, /* "shared" */
	TMPFS_OPTION_COUNT,
};

enum tmpfs_option_kind tmpfs_option_kind(const char *option);

#endif
