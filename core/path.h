/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths as words: no file is looked at.
 */
#ifndef SLIPWAY_CORE_PATH_H
#define SLIPWAY_CORE_PATH_H

#include "core/common.h"

/* @path, which is absolute, without what does not change where it leads if there are no
 * symbolic links: "//a/./b/../c/" is "/a/c". The caller frees it. */
char *path_clean(const char *path);

/* Whether both, cleaned, are one. */
bool path_is_same(const char *path, const char *other);

/* Whether @path, cleaned, is @folder or leads through it. */
bool path_is_within(const char *path, const char *folder);

#endif
