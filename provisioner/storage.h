/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scratch disks: one writable ext4 file system a machine, made for it, owned by
 * its user and deleted with it. mkfs runs once for each size; the result is kept as a
 * template, of which a disk is a sparse copy.
 *
 * All calls block and are made from jobs, any number at once.
 */
#ifndef SLIPWAY_PROVISIONER_STORAGE_H
#define SLIPWAY_PROVISIONER_STORAGE_H

#include <sys/types.h>

#include "core/err.h"

struct storage;

#define STORAGE_GIB_MIN 20 /* of ephemeral storage: the API's limits */
#define STORAGE_GIB_MAX 200

/* @folder is made (mode 0711) if it is missing. */
int storage_open(const char *folder, struct storage **ret_storage, struct err *err) MUST_CHECK;
void storage_free(struct storage *storage); /* files stay; takes NULL */

/* Make @machine's disk, owned by @uid, @gid (0: not changed). An older one of that name
 * is replaced. The caller frees *ret_path. */
int storage_make(struct storage *storage, const char *machine, int64_t size_gib, uid_t uid,
		 gid_t gid, char **ret_path, struct err *err) MUST_CHECK;
/* Absent is fine. */
int storage_remove(struct storage *storage, const char *machine, struct err *err) MUST_CHECK;
/* Whose disk it is: ERR_NOT_FOUND if there is none. */
int storage_owner(struct storage *storage, const char *machine, uid_t *ret_uid, struct err *err)
	MUST_CHECK;

/* Remove what belongs to no machine for which @is_kept says true, and temporary
 * files that no call of ours is writing. *ret_removed counts. */
typedef bool storage_kept_fn(void *ctx, const char *machine);
int storage_sweep(struct storage *storage, storage_kept_fn *is_kept, void *ctx, size_t *ret_removed,
		  struct err *err) MUST_CHECK;

#endif
