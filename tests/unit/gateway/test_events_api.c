/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buses, rules, targets and PutEvents through the road of requests: the real service's recorded
 * answers, word by word, and what is refused by name.
 */
#include "events_world.h"

#include "core/log.h"

#define V    "ValidationException"
#define GONE "ResourceNotFoundException"

static const struct {
	const char *operation, *body, *type, *message;
} refusals[] = {
	{"DescribeRule", "{'Name':'r'}", GONE, "Rule r does not exist on EventBus default."},
	{"EnableRule", "{'Name':'r'}", GONE, "Rule r does not exist on EventBus default."},
	{"DescribeEventBus", "{'Name':'b'}", GONE, "Event bus b does not exist."},
	{"DeleteEventBus", "{'Name':'b'}", GONE, "Event bus b does not exist."},
	{"DeleteEventBus", "{'Name':'default'}", V, "Cannot delete event bus default."},
	{"ListRules", "{'EventBusName':'b'}", GONE, "Event bus b does not exist."},
	{"PutRule", "{'Name':'r'}", V,
	 "Parameter(s) EventPattern or ScheduleExpression must be specified."},
	{"PutRule", "{'Name':'r','ScheduleExpression':'rate(1 minutes)'}", V,
	 "Parameter ScheduleExpression is not valid."},
	{"PutRule", "{'Name':'r','ScheduleExpression':'rate(1 minute)','EventBusName':'b'}", V,
	 "ScheduleExpression is supported only on the default event bus."},
	{"PutRule", "{'Name':'r r','EventPattern':'{}'}", V,
	 "1 validation error detected: Value 'r r' at 'name' failed to satisfy constraint: Member "
	 "must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+"},
	{"PutTargets",
	 "{'Rule':'r','Targets':[{'Id':'!@#$@!#$','Arn':'arn:aws:logs:us-east-1:1:log-group:a'}]}",
	 V,
	 "1 validation error detected: Value '!@#$@!#$' at 'targets.1.member.id' failed to satisfy "
	 "constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+"},
	{"PutTargets",
	 "{'Rule':'r','Targets':[{'Id':'"
	 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','Arn':'arn:x'}]}",
	 V,
	 "1 validation error detected: Value "
	 "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' at "
	 "'targets.1.member.id' failed to satisfy constraint: Member must have length less than or "
	 "equal to 64"},
	{"PutTargets", "{'Rule':'r','Targets':[{'Id':'a','Arn':'arn:aws:sqs:us-east-1:1:q'}]}", V,
	 "Parameter Arn is not valid for target a. Reason: targets of the kind sqs are not "
	 "supported by this Slipway yet; those of ecs, logs and events are."},
	{"PutTargets", "{'Rule':'r','Targets':[{'Id':'a','Arn':'q'}]}", V,
	 "Parameter Arn is not valid for target a. Reason: it is not an ARN."},
	{"PutTargets",
	 "{'Rule':'r','Targets':[{'Id':'a','Arn':'arn:aws:ecs:us-east-1:ACCOUNT:cluster/c'}]}", V,
	 "Parameter(s) EcsParameters must be specified for target: a."},
	{"PutTargets",
	 "{'Rule':'r','Targets':[{'Id':'a','Arn':'arn:aws:ecs:us-east-1:1:cluster/c'}]}", V,
	 "Parameter Arn is not valid for target a. Reason: targets in other regions or accounts "
	 "are not supported by this Slipway yet; here is us-east-1, account ACCOUNT."},
	{"PutTargets",
	 "{'Rule':'r','Targets':[{'Id':'a','Arn':'arn:aws:ecs:us-east-1:ACCOUNT:cluster/c',"
	 "'EcsParameters':{'TaskDefinitionArn':'f','LaunchType':'EC2'}}]}",
	 V,
	 "EcsParameters.LaunchType of target a must be FARGATE: there are no container instances "
	 "here."},
	{"PutTargets",
	 "{'Rule':'r','Targets':[{'Id':'a','Arn':'arn:aws:ecs:us-east-1:ACCOUNT:cluster/c',"
	 "'EcsParameters':{'TaskDefinitionArn':'f','TaskCount':11}}]}",
	 V, "EcsParameters.TaskCount of target a must be from 1 to 10."},
	{"PutTargets",
	 "{'Rule':'r','Targets':[{'Id':'a','Arn':'arn:aws:ecs:us-east-1:ACCOUNT:cluster/c',"
	 "'EcsParameters':{'TaskDefinitionArn':'f'},'DeadLetterConfig':{'Arn':'q'}}]}",
	 V, "Targets[0].DeadLetterConfig is not supported by this Slipway yet."},
	{"PutTargets",
	 "{'Rule':'r','Targets':[{'Id':'a','Arn':'arn:aws:ecs:us-east-1:ACCOUNT:cluster/c',"
	 "'EcsParameters':{'TaskDefinitionArn':'f'}}]}",
	 GONE, "Rule r does not exist on EventBus default."},
	{"TagResource",
	 "{'ResourceARN':'arn:aws:events:us-east-1:ACCOUNT:rule/r','Tags':[{'Key':'k','Value':'v'"
	 "}]}",
	 GONE, "Rule r does not exist on EventBus default."},
	{"PutEvents", "{'Entries':[{'TraceHeader':'x'}]}", V,
	 "Entries[0].TraceHeader is not supported by this Slipway yet."},
	{"CreateEndpoint", "{}", "UnknownOperationException", ""},
};

