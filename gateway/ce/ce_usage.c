/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An answer has a result for each bucket of the period, with or without costs. Its entries
 * are groups, and buckets that have none; a page ends between two entries, so a bucket may
 * go on in the next page with the same TimePeriod. What runs is counted up to the second of
 * each page.
 */
#include "gateway/ce/ce_usage.h"

#include <string.h>

#include "gateway/ce/ce_metric.h"
#include "gateway/ce/ce_page.h"
#include "gateway/json_out.h"

static const struct shape_field fields[] = {
	{.name = "TimePeriod",
	 .type = SHAPE_OBJECT,
	 .flags = SHAPE_REQUIRED,
	 .offset = offsetof(struct ce_usage_input, period),
	 .shape = &ce_period_shape},
	WORD(struct ce_usage_input, granularity, "Granularity", ce_granularities, SHAPE_REQUIRED),
	TEXTS(struct ce_usage_input, metrics, "Metrics", 1, 2 * CE_METRIC_COUNT, SHAPE_REQUIRED),
	LIST(struct ce_usage_input, groups, "GroupBy", &ce_group_shape, 0, SUMMARY_GROUPS_MAX, 0),
	JSON(struct ce_usage_input, filter, "Filter", 0),
	TEXT(struct ce_usage_input, token, "NextPageToken", 1, CE_TOKEN_MAX, 0),
	REFUSED("BillingViewArn"),
};
const struct shape ce_usage_shape = SHAPE_OF(struct ce_usage_input, fields);

struct usage {
	struct ce_question *question;
	struct ce_period period;
	struct ce_groups groups;
	bool metrics[CE_METRIC_COUNT];
	const char *currency;
	struct ce_place place;
	size_t entries;			/* of this page */
	const char *token;		/* of the next one */
	const char *list;		/* of tokens */
	const struct summary_row *last; /* entry of the page */
	int64_t last_s;			/* and its bucket */
	json_t *results;
};

/* --- what is asked --- */

static int read_metrics(struct call *call, const struct shape_list *list, bool *metrics)
{
	const char *const *names = list->items;

	for (size_t i = 0; i < list->count; i++) {
		enum ce_metric metric;
		struct err err = ERR_INIT;

		if (ce_metric_find(names[i], &metric, &err) < 0)
			return call_fail(call, "ValidationException", "Metrics[%zu]: %s.", i,
					 err.text);
		metrics[metric] = true;
	}
	return 0;
}

static int check_groups(struct usage *usage)
{
	for (size_t i = 0; i < usage->groups.count; i++) {
		const struct ce_group *group = &usage->groups.items[i];

		if (!group->dimension &&
		    ce_question_check_tag(usage->question, "GroupBy", group->tag) < 0)
			return -1;
	}
	return 0;
}

static int read_input(struct call *call, const struct ce_usage_input *input, struct usage *usage)
{
	struct err err = ERR_INIT;

	if (ce_period_read(&input->period, ce_grain(input->granularity), call->now_ms / 1000,
			   &usage->period, &err) < 0 ||
	    ce_groups_read(&input->groups, &usage->groups, &err) < 0)
		return ce_fail(call, &err);
	if (read_metrics(call, &input->metrics, usage->metrics) < 0)
		return -1;
	return ce_page_read(call, usage->list, input->token, &usage->place);
}

/* --- the answer --- */

static json_t *metrics_json(const struct usage *usage, const struct summary_row *row)
{
	json_t *object = out_object();

	for (int i = 0; i < CE_METRIC_COUNT; i++) {
		if (usage->metrics[i])
			out_put(object, ce_metric_name((enum ce_metric)i),
				ce_metric_json((enum ce_metric)i, row, usage->currency));
	}
	return object;
}

static int group_json(const struct usage *usage, const struct summary_row *row, json_t **ret_group)
{
	AUTO(json_decrefp) json_t *object = out_object();
	struct ce_question *question = usage->question;
	json_t *keys = out_list();
	struct err err = ERR_INIT;

	out_put(object, "Keys", keys);
	for (size_t i = 0; i < usage->groups.count; i++) {
		const struct ce_group *group = &usage->groups.items[i];
		AUTO(freep) char *key = NULL;
		const char *value;

		if (ce_group_value(group, &question->viewer, question->call->state, row,
				   question->arena, &value, &err) < 0)
			return ce_fail(question->call, &err);
		key = group->dimension ? xstrdup(value) : xasprintf("%s$%s", group->tag, value);
		out_push(keys, out_string(key));
	}
	out_put(object, "Metrics", metrics_json(usage, row));
	*ret_group = STEAL(object, NULL);
	return 0;
}

/* Numbers of a month that is not closed may change, as those of what runs do. */
static bool is_estimated(const struct usage *usage, int64_t from_s, const struct summary_row *rows,
			 size_t count)
{
	const struct ce_question *question = usage->question;

	if (!invoices_at(question->invoices, question->viewer.account, from_s))
		return true;
	for (size_t i = 0; i < count; i++) {
		if (rows[i].running || rows[i].estimated || !rows[i].invoiced)
			return true;
	}
	return false;
}

