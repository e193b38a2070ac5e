/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A schedule is named by its group and its own name; only groups have tags.
 */
#include "gateway/scheduler/schedule_name.h"

#include <stdio.h>
#include <string.h>

#include "core/ident.h"

#define LETTERS	 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define OF_NAMES LETTERS "0123456789-_."

static int fail_pattern(struct call *call, const char *member, const char *given,
			const char *pattern)
{
	return call_fail(call, SCHEDULE_VALIDATION,
			 "1 validation error detected: Value '%.256s' at '%s' failed to satisfy "
			 "constraint: Member must satisfy regular expression pattern: %s",
			 given, member, pattern);
}

static int check_length(struct call *call, const char *member, const char *given)
{
	if (strlen(given) <= SCHEDULE_NAME_MAX)
		return 0;
	return call_fail(call, SCHEDULE_VALIDATION,
			 "1 validation error detected: Value '%.256s' at '%s' failed to satisfy "
			 "constraint: Member must have length less than or equal to %d",
			 given, member, SCHEDULE_NAME_MAX);
}

int schedule_name_check(struct call *call, const char *member, const char *given)
{
	if (given[0] == '\0' || given[strspn(given, OF_NAMES)] != '\0')
		return fail_pattern(call, member, given, "^[0-9a-zA-Z-_.]+$");
	return check_length(call, member, given);
}

int schedule_prefix_check(struct call *call, const char *given)
{
	if (!given)
		return 0;
	if (given[0] == '\0' || !strchr(LETTERS, given[0]) ||
	    given[strspn(given, OF_NAMES)] != '\0')
		return fail_pattern(call, "namePrefix", given, "^[a-zA-Z][0-9a-zA-Z-_]*$");
	return check_length(call, "namePrefix", given);
}

int schedule_group_require(struct call *call, const char *given, struct scheduler_group *ret_group)
{
	const char *name = given ? given : SCHEDULER_GROUP_DEFAULT;
	struct err err = ERR_INIT;

	if (schedule_name_check(call, "groupName", name) < 0)
		return -1;
	if (scheduler_group_find(call->state, call->caller.account, name, call->arena, ret_group,
				 &err) == 0)
		return 0;
	if (err.code != ERR_NOT_FOUND)
		return call_fail_server(call, &err);
	return call_fail(call, SCHEDULE_NOT_FOUND, "Schedule group %s does not exist.", name);
}

int schedule_require(struct call *call, const char *group_given, const char *name,
		     struct scheduler_record *ret_schedule)
{
	struct err err = ERR_INIT;
	struct scheduler_group group;

	if (schedule_name_check(call, "name", name) < 0 ||
	    schedule_group_require(call, group_given, &group) < 0)
		return -1;
	const struct scheduler_key key = {call->caller.account, group.name, name};

	if (scheduler_find(call->state, &key, call->arena, ret_schedule, &err) == 0)
		return 0;
	if (err.code != ERR_NOT_FOUND)
		return call_fail_server(call, &err);
	return call_fail(call, SCHEDULE_NOT_FOUND, "Schedule %s does not exist.", name);
}

struct schedule_arn schedule_arn(const char *region, const struct scheduler_key *key)
{
	struct schedule_arn arn;

	(void)snprintf(arn.text, sizeof(arn.text), "arn:aws:scheduler:%s:%s:schedule/%s/%s", region,
		       key->account, key->group, key->name);
	return arn;
}

struct schedule_arn schedule_group_arn(const struct call *call, const char *group)
{
	struct schedule_arn arn;

	(void)snprintf(arn.text, sizeof(arn.text), "arn:aws:scheduler:%s:%s:schedule-group/%s",
		       call->options->region, call->caller.account, group);
	return arn;
}

int schedule_tagged_require(struct call *call, const char *arn, struct schedule_arn *ret_arn)
{
	static const char prefix[] = "schedule-group/";
	struct err ignored = ERR_INIT;
	struct scheduler_group group;
	struct arn parts;

	if (arn_parse(arn, &parts, &ignored) < 0 ||
	    !text_is(parts.service, parts.service_len, "scheduler") ||
	    !text_is(parts.region, parts.region_len, call->options->region) ||
	    !text_is(parts.account, parts.account_len, call->caller.account) ||
	    strncmp(parts.resource, prefix, strlen(prefix)) != 0)
		return call_fail(call, SCHEDULE_VALIDATION,
				 "ResourceArn %.512s is not the ARN of a schedule group of this "
				 "account.",
				 arn);
	if (schedule_group_require(call, parts.resource + strlen(prefix), &group) < 0)
		return -1;
	*ret_arn = schedule_group_arn(call, group.name);
	return 0;
}