/* A copy in which the first ACCOUNT is the account's id. */
static char *with_account(const char *text)
{
	const char *account = strstr(text, "ACCOUNT");

	if (!account)
		return xstrdup(text);
	return xasprintf("%.*s%s%s", (int)(account - text), text, world.account,
			 account + strlen("ACCOUNT"));
}

START_TEST(what_is_wrong_is_refused_in_the_apis_words)
{
	AUTO(freep) char *body = with_account(refusals[_i].body);
	AUTO(freep) char *message = with_account(refusals[_i].message);

	ck_refused(events(refusals[_i].operation, "%s", body), refusals[_i].type, message);
}
END_TEST

START_TEST(a_pattern_that_is_none_is_refused_with_its_reason)
{
	struct answer answer = events("PutRule", "{'Name':'r','EventPattern':'{\\\"a\\\":1}'}");

	ck_assert_int_eq(answer.status, 400);
	ck_assert_str_eq(answer.type, "InvalidEventPatternException");
	ck_assert_msg(strncmp(answer.message, "Event pattern is not valid. Reason: ", 36) == 0,
		      "%s", answer.message);
	answer_done(&answer);
}
END_TEST

START_TEST(buses_are_made_listed_described_and_deleted)
{
	struct answer answer = events("CreateEventBus", "{'Name':'b','Description':'test bus'}");
	AUTO(freep) char *arn = xasprintf("arn:aws:events:us-east-1:%s:event-bus/b", world.account);

	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "EventBusArn"), arn);
	ck_assert_str_eq(text_at(&answer, "Description"), "test bus");
	answer_done(&answer);
	ck_refused(events("CreateEventBus", "{'Name':'b'}"), "ResourceAlreadyExistsException",
		   "Event bus b already exists.");
	ck_refused(events("CreateEventBus", "{'Name':'default'}"), "ResourceAlreadyExistsException",
		   "Event bus default already exists.");
	answer = events("DescribeEventBus", "{'Name':'%s'}", arn);
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "Name"), "b");
	ck_assert(json_is_number(at(&answer, "CreationTime")));
	answer_done(&answer);
	answer = events("ListEventBuses", "{'Limit':1}");
	ck_assert_str_eq(text_at(&answer, "EventBuses.0.Name"), "b");
	AUTO(freep) char *token = xstrdup(text_at(&answer, "NextToken"));

	answer_done(&answer);
	answer = events("ListEventBuses", "{'Limit':1,'NextToken':'%s'}", token);
	ck_assert_str_eq(text_at(&answer, "EventBuses.0.Name"), "default");
	ck_assert_ptr_null(at(&answer, "NextToken"));
	answer_done(&answer);
	ck_events("PutRule", "{'Name':'r','EventBusName':'b','EventPattern':'" ANY_OF_MINE "'}");
	ck_refused(events("DeleteEventBus", "{'Name':'b'}"), V,
		   "Event bus b can't be deleted since it has rules.");
	ck_events("DeleteRule", "{'Name':'r','EventBusName':'b'}");
	ck_events("DeleteEventBus", "{'Name':'b'}");
	answer = events("ListEventBuses", "{'NamePrefix':'b'}");
	ck_assert_uint_eq(json_array_size(at(&answer, "EventBuses")), 0);
	answer_done(&answer);
}
END_TEST

