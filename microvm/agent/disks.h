/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's disks, known by the serial that the host gave them; names like
 * vda only tell the order of probing.
 */
#ifndef SLIPWAY_MICROVM_AGENT_DISKS_H
#define SLIPWAY_MICROVM_AGENT_DISKS_H

#include "core/err.h"

#define DISK_PATH_SIZE 64

/* The device file of the disk with @serial, which can be opened now. ERR_NOT_FOUND
 * while it is not plugged in or not ready. */
int disk_find(const char *serial, char ret_path[DISK_PATH_SIZE], struct err *err) MUST_CHECK;

/* Bytes that all disks have read and written since boot. */
void disks_traffic(int64_t *ret_read, int64_t *ret_written);

/* Mount the task's writable disk at /scratch, unless that is done. */
int disk_mount_scratch(const char *path, struct err *err) MUST_CHECK;
int64_t disk_scratch_used(void); /* bytes */

#endif
