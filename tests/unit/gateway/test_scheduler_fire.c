/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schedules at their times, on a clock that the test sets: tasks, log events and events of a bus,
 * summer time, windows, what was missed, and what happens once.
 */
#include "scheduler_world.h"

#include "core/log.h"
#include "gateway/scheduler/schedule_target.h"
#include "gateway/scheduler/schedule_times.h"

#define TASKS	  "SELECT COUNT(*) FROM task"
#define WAITING	  "SELECT COUNT(*) FROM event_delivery"
#define SCHEDULES "SELECT COUNT(*) FROM schedule"
#define MINUTE_MS INT64_C(60000)
#define HOUR_MS	  (60 * MINUTE_MS)
/* WORLD_NOW_MS is 2025-11-24T16:00:00.123Z */
#define SIX_PM	  (WORLD_NOW_MS - 123 + 2 * HOUR_MS)

static void run_at(int64_t now_ms, long long tasks)
{
	events_at(now_ms);
	events_deliver();
	ck_assert_int_eq(events_count(TASKS), tasks);
}

/* Fire, and deliver nothing. */
static void fire_at(int64_t now_ms)
{
	struct due_round round;
	struct err err = ERR_INIT;

	events_at(now_ms);
	ASSERT_OK(schedules_fire(&world.options, world.state, now_ms, &round, &err), &err);
}

#define INVOCATIONS "SELECT COUNT(*) FROM event_delivery WHERE rule = 's'"

START_TEST(a_one_time_schedule_starts_its_task_once_and_stays)
{
	SCHEDULE("s", "at(2025-11-24T18:00:00)", "");
	run_at(SIX_PM - 1, 0);
	run_at(SIX_PM, 1);
	run_at(SIX_PM + 1, 1);
	run_at(SIX_PM + 24 * HOUR_MS, 1);
	ck_assert_str_eq(events_text("SELECT started_by FROM task"), "chronos-schedule/s");
	ck_assert_str_eq(events_text("SELECT source || bus || rule FROM task_payload"),
			 "aws.scheduler");
	ck_assert_ptr_nonnull(
		strstr(events_text("SELECT body FROM task_payload"), ",\"detail\":{}}"));
	ck_assert_int_eq(events_count(SCHEDULES), 1);
	ck_assert_int_eq(events_count("SELECT fire_ms FROM schedule"), 0);
	ck_assert_int_eq(events_count(WAITING), 0);
}
END_TEST

START_TEST(a_schedule_that_is_to_go_goes_with_its_last_time)
{
	SCHEDULE("once", "at(2025-11-24T18:00:00)", ",'ActionAfterCompletion':'DELETE'");
	SCHEDULE("twice", "rate(1 hours)",
		 ",'ActionAfterCompletion':'DELETE','StartDate':1764007200,'EndDate':1764010800");
	run_at(SIX_PM, 2);
	ck_assert_str_eq(events_text("SELECT group_concat(name) FROM schedule"), "twice");
	run_at(SIX_PM + 2 * HOUR_MS, 3);
	ck_assert_int_eq(events_count(SCHEDULES), 0);
}
END_TEST

START_TEST(a_time_that_is_just_past_is_now_and_an_older_one_never)
{
	SCHEDULE("s", "at(2025-11-24T15:59:30)", "");
	SCHEDULE("t", "at(2025-11-24T15:58:30)", "");
	run_at(WORLD_NOW_MS, 1);
	run_at(WORLD_NOW_MS + HOUR_MS, 1);
	/* Put again as it was it has happened. */
	ck_rest("PUT", "/schedules/s",
		"{'ScheduleExpression':'at(2025-11-24T15:59:30)'," OFF "," LAUNCH("") "}",
		world.account);
	run_at(WORLD_NOW_MS + HOUR_MS, 1);
}
END_TEST

