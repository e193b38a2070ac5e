/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network of tasks. Two ways behind one interface:
 *
 * - NETWORK_BRIDGE (root): one bridge a subnet, isolated ports, one nftables table. A task
 *   reaches the outside by masquerading, and neither other tasks, nor the host, nor link-local
 *   addresses; the host and the outside reach only the ports that the task's security groups
 *   allow; a task cannot use another MAC or address than its own.
 * - NETWORK_USER (no privilege): one passt a machine, without a way to the host's loopback.
 *   What differs stands in the README.
 */
#ifndef SLIPWAY_PROVISIONER_NETWORK_H
#define SLIPWAY_PROVISIONER_NETWORK_H

#include <netinet/in.h>

#include "core/buf.h"
#include "core/conf.h"

#define NETWORK_GROUPS_MAX 5   /* security groups of a task: the API's limit */
#define NETWORK_PORTS_MAX  100 /* published ports or ranges of a task: the API's limit */
#define NETWORK_TAP_SIZE   16  /* IFNAMSIZ */

enum network_mode { NETWORK_BRIDGE, NETWORK_USER };

struct network_port {
	uint16_t port;
	bool udp;
	uint16_t last; /* of a range that begins with `port`; 0: it alone */
};

/* What a task asks of the network and, once allocated, what it has. */
struct network_lease {
	char task[33];			 /* id */
	char subnet[64];		 /* name in the configuration */
	struct in_addr address, gateway; /* network byte order */
	unsigned prefix_len;
	char mac[18];		    /* made from the address: unique while it is held */
	char tap[NETWORK_TAP_SIZE]; /* "sw" + instance + 8 hex digits of the address */
	char bridge[NETWORK_TAP_SIZE];
	const char *groups[NETWORK_GROUPS_MAX];
	size_t group_count;
	struct network_port ports[NETWORK_PORTS_MAX]; /* published by the task definition */
	size_t port_count;
};

struct network;

struct network_options {
	enum network_mode mode;
	const struct conf_map *subnets; /* name -> CIDR; the first address is the gateway */
	/* name -> rules: "published", or "tcp:80, udp:53-60 from 10.0.0.0/8" */
	const struct conf_map *groups;
	/* Comma-separated; NULL or "": those of the host's resolvers that a task can reach. */
	const char *dns;
	const char *run_dir; /* sockets of passt */
	/* 4 hex digits that tell our bridges, taps and tables from those of another Slipway on
	 * this host; NULL: "0000". */
	const char *instance;
	uid_t uid;
	gid_t gid; /* passt runs as these when we are root */
};

/* Check the configuration and make bridges and tables (idempotent: what stands from an
 * earlier run is taken over). */
int network_open(const struct network_options *options, struct network **ret_network,
		 struct err *err) MUST_CHECK;
/* Taps and rules of running tasks stay; nothing is torn down. */
void network_free(struct network *network);
/* Remove bridges and tables: after the last task, at a clean stop. */
int network_remove(struct network *network, struct err *err) MUST_CHECK;

/* Fill mac, tap, bridge, gateway, prefix_len from subnet and address. Pure. */
int network_fill(const struct network *network, struct network_lease *lease, struct err *err)
	MUST_CHECK;
/* The @index-th usable address of a subnet (0..), ERR_LIMIT past the end. Pure: the
 * store decides which are free. */
int network_address(const struct network *network, const char *subnet, uint32_t index,
		    struct in_addr *ret_address, struct err *err) MUST_CHECK;

/* Before the machine starts: the rules (bridge), or passt (user: *ret_socket is
 * its path, caller frees; NULL in bridge mode). Repeating it is harmless. */
int network_admit(struct network *network, const struct network_lease *lease, char **ret_socket,
		  struct err *err) MUST_CHECK;
/* For a machine that is started before its task is known: a tap that the rules know nothing of,
 * so that it can say nothing, and a bridge. ERR_UNSUPPORTED in user mode. */
int network_blank(const struct network *network, char ret_tap[NETWORK_TAP_SIZE],
		  char ret_bridge[NETWORK_TAP_SIZE], struct err *err) MUST_CHECK;
/* Such a machine has got its task, which was admitted: its tap becomes the lease's. */
int network_assume(struct network *network, const struct network_lease *lease, const char *tap,
		   struct err *err) MUST_CHECK;
/* After the machine ended: take them away. Unknown leases are fine. */
int network_dismiss(struct network *network, const struct network_lease *lease, struct err *err)
	MUST_CHECK;
/* Take away everything that belongs to none of @leases: after a crash. */
int network_sweep(struct network *network, const struct network_lease *leases, size_t count,
		  struct err *err) MUST_CHECK;

/* For the agent: name servers and the networks to blackhole, comma-separated. Borrowed. */
const char *network_dns(const struct network *network);
const char *network_blocked(const struct network *network);

/* What network_open() changed on the host or found worth knowing, one a line, "" for
 * nothing: for the log. Borrowed. */
const char *network_notes(const struct network *network);

/* Append a line for everything that would keep tasks from the outside or callers from
 * tasks, and which command mends it. Changes nothing; needs no open network. */
int network_check(enum network_mode mode, struct buf *ret_lines, struct err *err) MUST_CHECK;

/* User mode: where on this host the published ports of a task are reachable,
 * 127.x.y.z for the task's n.x.y.z. */
struct in_addr network_user_address(struct in_addr task);

#endif
