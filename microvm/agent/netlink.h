/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few words of rtnetlink that the agent needs, each one request and its
 * acknowledgement. Addresses are in network byte order.
 */
#ifndef SLIPWAY_MICROVM_AGENT_NETLINK_H
#define SLIPWAY_MICROVM_AGENT_NETLINK_H

#include <netinet/in.h>

#include "core/err.h"

#define NETLINK_MAC_SIZE 6

struct netlink_prefix {
	struct in_addr address;
	unsigned bits;
};

int netlink_open(int *ret_fd, struct err *err) MUST_CHECK;
/* Bring the interface up; @mtu 0 leaves its own. */
int netlink_link_up(int fd, unsigned interface, uint32_t mtu, struct err *err) MUST_CHECK;
/* The hardware address; virtio cards take it while they are up. */
int netlink_set_mac(int fd, unsigned interface, const uint8_t mac[NETLINK_MAC_SIZE],
		    struct err *err) MUST_CHECK;
int netlink_add_address(int fd, unsigned interface, const struct netlink_prefix *address,
			struct err *err) MUST_CHECK;
int netlink_add_default_route(int fd, unsigned interface, struct in_addr gateway, struct err *err)
	MUST_CHECK;
/* Packets for this network are dropped. */
int netlink_add_blackhole(int fd, const struct netlink_prefix *network, struct err *err) MUST_CHECK;

#endif