START_TEST(a_rate_begins_with_its_creation_or_its_start_date)
{
	SCHEDULE("now", "rate(10 minutes)", "");
	SCHEDULE("later", "rate(10 minutes)", ",'StartDate':1764001800"); /* 16:30 */
	run_at(WORLD_NOW_MS, 1);
	run_at(WORLD_NOW_MS + 10 * MINUTE_MS - 1, 1);
	run_at(WORLD_NOW_MS + 10 * MINUTE_MS, 2);
	run_at(WORLD_NOW_MS + 20 * MINUTE_MS, 3);
	run_at(WORLD_NOW_MS - 123 + 30 * MINUTE_MS, 4);
	run_at(WORLD_NOW_MS + 30 * MINUTE_MS, 5);
}
END_TEST

START_TEST(a_disabled_schedule_and_one_whose_end_is_past_do_nothing)
{
	SCHEDULE("off", "rate(1 minutes)", ",'State':'DISABLED'");
	SCHEDULE("over", "rate(1 minutes)", ",'EndDate':1764000000");
	run_at(WORLD_NOW_MS + 10 * MINUTE_MS, 0);
	ck_rest("PUT", "/schedules/off",
		"{'ScheduleExpression':'rate(1 minutes)'," OFF "," LAUNCH("") "}", world.account);
	run_at(WORLD_NOW_MS + 10 * MINUTE_MS, 1);
	ck_rest("DELETE", "/schedules/off", NO_BODY);
	run_at(WORLD_NOW_MS + 11 * MINUTE_MS, 1);
}
END_TEST

/* Times of cron(30 1 * * ? *) and cron(30 2 * * ? *) around changes of clocks, 2026. */
static const struct {
	const char *expression, *zone;
	int64_t after_ms, due_ms;
} clocks[] = {
	/* 02:30 of 29 March is skipped in Berlin: the next is on the 30th, in summer time. */
	{"cron(30 2 * * ? *)", "Europe/Berlin", 1774663200000, 1774830600000},
	/* 02:30 of 25 October comes twice, and counts when it comes first (00:30 UTC). */
	{"cron(30 2 * * ? *)", "Europe/Berlin", 1792836000000, 1792888200000},
	{"cron(30 2 * * ? *)", "Europe/Berlin", 1792888200000, 1792978200000},
	/* 9 o'clock in New York: 14:00 UTC in winter, 13:00 in summer. */
	{"cron(0 9 * * ? *)", "America/New_York", 1772816400000, 1772892000000},
	{"cron(0 9 * * ? *)", "America/New_York", 1772892000000, 1772974800000},
};

START_TEST(times_follow_the_clocks_of_their_zone)
{
	const struct scheduler_record record = {.key = {"1", "g", "n"},
						.expression = clocks[_i].expression,
						.zone = clocks[_i].zone};
	struct schedule_times times;
	struct err err = ERR_INIT;
	int64_t due_ms;
	int64_t fire_ms;

	ASSERT_OK(schedule_times_open(&record, world.options.zones, &times, &err), &err);
	schedule_times_next(&times, clocks[_i].after_ms, &due_ms, &fire_ms);
	ck_assert_int_eq(due_ms, clocks[_i].due_ms);
	ck_assert_int_eq(fire_ms, due_ms);
}
END_TEST

START_TEST(windows_fire_each_time_once_in_its_window_and_in_order)
{
	const struct scheduler_record record = {.key = {"1", "g", "n"},
						.expression = "cron(0/5 * * * ? *)",
						.zone = "UTC",
						.window_min = 15};
	struct schedule_times times;
	struct err err = ERR_INIT;
	int64_t due_ms = WORLD_NOW_MS;
	int64_t fire_ms;
	int64_t before_ms = 0;
	int64_t places = 0;

	ASSERT_OK(schedule_times_open(&record, world.options.zones, &times, &err), &err);
	for (int i = 0; i < 100; i++) {
		int64_t latest_ms;
		size_t missed = 0;

		schedule_times_next(&times, due_ms, &due_ms, &fire_ms);
		ck_assert_int_gt(fire_ms, before_ms);
		ck_assert_int_ge(fire_ms, due_ms);
		ck_assert_int_lt(fire_ms, due_ms + 5 * MINUTE_MS);
		schedule_times_latest(&times, due_ms, fire_ms, &latest_ms, &missed);
		ck_assert_int_eq(latest_ms, due_ms);
		ck_assert_uint_eq(missed, 0);
		places += fire_ms - due_ms;
		before_ms = fire_ms;
	}
	/* The middle of the window, more or less. */
	ck_assert_int_gt(places / 100, 2 * MINUTE_MS);
	ck_assert_int_lt(places / 100, 3 * MINUTE_MS);
}
END_TEST

