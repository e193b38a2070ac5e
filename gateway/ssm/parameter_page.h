/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of parameters, a page at a time. A list is asked for one item more than fits, and
 * that item decides whether there is a next page.
 *
 *     struct input { struct parameter_page_input page; ... };
 *     static const struct shape_field fields[] = {
 *             PARAMETER_PAGE_FIELDS(struct input, page, PAGE_MAX), ... };
 */
#ifndef SLIPWAY_GATEWAY_SSM_PARAMETER_PAGE_H
#define SLIPWAY_GATEWAY_SSM_PARAMETER_PAGE_H

#include "gateway/api.h"
#include "store/parameter.h"

struct parameter_page_input {
	const char *token;
	int64_t limit;
	bool limited;
};
#define PARAMETER_PAGE_FIELDS(s, f, most)                                                          \
	INT_SEEN(s, f.limit, f.limited, "MaxResults", 1, most),                                    \
		TEXT(s, f.token, "NextToken", 0, 0, 0)

struct parameter_page {
	const char *list;	     /* names the list, so that its tokens fit no other */
	size_t size;		     /* items that fit if the request does not say */
	struct parameter_list asked; /* but for its place and limit */
	enum parameter_read read;
	json_t *(*item_json)(const struct call *call, const struct parameter *parameter);
};

/* "Parameters", and "NextToken" if there are more; fails as the API does. */
int parameter_page_answer(struct call *call, const struct parameter_page_input *input,
			  const struct parameter_page *page, json_t **ret_output) MUST_CHECK;

#endif
