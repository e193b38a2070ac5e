/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For carrier.c and its tests.
 */
#ifndef SLIPWAY_RELAY_CARRIER_PRIVATE_H
#define SLIPWAY_RELAY_CARRIER_PRIVATE_H

#include "relay/carrier.h"

/* One batch: taken, durable, acknowledged. *ret_accepted are the events that were new. */
int carrier_turn(struct carrier *carrier, size_t *ret_accepted, struct err *err) MUST_CHECK;
int carrier_begin(struct carrier *carrier, struct err *err) MUST_CHECK;
void carrier_end(struct carrier *carrier);

#endif
