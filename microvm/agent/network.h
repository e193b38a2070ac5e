/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The task's network: one address for all its containers, given by the host.
 */
#ifndef SLIPWAY_MICROVM_AGENT_NETWORK_H
#define SLIPWAY_MICROVM_AGENT_NETWORK_H

#include "microvm/agent/netlink.h"
#include "microvm/wire/message.h"

/* What needs no task: loopback, and the machine's interface up, without an address. */
int network_begin(struct err *err) MUST_CHECK;
/* The task's address and routes, if it has a network at all. */
int network_set_up(const struct wire_network *network, struct err *err) MUST_CHECK;

/* Write resolv.conf, hosts and hostname for one container into @folder. */
int network_write_files(const struct wire_task *task, const char *folder, struct err *err)
	MUST_CHECK;

/* Bytes over the interface since boot; zeros without one. */
void network_traffic(const struct wire_network *network, int64_t *ret_received, int64_t *ret_sent);

/* The name of the machine's one network card; false without one. */
#define NETWORK_NAME_SIZE 16
bool network_interface(char ret_name[NETWORK_NAME_SIZE]);
/* One of the card's counters since boot ("rx_bytes"). */
int64_t network_counter(const char *interface, const char *counter);

/* "10.64.0.5/24": exactly four numbers and a length of 0 to 32. */
int network_parse_prefix(const char *text, struct netlink_prefix *ret_prefix, struct err *err)
	MUST_CHECK;

#endif
