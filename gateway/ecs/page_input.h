/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nextToken and maxResults of the List operations: read, and answered. A list is
 * asked for one item more than fits, and that item decides whether there is a
 * next page.
 *
 *     struct input { struct page_input page; ... };
 *     static const struct shape_field fields[] = { PAGE_FIELDS(struct input, page), ... };
 */
#ifndef SLIPWAY_GATEWAY_ECS_PAGE_INPUT_H
#define SLIPWAY_GATEWAY_ECS_PAGE_INPUT_H

#include "gateway/api.h"

#define PAGE_RESULTS_MAX 100 /* the API's, and the default */

struct page_input {
	const char *token;
	int64_t max_results;
};

#define PAGE_FIELDS(s, f) PAGE_FIELDS_OF(s, f, PAGE_RESULTS_MAX)
/* For lists whose pages are at most @most long. */
#define PAGE_FIELDS_OF(s, f, most)                                                                 \
	TEXT(s, f.token, "nextToken", 0, 0, 0), INT(s, f.max_results, "maxResults", 1, most, 0)

struct page {
	const char *list;  /* names the list, so that its tokens fit no other */
	const char *after; /* the last item of the page before, or NULL */
	size_t size;	   /* items that fit; ask for one more */
};

int page_begin(struct call *call, const struct page_input *input, const char *list,
	       struct page *ret_page) MUST_CHECK;

/* @count items were found: how many of them to answer. Puts nextToken in @output
 * if there are more; @last(ctx, index) is called at most once for its place. */
typedef const char *page_last_fn(void *ctx, size_t index);
int page_end(struct call *call, const struct page *page, size_t count, page_last_fn *last,
	     void *ctx, json_t *output, size_t *ret_count) MUST_CHECK;

/* @last for lists of names: @ctx is the array. */
const char *page_last_text(void *ctx, size_t index);

#endif
