/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an accepted event to a task, a log event, another bus or a dead letter; and schedules. All
 * on a clock that the test sets.
 */
#include "events_world.h"

#include "gateway/events/hub_private.h"

#include "core/log.h"
#include "events/retry.h"
#include "gateway/events/accept.h"
#include "store/event_queue.h"
#include "store/quota.h"

#define TASKS	    "SELECT COUNT(*) FROM task"
#define TASKS_AWAY  "SELECT COUNT(*) FROM task_away"
#define WAITING	    "SELECT COUNT(*) FROM event_delivery"
#define DEAD	    "SELECT COUNT(*) FROM event_dead"
#define DEAD_WHY    "SELECT code || ': ' || reason FROM event_dead"
#define EVENTS_TEXT "SELECT COUNT(*) FROM event_accepted WHERE body IS NOT NULL"
#define MINUTE_MS   60000

START_TEST(an_event_that_a_rule_matches_starts_its_task_once)
{
	RULE("r.1", ANY_OF_MINE);
	TARGET("r.1", "a", "");
	PUT("{}");
	ck_events("PutEvents", "{'Entries':[{'Source':'yours','DetailType':'t','Detail':'{}'}]}");
	ck_assert_int_eq(events_count(WAITING), 1);
	ck_assert_int_eq(events_count(TASKS), 0);
	events_deliver();
	events_deliver();
	ck_assert_int_eq(events_count(TASKS), 1);
	ck_assert_int_eq(events_count(WAITING), 0);
	ck_assert_int_eq(events_count(EVENTS_TEXT), 0);
	ck_assert_str_eq(events_text("SELECT started_by FROM task"), "events-rule/r.1");
}
END_TEST

START_TEST(each_task_of_an_event_has_the_event_and_others_have_none)
{
	RULE("r", ANY_OF_MINE);
	ck_events("PutTargets",
		  "{'Rule':'r','Targets':[{'Id':'a','Arn':'arn:aws:ecs:us-east-1:%s:cluster/"
		  "default','EcsParameters':{'TaskDefinitionArn':'f','TaskCount':2}}]}",
		  world.account);
	ck_does("RunTask", "{'taskDefinition':'f'}");
	PUT("{\\\"n\\\":1.10}");
	events_deliver();
	ck_assert_int_eq(events_count(TASKS), 3);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM task JOIN task_payload"
				      " ON task_payload.task = task.id WHERE has_event"
				      " AND started_by = 'events-rule/r'"),
			 2);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM task WHERE NOT has_event"), 1);
	ck_assert_str_eq(events_text("SELECT DISTINCT source || ' ' || type || ' ' || time || ' '"
				     " || bus || ' ' || rule FROM task_payload"),
			 "mine t 2025-11-24T16:00:00Z default r");
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM task_payload"
				      " WHERE body LIKE '%\"id\":\"' || id || '\"%'"
				      " AND body LIKE '%\"detail\":{\"n\":1.10}}'"),
			 2);
}
END_TEST

START_TEST(all_ecs_parameters_reach_the_task)
{
	RULE("r", ANY_OF_MINE);
	ck_events("PutTargets",
		  "{'Rule':'r','Targets':[{'Id':'a','Arn':'arn:aws:ecs:us-east-1:%s:cluster/"
		  "default','RoleArn':'arn:aws:iam::1:role/x','EcsParameters':{"
		  "'TaskDefinitionArn':'f','TaskCount':2,'LaunchType':'FARGATE',"
		  "'NetworkConfiguration':{'awsvpcConfiguration':{'Subnets':['subnet-b'],"
		  "'SecurityGroups':['sg-web'],'AssignPublicIp':'ENABLED'}},"
		  "'PlatformVersion':'1.3.0','Group':'g','EnableECSManagedTags':true,"
		  "'EnableExecuteCommand':true,'PropagateTags':'TASK_DEFINITION',"
		  "'ReferenceId':'ref','Tags':[{'Key':'k','Value':'v'}]}}]}",
		  world.account);
	PUT("{}");
	events_deliver();
	ck_assert_int_eq(events_count(TASKS), 2);
	ck_assert_str_eq(
		events_text("SELECT DISTINCT subnet || ' ' || group_name || ' ' || "
			    "platform_version || ' ' || exec_enabled || ' ' || public_ip ||"
			    " ' ' || groups_json FROM task"),
		"subnet-b g 1.3.0 1 1 [\"sg-web\"]");
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM tag WHERE key = 'k'"), 2);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM tag WHERE key = 'aws:ecs:clusterName'"),
			 2);
}
END_TEST

