/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limit and NextToken of the List operations. A list is asked for one item more than fits, and
 * that item decides whether there is a next page.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_EVENTS_PAGE_H
#define SLIPWAY_GATEWAY_EVENTS_EVENTS_PAGE_H

#include "gateway/api.h"

#define EVENTS_PAGE_MAX 100 /* the API's, and the default */

struct events_page_input {
	const char *token;
	int64_t limit;
	bool limited;
};
#define EVENTS_PAGE_FIELDS(s, f)                                                                   \
	INT_SEEN(s, f.limit, f.limited, "Limit", 1, EVENTS_PAGE_MAX),                              \
		TEXT(s, f.token, "NextToken", 1, 2048, 0)

struct events_page {
	const char *list;  /* names the list, so that its tokens fit no other */
	const char *after; /* NULL: from the first */
	size_t size;	   /* items that fit; ask for one more */
};
int events_page_begin(struct call *call, const struct events_page_input *input, const char *list,
		      struct events_page *ret_page) MUST_CHECK;
/* There are more than fit: put NextToken, of the last item that is answered. */
int events_page_more(struct call *call, const struct events_page *page, const char *last,
		     json_t *output) MUST_CHECK;

#endif
