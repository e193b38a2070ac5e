/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Security groups: from the text of the configuration to the doors that are open
 * into one task. Pure.
 */
#ifndef SLIPWAY_PROVISIONER_NETWORK_RULES_H
#define SLIPWAY_PROVISIONER_NETWORK_RULES_H

#include "core/err.h"
#include "provisioner/network.h"

#define NETWORK_RULES_MAX    64	  /* of one group: the size of AWS's default quota */
#define NETWORK_OPENINGS_MAX 1024 /* of one task */

struct network_cidr {
	uint32_t base; /* host byte order, without bits beyond the prefix */
	unsigned len;
};

struct network_rule {
	bool published; /* the ports of the task definition; else: */
	bool udp;
	uint16_t first, last;
	struct network_cidr from; /* len 0: anywhere */
};

struct network_group {
	char *name;
	struct network_rule rules[NETWORK_RULES_MAX];
	size_t count;
};

/* One door: who comes from @from may reach these ports. */
struct network_opening {
	bool udp;
	uint16_t first, last;
	struct network_cidr from;
};

/* The last port of it. */
static inline uint16_t network_port_last(const struct network_port *port)
{
	return port->last ? port->last : port->port;
}

/* "10.0.0.0/8"; ERR_INVALID for anything else, bits beyond the prefix included. */
int network_cidr_parse(const char *text, struct network_cidr *ret_cidr, struct err *err) MUST_CHECK;
bool network_cidr_overlap(const struct network_cidr *a, const struct network_cidr *b);

/* Fill rules and count. */
int network_group_parse(const char *text, struct network_group *ret_group, struct err *err)
	MUST_CHECK;

/*
 * What @groups (NULL entries are skipped) open for a task with these published ports. No two
 * openings overlap, so that they can be elements of one set. Caller frees *ret_openings.
 */
int network_openings(const struct network_group *const *groups, size_t group_count,
		     const struct network_port *ports, size_t port_count,
		     struct network_opening **ret_openings, size_t *ret_count, struct err *err)
	MUST_CHECK;

#endif