START_TEST(a_strategy_of_capacity_reaches_the_task)
{
	RULE("r", ANY_OF_MINE);
	ck_events("PutTargets",
		  "{'Rule':'r','Targets':[{'Id':'a','Arn':'arn:aws:ecs:us-east-1:%s:cluster/"
		  "default','EcsParameters':{'TaskDefinitionArn':'f','CapacityProviderStrategy':["
		  "{'capacityProvider':'FARGATE_SPOT','weight':1}]}}]}",
		  world.account);
	PUT("{}");
	events_deliver();
	ck_assert_str_eq(events_text("SELECT capacity_provider FROM task"), "FARGATE_SPOT");
}
END_TEST

START_TEST(what_the_transformer_makes_is_the_tasks_overrides)
{
	RULE("r", ANY_OF_MINE);
	TARGET("r", "a",
	       ",'InputTransformer':{'InputPathsMap':{'n':'$.detail.name'},'InputTemplate':"
	       "'{\\\"containerOverrides\\\":[{\\\"name\\\":\\\"main\\\",\\\"command\\\":"
	       "[\\\"echo\\\",<n>]}]}'}");
	PUT("{\\\"name\\\":\\\"Ada\\\"}");
	events_deliver();
	ck_assert_ptr_nonnull(
		strstr(events_text("SELECT overrides_json FROM task"), "[\"echo\",\"Ada\"]"));
}
END_TEST

static const struct {
	const char *more, *detail, *why;
} deaths[] = {
	{",'Input':'\\\"text\\\"'", "{}",
	 "InvalidParameterException: the target's input is to be a JSON object of task overrides"},
	{",'Input':'{\\\"containerOverrides\\\":[{\\\"name\\\":\\\"other\\\"}]}'", "{}",
	 "InvalidParameterException: Override for container named other is not a container in the "
	 "TaskDefinition."},
	{",'InputPath':'$.detail.missing'", "{}", "ResourceNotFoundException: "},
};

START_TEST(what_can_never_work_is_a_dead_letter_at_once)
{
	RULE("r", ANY_OF_MINE);
	ck_events("PutTargets",
		  "{'Rule':'r','Targets':[{'Id':'a','Arn':"
		  "'arn:aws:ecs:us-east-1:%s:cluster/default','EcsParameters':{"
		  "'TaskDefinitionArn':'f'}%s}]}",
		  world.account, deaths[_i].more);
	ck_events("PutEvents", "{'Entries':[{'Source':'mine','DetailType':'t','Detail':'%s'}]}",
		  deaths[_i].detail);
	events_deliver();
	ck_assert_int_eq(events_count(TASKS), 0);
	ck_assert_int_eq(events_count(WAITING), 0);
	ck_assert_int_eq(events_count(EVENTS_TEXT), 0);
	ck_assert_msg(strncmp(events_text(DEAD_WHY), deaths[_i].why, strlen(deaths[_i].why)) == 0,
		      "%s", events_text(DEAD_WHY));
}
END_TEST

