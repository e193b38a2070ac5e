/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sums are made elsewhere (billing/summary.h), a charge at a time; here they are told which
 * parts are wanted, and the scan is ended when it takes too long. A charge's tags are read once for
 * its meters, into a scratch that ends with it.
 */
#include "gateway/ce/ce_question.h"

#include "billing/tag_use.h"
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

static int check_tag(void *ctx, const char *key, struct err *err)
{
	(void)err; /* the call has it */
	return ce_question_check_tag(ctx, "Filter", key);
}

static int read_filter(struct ce_question *question, const json_t *filter)
{
	struct err err = ERR_INIT;

	if (!filter || json_is_null(filter))
		return 0;
	if (ce_expression_parse(filter, "Filter", question->arena, &question->filter, &err) < 0)
		return ce_fail(question->call, &err);
	question->filter_has_tags = ce_expression_has_tags(question->filter);
	return ce_expression_tag_keys(question->filter, check_tag, question, &err);
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

	if (tag_used(call->state, question->viewer.account, key, &used, &err) < 0)
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

	if (!question->filter)
		return true;
	if (question->err.code != ERR_NONE ||
	    look_at(question, charge, question->filter_has_tags) < 0)
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

typedef int each_fn(struct ce_question *question, const struct charge *charge, void *ctx,
		    struct err *err);

static int check_deadline(const struct ce_question *question, struct err *err)
{
	if (clock_boot_ns() <= question->deadline_ns)
		return 0;
	return err_set(err, ERR_TIMEOUT,
		       "the answer takes more than %d seconds: ask for a shorter period",
		       CE_SECONDS_MAX);
}

static int scan(struct ce_question *question, const struct charge_filter *filter, each_fn *each,
		void *ctx, struct err *err)
{
	AUTO(charge_scan_freep) struct charge_scan *charges = NULL;
	struct charge charge;
	int rc;

	if (charge_scan_open(question->call->state, filter, &charges, err) < 0)
		return -1;
	while ((rc = charge_scan_next(charges, &charge, err)) == 1) {
		if (check_deadline(question, err) < 0 || each(question, &charge, ctx, err) < 0)
			return -1;
		if (question->err.code != ERR_NONE) {
			*err = question->err;
			return -1;
		}
	}
	return rc;
}

static struct charge_filter filter_of(const struct ce_question *question,
				      const struct ce_period *period)
{
	return (struct charge_filter){
		.account = question->viewer.account,
		.from_s = period->from_s,
		.until_s = period->until_s,
		.slack_s = cost_slack(&question->tariff),
	};
}

/* --- sums --- */

static int add_to_sums(struct ce_question *question, const struct charge *charge, void *ctx,
		       struct err *err)
{
	return summary_sums_add(ctx, &question->tariff, charge, err);
}

int ce_question_sum(struct ce_question *question, const struct ce_period *period,
		    const struct ce_groups *groups, struct summary *ret_summary)
{
	const struct charge_filter filter = filter_of(question, period);
	struct summary_question asked = {
		.filter = &filter,
		.wanted = is_wanted,
		.ctx = question,
		.grain = period->grain,
		.row_limit = CE_ROWS_MAX,
	};
	AUTO(summary_sums_freep) struct summary_sums *sums = NULL;
	struct err err = ERR_INIT;

	for (size_t i = 0; groups && i < groups->asked_count; i++)
		asked.groups[asked.group_count++] = groups->asked[i];
	sums = summary_sums_new(&asked, question->arena);
	if (scan(question, &filter, add_to_sums, sums, &err) < 0 ||
	    summary_sums_take(sums, ret_summary, &err) < 0)
		return ce_fail(question->call, &err);
	return 0;
}

/* --- charges --- */

struct visit {
	ce_charge_fn *each;
	void *ctx;
	int64_t from_s;
};

static bool any_part_is_wanted(struct ce_question *question, const struct charge *charge)
{
	for (int meter = 0; meter < METER_COUNT; meter++) {
		if (charge->quantity[meter] > 0 && is_wanted(question, charge, (enum meter)meter))
			return true;
	}
	return false;
}

static int visit_charge(struct ce_question *question, const struct charge *charge, void *ctx,
			struct err *err)
{
	const struct visit *visit = ctx;
	int64_t seconds;

	if (cost_billed_seconds(&question->tariff, charge, &seconds, err) < 0)
		return -1;
	/* The scan has those that a longer minimum would bring in, too. */
	if (charge->started_s + seconds <= visit->from_s || look_at(question, charge, true) < 0 ||
	    !any_part_is_wanted(question, charge))
		return 0;
	return visit->each(visit->ctx, question->tags, question->tag_count, err);
}

int ce_question_charges(struct ce_question *question, const struct ce_period *period,
			ce_charge_fn *each, void *ctx)
{
	const struct charge_filter filter = filter_of(question, period);
	struct visit visit = {.each = each, .ctx = ctx, .from_s = period->from_s};
	struct err err = ERR_INIT;

	if (scan(question, &filter, visit_charge, &visit, &err) < 0)
		return ce_fail(question->call, &err);
	return 0;
}