START_TEST(a_flexible_schedule_fires_in_its_window)
{
	int64_t fire_ms;

	ck_rest("POST", "/schedules/s",
		"{'ScheduleExpression':'at(2025-11-24T18:00:00)','FlexibleTimeWindow':{'Mode':"
		"'FLEXIBLE','MaximumWindowInMinutes':30}," LAUNCH("") "}",
		world.account);
	fire_ms = events_count("SELECT fire_ms FROM schedule");
	ck_assert_int_gt(fire_ms, SIX_PM);
	ck_assert_int_lt(fire_ms, SIX_PM + 30 * MINUTE_MS);
	run_at(SIX_PM, 0);
	/* An update that leaves its times alone does not put it off. */
	ck_rest("PUT", "/schedules/s",
		"{'ScheduleExpression':'at(2025-11-24T18:00:00)','FlexibleTimeWindow':{'Mode':"
		"'FLEXIBLE','MaximumWindowInMinutes':30},'Description':'d'," LAUNCH("") "}",
		world.account);
	run_at(fire_ms - 1, 0);
	run_at(fire_ms, 1);
}
END_TEST

/* --- what was missed --- */

START_TEST(what_was_missed_runs_once_for_the_latest_time)
{
	struct due_round round;
	struct err err = ERR_INIT;

	SCHEDULE("s", "cron(0/10 * * * ? *)", "");
	SCHEDULE("t", "at(2025-11-24T18:00:00)", "");
	events_at(SIX_PM + 5 * MINUTE_MS);
	ASSERT_OK(schedules_fire(&world.options, world.state, events_now_ms, &round, &err), &err);
	ck_assert_uint_eq(round.fired, 2);
	ck_assert_uint_eq(round.missed, 11);
	events_deliver();
	ck_assert_int_eq(events_count(TASKS), 2);
	run_at(SIX_PM + 10 * MINUTE_MS, 3);
}
END_TEST

START_TEST(a_schedule_waits_until_its_account_may_hold_more)
{
	SCHEDULE("s", "at(2025-11-24T16:01:00)", "");
	RULE("r", ANY_OF_MINE);
	TARGET("r", "a", "");
	world_quota.event_bytes = 1;
	PUT("{}");
	fire_at(WORLD_NOW_MS + MINUTE_MS);
	ck_assert_int_eq(events_count(INVOCATIONS), 0);
	world_quota.event_bytes = 0;
	fire_at(WORLD_NOW_MS + MINUTE_MS);
	ck_assert_int_eq(events_count(INVOCATIONS), 0);
	fire_at(WORLD_NOW_MS + 2 * MINUTE_MS);
	ck_assert_int_eq(events_count(INVOCATIONS), 1);
}
END_TEST

START_TEST(what_was_missed_is_skipped_where_the_configuration_says_so)
{
	struct due_round round;
	struct err err = ERR_INIT;

	world.options.skip_missed = true;
	SCHEDULE("s", "cron(0/10 * * * ? *)", "");
	SCHEDULE("t", "at(2025-11-24T18:00:00)", ",'ActionAfterCompletion':'DELETE'");
	ck_events("PutRule", "{'Name':'r','ScheduleExpression':'rate(10 minutes)'}");
	TARGET("r", "a", "");
	events_at(SIX_PM + 5 * MINUTE_MS);
	ASSERT_OK(schedules_fire(&world.options, world.state, events_now_ms, &round, &err), &err);
	ck_assert_uint_eq(round.fired, 0);
	ck_assert_uint_eq(round.missed, 13);
	ASSERT_OK(event_rules_fire(&world.options, world.state, events_now_ms, &round, &err), &err);
	ck_assert_uint_eq(round.fired, 0);
	ck_assert_uint_eq(round.missed, 12);
	run_at(events_now_ms, 0);
	ck_assert_int_eq(events_count(SCHEDULES), 1);
	/* Less than a minute is the service's own precision. */
	run_at(SIX_PM + 10 * MINUTE_MS + 59000, 2);
}
END_TEST