START_TEST(an_event_for_a_target_that_is_gone_is_a_dead_letter_with_its_text)
{
	RULE("r", ANY_OF_MINE);
	TARGET("r", "a", "");
	TARGET("r", "b", "");
	PUT("{\\\"n\\\":1.10}");
	ck_events("RemoveTargets", "{'Rule':'r','Ids':['a']}");
	ck_does("DeregisterTaskDefinition", "{'taskDefinition':'f:1'}");
	events_deliver();
	ck_assert_int_eq(events_count(DEAD), 2);
	ck_assert_str_eq(events_text("SELECT code || ' ' || reason FROM event_dead"
				     " WHERE target = 'a'"),
			 "ResourceNotFoundException no target a of rule r");
	ck_assert_ptr_nonnull(strstr(events_text("SELECT body FROM event_dead WHERE target = 'b'"),
				     "\"detail\":{\"n\":1.10}"));
}
END_TEST

START_TEST(a_disabled_rule_gets_nothing_and_a_changed_one_what_it_says_now)
{
	RULE("r", ANY_OF_MINE);
	TARGET("r", "a", "");
	ck_events("DisableRule", "{'Name':'r'}");
	PUT("{}");
	ck_assert_int_eq(events_count(WAITING), 0);
	ck_events("EnableRule", "{'Name':'r'}");
	PUT("{}");
	ck_assert_int_eq(events_count(WAITING), 1);
	RULE("r", "{\\\"source\\\":[\\\"yours\\\"]}");
	PUT("{}");
	ck_assert_int_eq(events_count(WAITING), 1);
}
END_TEST

START_TEST(a_log_group_gets_the_event_or_what_its_target_makes_of_it)
{
	struct answer answer;

	RULE("r", ANY_OF_MINE);
	answer = world_ask_service(world.state, "Logs_20140328", "CreateLogGroup",
				   "{\"logGroupName\":\"/events\"}");
	ck_works(answer);
	answer_done(&answer);
	ck_events("PutTargets",
		  "{'Rule':'r','Targets':[{'Id':'a','Arn':'arn:aws:logs:us-east-1:%s:log-group:/"
		  "events:*','InputPath':'$.detail'},"
		  "{'Id':'b','Arn':'arn:aws:logs:us-east-1:%s:log-group:/none'}]}",
		  world.account, world.account);
	PUT("{\\\"n\\\":1}");
	events_deliver();
	answer = world_ask_service(world.state, "Logs_20140328", "FilterLogEvents",
				   "{\"logGroupName\":\"/events\"}");
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "events.0.message"), "{\"n\":1}");
	ck_assert_uint_eq(json_array_size(at(&answer, "events")), 1);
	answer_done(&answer);
	ck_assert_str_eq(events_text("SELECT code FROM event_dead WHERE target = 'b'"),
			 "ResourceNotFoundException");
}
END_TEST

START_TEST(buses_that_feed_each_other_end)
{
	ck_events("CreateEventBus", "{'Name':'b'}");
	RULE("out", ANY_OF_MINE);
	ck_events("PutTargets",
		  "{'Rule':'out','Targets':[{'Id':'a','Arn':'arn:aws:events:us-east-1:%s:event-bus/"
		  "b'},{'Id':'self','Arn':'arn:aws:events:us-east-1:%s:event-bus/default'}]}",
		  world.account, world.account);
	ck_events("PutRule", "{'Name':'back','EventBusName':'b','EventPattern':'" ANY_OF_MINE "'}");
	ck_events("PutTargets",
		  "{'Rule':'back','EventBusName':'b','Targets':[{'Id':'a','Arn':"
		  "'arn:aws:events:us-east-1:%s:event-bus/default'},{'Id':'task','Arn':"
		  "'arn:aws:ecs:us-east-1:%s:cluster/default','EcsParameters':{"
		  "'TaskDefinitionArn':'f'}}]}",
		  world.account, world.account);
	PUT("{}");
	for (int i = 0; i < 10; i++)
		events_deliver();
	ck_assert_int_eq(events_count(TASKS), 1);
	ck_assert_int_eq(events_count(WAITING), 0);
	ck_assert_int_eq(events_count(DEAD), 0);
}
END_TEST

