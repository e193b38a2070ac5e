/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values are sums by one key over the whole period, so each can be sorted by what it cost.
 */
#include "gateway/ce/ce_values.h"

#include <string.h>

#include "gateway/json_out.h"
#include "store/record.h"

static const char *const orders[] = {"ASCENDING", "DESCENDING", NULL};
enum { ORDER_ASCENDING, ORDER_DESCENDING };

static const struct shape_field sort_fields[] = {
	TEXT(struct ce_sort_input, key, "Key", 1, CE_TEXT_MAX, SHAPE_REQUIRED),
	WORD(struct ce_sort_input, order, "SortOrder", orders, 0),
};
const struct shape ce_sort_shape = SHAPE_OF(struct ce_sort_input, sort_fields);

/* --- the request --- */

static int check_sort(struct call *call, const struct ce_values_input *input)
{
	const struct ce_sort_input *sort = input->sort.items;
	enum ce_metric metric;
	struct err err = ERR_INIT;

	if (input->sort.count == 0)
		return 0;
	if (ce_metric_find(sort->key, &metric, &err) < 0)
		return call_fail(call, "ValidationException", "SortBy[0].Key: %s.", err.text);
	if (shape_given(input->search) || input->token)
		return call_fail(call, "ValidationException",
				 "SearchString and NextPageToken are not supported with SortBy.");
	return 0;
}

int ce_values_begin(struct call *call, const struct ce_values_input *input,
		    struct ce_values *values)
{
	struct err err = ERR_INIT;

	/* Days are the finest border; the sums are over all of it. */
	if (ce_period_read(&input->period, COST_DAYS, call->now_ms / 1000, &values->period, &err) <
	    0)
		return ce_fail(call, &err);
	values->period.grain = COST_WHOLE;
	if (check_sort(call, input) < 0)
		return -1;
	return ce_page_read(call, values->operation, input->token, &values->place);
}

/* --- the values --- */

int ce_values_of_group(struct ce_question *question, const struct ce_group *group,
		       struct ce_values *values)
{
	struct ce_groups groups = {.count = 0};
	struct call *call = question->call;
	struct summary summary;
	struct err err = ERR_INIT;

	ce_groups_set(&groups, group);
	if (ce_question_sum(question, &values->period, &groups, &summary) < 0)
		return -1;
	values->items = arena_alloc(question->arena, (summary.count + 1) * sizeof(*values->items));
	if (!values->items) {
		(void)record_full(&err);
		return ce_fail(call, &err);
	}
	for (size_t i = 0; i < summary.count; i++) {
		values->items[i].row = &summary.rows[i];
		if (ce_group_value(&groups.items[0], &question->viewer, call->state,
				   &summary.rows[i], question->arena, &values->items[i].text,
				   &err) < 0)
			return ce_fail(call, &err);
	}
	values->count = summary.count;
	return 0;
}

static void keep_found(struct ce_values *values, const char *search)
{
	size_t kept = 0;

	for (size_t i = 0; i < values->count; i++) {
		if (!shape_given(search) || strcasestr(values->items[i].text, search))
			values->items[kept++] = values->items[i];
	}
	values->count = kept;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(((const struct ce_value *)a)->text, ((const struct ce_value *)b)->text);
}

struct order {
	enum ce_metric metric;
	int direction;
};

static int compare_by_metric(const void *a, const void *b, void *ctx)
{
	static const struct summary_row nothing;
	const struct order *order = ctx;
	const struct ce_value *left = a;
	const struct ce_value *right = b;
	int compared = ce_metric_compare(order->metric, left->row ? left->row : &nothing,
					 right->row ? right->row : &nothing);

	return compared != 0 ? compared * order->direction : compare_texts(a, b);
}

static void sort(struct ce_values *values, const struct ce_values_input *input)
{
	const struct ce_sort_input *by = input->sort.items;
	struct order order = {.direction = 1};
	struct err err = ERR_INIT;

	if (values->count == 0)
		return;
	if (input->sort.count == 0) {
		qsort(values->items, values->count, sizeof(*values->items), compare_texts);
		return;
	}
	if (ce_metric_find(by->key, &order.metric, &err) < 0)
		return; /* it was checked before */
	if (by->order == ORDER_DESCENDING)
		order.direction = -1;
	qsort_r(values->items, values->count, sizeof(*values->items), compare_by_metric, &order);
}

/* --- the answer --- */

static int add_page(struct call *call, const struct ce_values_input *input,
		    struct ce_values *values, json_t *list, const char **ret_token)
{
	size_t size = input->limited ? (size_t)input->limit : CE_VALUES_PAGE;
	const char *last = NULL;

	for (size_t i = 0; i < values->count; i++) {
		const char *text = values->items[i].text;

		if (!ce_page_has(&values->place, 0, &text, 1))
			continue;
		if (json_array_size(list) == size) {
			/* What is sorted by numbers that change has one page. */
			return input->sort.count > 0 ? 0
						     : ce_page_token(call, values->operation, 0,
								     &last, 1, ret_token);
		}
		out_push(list, values->json(values->ctx, text));
		last = text;
	}
	return ce_page_check(call, &values->place);
}

int ce_values_answer(struct call *call, const struct ce_values_input *input,
		     struct ce_values *values, json_t **ret_output)
{
	AUTO(json_decrefp) json_t *output = out_object();
	json_t *list = out_list();
	const char *token = NULL;

	keep_found(values, input->search);
	sort(values, input);
	out_put(output, values->member, list);
	if (add_page(call, input, values, list, &token) < 0)
		return -1;
	out_int(output, "ReturnSize", (int64_t)json_array_size(list));
	out_int(output, "TotalSize", (int64_t)values->count);
	out_text(output, "NextPageToken", token);
	*ret_output = STEAL(output, NULL);
	return 0;
}
