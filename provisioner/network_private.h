/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What network.c and the two ways behind it share.
 */
#ifndef SLIPWAY_PROVISIONER_NETWORK_PRIVATE_H
#define SLIPWAY_PROVISIONER_NETWORK_PRIVATE_H

#include <pthread.h>

#include "provisioner/instance.h"
#include "provisioner/network_rules.h"

#define NETWORK_SUBNETS_MAX 64
#define NETWORK_GROUPS_ALL  256 /* that a configuration may define */
#define NETWORK_NOTES_MAX   4096

struct network_subnet {
	char *name;
	struct network_cidr cidr;
	char bridge[NETWORK_TAP_SIZE];
};

struct network;

/* One way to connect tasks; the same promises as the functions of network.h. */
struct network_way {
	int (*open)(struct network *network, struct err *err);
	void (*close)(struct network *network);
	int (*remove)(struct network *network, struct err *err);
	int (*admit)(struct network *network, const struct network_lease *lease,
		     const struct network_opening *openings, size_t count, char **ret_socket,
		     struct err *err);
	int (*dismiss)(struct network *network, const struct network_lease *lease,
		       const struct network_opening *openings, size_t count, struct err *err);
	int (*assume)(struct network *network, const struct network_lease *lease, const char *tap,
		      struct err *err); /* NULL: not possible */
	int (*sweep)(struct network *network, const struct network_lease *leases, size_t count,
		     struct err *err);
};
extern const struct network_way network_way_bridge, network_way_user;

struct network {
	const struct network_way *way;
	enum network_mode mode;
	char instance[INSTANCE_SIZE];
	struct network_subnet subnets[NETWORK_SUBNETS_MAX];
	size_t subnet_count;
	struct network_group *groups;
	size_t group_count;
	char *dns, *blocked, *run_dir;
	struct buf notes;
	uid_t uid;
	gid_t gid;
	struct network_nft *nft; /* bridge mode */
	int lock_fd;		 /* bridge mode: held while we live */
};

const struct network_subnet *network_subnet_find(const struct network *network, const char *name);
/* The first address, which is the host's; host byte order. */
uint32_t network_gateway(const struct network_subnet *subnet);
/* What the lease's groups open for it; ERR_NOT_FOUND for an unknown group. Caller frees. */
int network_lease_openings(const struct network *network, const struct network_lease *lease,
			   struct network_opening **ret_openings, size_t *ret_count,
			   struct err *err) MUST_CHECK;
void network_note(struct network *network, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
