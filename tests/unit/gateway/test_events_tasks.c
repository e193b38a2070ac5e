/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks and the outbox make events of the default bus; chains of events end; order by key; what
 * waits for capacity says so once.
 */
#include "events_world.h"

#include "gateway/events/outbox_event.h"
#include "gateway/events/task_event.h"
#include "store/event_tail.h"
#include "store/logs.h"
#include "store/outbox.h"
#include "store/task_version.h"

#define TASKS	"SELECT COUNT(*) FROM task"
#define WAITING "SELECT COUNT(*) FROM event_delivery"
#define DEAD	"SELECT COUNT(*) FROM event_dead"

/* Make the events of tasks and outbox, and deliver all that is due. */
static void turn(void)
{
	struct err err = ERR_INIT;
	bool more = true;

	while (more)
		ASSERT_OK(task_events_take(&world.options, world.state, events_now_ms, &more, &err),
			  &err);
	for (more = true; more;)
		ASSERT_OK(
			outbox_events_take(&world.options, world.state, events_now_ms, &more, &err),
			&err);
	events_deliver();
}

static struct answer run_task(void)
{
	struct answer answer = ask(
		"RunTask", "{'taskDefinition':'f','launchType':'FARGATE','startedBy':'me','tags':"
			   "[{'key':'team','value':'blue'}]}");

	ck_works(answer);
	return answer;
}

static const char *id_of(const struct answer *answer)
{
	return strrchr(text_at(answer, "tasks.0.taskArn"), '/') + 1;
}

static void move_task(const char *id, enum task_state from, enum task_event event,
		      const struct task_change *change)
{
	struct err err = ERR_INIT;

	ASSERT_OK(task_move(world.state, id, from, event, change, NULL, &err), &err);
}

static void watch(void)
{
	const struct event_watch lease = {world.account, "default", "test"};
	struct err err = ERR_INIT;

	ASSERT_OK(event_tail_hold(world.state, &lease, INT64_MAX, &err), &err);
}

/* Of the event that the watched bus took as number @number, the text at a path. */
static const char *event_at(int number, const char *path)
{
	static char text[8192];
	AUTO(freep)
	char *sql = xasprintf("SELECT json_extract(body, '%s') FROM event_recent"
			      " WHERE bus = 'default' AND number = %d",
			      path, number);

	(void)snprintf(text, sizeof(text), "%s", events_text(sql));
	return text;
}

START_TEST(each_version_of_a_task_is_an_event_with_the_task_as_it_was)
{
	const struct task_change failed = {.stop_code = "TaskFailedToStart",
					   .stopped_reason = "no such image"};
	struct answer answer;
	char id[64];

	watch();
	answer = run_task();
	(void)snprintf(id, sizeof(id), "%s", id_of(&answer));
	move_task(id, TASK_PROVISIONING, TASK_EV_FAILED, &failed);
	move_task(id, TASK_DEPROVISIONING, TASK_EV_RELEASED, NULL);
	turn();
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_recent"), 3);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM task_version"), 0);
	ck_assert_str_eq(event_at(1, "$.source"), "aws.ecs");
	ck_assert_str_eq(event_at(1, "$.detail-type"), "ECS Task State Change");
	ck_assert_str_eq(event_at(1, "$.resources[0]"), text_at(&answer, "tasks.0.taskArn"));
	ck_assert_str_eq(event_at(1, "$.detail.lastStatus"), "PROVISIONING");
	ck_assert_str_eq(event_at(1, "$.detail.version"), "1");
	ck_assert_str_eq(event_at(1, "$.detail.createdAt"), "2025-11-24T16:00:00.123Z");
	ck_assert_str_eq(event_at(1, "$.detail.updatedAt"), "2025-11-24T16:00:00.123Z");
	ck_assert_str_eq(event_at(1, "$.detail.attachments[0].type"), "eni");
	ck_assert_str_eq(event_at(1, "$.detail.containers[0].lastStatus"), "PENDING");
	ck_assert_str_eq(event_at(1, "$.detail.tags[0].value"), "blue");
	ck_assert_str_eq(event_at(1, "$.detail.startedBy"), "me");
	ck_assert_str_eq(event_at(1, "$.detail.desiredStatus"), "RUNNING");
	ck_assert_str_eq(event_at(2, "$.detail.lastStatus"), "DEPROVISIONING");
	ck_assert_str_eq(event_at(2, "$.detail.stoppedReason"), "no such image");
	ck_assert_str_eq(event_at(3, "$.detail.lastStatus"), "STOPPED");
	ck_assert_str_eq(event_at(3, "$.detail.version"), "3");
	ck_assert_str_eq(event_at(3, "$.detail.containers[0].lastStatus"), "STOPPED");
	ck_assert_int_eq(events_count("SELECT COUNT(DISTINCT json_extract(body, '$.id'))"
				      " FROM event_recent"),
			 3);
	answer_done(&answer);
}
END_TEST

