/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clean end of `slipway up`: every unfinished task is stopped, then the
 * programs, so that nothing is left on the machine.
 */
#ifndef SLIPWAY_CLI_SHUTDOWN_H
#define SLIPWAY_CLI_SHUTDOWN_H

#include <sys/types.h>

#include "cli/installation.h"

#define SHUTDOWN_TASKS_MS 150000 /* the longest stopTimeout and a teardown */

/* ERR_TIMEOUT names the tasks that did not end; the programs are stopped all the same. */
int shutdown_all(const struct installation *installation, pid_t supervisor, struct err *err)
	MUST_CHECK;

#endif
