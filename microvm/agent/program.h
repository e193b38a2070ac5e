/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which file a container's first argument means, and its environment.
 */
#ifndef SLIPWAY_MICROVM_AGENT_PROGRAM_H
#define SLIPWAY_MICROVM_AGENT_PROGRAM_H

#include "core/err.h"

#define PROGRAM_PATH_SIZE    4096
#define PROGRAM_PATH_DEFAULT "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* The value of @key among at most @count "K=V" texts (or up to a NULL), or NULL. */
const char *program_variable(const char *const *env, size_t count, const char *key);

/* The file to execute for @name: itself if it holds a slash, else the first
 * executable in the folders of @path. The error's text is the one that container
 * runtimes give. */
int program_find(const char *name, const char *path, char ret_file[PROGRAM_PATH_SIZE],
		 struct err *err) MUST_CHECK;

/* "SIGTERM", "TERM", "15", "SIGRTMIN+3"; "" is SIGTERM. -1 for anything else. */
int program_signal(const char *name);

#endif