START_TEST(an_id_that_its_sender_gave_is_one_event_for_24_hours)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	struct err err = ERR_INIT;
	struct event_entering entering = {.event = {.account = world.account,
						    .bus = "default",
						    .id = "11111111-2222-3333-4444-555555555555",
						    .received_ms = WORLD_NOW_MS,
						    .body = EVENT_OF_MINE},
					  .named = true};

	RULE("r", ANY_OF_MINE);
	TARGET("r", "a", "");
	for (int i = 0; i < 3; i++) {
		if (i == 2)
			entering.event.received_ms = WORLD_NOW_MS + EVENT_ID_LIFE_MS;
		ASSERT_OK(event_enter_match(world.options.events, world.state, arena, &entering,
					    &err),
			  &err);
		ASSERT_OK(event_enter_write(world.state, &entering, &err), &err);
		events_deliver();
		ck_assert_int_eq(events_count(TASKS), 1);
	}
	events_at(entering.event.received_ms);
	events_deliver();
	ck_assert_int_eq(events_count(TASKS), 2);
}
END_TEST

START_TEST(rules_that_change_under_an_event_are_seen)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	struct err err = ERR_INIT;
	struct event_entering entering = {.event = {.account = world.account,
						    .bus = "default",
						    .id = "x",
						    .received_ms = WORLD_NOW_MS,
						    .body = "{\"source\":\"mine\"}"}};

	ASSERT_OK(event_enter_match(world.options.events, world.state, arena, &entering, &err),
		  &err);
	RULE("r", ANY_OF_MINE);
	ck_assert_int_eq(event_enter_write(world.state, &entering, &err), -1);
	ck_assert_str_eq(err_code_name(err.code), err_code_name(ERR_CONFLICT));
}
END_TEST

START_TEST(delays_double_up_to_ten_minutes)
{
	ck_assert_int_eq(event_retry_delay_ms(0), 1000);
	ck_assert_int_eq(event_retry_delay_ms(3), 8000);
	ck_assert_int_eq(event_retry_delay_ms(10), 600000);
	ck_assert_int_eq(event_retry_delay_ms(184), 600000);
}
END_TEST

/* The store takes no task: each attempt fails, until a limit ends it. */
static void break_tasks(void)
{
	struct err err = ERR_INIT;

	ASSERT_OK(db_exec(world.state, "ALTER TABLE task RENAME TO task_away", NULL, &err), &err);
}

static const struct {
	const char *policy;
	const char *exhausted; /* NULL: either limit, as the lot has it */
	int64_t attempts;      /* that failed before the last one; -1: any number */
	int64_t step_ms;       /* from one look to the next */
} policies[] = {
	{",'RetryPolicy':{'MaximumRetryAttempts':0}", "MaximumRetryAttempts", 0, 30000},
	{",'RetryPolicy':{'MaximumRetryAttempts':3}", "MaximumRetryAttempts", 3, 30000},
	{",'RetryPolicy':{'MaximumEventAgeInSeconds':60}", "MaximumEventAgeInSeconds", -1, 30000},
	{"", NULL, -1, 400000},
};

START_TEST(what_fails_is_tried_again_until_its_policy_ends_it)
{
	RULE("r", ANY_OF_MINE);
	ck_events("PutTargets",
		  "{'Rule':'r','Targets':[{'Id':'a','Arn':"
		  "'arn:aws:ecs:us-east-1:%s:cluster/default','EcsParameters':{"
		  "'TaskDefinitionArn':'f'}%s}]}",
		  world.account, policies[_i].policy);
	PUT("{}");
	break_tasks();
	for (int i = 0; i < 400 && events_count(WAITING) > 0; i++) {
		events_deliver();
		events_at(events_now_ms + policies[_i].step_ms);
	}
	ck_assert_int_eq(events_count(DEAD), 1);
	ck_assert_int_eq(events_count(TASKS_AWAY), 0);
	if (policies[_i].exhausted)
		ck_assert_str_eq(events_text("SELECT exhausted FROM event_dead"),
				 policies[_i].exhausted);
	else
		ck_assert_str_ne(events_text("SELECT exhausted FROM event_dead"), "");
	if (policies[_i].attempts >= 0)
		ck_assert_int_eq(events_count("SELECT attempts FROM event_dead"),
				 policies[_i].attempts);
}
END_TEST

