/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sums are made elsewhere (billing/summary.h); here they are told which parts are wanted. A
 * charge's tags are read once for its meters, into a scratch that ends with it.
 *
 * A scan cannot be broken off from within, so once the deadline has passed, or something has
 * failed, nothing is wanted any more and the rest goes by quickly; how much there is was
 * counted before.
 */
#include "gateway/ce/ce_question.h"

#include "billing/ledger_use.h"
#include "core/clock.h"
#include "gateway/billing_state.h"
#include "gateway/json_out.h"
#include "gateway/request.h"
#include "store/account.h"

#define ARENA_MAX   (128u * 1024 * 1024)
#define SCRATCH_MAX (4u * 1024 * 1024) /* tags and values of one charge */
#define NS_PER_S    INT64_C(1000000000)

void ce_set_error(struct call *call, const struct err *err)
{
	const char *type = NULL;

	switch (err->code) {
	case ERR_INVALID:
	case ERR_UNSUPPORTED:
		type = "ValidationException";
		break;
	case ERR_LIMIT:
	case ERR_TIMEOUT:
		type = "LimitExceededException";
		break;
	case ERR_NOT_FOUND:
	case ERR_CORRUPT:
		type = "DataUnavailableException";
		break;
	default:
		call_set_server_error(call, err);
		return;
	}
	call_set_error(call, type, "%s.", err->text);
}

/* --- begin and end --- */

static int enter(struct ce_question *question)
{
	struct call *call = question->call;
	struct billing_state *billing = call->options->billing;

	if (!billing || !billing_state_prices(billing))
		return call_fail(call, "DataUnavailableException",
				 "There is no price list, so nothing has a price.");
	if (!billing_state_enter(billing))
		return call_fail(call, "ThrottlingException", "Rate exceeded");
	question->entered = true;
	question->tariff.prices = billing_state_prices(billing);
	return 0;
}

struct tag_check {
	struct ce_question *question;
};

static int check_tag(void *ctx, const char *key, struct err *err)
{
	struct tag_check *check = ctx;

	(void)err; /* the call has it */
	return ce_question_check_tag(check->question, "Filter", key);
}

static int read_filter(struct ce_question *question, const json_t *filter)
{
	struct tag_check check = {.question = question};
	struct err err = ERR_INIT;

	if (!filter || json_is_null(filter))
		return 0;
	if (ce_expression_parse(filter, "Filter", question->arena, &question->filter, &err) < 0)
		return ce_fail(question->call, &err);
	question->filter_has_tags = ce_expression_has_tags(question->filter);
	return ce_expression_tag_keys(question->filter, check_tag, &check, &err);
}

int ce_question_begin(struct call *call, const json_t *filter, struct ce_question *ret_question)
{
	struct ce_question *question = ret_question;
	struct err err = ERR_INIT;

	*question = (struct ce_question){
		.call = call,
		.viewer = {.account = call->caller.account, .region = call->options->region},
		.arena = arena_new(ARENA_MAX),
		.deadline_ns = clock_boot_ns() + CE_SECONDS_MAX * NS_PER_S,
	};
	if (enter(question) < 0)
		return -1;
	if (invoices_read(call->state, &question->invoices, &err) < 0)
		return ce_fail(call, &err);
	question->tariff.invoices = question->invoices;
	return read_filter(question, filter);
}

void ce_question_done(struct ce_question *question)
{
	if (question->entered)
		billing_state_leave(question->call->options->billing);
	invoices_free(question->invoices);
	arena_free(question->scratch);
	arena_free(question->arena);
}

int ce_question_check_tag(struct ce_question *question, const char *where, const char *key)
{
	struct call *call = question->call;
	struct err err = ERR_INIT;
	bool used = false;

	if (ledger_use_tag(call->state, question->viewer.account, key, &used, &err) < 0)
		return ce_fail(call, &err);
	if (!used)
		return call_fail(call, "ValidationException",
				 "%s: no task of this account ever had a tag %.128s.", where, key);
	return 0;
}

int ce_question_account_json(struct ce_question *question, json_t **ret_attributes)
{
	struct call *call = question->call;
	struct account account;
	struct err err = ERR_INIT;

	if (account_find(call->state, question->viewer.account, &account, &err) < 0)
		return call_fail_server(call, &err);
	*ret_attributes = out_object();
	out_text(*ret_attributes, "description", account.name);
	return 0;
}

/* --- which parts are wanted --- */

/* The scratch and, if they are asked for, the tags of the charge. */
static int look_at(struct ce_question *question, const struct charge *charge, bool tags)
{
	if (question->scratch && question->task == charge->task.number)
		return 0;
	arena_free(question->scratch);
	question->scratch = arena_new(SCRATCH_MAX);
	question->task = charge->task.number;
	question->tag_count = 0;
	return tags ? charge_tags(charge, question->scratch, &question->tags, &question->tag_count,
				  &question->err)
		    : 0;
}

