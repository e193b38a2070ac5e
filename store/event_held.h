/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the events of an account hold of the disk: deliveries that wait, dead letters and archives,
 * each with the bytes of its event (a delivery may become a dead letter, which has the event for
 * itself) and EVENT_HELD_ROW more. The first two are counted by triggers of the schema.
 */
#ifndef SLIPWAY_STORE_EVENT_HELD_H
#define SLIPWAY_STORE_EVENT_HELD_H

#include "store/db.h"

#define EVENT_HELD_ROW 512 /* bytes; the schema says the same */

int event_held_bytes(struct db *db, const char *account, int64_t *ret_bytes, struct err *err)
	MUST_CHECK;

#endif
