/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NextPageToken of Cost Explorer. A token knows the question that it goes on with and the item
 * behind which it does, each by a digest; so it fits no other question, however long the keys
 * are. An item that is not there any more (a tag was changed since) is told, too.
 */
#ifndef SLIPWAY_GATEWAY_CE_PAGE_H
#define SLIPWAY_GATEWAY_CE_PAGE_H

#include "core/digest.h"
#include "gateway/api.h"

#define CE_TOKEN_MAX 8192 /* bytes: the API's */

struct ce_place {
	bool given; /* there was a token */
	bool found; /* the item was met: from the next one on all are of this page */
	char item[SHA256_HEX_SIZE];
};

/* @list names the operation, the call's body is the question. Fails with
 * InvalidNextTokenException, or RequestChangedException for a token of another question. */
int ce_page_read(struct call *call, const char *list, const char *token, struct ce_place *ret_place)
	MUST_CHECK;
/* Is this item behind the place? @keys: what tells it from the others. */
bool ce_page_has(struct ce_place *place, int64_t at_s, const char *const *keys, size_t count);
/* RequestChangedException if the place was never met. */
int ce_page_check(struct call *call, const struct ce_place *place) MUST_CHECK;
/* The token behind an item, in the request's arena. */
int ce_page_token(struct call *call, const char *list, int64_t at_s, const char *const *keys,
		  size_t count, const char **ret_token) MUST_CHECK;

#endif
