/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A carrier brings what one source offers into the inbox of events, on a thread of its own, so that
 * none waits for another's server.
 */
#ifndef SLIPWAY_RELAY_CARRIER_H
#define SLIPWAY_RELAY_CARRIER_H

#include "relay/source.h"
#include "store/db.h"
#include "store/doorbell.h"

struct carrier;

/* Opens the source; one that cannot be opened is tried again, once it has started. ERR_INVALID: its
 * options are wrong. Takes @db on success; borrows the others. */
int carrier_open(const struct source_options *options, struct db *db, struct doorbell *bell,
		 struct carrier **ret_carrier, struct err *err) MUST_CHECK;
/* After the program has locked itself in. */
int carrier_start(struct carrier *carrier, struct err *err) MUST_CHECK;
/* Does not wait: carrier_free() does. */
void carrier_stop(struct carrier *carrier);
void carrier_free(struct carrier *carrier); /* takes NULL; stops it */

#endif