static bool is_wanted(void *ctx, const struct charge *charge, enum meter meter)
{
	struct ce_question *question = ctx;
	struct ce_subject subject;

	if (question->err.code != ERR_NONE)
		return false;
	if (clock_boot_ns() > question->deadline_ns) {
		(void)err_set(&question->err, ERR_TIMEOUT,
			      "the answer takes more than %d seconds: ask for a shorter period",
			      CE_SECONDS_MAX);
		return false;
	}
	if (!question->filter)
		return true;
	if (look_at(question, charge, question->filter_has_tags) < 0)
		return false;
	subject = (struct ce_subject){
		.viewer = &question->viewer,
		.charge = charge,
		.meter = meter,
		.tags = question->tags,
		.tag_count = question->tag_count,
		.arena = question->scratch,
	};
	return ce_expression_matches(question->filter, &subject);
}

/* --- reading --- */

/* The longest minimum of all lists that months were or will be invoiced with. */
static int64_t slack_of(const struct ce_question *question)
{
	int64_t slack_s = price_minimum_max(question->tariff.prices);

	for (size_t i = 0; i < invoices_count(question->invoices); i++) {
		int64_t own_s = price_minimum_max(invoices_get(question->invoices, i)->prices);

		slack_s = own_s > slack_s ? own_s : slack_s;
	}
	return slack_s;
}

static int begin_scan(struct ce_question *question, const struct ce_period *period,
		      struct charge_filter *ret_filter)
{
	struct call *call = question->call;
	struct err err = ERR_INIT;
	int64_t records;

	*ret_filter = (struct charge_filter){
		.account = question->viewer.account,
		.from_s = period->from_s,
		.until_s = period->until_s,
		.slack_s = slack_of(question),
	};
	if (ledger_use_records(call->state, ret_filter, CE_RECORDS_MAX + 1, &records, &err) < 0)
		return ce_fail(call, &err);
	if (records > CE_RECORDS_MAX)
		return call_fail(call, "LimitExceededException",
				 "More than %d records of usage would have to be read: ask for a "
				 "later period.",
				 CE_RECORDS_MAX);
	return 0;
}

int ce_question_sum(struct ce_question *question, const struct ce_period *period,
		    const struct ce_groups *groups, struct summary *ret_summary)
{
	struct call *call = question->call;
	struct charge_filter filter;
	struct summary_question asked = {
		.filter = &filter,
		.wanted = is_wanted,
		.ctx = question,
		.grain = period->grain,
		.row_limit = CE_ROWS_MAX,
	};
	struct err err = ERR_INIT;

	if (begin_scan(question, period, &filter) < 0)
		return -1;
	for (size_t i = 0; groups && i < groups->asked_count; i++)
		asked.groups[asked.group_count++] = groups->asked[i];
	if (summary_make(call->state, &question->tariff, &asked, question->arena, ret_summary,
			 &err) < 0)
		return ce_fail(call, &err);
	if (question->err.code != ERR_NONE)
		return ce_fail(call, &question->err);
	return 0;
}

static bool any_part_is_wanted(struct ce_question *question, const struct charge *charge)
{
	for (int meter = 0; meter < METER_COUNT; meter++) {
		if (charge->quantity[meter] > 0 && is_wanted(question, charge, (enum meter)meter))
			return true;
	}
	return false;
}

static int scan_charges(struct ce_question *question, const struct charge_filter *filter,
			ce_charge_fn *each, void *ctx, struct err *err)
{
	struct charge_scan *scan = NULL;
	struct charge charge;
	int rc;

	if (charge_scan_open(question->call->state, filter, &scan, err) < 0)
		return -1;
	while ((rc = charge_scan_next(scan, &charge, err)) == 1) {
		if (question->err.code != ERR_NONE)
			break;
		if (look_at(question, &charge, true) < 0 || !any_part_is_wanted(question, &charge))
			continue;
		if (each(ctx, &charge, question->tags, question->tag_count, err) < 0) {
			rc = -1;
			break;
		}
	}
	charge_scan_free(scan);
	if (question->err.code != ERR_NONE) {
		*err = question->err;
		return -1;
	}
	return rc < 0 ? -1 : 0;
}

int ce_question_charges(struct ce_question *question, const struct ce_period *period,
			ce_charge_fn *each, void *ctx)
{
	struct charge_filter filter;
	struct err err = ERR_INIT;

	if (begin_scan(question, period, &filter) < 0)
		return -1;
	if (scan_charges(question, &filter, each, ctx, &err) < 0)
		return ce_fail(question->call, &err);
	return 0;
}
