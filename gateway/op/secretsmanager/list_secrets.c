/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListSecrets: by name, a page at a time, without their values.
 */
#include "gateway/api_table.h"
#include "gateway/json_out.h"
#include "gateway/page_token.h"
#include "gateway/secretsmanager/secret_call.h"

#define PAGE_MAX  100 /* the API's, and its default */
#define LIST_NAME "ListSecrets"

struct input {
	int64_t limit;
	bool limited, planned;
	const char *token;
	int order;
};

static const char *const orders[] = {"asc", NULL};
static const struct shape_field fields[] = {
	INT_SEEN(struct input, limit, limited, "MaxResults", 1, PAGE_MAX),
	TEXT(struct input, token, "NextToken", 0, 0, 0),
	BOOL(struct input, planned, "IncludePlannedDeletion", 0),
	WORD(struct input, order, "SortOrder", orders, 0),
	REFUSED("Filters"),
	REFUSED("SortBy"),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int put_all(struct call *call, const struct secret *secrets, size_t count, json_t *list)
{
	for (size_t i = 0; i < count; i++) {
		json_t *object;

		if (secret_about(call, &secrets[i], "SecretVersionsToStages", &object) < 0)
			return -1;
		out_push(list, object);
	}
	return 0;
}

static int list_secrets(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	size_t size = input->limited ? (size_t)input->limit : PAGE_MAX;
	const char *after = NULL, *token = NULL;
	json_t *list = out_list();
	struct secret *secrets;
	struct err err = ERR_INIT;
	size_t count;

	out_put(output, "SecretList", list);
	if (shape_given(input->token) &&
	    page_token_read(call->arena, LIST_NAME, input->token, &after, &err) < 0)
		return call_fail(call, "InvalidNextTokenException", "Invalid NextToken.");
	if (secret_list(call->state, call->caller.account, after, input->planned, call->now_ms,
			size + 1, call->arena, &secrets, &count, &err) < 0)
		return call_fail_server(call, &err);
	if (count > size) {
		count = size;
		if (page_token_make(call->arena, LIST_NAME, secrets[count - 1].name, &token, &err) <
		    0)
			return call_fail_server(call, &err);
	}
	if (put_all(call, secrets, count, list) < 0)
		return -1;
	out_text(output, "NextToken", token);
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_secretsmanager_list_secrets = {
	.service = "secretsmanager",
	.name = "ListSecrets",
	.shape = &shape,
	.handler = list_secrets,
	.shape_error = "ValidationException",
	.snapshot = true,
};
