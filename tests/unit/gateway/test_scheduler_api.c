/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scheduler's API: schedules and groups, what is wrong with them in the API's words, pages and
 * filters, client tokens.
 */
#include "scheduler_world.h"

#include "core/log.h"

static struct answer create(const char *name, const char *members)
{
	AUTO(freep) char *path = xasprintf("/schedules/%s", name);

	return rest("POST", path, "{%s}", members);
}

START_TEST(a_schedule_is_shown_as_it_was_given_with_the_defaults)
{
	struct answer answer;

	SCHEDULE("s.1", "cron(0 9 * * ? *)", ",'Description':'d','StartDate':1764100000.5");
	answer = rest("GET", "/schedules/s.1", NO_BODY);
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "Name"), "s.1");
	ck_assert_str_eq(text_at(&answer, "GroupName"), "default");
	ck_assert_str_eq(text_at(&answer, "State"), "ENABLED");
	ck_assert_str_eq(text_at(&answer, "ActionAfterCompletion"), "NONE");
	ck_assert_str_eq(text_at(&answer, "ScheduleExpressionTimezone"), "UTC");
	ck_assert_str_eq(text_at(&answer, "FlexibleTimeWindow.Mode"), "OFF");
	ck_assert_int_eq(int_at(&answer, "Target.RetryPolicy.MaximumRetryAttempts"), 185);
	ck_assert_int_eq(int_at(&answer, "Target.RetryPolicy.MaximumEventAgeInSeconds"), 86400);
	ck_assert_str_eq(text_at(&answer, "Target.EcsParameters.TaskDefinitionArn"), "f");
	ck_assert(json_real_value(at(&answer, "StartDate")) == 1764100000.5);
	ck_assert(json_real_value(at(&answer, "CreationDate")) == WORLD_NOW_MS / 1000.0);
	AUTO(freep)
	char *arn = xasprintf("arn:aws:scheduler:us-east-1:%s:schedule/default/s.1", world.account);

	ck_assert_str_eq(text_at(&answer, "Arn"), arn);
	answer_done(&answer);
}
END_TEST

START_TEST(an_update_replaces_all_of_a_schedule)
{
	struct answer answer;

	SCHEDULE("s", "rate(5 minutes)", ",'Description':'d','State':'DISABLED'");
	ck_rest("PUT", "/schedules/s",
		"{'ScheduleExpression':'rate(1 hours)','ActionAfterCompletion':'DELETE',"
		"'FlexibleTimeWindow':{'Mode':'FLEXIBLE','MaximumWindowInMinutes':9}," LAUNCH(
			"") "}",
		world.account);
	answer = rest("GET", "/schedules/s", NO_BODY);
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "ScheduleExpression"), "rate(1 hours)");
	ck_assert_str_eq(text_at(&answer, "State"), "ENABLED");
	ck_assert_str_eq(text_at(&answer, "ActionAfterCompletion"), "DELETE");
	ck_assert_int_eq(int_at(&answer, "FlexibleTimeWindow.MaximumWindowInMinutes"), 9);
	ck_assert_ptr_null(at(&answer, "Description"));
	answer_done(&answer);
}
END_TEST

#define ECS(more)                                                                                  \
	"'Target':{'Arn':'arn:aws:ecs:us-east-1:ACCOUNT:cluster/default'," ROLE                    \
	",'EcsParameters':{'TaskDefinitionArn':'f'}" more "}"
#define RATE			"'ScheduleExpression':'rate(5 minutes)'"
#define TO(arn, more)		"'Target':{'Arn':'" arn "'," ROLE more "}"
#define VALUE_IN(value, member) "1 validation error detected: Value '" value "' at '" member "'"
#define NAMES			" failed to satisfy constraint: Member must satisfy regular expression pattern: "
#define RUN_TASK		"arn:aws:scheduler:::aws-sdk:ecs:runTask"

