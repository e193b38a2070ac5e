/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListSecrets: by their creation, a page at a time, without their values.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "gateway/api_table.h"
#include "gateway/json_out.h"
#include "gateway/page_token.h"
#include "gateway/secretsmanager/secret_call.h"

#define PAGE_MAX 100 /* the API's, and its default */

struct input {
	int64_t limit;
	bool limited, planned;
	const char *token;
	int order;
};

enum order { ORDER_ASCENDING, ORDER_DESCENDING };
static const char *const orders[] = {"asc", "desc", NULL};
/* A token of one order fits no list of the other. */
static const char *const list_names[] = {"ListSecrets", "ListSecrets/desc"};
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

/* A token says where the page before has ended: "CREATED_MS NAME". */
static int read_token(struct call *call, const char *token, struct secret_list *asked)
{
	struct err err = ERR_INIT;
	const char *last;
	char *end;

	if (!shape_given(token))
		return 0;
	if (page_token_read(call->arena, list_names[asked->backwards], token, &last, &err) == 0) {
		asked->after_ms = strtoll(last, &end, 10);
		if (end > last && *end == ' ') {
			asked->after_name = end + 1;
			return 0;
		}
	}
	return call_fail(call, "InvalidNextTokenException", "Invalid NextToken.");
}

static int make_token(struct call *call, const struct secret *last, bool backwards,
		      const char **ret_token)
{
	const char *place =
		arena_printf(call->arena, "%" PRId64 " %s", last->created_ms, last->name);
	struct err err = ERR_INIT;

	if (!place)
		return call_fail(call, "InvalidParameterException", "The request is too large.");
	if (page_token_make(call->arena, list_names[backwards], place, ret_token, &err) < 0)
		return call_fail_server(call, &err);
	return 0;
}

static int list_secrets(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	size_t size = input->limited ? (size_t)input->limit : PAGE_MAX;
	struct secret_list asked = {
		.backwards = input->order == ORDER_DESCENDING,
		.deleted = input->planned,
		.limit = size + 1,
	};
	const char *token = NULL;
	json_t *list = out_list();
	struct secret *secrets;
	struct err err = ERR_INIT;
	size_t count;

	out_put(output, "SecretList", list);
	if (read_token(call, input->token, &asked) < 0)
		return -1;
	if (secret_list(call->state, call->caller.account, &asked, call->now_ms, call->arena,
			&secrets, &count, &err) < 0)
		return call_fail_server(call, &err);
	if (count > size) {
		count = size;
		if (make_token(call, &secrets[count - 1], asked.backwards, &token) < 0)
			return -1;
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