START_TEST(a_task_that_fails_starts_another)
{
	struct answer answer;

	RULE("failed", "{\\\"source\\\":[\\\"aws.ecs\\\"],\\\"detail\\\":{\\\"lastStatus\\\":"
		       "[\\\"STOPPED\\\"],\\\"startedBy\\\":[\\\"me\\\"]}}");
	TARGET("failed", "t", "");
	answer = run_task();
	move_task(id_of(&answer), TASK_PROVISIONING, TASK_EV_FAILED, NULL);
	move_task(id_of(&answer), TASK_DEPROVISIONING, TASK_EV_RELEASED, NULL);
	turn();
	turn();
	ck_assert_int_eq(events_count(TASKS), 2);
	ck_assert_int_eq(events_count("SELECT event_depth FROM task WHERE started_by = "
				      "'events-rule/failed'"),
			 1);
	answer_done(&answer);
}
END_TEST

START_TEST(rules_that_feed_themselves_end)
{
	struct answer answer;

	RULE("loop", "{\\\"detail-type\\\":[\\\"ECS Task State Change\\\"],\\\"detail\\\":"
		     "{\\\"lastStatus\\\":[\\\"PROVISIONING\\\"]}}");
	TARGET("loop", "t", "");
	answer = run_task();
	for (int i = 0; i < 30; i++)
		turn();
	ck_assert_int_eq(events_count(TASKS), EVENT_DEPTH_MAX + 2);
	ck_assert_int_eq(events_count(WAITING), 0);
	ck_assert_int_eq(events_count(DEAD " WHERE code = 'EventDepthExceeded'"), 1);
	answer_done(&answer);
}
END_TEST

START_TEST(what_a_task_puts_is_as_deep_as_its_events)
{
	RULE("r", ANY_OF_MINE);
	TARGET("r", "t", "");
	ck_does("RunTask", "{'taskDefinition':'f'}");
	ck_assert_int_eq(events_count("SELECT depth FROM event_accepted UNION ALL SELECT -1"), -1);
	PUT("{}");
	ck_assert_int_eq(events_count("SELECT depth FROM event_accepted"), 0);
}
END_TEST

START_TEST(deliveries_with_the_same_key_go_one_after_the_other)
{
	ck_events("PutRule", "{'Name':'r','EventPattern':'" ANY_OF_MINE
			     "','Tags':[{'Key':'slipway:orderBy','Value':'detail.k'}]}");
	TARGET("r", "t", ",'RetryPolicy':{'MaximumRetryAttempts':1}");
	world_quota.tasks = 1;
	ck_does("RunTask", "{'taskDefinition':'f'}");
	PUT("{\\\"k\\\":1,\\\"n\\\":1}");
	PUT("{\\\"k\\\":1,\\\"n\\\":2}");
	PUT("{\\\"k\\\":2,\\\"n\\\":3}");
	PUT("{\\\"n\\\":4}");
	PUT("{\\\"n\\\":5}");
	events_deliver();
	/* The second of key 1 was not tried: the first has not ended. */
	ck_assert_int_eq(events_count(WAITING " WHERE attempts = 1"), 4);
	ck_assert_int_eq(events_count(WAITING " WHERE attempts = 0"), 1);
	ck_assert_str_eq(events_text("SELECT order_key FROM event_delivery WHERE attempts = 0"),
			 "1");
	events_at(events_now_ms + 2000);
	events_deliver();
	ck_assert_int_eq(events_count(DEAD), 4);
	events_deliver();
	ck_assert_int_eq(events_count(WAITING " WHERE attempts = 1"), 1);
	world_quota.tasks = 0;
	events_at(events_now_ms + 2000);
	events_deliver();
	ck_assert_int_eq(events_count(WAITING), 0);
	ck_assert_int_eq(events_count(TASKS), 2);
	ck_refused(events("PutRule", "{'Name':'x','EventPattern':'" ANY_OF_MINE
				     "','Tags':[{'Key':'slipway:orderBy','Value':'detail..k'}]}"),
		   "ValidationException",
		   "The tag slipway:orderBy must name a member of events, as detail.customer does: "
		   "detail..k is no path.");
}
END_TEST

START_TEST(a_launch_that_waits_for_capacity_says_so_once)
{
	watch();
	RULE("r", ANY_OF_MINE);
	TARGET("r", "t", "");
	world_quota.tasks = 1;
	ck_does("RunTask", "{'taskDefinition':'f'}");
	turn();
	PUT("{}");
	events_deliver();
	events_at(events_now_ms + 5000);
	events_deliver();
	ck_assert_int_eq(events_count(WAITING " WHERE attempts = 2 AND told = 1"), 1);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_recent WHERE body LIKE "
				      "'%Slipway Capacity Wait%'"),
			 1);
	ck_assert_str_eq(event_at(3, "$.detail.rule"), "r");
	ck_assert_str_eq(event_at(3, "$.detail.code"), "LimitExceededException");
	ck_assert_str_eq(event_at(3, "$.source"), "slipway.events");
	world_quota.tasks = 0;
}
END_TEST