static const struct {
	const char *name, *members, *message;
} refusals[] = {
	{"s", OFF "," RATE, "Target is required."},
	{"s", RATE "," ECS(""), "FlexibleTimeWindow is required."},
	{"s", OFF "," ECS(""), "ScheduleExpression is required."},
	{"s", OFF ",'ScheduleExpression':'rate(10 seconds)'," ECS(""),
	 "Invalid Schedule Expression rate(10 seconds)."},
	{"s", OFF ",'ScheduleExpression':'at(2021-12-31T23:59:59Z)'," ECS(""),
	 "Invalid Schedule Expression at(2021-12-31T23:59:59Z)."},
	{"s",
	 OFF ",'ScheduleExpression':'at(2026-03-29T02:30:00)','ScheduleExpressionTimezone':"
	     "'Europe/Berlin'," ECS(""),
	 "Invalid Schedule Expression at(2026-03-29T02:30:00). The clocks of Europe/Berlin never "
	 "show this time."},
	{"s", OFF "," RATE ",'ScheduleExpressionTimezone':'Mars/Olympus'," ECS(""),
	 "The ScheduleExpressionTimezone Mars/Olympus is not a time zone."},
	{"a%20b", OFF "," RATE "," ECS(""), VALUE_IN("a b", "name") NAMES "^[0-9a-zA-Z-_.]+$"},
	{"s", OFF "," RATE ",'GroupName':'a/b'," ECS(""),
	 VALUE_IN("a/b", "groupName") NAMES "^[0-9a-zA-Z-_.]+$"},
	{"s", OFF "," RATE ",'ClientToken':'a b'," ECS(""),
	 VALUE_IN("a b", "clientToken") NAMES "^[a-zA-Z0-9-_]+$"},
	{"s", OFF "," RATE ",'StartDate':2000000000,'EndDate':1900000000," ECS(""),
	 "The StartDate must be before the EndDate."},
	{"s", OFF "," RATE ",'EndDate':-1," ECS(""),
	 "EndDate is not between the years 1970 and 9999."},
	{"s", "'FlexibleTimeWindow':{'Mode':'FLEXIBLE'}," RATE "," ECS(""),
	 "FlexibleTimeWindow.MaximumWindowInMinutes must be specified with the mode FLEXIBLE."},
	{"s", "'FlexibleTimeWindow':{'Mode':'OFF','MaximumWindowInMinutes':5}," RATE "," ECS(""),
	 "FlexibleTimeWindow.MaximumWindowInMinutes must not be specified with the mode OFF."},
	{"s", OFF "," RATE ",'KmsKeyArn':'arn:aws:kms:us-east-1:111122223333:key/k'," ECS(""),
	 "KmsKeyArn is not supported by this Slipway yet."},
	{"s", OFF "," RATE "," ECS(",'DeadLetterConfig':{'Arn':'arn:aws:sqs:us-east-1:1:q'}"),
	 "Target.DeadLetterConfig is not supported by this Slipway yet."},
	{"s", OFF "," RATE "," TO("queue", ""), "Provided Arn is not in correct format."},
	{"s", OFF "," RATE "," TO("arn:aws:sqs:us-east-1:ACCOUNT:q", ""),
	 "Target.Arn is not valid: targets of the kind sqs are not supported by this Slipway yet; "
	 "those of ecs, logs and events are."},
	{"s", OFF "," RATE "," TO("arn:aws:scheduler:::aws-sdk:sqs:sendMessage", ",'Input':'{}'"),
	 "Target.Arn is not valid: calls of sqs:sendMessage are not supported by this Slipway "
	 "yet."},
	{"s", OFF "," RATE "," TO(RUN_TASK, ""),
	 "Invalid RequestJson provided. Reason Request payload is missing the following field(s): "
	 "TaskDefinition."},
	{"s",
	 OFF "," RATE "," TO(
		 RUN_TASK, ",'Input':'{\\\"TaskDefinition\\\":\\\"f\\\",\\\"Count\\\":\\\"x\\\"}'"),
	 "Invalid RequestJson provided. Reason count must be an integer."},
	{"s", OFF "," RATE "," TO("arn:aws:ecs:us-east-1:ACCOUNT:cluster/default", ""),
	 "EcsParameters must be specified for a target that is a cluster."},
	{"s",
	 OFF "," RATE "," TO("arn:aws:logs:us-east-1:ACCOUNT:log-group:/g",
			     ",'EcsParameters':{'TaskDefinitionArn':'f'}"),
	 "EcsParameters is not valid for a target that is no cluster."},
	{"s", OFF "," RATE "," TO("arn:aws:events:us-east-1:ACCOUNT:event-bus/default", ""),
	 "EventBridgeParameters must be specified for a target that is an event bus."},
	{"s",
	 OFF "," RATE
	     "," TO("arn:aws:events:us-east-1:ACCOUNT:event-bus/default",
		    ",'Input':'{}','EventBridgeParameters':{'DetailType':'t','Source':'aws.x'}"),
	 "Target is not valid: Not authorized for the source."},
	{"s", OFF "," RATE "," ECS(",'Input':'text'"),
	 "Target.Input is not valid: the target's input is to be a JSON object of task overrides"},
	{"s", OFF "," RATE "," ECS(",'Input':'{\\\"cpu\\\":1}'"),
	 "Target.Input is not valid: overrides.cpu must be a string."},
	{"s", OFF "," RATE "," ECS(",'RetryPolicy':{'MaximumRetryAttempts':186}"),
	 "Target.RetryPolicy.MaximumRetryAttempts must be from 0 to 185."},
	{"s", OFF "," RATE ",'State':'OFF'," ECS(""), "State must be "},
};