START_TEST(one_time_is_one_invocation_whatever_is_killed_when)
{
	SCHEDULE("s", "rate(10 minutes)", "");
	/* As if the transaction of the next time had been lost: the same time fires again. */
	run_at(WORLD_NOW_MS, 1);
	ck_assert_int_eq(db_exec(world.state,
				 "UPDATE schedule SET due_ms = 1764000000123,"
				 " fire_ms = 1764000000123",
				 NULL, &(struct err){0}),
			 0);
	run_at(WORLD_NOW_MS, 1);
	/* Another schedule of that name is another one. */
	ck_rest("DELETE", "/schedules/s", NO_BODY);
	events_at(WORLD_NOW_MS + 1);
	SCHEDULE("s", "rate(10 minutes)", "");
	run_at(WORLD_NOW_MS + 1, 2);
}
END_TEST

START_TEST(an_invocation_does_what_its_schedule_said_when_it_fell_due)
{
	struct due_round round;
	struct err err = ERR_INIT;

	SCHEDULE("s", "at(2025-11-24T18:00:00)", "");
	events_at(SIX_PM);
	ASSERT_OK(schedules_fire(&world.options, world.state, SIX_PM, &round, &err), &err);
	ck_rest("DELETE", "/schedules/s", NO_BODY);
	run_at(SIX_PM, 1);
}
END_TEST

START_TEST(a_schedule_that_cannot_be_read_stops_no_other)
{
	SCHEDULE("a", "at(2025-11-24T17:59:00)", "");
	SCHEDULE("b", "at(2025-11-24T18:00:00)", "");
	ck_assert_int_eq(db_exec(world.state,
				 "UPDATE schedule SET zone = 'Gone/Zone' WHERE name = 'a'", NULL,
				 &(struct err){0}),
			 0);
	run_at(SIX_PM, 1);
	ck_assert_int_eq(
		db_exec(world.state, "UPDATE schedule SET zone = 'UTC'", NULL, &(struct err){0}),
		0);
	run_at(SIX_PM + HOUR_MS, 2);
}
END_TEST

/* --- targets --- */

static const struct {
	const char *input, *wanted;
} inputs[] = {
	{"no attribute", "no attribute"},
	{"<aws.scheduler.schedule-arn>", "ARN"},
	{"{\"n\":<aws.scheduler.attempt-number>,\"t\":\"<aws.scheduler.scheduled-time>\"}",
	 "{\"n\":3,\"t\":\"2025-11-24T16:00:00Z\"}"},
	{"<aws.scheduler.execution-id>,<aws.scheduler.execution-id>", "ID,ID"},
	{"<aws.scheduler.other> <aws.scheduler. <aws.scheduler.schedule-arn",
	 "<aws.scheduler.other> <aws.scheduler. <aws.scheduler.schedule-arn"},
	{"<aws.scheduler.<aws.scheduler.attempt-number>>", "<aws.scheduler.3>"},
};

START_TEST(attributes_of_the_invocation_are_put_into_the_input)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	const struct schedule_facts facts = {.schedule_arn = "ARN",
					     .execution_id = "ID",
					     .scheduled_ms = WORLD_NOW_MS,
					     .attempt = 3};

	ck_assert_str_eq(schedule_input_fill(inputs[_i].input, &facts, arena), inputs[_i].wanted);
}
END_TEST

START_TEST(the_input_is_the_tasks_overrides)
{
	ck_rest("POST", "/schedules/s",
		"{'ScheduleExpression':'at(2025-11-24T18:00:00)'," OFF ","
		"'Target':{'Arn':'arn:aws:ecs:us-east-1:%s:cluster/default'," ROLE
		",'EcsParameters':{'TaskDefinitionArn':'f','TaskCount':2,'Tags':[{'key':'k',"
		"'value':'v'}]},'Input':'{\\\"containerOverrides\\\":[{\\\"name\\\":\\\"main\\\","
		"\\\"command\\\":[\\\"<aws.scheduler.schedule-arn>\\\","
		"\\\"<aws.scheduler.scheduled-time> <aws.scheduler.attempt-number>\\\"]}]}'}}",
		world.account);
	run_at(SIX_PM + 7, 2);
	AUTO(freep)
	char *wanted = xasprintf("[\"arn:aws:scheduler:us-east-1:%s:schedule/default/s\","
				 "\"2025-11-24T18:00:00Z 1\"]",
				 world.account);

	ck_assert_msg(strstr(events_text("SELECT overrides_json FROM task"), wanted) != NULL,
		      "%s, not %s", events_text("SELECT overrides_json FROM task"), wanted);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM tag WHERE key = 'k'"), 2);
}
END_TEST

