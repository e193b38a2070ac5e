/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program locks itself in, by stages, after it has opened what it needs. The
 * first two bind one thread only and are refused (ERR_CONFLICT) once there are
 * more; the third binds all.
 */
#ifndef SLIPWAY_CORE_ISOLATE_H
#define SLIPWAY_CORE_ISOLATE_H

#include <sys/types.h>

#include "core/err.h"

/* No capability, no groups, @uid and @gid for good, no new privileges, not dumpable.
 * As a plain user only the parts that apply. */
int isolate_drop(uid_t uid, gid_t gid, struct err *err) MUST_CHECK;

/* @execute: programs below may be run (and read); nothing else ever may. */
struct isolate_path {
	const char *path;
	bool write, execute;
};
/* Landlock: nothing of the file system but these trees (made by the kernel's
 * best ABI; *ret_done is false where the kernel has none). */
int isolate_files(const struct isolate_path *paths, size_t count, bool *ret_done, struct err *err)
	MUST_CHECK;

/* seccomp: only what a network server with SQLite and threads needs; anything
 * that makes programs, mounts, traces, loads or changes identity ends the process. */
int isolate_syscalls_server(struct err *err) MUST_CHECK;
/* The same without the network: no socket is made, and none is used. */
int isolate_syscalls_offline(struct err *err) MUST_CHECK;

#endif