START_TEST(what_a_quota_has_no_room_for_waits_until_there_is)
{
	struct quota quota = {.tasks = 1};

	world.options.quota = &quota;
	RULE("r", ANY_OF_MINE);
	TARGET("r", "a", "");
	PUT("{}");
	PUT("{}");
	events_deliver();
	ck_assert_int_eq(events_count(TASKS), 1);
	ck_assert_int_eq(events_count(WAITING), 1);
	ck_assert_int_eq(events_count(DEAD), 0);
	quota.tasks = 2;
	events_at(events_now_ms + MINUTE_MS);
	events_deliver();
	ck_assert_int_eq(events_count(TASKS), 2);
	ck_assert_int_eq(events_count(WAITING), 0);
}
END_TEST

/* --- what an account may hold --- */

START_TEST(events_beyond_what_an_account_may_hold_are_for_later)
{
	struct answer answer;

	world_quota.event_bytes = 1000;
	RULE("r", ANY_OF_MINE);
	TARGET("r", "a", "");
	for (int i = 0; i < 3; i++) {
		answer = events("PutEvents", "{'Entries':[{'Source':'mine','DetailType':'t',"
					     "'Detail':'{}'}]}");
		ck_works(answer);
		ck_assert_msg((strstr(answer.text, "ThrottlingException") != NULL) == (i == 2),
			      "%d: %s", i, answer.text);
		answer_done(&answer);
	}
	events_deliver();
	ck_assert_int_eq(events_count(WAITING), 0);
}
END_TEST

START_TEST(a_bus_gets_no_more_than_its_account_may_hold)
{
	ck_events("CreateEventBus", "{'Name':'b'}");
	RULE("r", ANY_OF_MINE);
	ck_events("PutTargets",
		  "{'Rule':'r','Targets':[{'Id':'a','Arn':"
		  "'arn:aws:events:us-east-1:%s:event-bus/b'}]}",
		  world.account);
	PUT("{}");
	world_quota.event_bytes = 1;
	events_deliver();
	ck_assert_str_eq(events_text("SELECT code FROM event_delivery"), "ThrottlingException");
	world_quota.event_bytes = 0;
	events_at(WORLD_NOW_MS + MINUTE_MS);
	events_deliver();
	ck_assert_int_eq(events_count(WAITING), 0);
}
END_TEST

/* Else the rules of one account take the memory of all. */
START_TEST(machines_are_kept_as_long_as_they_have_room)
{
	for (int i = 0; i < 4; i++) {
		ck_events("CreateEventBus", "{'Name':'b%d'}", i);
		ck_events("PutRule",
			  "{'Name':'r','EventBusName':'b%d','EventPattern':"
			  "'{\\\"source\\\":[\\\"mine\\\"]}'}",
			  i);
	}
	for (int i = 0; i < 2; i++)
		ck_events("PutEvents",
			  "{'Entries':[{'Source':'mine','DetailType':'t','Detail':'{}',"
			  "'EventBusName':'b%d'}]}",
			  i);
	ck_assert_uint_eq(event_hub_buses(world.options.events, 1), 2);
	for (int i = 2; i < 4; i++) {
		ck_events("PutEvents",
			  "{'Entries':[{'Source':'mine','DetailType':'t','Detail':'{}',"
			  "'EventBusName':'b%d'}]}",
			  i);
		ck_assert_uint_eq(event_hub_buses(world.options.events, 1), 1);
	}
}
END_TEST

/* --- schedules --- */

