/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packet filter of one Slipway: two nftables tables of its own, in which a
 * task is a handful of set elements. The home of nftables/libnftables.h.
 */
#ifndef SLIPWAY_PROVISIONER_NETWORK_NFT_H
#define SLIPWAY_PROVISIONER_NETWORK_NFT_H

#include "provisioner/network_rules.h"

struct network_nft;

/* @instance has 4 characters. */
int network_nft_new(const char *instance, struct network_nft **ret_nft, struct err *err) MUST_CHECK;
void network_nft_free(struct network_nft *nft);

/* Make or renew tables, chains and rules in one step; the elements of tasks stay. */
int network_nft_rules(struct network_nft *nft, const struct network_cidr *subnets, size_t count,
		      struct err *err) MUST_CHECK;

struct network_nft_task {
	const struct network_lease *lease;
	const struct network_opening *openings;
	size_t count;
};
/* All are one transaction each: done wholly or not at all, and fine when done before. */
int network_nft_add(struct network_nft *nft, const struct network_nft_task *task, struct err *err)
	MUST_CHECK;
int network_nft_remove(struct network_nft *nft, const struct network_nft_task *task,
		       struct err *err) MUST_CHECK;
/* These tasks and no others. */
int network_nft_replace(struct network_nft *nft, const struct network_nft_task *tasks, size_t count,
			struct err *err) MUST_CHECK;
/* Both tables of @instance away (which may be another's that has died). */
int network_nft_drop(struct network_nft *nft, const char *instance, struct err *err) MUST_CHECK;

/* Append the names of foreign forward chains that drop what they do not know, one a line. */
int network_nft_find_drops(struct buf *ret_lines, struct err *err) MUST_CHECK;

#endif
