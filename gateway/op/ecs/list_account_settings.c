/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListAccountSettings: what was set for a principal, or with effectiveSettings what
 * holds for him. There are fewer settings than fit on two pages, so a token is the name
 * of the last one.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/ecs/account_settings.h"
#include "gateway/ecs/page_input.h"
#include "gateway/json_out.h"
#include "store/account_setting.h"

#define RESULTS_MAX 10 /* the API's, and the default */

struct input {
	int name; /* -1: all */
	const char *value, *principal;
	bool effective;
	struct page_input page;
};

static const struct shape_field fields[] = {
	WORD(struct input, name, "name", account_setting_words, 0),
	TEXT(struct input, value, "value", 0, 0, 0),
	TEXT(struct input, principal, "principalArn", 0, 0, 0),
	BOOL(struct input, effective, "effectiveSettings", 0),
	PAGE_FIELDS_OF(struct input, page, RESULTS_MAX),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

/* The value of setting number @index that is to be listed, NULL if none is. */
static int find_value(struct call *call, const struct input *input, int index,
		      const char *principal, const char **ret_value, const char **ret_owner)
{
	struct err err = ERR_INIT;

	if (input->effective)
		return account_setting_effective(call, index, principal, ret_value, ret_owner);
	*ret_owner = principal;
	if (account_setting_find(call->state, call->caller.account, principal,
				 account_setting_words[index], call->arena, ret_value, &err) < 0)
		return call_fail_server(call, &err);
	return 0;
}

static int push_setting(struct call *call, const struct input *input, int index,
			const char *principal, json_t *list)
{
	const char *value = NULL;
	const char *owner;

	if (input->name >= 0 && input->name != index)
		return 0;
	if (find_value(call, input, index, principal, &value, &owner) < 0)
		return -1;
	if (value && (!shape_given(input->value) || strcmp(input->value, value) == 0))
		out_push(list, account_setting_json(index, value, owner));
	return 0;
}

static const char *last_name(void *ctx, size_t index)
{
	return json_string_value(json_object_get(json_array_get(ctx, index), "name"));
}

static int list_account_settings(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	json_t *list = out_list();
	const char *principal;
	struct page page;
	size_t count;

	out_put(output, "settings", list);
	if (shape_given(input->value) && input->name < 0)
		return call_fail(call, "InvalidParameterException",
				 "You must specify an account setting name to use value.");
	if (account_principal(call, input->principal, &principal) < 0 ||
	    page_begin(call, &input->page, "ListAccountSettings", &page) < 0)
		return -1;
	if (input->page.max_results == 0)
		page.size = RESULTS_MAX;
	for (int i = 0; account_setting_words[i]; i++) {
		if (page.after && strcmp(account_setting_words[i], page.after) <= 0)
			continue;
		if (json_array_size(list) <= page.size &&
		    push_setting(call, input, i, principal, list) < 0)
			return -1;
	}
	if (page_end(call, &page, json_array_size(list), last_name, list, output, &count) < 0)
		return -1;
	if (count < json_array_size(list) && json_array_remove(list, count) < 0)
		abort();
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_ecs_list_account_settings = {
	.service = "ecs",
	.name = "ListAccountSettings",
	.shape = &shape,
	.handler = list_account_settings,
	.shape_error = "InvalidParameterException",
	.snapshot = true,
};
