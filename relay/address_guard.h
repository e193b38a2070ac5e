/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where requests of customers may not lead: this machine, and the networks that it is in.
 */
#ifndef SLIPWAY_RELAY_ADDRESS_GUARD_H
#define SLIPWAY_RELAY_ADDRESS_GUARD_H

#include <stdbool.h>
#include <sys/socket.h>

/* false: loopback, private, link-local, shared, multicast, reserved; or no address at all. */
bool address_is_public(const struct sockaddr *address);

#endif