/* @text with the account's number. */
static char *with_account(const char *text)
{
	const char *found = strstr(text, "ACCOUNT");

	if (!found)
		return xstrdup(text);
	return xasprintf("%.*s%s%s", (int)(found - text), text, world.account, found + 7);
}

START_TEST(what_is_wrong_is_refused_in_the_apis_words)
{
	AUTO(freep) char *members = with_account(refusals[_i].members);
	struct answer answer = create(refusals[_i].name, members);

	ck_assert_msg(answer.status == 400, "%s", answer.text);
	ck_assert_str_eq(answer.type, "ValidationException");
	ck_assert_msg(strncmp(answer.message, refusals[_i].message, strlen(refusals[_i].message)) ==
			      0,
		      "%s", answer.message);
	answer_done(&answer);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM schedule"), 0);
}
END_TEST

START_TEST(what_is_not_there_or_there_already_has_its_status)
{
	SCHEDULE("s", "rate(5 minutes)", "");
	ck_rest_refused(rest("GET", "/schedules/x", NO_BODY), 404, "ResourceNotFoundException",
			"Schedule x does not exist.");
	ck_rest_refused(rest("GET", "/schedules/s?groupName=g", NO_BODY), 404,
			"ResourceNotFoundException", "Schedule group g does not exist.");
	ck_rest_refused(rest("DELETE", "/schedules/x", NO_BODY), 404, "ResourceNotFoundException",
			"Schedule x does not exist.");
	ck_rest_refused(
		rest("POST", "/schedules/s", "{" RATE "," OFF "," LAUNCH("") "}", world.account),
		409, "ConflictException", "Schedule s already exists.");
	ck_rest_refused(rest("POST", "/schedule-groups/default", NO_BODY), 409, "ConflictException",
			"Schedule group default already exists.");
	ck_rest_refused(rest("DELETE", "/schedule-groups/default", NO_BODY), 400,
			"ValidationException", "Schedule group default cannot be deleted.");
	ck_rest_refused(rest("PATCH", "/schedules/s", NO_BODY), 404, "UnknownOperationException",
			"");
	ck_rest_refused(rest("POST", "/schedules/t", "[]"), 400, "SerializationException",
			"the document must be a JSON object");
}
END_TEST