START_TEST(a_call_of_run_task_is_one)
{
	ck_rest("POST", "/schedules/s", "%s",
		"{'ScheduleExpression':'at(2025-11-24T18:00:00)'," OFF ",'Target':{'Arn':"
		"'arn:aws:scheduler:::aws-sdk:ecs:runTask'," ROLE ",'Input':"
		"'{\\\"Cluster\\\":\\\"default\\\",\\\"TaskDefinition\\\":\\\"f\\\","
		"\\\"Count\\\":2,\\\"StartedBy\\\":\\\"me\\\",\\\"NetworkConfiguration\\\":{"
		"\\\"AwsvpcConfiguration\\\":{\\\"Subnets\\\":[\\\"subnet-b\\\"]}},"
		"\\\"Overrides\\\":{\\\"ContainerOverrides\\\":[{\\\"Name\\\":\\\"main\\\","
		"\\\"Command\\\":[\\\"<aws.scheduler.scheduled-time>\\\"]}]}}'}}");
	run_at(SIX_PM, 2);
	ck_assert_str_eq(events_text("SELECT DISTINCT subnet || ' ' || started_by FROM task"),
			 "subnet-b me");
	ck_assert_ptr_nonnull(strstr(events_text("SELECT overrides_json FROM task"),
				     "[\"2025-11-24T18:00:00Z\"]"));
}
END_TEST

START_TEST(a_bus_gets_the_input_as_an_event_that_rules_match)
{
	RULE("r", "{\\\"source\\\":[\\\"mine\\\"],\\\"detail\\\":{\\\"n\\\":[1]}}");
	TARGET("r", "a", "");
	ck_rest("POST", "/schedules/s",
		"{'ScheduleExpression':'at(2025-11-24T18:00:00)'," OFF ","
		"'Target':{'Arn':'arn:aws:events:us-east-1:%s:event-bus/default'," ROLE
		",'EventBridgeParameters':{'DetailType':'t','Source':'mine'},"
		"'Input':'{\\\"n\\\":1}'}}",
		world.account);
	events_at(SIX_PM);
	events_deliver();
	events_deliver();
	ck_assert_int_eq(events_count(TASKS), 1);
	ck_assert_str_eq(events_text("SELECT started_by FROM task"), "events-rule/r");
}
END_TEST

START_TEST(a_log_group_gets_the_input_or_the_event_of_the_schedule)
{
	struct answer answer;

	answer = world_ask_service(world.state, "Logs_20140328", "CreateLogGroup",
				   "{\"logGroupName\":\"/s\"}");
	ck_works(answer);
	answer_done(&answer);
	for (int i = 0; i < 2; i++)
		ck_rest("POST", i == 0 ? "/schedules/a" : "/schedules/b",
			"{'ScheduleExpression':'at(2025-11-24T18:00:00)'," OFF ",'Target':{'Arn':"
			"'arn:aws:logs:us-east-1:%s:log-group:/s'," ROLE "%s}}",
			world.account, i == 0 ? ",'Input':'hello'" : "");
	events_at(SIX_PM);
	events_deliver();
	answer = world_ask_service(world.state, "Logs_20140328", "FilterLogEvents",
				   "{\"logGroupName\":\"/s\"}");
	ck_works(answer);
	ck_assert_uint_eq(json_array_size(at(&answer, "events")), 2);
	ck_assert_str_eq(text_at(&answer, "events.0.message"), "hello");
	ck_assert_ptr_nonnull(strstr(text_at(&answer, "events.1.message"),
				     "\"detail-type\":\"Scheduled Event\",\"source\":"
				     "\"aws.scheduler\""));
	ck_assert_ptr_null(strstr(text_at(&answer, "events.1.message"), "RoleArn"));
	answer_done(&answer);
}
END_TEST