START_TEST(a_rule_is_replaced_as_a_whole_and_keeps_its_targets)
{
	struct answer answer;

	ck_events("PutRule", "{'Name':'r','EventPattern':'" ANY_OF_MINE
			     "','Description':'d','State':'DISABLED','RoleArn':'role'}");
	TARGET("r", "a", "");
	answer = events("DescribeRule", "{'Name':'r'}");
	ck_assert_str_eq(text_at(&answer, "State"), "DISABLED");
	ck_assert_str_eq(text_at(&answer, "EventPattern"), "{\"source\":[\"mine\"]}");
	ck_assert_str_eq(text_at(&answer, "Description"), "d");
	ck_assert_str_eq(text_at(&answer, "CreatedBy"), world.account);
	ck_assert_str_eq(text_at(&answer, "EventBusName"), "default");
	answer_done(&answer);
	ck_events("PutRule", "{'Name':'r','ScheduleExpression':'rate(5 minutes)'}");
	answer = events("DescribeRule", "{'Name':'r'}");
	ck_assert_str_eq(text_at(&answer, "State"), "ENABLED");
	ck_assert_ptr_null(at(&answer, "EventPattern"));
	ck_assert_ptr_null(at(&answer, "Description"));
	ck_assert_ptr_null(at(&answer, "RoleArn"));
	ck_assert_str_eq(text_at(&answer, "ScheduleExpression"), "rate(5 minutes)");
	answer_done(&answer);
	answer = events("ListTargetsByRule", "{'Rule':'r'}");
	ck_assert_str_eq(text_at(&answer, "Targets.0.Id"), "a");
	ck_assert_str_eq(text_at(&answer, "Targets.0.EcsParameters.TaskDefinitionArn"), "f");
	answer_done(&answer);
	ck_refused(events("DeleteRule", "{'Name':'r'}"), V,
		   "Rule can't be deleted since it has targets.");
	answer = events("RemoveTargets", "{'Rule':'r','Ids':['a','b']}");
	ck_assert_int_eq(int_at(&answer, "FailedEntryCount"), 0);
	ck_assert_uint_eq(json_array_size(at(&answer, "FailedEntries")), 0);
	answer_done(&answer);
	ck_events("DeleteRule", "{'Name':'r'}");
	ck_events("DeleteRule", "{'Name':'r'}");
}
END_TEST

START_TEST(a_sixth_target_is_one_too_many_and_none_of_its_request_is_put)
{
	struct answer answer;

	RULE("r", ANY_OF_MINE);
	TARGET("r", "a", "");
	TARGET("r", "b", "");
	TARGET("r", "c", "");
	TARGET("r", "d", "");
	ck_refused(events("PutTargets",
			  "{'Rule':'r','Targets':[{'Id':'e','Arn':'arn:aws:logs:us-east-1:%s:log-"
			  "group:g'},{'Id':'f','Arn':'arn:aws:logs:us-east-1:%s:log-group:g'}]}",
			  world.account, world.account),
		   "LimitExceededException",
		   "The requested resource exceeds the maximum number allowed.");
	answer = events("ListTargetsByRule", "{'Rule':'r','Limit':3}");
	ck_assert_uint_eq(json_array_size(at(&answer, "Targets")), 3);
	AUTO(freep) char *token = xstrdup(text_at(&answer, "NextToken"));

	answer_done(&answer);
	answer = events("ListTargetsByRule", "{'Rule':'r','NextToken':'%s'}", token);
	ck_assert_uint_eq(json_array_size(at(&answer, "Targets")), 1);
	ck_assert_str_eq(text_at(&answer, "Targets.0.Id"), "d");
	answer_done(&answer);
	answer = events("ListRuleNamesByTarget",
			"{'TargetArn':'arn:aws:ecs:us-east-1:%s:cluster/default'}", world.account);
	ck_assert_uint_eq(json_array_size(at(&answer, "RuleNames")), 1);
	ck_assert_str_eq(text_at(&answer, "RuleNames.0"), "r");
	answer_done(&answer);
}
END_TEST

