/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DescribeLogGroups: by name, all or those with a prefix, a page at a time.
 */
#include "gateway/api_table.h"
#include "gateway/json_out.h"
#include "gateway/logs/log_names.h"
#include "gateway/page_token.h"

#define LIMIT_MAX 50 /* the API's, and its default */
#define LIST_NAME "DescribeLogGroups"

struct input {
	const char *prefix, *token;
	int64_t limit;
	bool limited;
};

static const struct shape_field fields[] = {
	TEXT(struct input, prefix, "logGroupNamePrefix", 0, LOG_NAME_MAX, 0),
	TEXT(struct input, token, "nextToken", 0, 0, 0),
	INT_SEEN(struct input, limit, limited, "limit", 1, LIMIT_MAX),
	REFUSED("logGroupNamePattern"),
	REFUSED("includeLinkedAccounts"),
	REFUSED("accountIdentifiers"),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static json_t *group_json(const struct call *call, const struct log_group *group)
{
	const char *arn = log_group_arn(call, group->name);
	json_t *object = out_object();

	out_text(object, "logGroupName", group->name);
	out_int(object, "creationTime", group->created_ms);
	if (group->retention_days > 0)
		out_int(object, "retentionInDays", group->retention_days);
	out_int(object, "metricFilterCount", 0);
	out_textf(object, "arn", "%s:*", arn != NULL ? arn : "");
	out_int(object, "storedBytes", group->stored_bytes);
	out_text(object, "logGroupClass", "STANDARD");
	out_text(object, "logGroupArn", arn);
	return object;
}

static int describe_log_groups(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	size_t limit = input->limited ? (size_t)input->limit : LIMIT_MAX;
	const char *after = NULL, *token = NULL;
	struct log_group *groups = NULL;
	struct err err = ERR_INIT;
	size_t count = 0;

	if (input->token != NULL &&
	    page_token_read(call->arena, LIST_NAME, input->token, &after, &err) < 0)
		return call_fail(call, "InvalidParameterException",
				 "The specified nextToken is invalid.");
	if (log_group_list(call->logs, call->caller.account, input->prefix, after, limit + 1,
			   call->arena, &groups, &count, &err) < 0)
		return call_fail_server(call, &err);
	if (count > limit) {
		count = limit;
		if (page_token_make(call->arena, LIST_NAME, groups[limit - 1].name, &token, &err) <
		    0)
			return call_fail_server(call, &err);
	}
	json_t *list = out_list();
	for (size_t i = 0; i < count; i++)
		out_push(list, group_json(call, &groups[i]));
	out_put(output, "logGroups", list);
	out_text(output, "nextToken", token);
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_logs_describe_log_groups = {
	.service = "logs",
	.name = "DescribeLogGroups",
	.shape = &shape,
	.handler = describe_log_groups,
	.shape_error = "InvalidParameterException",
};
