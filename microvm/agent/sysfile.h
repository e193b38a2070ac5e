/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's small text files (proc, sysfs, cgroup): read whole, written in
 * one call.
 */
#ifndef SLIPWAY_MICROVM_AGENT_SYSFILE_H
#define SLIPWAY_MICROVM_AGENT_SYSFILE_H

#include "core/err.h"

/* The file's bytes, at most size-1, with a zero behind and no newline at the end. */
int sysfile_read(const char *path, char *ret, size_t size, struct err *err) MUST_CHECK;

/* A number, alone in the file. @otherwise if it is not there or is none ("max"). */
int64_t sysfile_number(const char *path, int64_t otherwise);

/* The number behind the word @key in a file of "key number" lines; 0 if not there. */
int64_t sysfile_keyed(const char *path, const char *key);

/* The same in such a text. */
int64_t sysfile_find(const char *text, const char *key);

int sysfile_write(const char *path, const char *fmt, struct err *err, ...)
	__attribute__((format(printf, 2, 4))) MUST_CHECK;

#endif
