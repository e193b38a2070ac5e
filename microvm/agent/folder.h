/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folders that have to be there.
 */
#ifndef SLIPWAY_MICROVM_AGENT_FOLDER_H
#define SLIPWAY_MICROVM_AGENT_FOLDER_H

#include <sys/types.h>

#include "core/err.h"

int folder_make(const char *path, mode_t mode, struct err *err) MUST_CHECK;
/* With all that are above it, each with mode 0755 (less the umask). */
int folder_make_all(const char *path, struct err *err) MUST_CHECK;
/* Those above it, and not itself. */
int folder_make_above(const char *path, struct err *err) MUST_CHECK;

#endif