/* Does an entry belong into this page? The first that does not makes the token. */
static int take_entry(struct usage *usage, int64_t from_s, const struct summary_row *row,
		      bool *ret_taken)
{
	const char *const *keys = row ? row->keys : NULL;
	size_t count = row ? usage->groups.asked_count : 0;

	*ret_taken = false;
	if (usage->token || !ce_page_has(&usage->place, from_s, keys, count))
		return 0;
	if (usage->entries == CE_USAGE_PAGE)
		return ce_page_token(usage->question->call, usage->list, usage->last_s,
				     usage->last ? usage->last->keys : NULL,
				     usage->last ? usage->groups.asked_count : 0, &usage->token);
	usage->entries++;
	usage->last = row;
	usage->last_s = from_s;
	*ret_taken = true;
	return 0;
}

static json_t *result_json(const struct usage *usage, int64_t from_s,
			   const struct summary_row *rows, size_t count,
			   const struct summary_row *total)
{
	json_t *object = out_object();

	out_put(object, "TimePeriod",
		ce_period_json(&usage->period, from_s,
			       ce_period_bucket_end(&usage->period, from_s)));
	out_put(object, "Total",
		usage->groups.count > 0 ? out_object() : metrics_json(usage, total));
	out_bool(object, "Estimated", is_estimated(usage, from_s, rows, count));
	return object;
}

/* The entries of one bucket: @rows, or none. */
static int add_bucket(struct usage *usage, int64_t from_s, const struct summary_row *rows,
		      size_t count)
{
	bool grouped = usage->groups.count > 0;
	AUTO(json_decrefp) json_t *groups = out_list();
	json_t *result;
	bool taken = false;

	if (!grouped || count == 0) {
		if (take_entry(usage, from_s, NULL, &taken) < 0)
			return -1;
	}
	for (size_t i = 0; grouped && i < count; i++) {
		json_t *group;
		bool own;

		if (take_entry(usage, from_s, &rows[i], &own) < 0)
			return -1;
		if (!own)
			continue;
		if (group_json(usage, &rows[i], &group) < 0)
			return -1;
		out_push(groups, group);
		taken = true;
	}
	if (!taken)
		return 0;
	result = result_json(usage, from_s, rows, count, count > 0 ? &rows[0] : NULL);
	out_put(result, "Groups", STEAL(groups, NULL));
	out_push(usage->results, result);
	return 0;
}

static int add_buckets(struct usage *usage, const struct summary *summary)
{
	size_t at = 0;

	for (int64_t from_s = usage->period.from_s; from_s < usage->period.until_s;
	     from_s = ce_period_bucket_end(&usage->period, from_s)) {
		size_t first = at;

		while (at < summary->count && summary->rows[at].from_s == from_s)
			at++;
		if (add_bucket(usage, from_s, &summary->rows[first], at - first) < 0)
			return -1;
	}
	return 0;
}

/* Names of accounts that are keys of groups. */
static int attributes_json(struct usage *usage, json_t **ret_list)
{
	AUTO(json_decrefp) json_t *list = out_list();

	for (size_t i = 0; i < usage->groups.count; i++) {
		const struct ce_dimension *dimension = usage->groups.items[i].dimension;
		json_t *object, *attributes;

		if (!dimension || strcmp(dimension->name, "LINKED_ACCOUNT") != 0)
			continue;
		if (ce_question_account_json(usage->question, &attributes) < 0)
			return -1;
		object = out_object();
		out_text(object, "Value", usage->question->viewer.account);
		out_put(object, "Attributes", attributes);
		out_push(list, object);
	}
	*ret_list = STEAL(list, NULL);
	return 0;
}

static int answer(struct usage *usage, json_t **ret_output)
{
	AUTO(json_decrefp) json_t *output = out_object();
	struct summary summary;
	json_t *attributes;

	usage->results = out_list();
	out_put(output, "ResultsByTime", usage->results);
	if (check_groups(usage) < 0 ||
	    ce_question_sum(usage->question, &usage->period, &usage->groups, &summary) < 0 ||
	    add_buckets(usage, &summary) < 0 ||
	    ce_page_check(usage->question->call, &usage->place) < 0 ||
	    attributes_json(usage, &attributes) < 0)
		return -1;
	out_put(output, "DimensionValueAttributes", attributes);
	if (usage->groups.count > 0)
		out_put(output, "GroupDefinitions", ce_groups_json(&usage->groups));
	out_text(output, "NextPageToken", usage->token);
	*ret_output = STEAL(output, NULL);
	return 0;
}

int ce_usage_answer(struct call *call, const struct ce_usage_input *input, const char *list,
		    json_t **ret_output)
{
	AUTO(ce_question_done) struct ce_question question = {.call = call};
	struct usage usage = {.question = &question, .list = list};

	if (read_input(call, input, &usage) < 0 ||
	    ce_question_begin(call, input->filter, &question) < 0)
		return -1;
	usage.currency = price_list_currency(question.tariff.prices);
	return answer(&usage, ret_output);
}
