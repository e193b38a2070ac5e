/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A question of Cost Explorer: what an account's tasks cost, of those parts that a filter wants.
 * It has a place among the few that are answered at once (gateway/billing_state.h), a limit of
 * rows, and a deadline.
 */
#ifndef SLIPWAY_GATEWAY_CE_QUESTION_H
#define SLIPWAY_GATEWAY_CE_QUESTION_H

#include "gateway/api.h"
#include "gateway/ce/ce_expression.h"
#include "gateway/ce/ce_group.h"
#include "gateway/ce/ce_period.h"

#define CE_ROWS_MAX    50000 /* of sums: 15 MiB */
#define CE_SECONDS_MAX 30    /* of reading; clients wait a minute */

struct ce_question {
	struct call *call;
	struct ce_viewer viewer;
	struct tariff tariff;
	struct invoices *invoices;
	struct arena *arena; /* of sums and values */
	const struct ce_expression *filter;
	bool filter_has_tags;
	bool entered;
	int64_t deadline_ns; /* of the boot-time clock */
	/* of the charge that is looked at */
	struct arena *scratch;
	int64_t task; /* ledger_task.number */
	struct charge_tag *tags;
	size_t tag_count;
	struct err err; /* the first failure within the scan */
};

/*
 * @filter: the request's Filter, or NULL. Fails as the API does: ThrottlingException when too many
 * questions are being answered, DataUnavailableException without prices, ValidationException
 * for a filter that is wrong or names a tag that nobody ever had. ce_question_done()
 * in any case.
 */
int ce_question_begin(struct call *call, const json_t *filter, struct ce_question *ret_question)
	MUST_CHECK;
void ce_question_done(struct ce_question *question);

/* ValidationException for a tag that no task of the account ever had; @where names the member. */
int ce_question_check_tag(struct ce_question *question, const char *where, const char *key)
	MUST_CHECK;

/* The sums of @period by its grain and @groups (NULL: none), in the question's arena. Fails as the
 * API does. */
int ce_question_sum(struct ce_question *question, const struct ce_period *period,
		    const struct ce_groups *groups, struct summary *ret_summary) MUST_CHECK;

/* Calls @each with the tags of every charge of the period that is wanted, in some part. Fails as
 * the API does. */
typedef int ce_charge_fn(void *ctx, const struct charge_tag *tags, size_t tag_count,
			 struct err *err);
int ce_question_charges(struct ce_question *question, const struct ce_period *period,
			ce_charge_fn *each, void *ctx) MUST_CHECK;

/* Fail with what failed, in the words of the API: is -1. (As call_fail().) */
#define ce_fail(call, err) (ce_set_error((call), (err)), -1)
void ce_set_error(struct call *call, const struct err *err);

/* Names of the account that asks, as "attributes" of a value: {"description": NAME}. */
int ce_question_account_json(struct ce_question *question, json_t **ret_attributes) MUST_CHECK;

#endif