START_TEST(a_task_that_finds_no_room_says_so)
{
	struct answer answer;
	struct err err = ERR_INIT;
	bool first;

	watch();
	answer = run_task();
	ASSERT_OK(task_version_note_wait(world.state, id_of(&answer), WORLD_NOW_MS, &first, &err),
		  &err);
	turn();
	ck_assert_str_eq(event_at(2, "$.detail-type"), "Slipway Capacity Wait");
	ck_assert_str_eq(event_at(2, "$.detail.taskArn"), text_at(&answer, "tasks.0.taskArn"));
	ck_assert_str_eq(event_at(2, "$.detail.memory"), "512");
	answer_done(&answer);
}
END_TEST

START_TEST(a_task_of_an_event_may_wait_as_long_as_its_event)
{
	RULE("r", ANY_OF_MINE);
	TARGET("r", "t", ",'RetryPolicy':{'MaximumEventAgeInSeconds':600}");
	PUT("{}");
	events_deliver();
	ck_assert_int_eq(events_count("SELECT admit_until_ms FROM task"), WORLD_NOW_MS + 600000);
}
END_TEST

START_TEST(what_the_outbox_tells_is_an_event_of_its_account)
{
	AUTO(freep) char *source = xasprintf("/slipway/%s", world.account);
	const struct outbox_event told = {.id = "b-1",
					  .type = "slipway.budget.threshold",
					  .source = source,
					  .subject = "budget/b",
					  .time_ms = WORLD_NOW_MS,
					  .data_json = "{\"percent\":80}"};
	struct err err = ERR_INIT;

	watch();
	ASSERT_OK(outbox_put(world.state, &told, &err), &err);
	turn();
	turn();
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_recent"), 1);
	ck_assert_str_eq(event_at(1, "$.detail-type"), "slipway.budget.threshold");
	ck_assert_str_eq(event_at(1, "$.source"), source);
	ck_assert_str_eq(event_at(1, "$.detail.percent"), "80");
	ck_assert_str_eq(event_at(1, "$.cloudevent.subject"), "budget/b");
}
END_TEST

START_TEST(a_watched_bus_shows_what_no_rule_wants)
{
	PUT("{\\\"n\\\":1}");
	watch();
	PUT("{\\\"n\\\":2}");
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_recent"), 1);
	ck_assert_str_eq(event_at(1, "$.detail.n"), "2");
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_accepted"), 0);
}
END_TEST

START_TEST(a_log_group_gets_an_event_once_though_nobody_noted_that_it_did)
{
	struct err err = ERR_INIT;
	AUTO(db_donep) struct db_query *query = NULL;

	ASSERT_OK(log_group_create(world.logs, world.account, "g", WORLD_NOW_MS, &err), &err);
	RULE("r", ANY_OF_MINE);
	ck_events("PutTargets",
		  "{'Rule':'r','Targets':[{'Id':'a','Arn':'arn:aws:logs:us-east-1:%s:log-group:g'}"
		  "]}",
		  world.account);
	PUT("{}");
	ASSERT_OK(db_exec(world.state, "CREATE TABLE kept AS SELECT * FROM event_delivery", NULL,
			  &err),
		  &err);
	events_deliver();
	/* As if we had been killed before the delivery was ended. */
	ASSERT_OK(db_exec(world.state, "INSERT INTO event_delivery SELECT * FROM kept", NULL, &err),
		  &err);
	ASSERT_OK(db_exec(world.state, "UPDATE event_accepted SET body = '{}'", NULL, &err), &err);
	events_deliver();
	ck_assert_int_eq(events_count(WAITING), 0);
	ck_assert_int_eq(events_count(DEAD), 0);
	ASSERT_OK(db_query(world.logs, "SELECT COUNT(*) FROM log_event", &query, &err), &err);
	ck_assert_int_eq(db_step(query, &err), 1);
	ck_assert_int_eq(db_int(query, 0), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gateway/events_tasks");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, events_begin, events_end);
	tcase_add_test(all, each_version_of_a_task_is_an_event_with_the_task_as_it_was);
	tcase_add_test(all, a_task_that_fails_starts_another);
	tcase_add_test(all, rules_that_feed_themselves_end);
	tcase_add_test(all, what_a_task_puts_is_as_deep_as_its_events);
	tcase_add_test(all, deliveries_with_the_same_key_go_one_after_the_other);
	tcase_add_test(all, a_launch_that_waits_for_capacity_says_so_once);
	tcase_add_test(all, a_task_that_finds_no_room_says_so);
	tcase_add_test(all, a_task_of_an_event_may_wait_as_long_as_its_event);
	tcase_add_test(all, what_the_outbox_tells_is_an_event_of_its_account);
	tcase_add_test(all, a_watched_bus_shows_what_no_rule_wants);
	tcase_add_test(all, a_log_group_gets_an_event_once_though_nobody_noted_that_it_did);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