START_TEST(a_client_token_makes_a_call_once)
{
	static const char body[] = "{" RATE "," OFF ",'ClientToken':'t'," LAUNCH("") "}";
	static const char other[] =
		"{'ScheduleExpression':'rate(6 minutes)'," OFF ",'ClientToken':'t'," LAUNCH("") "}";

	ck_rest("POST", "/schedules/s", body, world.account);
	ck_rest("POST", "/schedules/s", body, world.account);
	ck_rest_refused(rest("POST", "/schedules/s", other, world.account), 409,
			"ConflictException",
			"The ClientToken t was used for a request with other parameters.");
	ck_rest("DELETE", "/schedules/s?clientToken=d", NO_BODY);
	ck_rest("DELETE", "/schedules/s?clientToken=d", NO_BODY);
	/* The retry of a call that was answered makes nothing again. */
	ck_rest("POST", "/schedules/s", body, world.account);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM schedule"), 0);
	/* A call that was refused has not used its token. */
	ck_rest_refused(rest("POST", "/schedules/s",
			     "{" RATE "," OFF ",'GroupName':'g','ClientToken':'u'," LAUNCH("") "}",
			     world.account),
			404, "ResourceNotFoundException", "Schedule group g does not exist.");
	ck_rest("POST", "/schedule-groups/g", NO_BODY);
	ck_rest("POST", "/schedules/s",
		"{" RATE "," OFF ",'GroupName':'g','ClientToken':'u'," LAUNCH("") "}",
		world.account);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM schedule"), 1);
}
END_TEST

/* The names of a page, and its token. */
static struct answer list(const char *query, const char *token, const char *names)
{
	AUTO(freep)
	char *path = token ? xasprintf("/schedules?%s&NextToken=%s", query, token)
			   : xasprintf("/schedules?%s", query);
	struct answer answer = rest("GET", path, NO_BODY);
	AUTO(buf_done) struct buf found;
	struct err err = ERR_INIT;
	const json_t *item;
	size_t index;

	ck_works(answer);
	buf_init(&found, 1 << 20);
	json_array_foreach (at(&answer, "Schedules"), index, item)
		ASSERT_OK(buf_printf(&found, &err, "%s/%s ",
				     json_string_value(json_object_get(item, "GroupName")),
				     json_string_value(json_object_get(item, "Name"))),
			  &err);
	ck_assert_str_eq(buf_text(&found), names);
	return answer;
}

#define ck_list(query, names)                                                                      \
	do {                                                                                       \
		struct answer ck_answer = list(query, NULL, names);                                \
		ck_assert_str_eq(text_at(&ck_answer, "NextToken"), "(none)");                      \
		answer_done(&ck_answer);                                                           \
	} while (0)

START_TEST(schedules_are_listed_by_group_and_name_page_by_page)
{
	struct answer first;
	struct answer second;

	ck_rest("POST", "/schedule-groups/a", NO_BODY);
	SCHEDULE("b", "rate(5 minutes)", "");
	SCHEDULE("c", "rate(5 minutes)", ",'State':'DISABLED'");
	SCHEDULE("b", "rate(5 minutes)", ",'GroupName':'a'");
	SCHEDULE("x", "rate(5 minutes)", ",'GroupName':'a'");
	ck_list("", "a/b a/x default/b default/c ");
	ck_list("ScheduleGroup=a", "a/b a/x ");
	ck_list("NamePrefix=b", "a/b default/b ");
	ck_list("State=DISABLED", "default/c ");
	ck_list("State=ENABLED&ScheduleGroup=default", "default/b ");
	first = list("MaxResults=2", NULL, "a/b a/x ");
	second = list("MaxResults=2", text_at(&first, "NextToken"), "default/b default/c ");
	ck_assert_str_eq(text_at(&second, "NextToken"), "(none)");
	answer_done(&first);
	answer_done(&second);
	ck_rest_refused(rest("GET", "/schedules?MaxResults=0", NO_BODY), 400, "ValidationException",
			"MaxResults must be from 1 to 100.");
	ck_rest_refused(rest("GET", "/schedules?ScheduleGroup=z", NO_BODY), 404,
			"ResourceNotFoundException", "Schedule group z does not exist.");
	ck_rest_refused(rest("GET", "/schedules?NextToken=zz", NO_BODY), 400, "ValidationException",
			"Parameter NextToken is not valid. Reason: it is not of this list.");
}
END_TEST