START_TEST(what_can_never_work_is_a_dead_letter_and_says_why)
{
	SCHEDULE("s", "at(2025-11-24T18:00:00)", "");
	ck_does("DeregisterTaskDefinition", "{'taskDefinition':'f:1'}");
	run_at(SIX_PM, 0);
	ck_assert_int_eq(events_count(WAITING), 0);
	ck_assert_str_eq(events_text("SELECT bus || ' ' || rule || ' ' || code FROM event_dead"),
			 "schedule-group:default s ClientException");
}
END_TEST

START_TEST(an_attempt_that_fails_is_made_again_by_the_policy_and_counted)
{
	struct err err = ERR_INIT;

	ck_rest("POST", "/schedules/s",
		"{'ScheduleExpression':'at(2025-11-24T18:00:00)'," OFF ","
		"'Target':{'Arn':'arn:aws:ecs:us-east-1:%s:cluster/default'," ROLE
		",'EcsParameters':{'TaskDefinitionArn':'f'},'RetryPolicy':{"
		"'MaximumRetryAttempts':1},'Input':'{\\\"containerOverrides\\\":[{\\\"name\\\":"
		"\\\"main\\\",\\\"command\\\":[\\\"<aws.scheduler.attempt-number>\\\"]}]}'}}",
		world.account);
	ASSERT_OK(db_exec(world.state, "ALTER TABLE task RENAME TO task_away", NULL, &err), &err);
	events_at(SIX_PM);
	events_deliver();
	ck_assert_int_eq(events_count(WAITING), 1);
	ASSERT_OK(db_exec(world.state, "ALTER TABLE task_away RENAME TO task", NULL, &err), &err);
	run_at(SIX_PM + MINUTE_MS, 1);
	ck_assert_ptr_nonnull(strstr(events_text("SELECT overrides_json FROM task"), "[\"2\"]"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gateway/scheduler_fire");
	TCase *all = tcase_create("all");

	log_open("test", LOG_LEVEL_ERROR);
	tcase_set_timeout(all, 120);
	tcase_add_checked_fixture(all, events_begin, events_end);
	tcase_add_test(all, a_one_time_schedule_starts_its_task_once_and_stays);
	tcase_add_test(all, a_schedule_that_is_to_go_goes_with_its_last_time);
	tcase_add_test(all, a_time_that_is_just_past_is_now_and_an_older_one_never);
	tcase_add_test(all, a_rate_begins_with_its_creation_or_its_start_date);
	tcase_add_test(all, a_disabled_schedule_and_one_whose_end_is_past_do_nothing);
	tcase_add_loop_test(all, times_follow_the_clocks_of_their_zone, 0, ARRAY_LEN(clocks));
	tcase_add_test(all, windows_fire_each_time_once_in_its_window_and_in_order);
	tcase_add_test(all, a_flexible_schedule_fires_in_its_window);
	tcase_add_test(all, what_was_missed_runs_once_for_the_latest_time);
	tcase_add_test(all, a_schedule_waits_until_its_account_may_hold_more);
	tcase_add_test(all, what_was_missed_is_skipped_where_the_configuration_says_so);
	tcase_add_test(all, one_time_is_one_invocation_whatever_is_killed_when);
	tcase_add_test(all, an_invocation_does_what_its_schedule_said_when_it_fell_due);
	tcase_add_test(all, a_schedule_that_cannot_be_read_stops_no_other);
	tcase_add_loop_test(all, attributes_of_the_invocation_are_put_into_the_input, 0,
			    ARRAY_LEN(inputs));
	tcase_add_test(all, the_input_is_the_tasks_overrides);
	tcase_add_test(all, a_call_of_run_task_is_one);
	tcase_add_test(all, a_bus_gets_the_input_as_an_event_that_rules_match);
	tcase_add_test(all, a_log_group_gets_the_input_or_the_event_of_the_schedule);
	tcase_add_test(all, what_can_never_work_is_a_dead_letter_and_says_why);
	tcase_add_test(all, an_attempt_that_fails_is_made_again_by_the_policy_and_counted);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
