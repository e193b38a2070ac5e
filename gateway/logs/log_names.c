/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See log_names.h. The messages are the service's own, so that tools which look
 * for them find them.
 */
#include "gateway/logs/log_names.h"

#include <ctype.h>
#include <string.h>

#include "core/ident.h"

#define GROUP_PATTERN  "[\\.\\-_/#A-Za-z0-9]+"
#define STREAM_PATTERN "[^:*]*"

static bool is_group_name(const char *name)
{
	for (const char *at = name; *at != '\0'; at++) {
		if (!isalnum((unsigned char)*at) && strchr(".-_/#", *at) == NULL)
			return false;
	}
	return true;
}

bool log_group_name_ok(const char *name)
{
	return name[0] != '\0' && strlen(name) <= LOG_NAME_MAX && is_group_name(name);
}

bool log_stream_name_ok(const char *name)
{
	return name[0] != '\0' && strlen(name) <= LOG_NAME_MAX && strpbrk(name, ":*") == NULL;
}

/* @rule: what the member must do, behind "Member must ". */
static int refuse(struct call *call, const char *member, const char *value, const char *rule)
{
	return call_fail(call, "InvalidParameterException",
			 "1 validation error detected: Value '%.100s' at '%s' failed to satisfy "
			 "constraint: Member must %s",
			 value, member, rule);
}

static int check_length(struct call *call, const char *member, const char *name)
{
	if (name[0] == '\0')
		return refuse(call, member, name, "have length greater than or equal to 1");
	if (strlen(name) > LOG_NAME_MAX)
		return refuse(call, member, name, "have length less than or equal to 512");
	return 0;
}

int log_group_name_check(struct call *call, const char *member, const char *name)
{
	if (check_length(call, member, name) < 0)
		return -1;
	if (!is_group_name(name))
		return refuse(call, member, name,
			      "satisfy regular expression pattern: " GROUP_PATTERN);
	return 0;
}

int log_stream_name_check(struct call *call, const char *member, const char *name)
{
	if (check_length(call, member, name) < 0)
		return -1;
	if (strpbrk(name, ":*") != NULL)
		return refuse(call, member, name,
			      "satisfy regular expression pattern: " STREAM_PATTERN);
	return 0;
}

/* NAME of an ARN "...:log-group:NAME" or "...:log-group:NAME:*". */
static int name_of_arn(struct call *call, const char *text, const char **ret_name)
{
	static const char kind[] = "log-group:";
	struct err err = ERR_INIT;
	struct arn arn;

	if (arn_parse(text, &arn, &err) < 0 || !text_is(arn.service, arn.service_len, "logs") ||
	    strncmp(arn.resource, kind, strlen(kind)) != 0)
		return call_fail(call, "InvalidParameterException",
				 "logGroupIdentifier must be the name or the ARN of a log group");
	if (!text_is(arn.account, arn.account_len, call->caller.account) ||
	    !text_is(arn.region, arn.region_len, call->options->region))
		return call_fail(call, "ResourceNotFoundException",
				 "The specified log group does not exist.");
	const char *name = arn.resource + strlen(kind);
	*ret_name = arena_strndup(call->arena, name, strcspn(name, ":"));
	if (*ret_name == NULL)
		return call_fail(call, "InvalidParameterException", "The request is too large.");
	return 0;
}

int log_group_name(struct call *call, const char *name, const char *identifier,
		   const char **ret_name)
{
	const char *found = name;

	if ((name == NULL) == (identifier == NULL))
		return call_fail(call, "InvalidParameterException",
				 name == NULL ? "logGroupName is required"
					      : "LogGroup name and LogGroup ARN are mutually "
						"exclusive parameters.");
	if (identifier != NULL)
		found = identifier;
	if (identifier != NULL && strncmp(identifier, "arn:", 4) == 0 &&
	    name_of_arn(call, identifier, &found) < 0)
		return -1;
	if (log_group_name_check(call, identifier != NULL ? "logGroupIdentifier" : "logGroupName",
				 found) < 0)
		return -1;
	*ret_name = found;
	return 0;
}

int log_store_failed(struct call *call, const struct err *err)
{
	if (err->code == ERR_NOT_FOUND)
		return call_fail(call, "ResourceNotFoundException",
				 "The specified log group does not exist.");
	return call_fail_server(call, err);
}

int log_group_require(struct call *call, const char *name, struct log_group *ret_group)
{
	struct err err = ERR_INIT;

	if (log_group_find(call->logs, call->caller.account, name, call->arena, ret_group, &err) <
	    0)
		return log_store_failed(call, &err);
	return 0;
}

int log_stream_there(struct call *call, const char *group, const char *stream, bool *ret_there)
{
	struct log_stream *streams = NULL;
	struct err err = ERR_INIT;
	size_t count = 0;

	/* By name, the stream that is called like the prefix is the first that has it. */
	if (log_stream_list(call->logs, call->caller.account, group, stream, false, false, 0, 1,
			    call->arena, &streams, &count, &err) < 0)
		return log_store_failed(call, &err);
	*ret_there = count == 1 && strcmp(streams[0].name, stream) == 0;
	return 0;
}

int log_stream_require(struct call *call, const char *group, const char *stream)
{
	bool there = false;

	if (log_stream_there(call, group, stream, &there) < 0)
		return -1;
	if (!there)
		return call_fail(call, "ResourceNotFoundException",
				 "The specified log stream does not exist.");
	return 0;
}

const char *log_group_arn(const struct call *call, const char *group)
{
	return arena_printf(call->arena, "arn:aws:logs:%s:%s:log-group:%s", call->options->region,
			    call->caller.account, group);
}