START_TEST(a_group_takes_its_schedules_and_tags_with_it)
{
	struct answer answer;

	ck_rest("POST", "/schedule-groups/g", "{'Tags':[{'Key':'k','Value':'v'}]}");
	SCHEDULE("s", "rate(5 minutes)", ",'GroupName':'g'");
	SCHEDULE("s", "rate(5 minutes)", "");
	answer = rest("GET", "/schedule-groups?NamePrefix=g", NO_BODY);
	ck_works(answer);
	ck_assert_uint_eq(json_array_size(at(&answer, "ScheduleGroups")), 1);
	ck_assert_str_eq(text_at(&answer, "ScheduleGroups.0.State"), "ACTIVE");
	answer_done(&answer);
	ck_rest("DELETE", "/schedule-groups/g", NO_BODY);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM schedule"), 1);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM tag"), 0);
	ck_rest_refused(rest("GET", "/schedule-groups/g", NO_BODY), 404,
			"ResourceNotFoundException", "Schedule group g does not exist.");
}
END_TEST

START_TEST(groups_have_tags_and_schedules_have_none)
{
	AUTO(freep)
	char *path = xasprintf("/tags/arn%%3Aaws%%3Ascheduler%%3Aus-east-1%%3A%s%%3A"
			       "schedule-group%%2Fg",
			       world.account);
	AUTO(freep) char *untag = xasprintf("%s?TagKeys=k&TagKeys=l", path);
	struct answer answer;

	ck_rest("POST", "/schedule-groups/g", NO_BODY);
	ck_rest("POST", path,
		"{'Tags':[{'Key':'k','Value':'v'},{'Key':'l','Value':'v'},{'Key':'m','Value':'w'}]"
		"}");
	ck_rest("DELETE", untag, NO_BODY);
	answer = rest("GET", path, NO_BODY);
	ck_works(answer);
	ck_assert_uint_eq(json_array_size(at(&answer, "Tags")), 1);
	ck_assert_str_eq(text_at(&answer, "Tags.0.Key"), "m");
	answer_done(&answer);
	answer = rest("GET", "/tags/arn%%3Aaws%%3Ascheduler", NO_BODY);
	ck_assert_int_eq(answer.status, 400);
	answer_done(&answer);
}
END_TEST

START_TEST(nobody_sees_the_schedules_of_another_account)
{
	ck_rest("POST", "/schedule-groups/g", NO_BODY);
	SCHEDULE("s", "rate(5 minutes)", "");
	world_caller = world.other;
	ck_list("", "");
	ck_rest_refused(rest("GET", "/schedules/s", NO_BODY), 404, "ResourceNotFoundException",
			"Schedule s does not exist.");
	ck_rest_refused(rest("DELETE", "/schedule-groups/g", NO_BODY), 404,
			"ResourceNotFoundException", "Schedule group g does not exist.");
}
END_TEST

START_TEST(a_role_that_may_not_launch_may_not_schedule_it)
{
	struct answer answer;

	world_role = "reader";
	answer = rest("POST", "/schedules/s", "{" RATE "," OFF "," LAUNCH("") "}", world.account);
	world_role = NULL;
	ck_assert_int_eq(answer.status, 403);
	ck_assert_str_eq(answer.type, "AccessDeniedException");
	answer_done(&answer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gateway/scheduler_api");
	TCase *all = tcase_create("all");

	log_open("test", LOG_LEVEL_ERROR);
	tcase_set_timeout(all, 120);
	tcase_add_checked_fixture(all, events_begin, events_end);
	tcase_add_test(all, a_schedule_is_shown_as_it_was_given_with_the_defaults);
	tcase_add_test(all, an_update_replaces_all_of_a_schedule);
	tcase_add_loop_test(all, what_is_wrong_is_refused_in_the_apis_words, 0,
			    ARRAY_LEN(refusals));
	tcase_add_test(all, what_is_not_there_or_there_already_has_its_status);
	tcase_add_test(all, a_client_token_makes_a_call_once);
	tcase_add_test(all, schedules_are_listed_by_group_and_name_page_by_page);
	tcase_add_test(all, a_group_takes_its_schedules_and_tags_with_it);
	tcase_add_test(all, groups_have_tags_and_schedules_have_none);
	tcase_add_test(all, nobody_sees_the_schedules_of_another_account);
	tcase_add_test(all, a_role_that_may_not_launch_may_not_schedule_it);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
