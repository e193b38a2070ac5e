/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `slipway up` makes sure of before it changes anything: that the state folder
 * and the ports are its own. Two of them on one state would write each other's
 * configuration, and the first to end would stop the tasks of both.
 */
#ifndef SLIPWAY_CLI_CLAIM_H
#define SLIPWAY_CLI_CLAIM_H

#include "cli/installation.h"

/*
 * Lock the state folder (made if it is missing) and try the ports. *ret_lock holds
 * the lock as long as it is open in any process: the supervisor inherits it, so a
 * start after a crash waits three seconds for the programs of the one before to end,
 * and then is refused. ERR_CONFLICT says who or what is in the way; the process that it
 * names may be dead, and its supervisor be the one that holds on.
 */
int claim_installation(const struct installation *installation, int *ret_lock, struct err *err)
	MUST_CHECK;

#endif