START_TEST(a_rate_fires_one_period_after_it_was_put_and_then_each_period)
{
	ck_events("PutRule", "{'Name':'r','ScheduleExpression':'rate(1 minute)'}");
	TARGET("r", "a", "");
	events_deliver();
	ck_assert_int_eq(events_count(TASKS), 0);
	events_at(WORLD_NOW_MS + MINUTE_MS - 1);
	events_deliver();
	ck_assert_int_eq(events_count(TASKS), 0);
	events_at(WORLD_NOW_MS + MINUTE_MS);
	events_deliver();
	events_deliver();
	ck_assert_int_eq(events_count(TASKS), 1);
	/* Put again as it was, it goes on. */
	events_at(WORLD_NOW_MS + MINUTE_MS + MINUTE_MS / 2);
	ck_events("PutRule", "{'Name':'r','ScheduleExpression':'rate(1 minute)'}");
	events_at(WORLD_NOW_MS + 2 * MINUTE_MS);
	events_deliver();
	ck_assert_int_eq(events_count(TASKS), 2);
}
END_TEST

/* What an account has many of must not fill the memory of those that fire for all. */
START_TEST(any_number_of_rules_in_order_lets_schedules_fire)
{
	struct err err = ERR_INIT;

	for (int i = 0; i < 40; i++)
		ck_events("PutRule", "{'Name':'r%d','ScheduleExpression':'rate(1 minute)'}", i);
	TARGET("r39", "a", "");
	AUTO(freep)
	char *many =
		xasprintf("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
			  " WHERE i < 2000) INSERT INTO tag (arn, key, value, account, resource)"
			  " SELECT 'arn' || i, 'slipway:orderBy', 'detail.' ||"
			  " printf('%%0200d', i), '%s', 'rule/' || printf('%%0200d', i) FROM n",
			  world.account);

	ASSERT_OK(db_exec(world.state, many, NULL, &err), &err);
	events_at(WORLD_NOW_MS + MINUTE_MS);
	events_deliver();
	ck_assert_int_eq(events_count(TASKS), 1);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_rule WHERE due_ms > 0 AND"
				      " due_ms <= 1764000060123"),
			 0);
}
END_TEST

START_TEST(a_rule_that_cannot_be_fired_stops_nobody_else)
{
	struct err err = ERR_INIT;

	ck_events("PutRule", "{'Name':'bad','ScheduleExpression':'rate(1 minute)'}");
	ck_events("PutRule", "{'Name':'good','ScheduleExpression':'rate(1 minute)'}");
	TARGET("bad", "a", "");
	TARGET("good", "a", "");
	ASSERT_OK(db_exec(world.state,
			  "UPDATE event_rule SET schedule = 'never' WHERE name = 'bad'", NULL,
			  &err),
		  &err);
	for (int i = 1; i <= 2; i++) {
		events_at(WORLD_NOW_MS + i * MINUTE_MS);
		events_deliver();
		ck_assert_int_eq(events_count(TASKS), i);
	}
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM task WHERE started_by ="
				      " 'events-rule/good'"),
			 2);
}
END_TEST

START_TEST(what_fell_due_while_nobody_was_there_fires_once)
{
	ck_events("PutRule", "{'Name':'r','ScheduleExpression':'rate(1 minute)'}");
	ck_events("PutTargets",
		  "{'Rule':'r','Targets':[{'Id':'a','Arn':"
		  "'arn:aws:ecs:us-east-1:%s:cluster/default','EcsParameters':{"
		  "'TaskDefinitionArn':'f'},'InputTransformer':{'InputPathsMap':{'t':'$.time',"
		  "'k':'$.detail-type','r':'$.resources[0]'},'InputTemplate':"
		  "'{\\\"containerOverrides\\\":[{\\\"name\\\":\\\"main\\\",\\\"command\\\":"
		  "[<t>,<k>,<r>]}]}'}}]}",
		  world.account);
	events_at(WORLD_NOW_MS + 1000 * MINUTE_MS + 5);
	events_deliver();
	ck_assert_int_eq(events_count(TASKS), 1);
	/* 2025-11-24T16:00:00.123Z and 1000 minutes: the latest, not the first. */
	AUTO(freep)
	char *wanted = xasprintf("[\"2025-11-25T08:40:00Z\",\"Scheduled Event\","
				 "\"arn:aws:events:us-east-1:%s:rule/r\"]",
				 world.account);

	ck_assert_msg(strstr(events_text("SELECT overrides_json FROM task"), wanted) != NULL,
		      "%s, not %s", events_text("SELECT overrides_json FROM task"), wanted);
	events_at(WORLD_NOW_MS + 1001 * MINUTE_MS);
	events_deliver();
	ck_assert_int_eq(events_count(TASKS), 2);
}
END_TEST

