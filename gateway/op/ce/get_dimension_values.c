/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GetDimensionValues: which values a dimension has in a period.
 */
#include <string.h>

#include "billing/usage_type.h"
#include "gateway/api_table.h"
#include "gateway/ce/ce_values.h"
#include "gateway/json_out.h"

struct input {
	const char *dimension;
	int context;
	struct ce_values_input values;
};

static const char *const contexts[] = {"COST_AND_USAGE", "RESERVATIONS", "SAVINGS_PLANS", NULL};

static const struct shape_field fields[] = {
	TEXT(struct input, dimension, "Dimension", 1, CE_TEXT_MAX, SHAPE_REQUIRED),
	WORD(struct input, context, "Context", contexts, 0),
	CE_VALUES_FIELDS(struct input, values),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

struct list {
	struct ce_question *question;
	const struct ce_dimension *dimension;
	json_t *account; /* its attributes */
};

/* The unit of a usage type: all of a name have the same. */
static const char *unit_of(const char *usage_type)
{
	return usage_type_unit(strstr(usage_type, "vCPU") ? METER_VCPU : METER_MEMORY);
}

static json_t *value_json(void *ctx, const char *text)
{
	const struct list *list = ctx;
	json_t *object = out_object();
	json_t *attributes = list->account ? json_incref(list->account) : out_object();

	if (list->dimension->key == SUMMARY_USAGE_TYPE)
		out_text(attributes, "unit", unit_of(text));
	out_text(object, "Value", text);
	out_put(object, "Attributes", attributes);
	return object;
}

static int answer(struct list *list, const struct input *input, struct ce_values *values,
		  json_t **ret_output)
{
	const struct ce_group group = {.dimension = list->dimension};

	if (strcmp(list->dimension->name, "LINKED_ACCOUNT") == 0 &&
	    ce_question_account_json(list->question, &list->account) < 0)
		return -1;
	if (ce_values_of_group(list->question, &group, values) < 0)
		return -1;
	return ce_values_answer(list->question->call, &input->values, values, ret_output);
}

static int get_dimension_values(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(ce_question_done) struct ce_question question = {.call = call};
	struct list list = {.question = &question};
	struct ce_values values = {
		.operation = "GetDimensionValues",
		.member = "DimensionValues",
		.json = value_json,
		.ctx = &list,
	};
	struct err err = ERR_INIT;
	int result;

	if (input->context > 0)
		return call_fail(call, "ValidationException",
				 "Context %s is not supported: nothing is bought ahead here.",
				 contexts[input->context]);
	if (ce_dimension_find(input->dimension, &list.dimension, &err) < 0)
		return call_fail(call, "ValidationException", "Dimension: %s.", err.text);
	if (ce_values_begin(call, &input->values, &values) < 0 ||
	    ce_question_begin(call, input->values.filter, &question) < 0)
		return -1;
	result = answer(&list, input, &values, ret_output);
	json_decref(list.account);
	return result;
}

const struct operation op_ce_get_dimension_values = {
	.service = "ce",
	.name = "GetDimensionValues",
	.shape = &shape,
	.handler = get_dimension_values,
	.shape_error = "ValidationException",
	.snapshot = true,
};