START_TEST(tags_are_given_with_a_new_rule_and_ignored_with_an_old_one)
{
	AUTO(freep) char *arn = xasprintf("arn:aws:events:us-east-1:%s:rule/r", world.account);
	struct answer answer;

	ck_events("PutRule",
		  "{'Name':'r','EventPattern':'" ANY_OF_MINE "','Tags':[{'Key':'k','Value':'v'}]}");
	ck_events("PutRule",
		  "{'Name':'r','EventPattern':'" ANY_OF_MINE "','Tags':[{'Key':'k','Value':'w'}]}");
	ck_events("TagResource", "{'ResourceARN':'%s','Tags':[{'Key':'l','Value':''}]}", arn);
	answer = events("ListTagsForResource", "{'ResourceARN':'%s'}", arn);
	ck_assert_str_eq(text_at(&answer, "Tags.0.Value"), "v");
	ck_assert_str_eq(text_at(&answer, "Tags.1.Key"), "l");
	answer_done(&answer);
	ck_events("UntagResource", "{'ResourceARN':'%s','TagKeys':['k','x']}", arn);
	answer = events("ListTagsForResource", "{'ResourceARN':'%s'}", arn);
	ck_assert_uint_eq(json_array_size(at(&answer, "Tags")), 1);
	answer_done(&answer);
	/* They go with it. */
	ck_events("DeleteRule", "{'Name':'r'}");
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM tag"), 0);
}
END_TEST

/* One entry that is wrong does not touch the others. */
START_TEST(entries_fail_one_by_one)
{
	struct answer answer = events(
		"PutEvents",
		"{'Entries':[{'DetailType':'t','Detail':'{}'},{'Source':'s','Detail':'{}'},"
		"{'Source':'s','DetailType':'t'},{'Source':'s','DetailType':'t','Detail':'[]'},"
		"{'Source':'aws.x','DetailType':'t','Detail':'{}'},"
		"{'Source':'s','DetailType':'t','Detail':'{}','Time':1764000000.5},"
		"{'Source':'s','DetailType':'t','Detail':'{}','EventBusName':'nowhere'}]}");

	ck_works(answer);
	ck_assert_int_eq(int_at(&answer, "FailedEntryCount"), 5);
	ck_assert_str_eq(text_at(&answer, "Entries.0.ErrorCode"), "InvalidArgument");
	ck_assert_str_eq(text_at(&answer, "Entries.0.ErrorMessage"),
			 "Parameter Source is not valid. Reason: Source is a required argument.");
	ck_assert_str_eq(
		text_at(&answer, "Entries.1.ErrorMessage"),
		"Parameter DetailType is not valid. Reason: DetailType is a required argument.");
	ck_assert_str_eq(text_at(&answer, "Entries.2.ErrorMessage"),
			 "Parameter Detail is not valid. Reason: Detail is a required argument.");
	ck_assert_str_eq(text_at(&answer, "Entries.3.ErrorCode"), "MalformedDetail");
	ck_assert_str_eq(text_at(&answer, "Entries.3.ErrorMessage"), "Detail is malformed.");
	ck_assert_str_eq(text_at(&answer, "Entries.4.ErrorCode"),
			 "NotAuthorizedForSourceException");
	ck_assert_uint_eq(strlen(text_at(&answer, "Entries.5.EventId")), 36);
	ck_assert_uint_eq(strlen(text_at(&answer, "Entries.6.EventId")), 36);
	answer_done(&answer);
}
END_TEST