START_TEST(a_disabled_schedule_does_not_fall_due_and_makes_up_for_nothing)
{
	ck_events("PutRule", "{'Name':'r','ScheduleExpression':'cron(* * * * ? *)'}");
	TARGET("r", "a", "");
	ck_events("DisableRule", "{'Name':'r'}");
	events_at(WORLD_NOW_MS + 10 * MINUTE_MS);
	events_deliver();
	ck_events("EnableRule", "{'Name':'r'}");
	events_deliver();
	ck_assert_int_eq(events_count(TASKS), 0);
	events_at(WORLD_NOW_MS + 11 * MINUTE_MS);
	events_deliver();
	ck_assert_int_eq(events_count(TASKS), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gateway/events_delivery");
	TCase *all = tcase_create("all");

	log_open("test", LOG_LEVEL_ERROR);
	tcase_set_timeout(all, 120);
	tcase_add_checked_fixture(all, events_begin, events_end);
	tcase_add_test(all, an_event_that_a_rule_matches_starts_its_task_once);
	tcase_add_test(all, each_task_of_an_event_has_the_event_and_others_have_none);
	tcase_add_test(all, all_ecs_parameters_reach_the_task);
	tcase_add_test(all, a_strategy_of_capacity_reaches_the_task);
	tcase_add_test(all, what_the_transformer_makes_is_the_tasks_overrides);
	tcase_add_loop_test(all, what_can_never_work_is_a_dead_letter_at_once, 0,
			    ARRAY_LEN(deaths));
	tcase_add_test(all, an_event_for_a_target_that_is_gone_is_a_dead_letter_with_its_text);
	tcase_add_test(all, a_disabled_rule_gets_nothing_and_a_changed_one_what_it_says_now);
	tcase_add_test(all, a_log_group_gets_the_event_or_what_its_target_makes_of_it);
	tcase_add_test(all, buses_that_feed_each_other_end);
	tcase_add_test(all, an_id_that_its_sender_gave_is_one_event_for_24_hours);
	tcase_add_test(all, rules_that_change_under_an_event_are_seen);
	tcase_add_test(all, delays_double_up_to_ten_minutes);
	tcase_add_loop_test(all, what_fails_is_tried_again_until_its_policy_ends_it, 0,
			    ARRAY_LEN(policies));
	tcase_add_test(all, what_a_quota_has_no_room_for_waits_until_there_is);
	tcase_add_test(all, a_rate_fires_one_period_after_it_was_put_and_then_each_period);
	tcase_add_test(all, events_beyond_what_an_account_may_hold_are_for_later);
	tcase_add_test(all, machines_are_kept_as_long_as_they_have_room);
	tcase_add_test(all, a_bus_gets_no_more_than_its_account_may_hold);
	tcase_add_test(all, any_number_of_rules_in_order_lets_schedules_fire);
	tcase_add_test(all, a_rule_that_cannot_be_fired_stops_nobody_else);
	tcase_add_test(all, what_fell_due_while_nobody_was_there_fires_once);
	tcase_add_test(all, a_disabled_schedule_does_not_fall_due_and_makes_up_for_nothing);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
