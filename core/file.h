/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files as wholes.
 */
#ifndef SLIPWAY_CORE_FILE_H
#define SLIPWAY_CORE_FILE_H

#include <dirent.h>
#include <sys/types.h>

#include "core/buf.h"

/* Append the file's bytes to @buf (its maximum holds). */
int file_read(const char *path, struct buf *buf, struct err *err) MUST_CHECK;
/* Write beside it, fsync, rename: readers see the old or the new, never half. */
int file_write(const char *path, const void *bytes, size_t len, mode_t mode, struct err *err)
	MUST_CHECK;
/* mkdir -p; the last folder gets @mode even if it existed. */
int file_make_dir(const char *path, mode_t mode, struct err *err) MUST_CHECK;
/* For AUTO on a folder that is read; NULL is left alone. */
void dir_closep(DIR **dir);
/* Call @fn with every name in @folder but "." and "..", until it fails. */
typedef int file_name_fn(void *ctx, const char *folder, const char *name, struct err *err);
int file_each_name(const char *folder, file_name_fn *fn, void *ctx, struct err *err) MUST_CHECK;
/* The path of @name in the folder of the running program; the caller frees it. */
char *file_beside_program(const char *name);
/* rm -rf that does not follow links or leave the file system; absent is fine. */
int file_remove_tree(const char *path, struct err *err) MUST_CHECK;

#endif