START_TEST(eleven_entries_or_256_kib_are_too_much)
{
	AUTO(freep) char *large = xcalloc(1, 256 * 1024 + 1);
	AUTO(buf_done) struct buf body;
	struct err err = ERR_INIT;
	struct answer answer;

	buf_init(&body, 4096);
	for (int i = 0; i < 11; i++)
		ASSERT_OK(buf_printf(&body, &err, "%s{'Source':'s'}", i > 0 ? "," : ""), &err);
	answer = events("PutEvents", "{'Entries':[%s]}", buf_text(&body));
	ck_assert_int_eq(answer.status, 400);
	ck_assert_str_eq(answer.type, V);
	ck_assert_ptr_nonnull(strstr(answer.message,
				     "at 'entries' failed to satisfy constraint: Member must have "
				     "length less than or equal to 10"));
	answer_done(&answer);
	memset(large, 'a', 256 * 1024);
	ck_refused(events("PutEvents",
			  "{'Entries':[{'Source':'s','DetailType':'t','Detail':'{\\\"a\\\":"
			  "\\\"%s\\\"}'}]}",
			  large),
		   V, "Total size of the entries in the request is over the limit.");
}
END_TEST

START_TEST(a_pattern_is_tested_against_an_event_that_has_what_events_have)
{
#define EVENT                                                                                      \
	"{\\\"id\\\":\\\"1\\\",\\\"account\\\":\\\"1\\\",\\\"source\\\":\\\"s\\\",\\\"time\\\":"   \
	"\\\"t\\\",\\\"region\\\":\\\"r\\\",\\\"resources\\\":[],\\\"detail-type\\\":\\\"d\\\"}"
	struct answer answer =
		events("TestEventPattern",
		       "{'EventPattern':'{\\\"source\\\":[\\\"s\\\"]}','Event':'" EVENT "'}");

	ck_works(answer);
	ck_assert(json_is_true(at(&answer, "Result")));
	answer_done(&answer);
	answer = events("TestEventPattern",
			"{'EventPattern':'{\\\"source\\\":[\\\"x\\\"]}','Event':'" EVENT "'}");
	ck_assert(json_is_false(at(&answer, "Result")));
	answer_done(&answer);
	ck_refused(events("TestEventPattern", "{'EventPattern':'" ANY_OF_MINE "','Event':'{}'}"), V,
		   "Parameter Event is not valid. Reason: id is a required member of an event.");
}
END_TEST

START_TEST(nobody_sees_the_rules_of_another_account)
{
	RULE("r", ANY_OF_MINE);
	world_caller = world.other;
	ck_refused(events("DescribeRule", "{'Name':'r'}"), GONE,
		   "Rule r does not exist on EventBus default.");
	ck_events("PutEvents", "{'Entries':[{'Source':'mine','DetailType':'t','Detail':'{}'}]}");
	world_caller = world.account;
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_accepted"), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gateway/events_api");
	TCase *all = tcase_create("all");

	log_open("test", LOG_LEVEL_ERROR);
	tcase_add_checked_fixture(all, events_begin, events_end);
	tcase_add_loop_test(all, what_is_wrong_is_refused_in_the_apis_words, 0,
			    ARRAY_LEN(refusals));
	tcase_add_test(all, a_pattern_that_is_none_is_refused_with_its_reason);
	tcase_add_test(all, buses_are_made_listed_described_and_deleted);
	tcase_add_test(all, a_rule_is_replaced_as_a_whole_and_keeps_its_targets);
	tcase_add_test(all, a_sixth_target_is_one_too_many_and_none_of_its_request_is_put);
	tcase_add_test(all, tags_are_given_with_a_new_rule_and_ignored_with_an_old_one);
	tcase_add_test(all, entries_fail_one_by_one);
	tcase_add_test(all, eleven_entries_or_256_kib_are_too_much);
	tcase_add_test(all, a_pattern_is_tested_against_an_event_that_has_what_events_have);
	tcase_add_test(all, nobody_sees_the_rules_of_another_account);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
