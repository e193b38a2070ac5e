/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provisioner as a whole: from its options to everything that stands open while it
 * runs.
 */
#ifndef SLIPWAY_PROVISIONER_PROGRAM_H
#define SLIPWAY_PROVISIONER_PROGRAM_H

#include "provisioner/options.h"

struct program;

/* Check this host, open everything, take over what an earlier life left. Blocks
 * (a probe guest may be booted). @shared and @options are borrowed until program_close().
 * ERR_CONFLICT: another provisioner has this state. */
int program_open(const struct shared_options *shared, const struct provisioner_options *options,
		 struct program **ret_program, struct err *err) MUST_CHECK;
/* Run until SIGTERM or SIGINT. Machines go on. */
int program_run(struct program *program, struct err *err) MUST_CHECK;
/* Takes NULL. */
void program_close(struct program *program);

#endif
