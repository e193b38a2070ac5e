/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The addresses of an installation's tasks. Several Slipways on one machine (a second
 * state folder, tests) must not share any, nor may a network that the machine is in
 * already: the ranges are those for private use (RFC 1918), of which the path of the
 * state folder says where the search begins.
 */
#ifndef SLIPWAY_CLI_SUBNET_H
#define SLIPWAY_CLI_SUBNET_H

#include <stddef.h>
#include <stdint.h>

struct subnet_range {
	uint32_t base; /* host byte order */
	unsigned len;  /* bits of the prefix */
};

/*
 * A /20, as text; the caller frees it. @start is any number: the same number and the same
 * @taken give the same range. Where all ranges are taken it is the first one that was
 * tried, and the provisioner will say what it overlaps with.
 */
char *subnet_choose(uint32_t start, const struct subnet_range *taken, size_t count);

/*
 * For the installation whose files lie in @state; its own bridges do not count. @before (or
 * NULL) is the range that it had: it stays unless it is taken. The caller frees the text.
 */
char *subnet_of_installation(const char *state, const char *before);

#endif
