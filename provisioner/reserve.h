/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Room for the databases on a disk that tasks have filled. Scratch disks are sparse, so
 * their tasks can together write more than there is. Then no state can be written
 * either: not that a task stopped, and not the wish to stop it, which would give
 * its disk back. So some of the disk is held by a file, and given up when there is nothing else.
 */
#ifndef SLIPWAY_PROVISIONER_RESERVE_H
#define SLIPWAY_PROVISIONER_RESERVE_H

#include "core/err.h"

#define RESERVE_BYTES ((off_t)32 * 1024 * 1024)

/*
 * Look after the file at @path. @full: the disk had no room just now, so give it up; else make
 * it if it is not there and four times as much is free. *ret_given: it was given up now.
 * A file system that cannot hold room for a file is ERR_UNSUPPORTED. Blocks.
 */
int reserve_tend(const char *path, bool full, bool *ret_given, struct err *err) MUST_CHECK;

#endif
