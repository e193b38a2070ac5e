/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provisioner's heartbeat: a small JSON file that says that it lives, how
 * machines run and how much they hold. /healthz and `slipway doctor` read it; its age
 * says more than its words. Beside it lies what is counted, which /metrics shows.
 */
#ifndef SLIPWAY_PROVISIONER_STATUS_H
#define SLIPWAY_PROVISIONER_STATUS_H

#include "provisioner/flow.h"

struct status_options {
	struct loop *loop;
	struct flow *flow;
	const char *path;
	const char *metrics;	 /* path of the file for launch_times_print() */
	const char *accel, *why; /* the verdict of the probe, and how it was found */
	const char *network;	 /* "bridge" or "user" */
	int64_t memory_limit_bytes;
	int64_t every_ms;
};

struct status;

/* Texts are copied. The first file is written soon. */
int status_begin(const struct status_options *options, struct status **ret_status, struct err *err)
	MUST_CHECK;
/* Takes NULL. The last file stays. */
void status_end(struct status *status);

/* The text of the file; the caller frees it. NULL when memory is gone. */
char *status_text(const struct status_options *options, const struct flow_counts *counts);

#endif
