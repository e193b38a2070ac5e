/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of values: of a dimension, of a tag, or tag keys. Searched, sorted and given in pages as
 * GetDimensionValues and GetTags say.
 */
#ifndef SLIPWAY_GATEWAY_CE_VALUES_H
#define SLIPWAY_GATEWAY_CE_VALUES_H

#include "gateway/ce/ce_metric.h"
#include "gateway/ce/ce_page.h"
#include "gateway/ce/ce_question.h"

#define CE_VALUES_PAGE 1000 /* the API's */

struct ce_sort_input {
	const char *key;
	int order;
};
extern const struct shape ce_sort_shape;

/* The members that both requests have. */
struct ce_values_input {
	struct ce_period_input period;
	const char *search, *token;
	const json_t *filter;
	struct shape_list sort;
	int64_t limit;
	bool limited;
};
#define CE_VALUES_FIELDS(s, f)                                                                     \
	{.name = "TimePeriod",                                                                     \
	 .type = SHAPE_OBJECT,                                                                     \
	 .flags = SHAPE_REQUIRED,                                                                  \
	 .offset = offsetof(s, f.period),                                                          \
	 .shape = &ce_period_shape},                                                               \
		TEXT(s, f.search, "SearchString", 0, CE_TEXT_MAX, 0),                              \
		TEXT(s, f.token, "NextPageToken", 1, CE_TOKEN_MAX, 0),                             \
		JSON(s, f.filter, "Filter", 0),                                                    \
		LIST(s, f.sort, "SortBy", &ce_sort_shape, 0, 1, 0),                                \
		INT_SEEN(s, f.limit, f.limited, "MaxResults", 1, CE_VALUES_PAGE),                  \
		REFUSED("BillingViewArn")

struct ce_value {
	const char *text;
	const struct summary_row *row; /* what SortBy looks at; NULL: nothing */
};

/* One value as it stands in the answer's list. */
typedef json_t *ce_value_fn(void *ctx, const char *text);

struct ce_values {
	struct ce_value *items; /* sorted and searched in place */
	size_t count;
	const char *operation; /* names it in tokens */
	const char *member;    /* of the list in the answer */
	ce_value_fn *json;
	void *ctx;
	struct ce_period period;
	struct ce_place place;
};

/* What of a request does not need the ledger: sets the period and the place. Fails as the API
 * does. */
int ce_values_begin(struct call *call, const struct ce_values_input *input,
		    struct ce_values *values) MUST_CHECK;

/* The values of one group in the period, texts in the question's arena. Fails as the API does. */
int ce_values_of_group(struct ce_question *question, const struct ce_group *group,
		       struct ce_values *values) MUST_CHECK;

/* The list, ReturnSize, TotalSize and NextPageToken. Fails as the API does. */
int ce_values_answer(struct call *call, const struct ce_values_input *input,
		     struct ce_values *values, json_t **ret_output) MUST_CHECK;

#endif
