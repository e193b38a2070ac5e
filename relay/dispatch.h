/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carries events out to API destinations: a thread that takes what is due for them from the queue
 * of events and sends it.
 *
 * At least once: a delivery ends in the store after its answer has come, so who is killed between
 * the two sends it again, with the same Idempotency-Key.
 */
#ifndef SLIPWAY_RELAY_DISPATCH_H
#define SLIPWAY_RELAY_DISPATCH_H

#include "core/seal.h"
#include "relay/webhook.h"
#include "store/db.h"

struct dispatch_options {
	const char *region;
	const struct seal_key *key; /* of connections' parameters; NULL: there is none */
	struct webhook_options webhook;
};

struct dispatch;

/* Takes @db on success, borrows the other. */
int dispatch_open(const struct dispatch_options *options, struct db *db,
		  struct dispatch **ret_dispatch, struct err *err) MUST_CHECK;
/* After the program has locked itself in. */
int dispatch_start(struct dispatch *dispatch, struct err *err) MUST_CHECK;
/* There may be something to do. From any thread; @ctx is a struct dispatch. */
void dispatch_wake(void *ctx);
void dispatch_free(struct dispatch *dispatch); /* takes NULL; stops it */

#endif
