/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tap that changes hands.
 */
#ifndef SLIPWAY_PROVISIONER_NETWORK_TAP_H
#define SLIPWAY_PROVISIONER_NETWORK_TAP_H

#include "provisioner/network.h"

/* Give the tap called @from the lease's name, as an isolated port of the lease's bridge. */
int network_tap_take(const char *from, const struct network_lease *lease, struct err *err)
	MUST_CHECK;

#endif
