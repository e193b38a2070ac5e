/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a machine's process and network card have used, as this host's kernel counts it.
 * Reading it asks neither QEMU nor libvirt, so a machine that is stuck holds nobody up.
 */
#ifndef SLIPWAY_PROVISIONER_PROCESS_USAGE_H
#define SLIPWAY_PROVISIONER_PROCESS_USAGE_H

#include "core/process.h"
#include "store/machine_account.h"

/*
 * @tap: the host's end of its network card; "": not counted. What cannot be read (of a
 * process that has ended: its memory) is 0. ERR_NOT_FOUND: there is no such process any more.
 */
int process_usage_read(struct process_id process, const char *tap,
		       struct machine_counts *ret_counts, struct err *err) MUST_CHECK;

/* The number behind @key at the begin of a line ("VmHWM:"), 0 if there is none. */
int64_t process_usage_find(const char *text, const char *key);

#endif
