/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archives and replays: what is kept of a bus, for how long, and that it comes again once.
 */
#include "events_world.h"

#include "core/log.h"
#include "gateway/events/replay.h"
#include "store/event_archive.h"
#include "store/event_queue.h"
#include "store/event_replay.h"

#define DAY_MS	       (24 * 60 * 60 * 1000LL)
#define ARCHIVED       "SELECT COUNT(*) FROM event_archived"
#define WAITING	       "SELECT COUNT(*) FROM event_delivery"
#define TASKS	       "SELECT COUNT(*) FROM task"
#define BUS_ARN	       "arn:aws:events:us-east-1:%s:event-bus/default"
#define STATE_OF(name) "SELECT state FROM event_replay WHERE name = '" name "'"

#define ARCHIVE(name, more)                                                                        \
	ck_events("CreateArchive",                                                                 \
		  "{'ArchiveName':'" name "','EventSourceArn':'" BUS_ARN "'" more "}",             \
		  world.account)
#define REPLAY(name, archive, from, to, more)                                                      \
	events("StartReplay",                                                                      \
	       "{'ReplayName':'" name                                                              \
	       "','EventSourceArn':'arn:aws:events:us-east-1:%s:archive/" archive                  \
	       "','EventStartTime':%lld,'EventEndTime':%lld,"                                      \
	       "'Destination':{'Arn':'" BUS_ARN "'" more "}}",                                     \
	       world.account, (long long)(from), (long long)(to), world.account)
#define ck_replay(...)                                                                             \
	do {                                                                                       \
		struct answer ck_answer = REPLAY(__VA_ARGS__);                                     \
		ck_works(ck_answer);                                                               \
		answer_done(&ck_answer);                                                           \
	} while (0)
#define NOW_S ((long long)(WORLD_NOW_MS / 1000))

static bool step(void)
{
	struct err err = ERR_INIT;
	bool more;

	ASSERT_OK(event_replays_run(&world.options, world.state, events_now_ms, &more, &err), &err);
	return more;
}

static void run_replays(void)
{
	while (step())
		events_deliver();
	events_deliver();
}

static void ck_refuses(struct answer answer, const char *type, const char *text)
{
	ck_assert_int_eq(answer.status, 400);
	ck_assert_str_eq(text_at(&answer, "__type"), type);
	ck_assert_msg(strstr(text_at(&answer, "message"), text) != NULL, "%s",
		      text_at(&answer, "message"));
	answer_done(&answer);
}

START_TEST(an_archive_keeps_what_matches_its_pattern)
{
	struct answer answer;

	ARCHIVE("all", "");
	ARCHIVE("some", ",'Description':'d','RetentionDays':3,'EventPattern':"
			"'{\\\"detail\\\":{\\\"n\\\":[1]}}'");
	PUT("{\\\"n\\\":1}");
	PUT("{\\\"n\\\":2}");
	ck_assert_int_eq(events_count(WAITING), 0);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_accepted"), 0);
	answer = events("DescribeArchive", "{'ArchiveName':'some'}");
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "State"), "ENABLED");
	ck_assert_str_eq(text_at(&answer, "Description"), "d");
	ck_assert_str_eq(text_at(&answer, "EventPattern"), "{\"detail\":{\"n\":[1]}}");
	ck_assert_int_eq(json_integer_value(at(&answer, "EventCount")), 1);
	ck_assert_int_eq(json_integer_value(at(&answer, "RetentionDays")), 3);
	ck_assert_int_eq(json_integer_value(at(&answer, "SizeBytes")),
			 events_count("SELECT LENGTH(body) FROM event_archived LIMIT 1"));
	answer_done(&answer);
	answer = events("ListArchives", "{'Limit':1}");
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "Archives.0.ArchiveName"), "all");
	ck_assert_int_eq(json_integer_value(at(&answer, "Archives.0.EventCount")), 2);
	ck_assert_ptr_nonnull(at(&answer, "NextToken"));
	answer_done(&answer);
}
END_TEST

START_TEST(an_archive_that_changes_keeps_what_its_new_pattern_says)
{
	ARCHIVE("a", ",'RetentionDays':3");
	PUT("{}");
	ck_events("UpdateArchive",
		  "{'ArchiveName':'a','EventPattern':'{\\\"source\\\":[\\\"yours\\\"]}'}");
	PUT("{}");
	ck_assert_int_eq(events_count(ARCHIVED), 1);
	ck_assert_int_eq(events_count("SELECT retention_days FROM event_archive"), 3);
}
END_TEST

static const struct {
	const char *operation, *body, *type, *text;
} refusals[] = {
	{"CreateArchive", "{'ArchiveName':'a','EventSourceArn':'" BUS_ARN "'}",
	 "ResourceAlreadyExistsException", "Archive a already exists."},
	{"CreateArchive",
	 "{'ArchiveName':'b','EventSourceArn':'arn:aws:events:us-east-1:%s:event-bus/no'}",
	 "ResourceNotFoundException", "Event bus no does not exist."},
	{"CreateArchive", "{'ArchiveName':'b','EventSourceArn':'arn:aws:sqs:us-east-1:%s:q'}",
	 "ValidationException", "Must contain an event bus ARN."},
	{"CreateArchive", "{'ArchiveName':'b','EventPattern':'{}}','EventSourceArn':'" BUS_ARN "'}",
	 "InvalidEventPatternException", ""},
	{"CreateArchive", "{'ArchiveName':'b c','EventSourceArn':'" BUS_ARN "'}",
	 "ValidationException", "at 'archiveName' failed"},
	{"CreateArchive",
	 "{'ArchiveName':'b','KmsKeyIdentifier':'k','EventSourceArn':'" BUS_ARN "'}",
	 "ValidationException", "KmsKeyIdentifier"},
	{"DescribeArchive", "{'ArchiveName':'no'}", "ResourceNotFoundException",
	 "Archive no does not exist."},
	{"UpdateArchive", "{'ArchiveName':'no'}", "ResourceNotFoundException",
	 "Archive no does not exist."},
	{"DeleteArchive", "{'ArchiveName':'no'}", "ResourceNotFoundException",
	 "Archive no does not exist."},
	{"ListArchives", "{'NamePrefix':'a','State':'ENABLED'}", "ValidationException",
	 "At most one filter is allowed for ListArchives."},
	{"ListReplays", "{'NamePrefix':'a','State':'RUNNING'}", "ValidationException",
	 "At most one filter is allowed for ListReplays."},
	{"DescribeReplay", "{'ReplayName':'no'}", "ResourceNotFoundException",
	 "Replay no does not exist."},
	{"CancelReplay", "{'ReplayName':'no'}", "ResourceNotFoundException",
	 "Replay no does not exist."},
	{"DeleteEventBus", "{'Name':'with'}", "ValidationException", "can't be deleted"},
};

START_TEST(what_is_wrong_with_an_archive_is_said)
{
	ARCHIVE("a", "");
	ck_events("CreateEventBus", "{'Name':'with'}");
	ck_events("CreateArchive",
		  "{'ArchiveName':'w','EventSourceArn':"
		  "'arn:aws:events:us-east-1:%s:event-bus/with'}",
		  world.account);
	AUTO(freep) char *body = xstrdup(refusals[_i].body);
	char *place = strstr(body, "%s");

	if (place) {
		AUTO(freep)
		char *filled =
			xasprintf("%.*s%s%s", (int)(place - body), body, world.account, place + 2);

		ck_refuses(events(refusals[_i].operation, "%s", filled), refusals[_i].type,
			   refusals[_i].text);
		return;
	}
	ck_refuses(events(refusals[_i].operation, "%s", body), refusals[_i].type,
		   refusals[_i].text);
}
END_TEST

START_TEST(what_is_too_old_goes_in_batches_and_is_not_counted)
{
	struct err err = ERR_INIT;
	bool more;

	ARCHIVE("short", ",'RetentionDays':1");
	ARCHIVE("long", "");
	for (int i = 0; i < 3; i++)
		PUT("{}");
	ASSERT_OK(event_archive_trim(world.state, WORLD_NOW_MS + DAY_MS - 1, 2, &more, &err), &err);
	ck_assert_int_eq(events_count(ARCHIVED), 6);
	ASSERT_OK(event_archive_trim(world.state, WORLD_NOW_MS + DAY_MS, 2, &more, &err), &err);
	ck_assert(more);
	ck_assert_int_eq(events_count("SELECT event_count FROM event_archive WHERE name = 'short'"),
			 1);
	ASSERT_OK(event_archive_trim(world.state, WORLD_NOW_MS + DAY_MS, 2, &more, &err), &err);
	ck_assert(!more);
	ck_assert_int_eq(events_count(ARCHIVED), 3);
	ck_assert_int_eq(events_count("SELECT SUM(event_count * 1000000 + size_bytes)"
				      " FROM event_archive WHERE name = 'short'"),
			 0);
	ck_assert_int_eq(events_count("SELECT event_count FROM event_archive WHERE name = 'long'"),
			 3);
}
END_TEST

START_TEST(a_deleted_archive_goes_with_its_events)
{
	struct err err = ERR_INIT;
	bool more = true;

	ARCHIVE("a", "");
	PUT("{}");
	PUT("{}");
	ck_events("DeleteArchive", "{'ArchiveName':'a'}");
	ARCHIVE("a", "");
	PUT("{}");
	while (more)
		ASSERT_OK(event_archive_trim(world.state, WORLD_NOW_MS, 1, &more, &err), &err);
	ck_assert_int_eq(events_count(ARCHIVED), 1);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_archive"), 1);
}
END_TEST

/* --- replays --- */

START_TEST(a_replay_brings_each_event_to_the_rules_again_once)
{
	struct answer answer;

	RULE("r", ANY_OF_MINE);
	TARGET("r", "a", "");
	ARCHIVE("a", "");
	for (int i = 0; i < 100; i++)
		PUT("{\\\"n\\\":1}");
	events_deliver();
	ck_assert_int_eq(events_count(TASKS), 100);
	ck_replay("once", "a", NOW_S, NOW_S + 1, "");
	ck_assert_str_eq(events_text(STATE_OF("once")), "STARTING");
	ck_assert(step());
	ck_assert_str_eq(events_text(STATE_OF("once")), "RUNNING");
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_accepted"
				      " WHERE body LIKE '{\"version\"%,\"detail\":{\"n\":1},"
				      "\"replay-name\":\"once\"}'"),
			 events_count(WAITING));
	run_replays();
	ck_assert_int_eq(events_count(TASKS), 200);
	ck_assert_int_eq(events_count("SELECT COUNT(DISTINCT client_token) FROM task"), 200);
	answer = events("DescribeReplay", "{'ReplayName':'once'}");
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "State"), "COMPLETED");
	ck_assert(json_number_value(at(&answer, "EventLastReplayedTime")) ==
		  (double)WORLD_NOW_MS / 1000);
	ck_assert_ptr_nonnull(at(&answer, "ReplayEndTime"));
	answer_done(&answer);
	/* Replayed events are not archived. */
	ck_assert_int_eq(events_count(ARCHIVED), 100);
	ck_replay("twice", "a", NOW_S, NOW_S + 1, "");
	run_replays();
	ck_assert_int_eq(events_count(TASKS), 300);
}
END_TEST

START_TEST(a_replay_takes_the_time_that_it_was_given)
{
	RULE("r", ANY_OF_MINE);
	ARCHIVE("a", "");
	for (int i = 0; i < 5; i++) {
		events_at(WORLD_NOW_MS + i * 1000);
		PUT("{}");
	}
	ck_events("PutEvents", "{'Entries':[{'Source':'mine','DetailType':'t','Detail':'{}',"
			       "'Time':1000}]}");
	TARGET("r", "a", "");
	ck_replay("some", "a", NOW_S + 1, NOW_S + 3, "");
	run_replays();
	/* At .123 of each second: those of 1 and 2. */
	ck_assert_int_eq(events_count(TASKS), 2);
	ck_replay("old", "a", 999, 1001, "");
	run_replays();
	ck_assert_int_eq(events_count(TASKS), 3);
}
END_TEST

START_TEST(what_comes_while_a_replay_runs_is_not_part_of_it)
{
	RULE("r", ANY_OF_MINE);
	ARCHIVE("a", "");
	PUT("{}");
	TARGET("r", "a", "");
	ck_replay("some", "a", NOW_S, NOW_S + 100, "");
	PUT("{}");
	run_replays();
	ck_assert_int_eq(events_count(TASKS), 2);
}
END_TEST

START_TEST(a_filter_chooses_rules)
{
	RULE("r", ANY_OF_MINE);
	RULE("s", ANY_OF_MINE);
	ARCHIVE("a", "");
	PUT("{}");
	TARGET("r", "a", "");
	TARGET("s", "a", "");
	AUTO(freep)
	char *filter = xasprintf("{'ReplayName':'f','EventSourceArn':"
				 "'arn:aws:events:us-east-1:%s:archive/a','EventStartTime':%lld,"
				 "'EventEndTime':%lld,'Destination':{'Arn':'" BUS_ARN
				 "','FilterArns':['arn:aws:events:us-east-1:%s:rule/s']}}",
				 world.account, NOW_S, NOW_S + 1, world.account, world.account);

	ck_events("StartReplay", "%s", filter);
	run_replays();
	ck_assert_int_eq(events_count(TASKS), 1);
	ck_assert_str_eq(events_text("SELECT started_by FROM task"), "events-rule/s");
}
END_TEST

START_TEST(a_cancelled_replay_sends_no_more)
{
	RULE("r", ANY_OF_MINE);
	ARCHIVE("a", "");
	for (int i = 0; i < 100; i++)
		PUT("{}");
	TARGET("r", "a", "");
	ck_replay("c", "a", NOW_S, NOW_S + 1, "");
	ck_assert(step());
	long long sent = events_count(WAITING);

	ck_assert_int_gt(sent, 0);
	ck_events("CancelReplay", "{'ReplayName':'c'}");
	ck_assert_str_eq(events_text(STATE_OF("c")), "CANCELLING");
	run_replays();
	ck_assert_str_eq(events_text(STATE_OF("c")), "CANCELLED");
	ck_assert_int_eq(events_count(TASKS), sent);
	ck_refuses(events("CancelReplay", "{'ReplayName':'c'}"), "IllegalStatusException",
		   "Replay c is not in a valid state");
}
END_TEST

START_TEST(a_replay_whose_archive_goes_fails)
{
	RULE("r", ANY_OF_MINE);
	ARCHIVE("a", "");
	PUT("{}");
	ck_replay("f", "a", NOW_S, NOW_S + 1, "");
	ck_events("DeleteArchive", "{'ArchiveName':'a'}");
	ARCHIVE("a", "");
	run_replays();
	ck_assert_str_eq(events_text("SELECT state || ' ' || reason FROM event_replay"),
			 "FAILED The archive was deleted.");
}
END_TEST

/* As if the program were killed before the commit: nothing has happened. */
START_TEST(a_replay_that_is_cut_off_goes_on_where_it_was)
{
	struct err err = ERR_INIT;
	bool more;

	RULE("r", ANY_OF_MINE);
	ARCHIVE("a", "");
	for (int i = 0; i < 100; i++)
		PUT("{}");
	TARGET("r", "a", "");
	ck_replay("k", "a", NOW_S, NOW_S + 1, "");
	ck_assert(step());
	ASSERT_OK(db_exec(world.state, "ALTER TABLE event_accepted RENAME TO away", NULL, &err),
		  &err);
	ck_assert_int_lt(event_replays_run(&world.options, world.state, events_now_ms, &more, &err),
			 0);
	ck_assert(!db_in_transaction(world.state));
	err_clear(&err);
	ASSERT_OK(db_exec(world.state, "ALTER TABLE away RENAME TO event_accepted", NULL, &err),
		  &err);
	run_replays();
	ck_assert_int_eq(events_count(TASKS), 100);
}
END_TEST

START_TEST(a_replay_waits_while_there_is_much_to_deliver)
{
	RULE("r", ANY_OF_MINE);
	ARCHIVE("a", "");
	for (int i = 0; i < 100; i++)
		PUT("{}");
	for (const char *id = "abcde"; *id; id++) {
		AUTO(freep)
		char *text = xasprintf("{'Rule':'r','Targets':[{'Id':'%c','Arn':"
				       "'arn:aws:logs:us-east-1:%s:log-group:/none'}]}",
				       *id, world.account);

		ck_events("PutTargets", "%s", text);
	}
	ck_replay("w", "a", NOW_S, NOW_S + 1, "");
	ck_assert(step());
	ck_assert(step());
	ck_assert(step());
	ck_assert_int_eq(events_count(WAITING), 64 * 5);
	run_replays();
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_dead"), 500);
}
END_TEST

START_TEST(what_is_wrong_with_a_replay_is_said)
{
	ck_events("CreateEventBus", "{'Name':'b'}");
	ARCHIVE("a", "");
	ck_replay("r", "a", 1, 2, "");
	ck_refuses(REPLAY("r", "a", 1, 2, ""), "ResourceAlreadyExistsException",
		   "Replay r already exists.");
	ck_refuses(REPLAY("s", "a", 2, 2, ""), "ValidationException",
		   "EventStartTime must be before EventEndTime.");
	ck_refuses(REPLAY("s", "no", 1, 2, ""), "ValidationException",
		   "Archive no does not exist.");
	ck_refuses(REPLAY("s", "a", 1, 2, ",'FilterArns':['arn:aws:events:x:1:rule/r']"),
		   "ValidationException", "is not the ARN of a rule of event bus default");
	ck_events("CreateArchive",
		  "{'ArchiveName':'other','EventSourceArn':"
		  "'arn:aws:events:us-east-1:%s:event-bus/b'}",
		  world.account);
	ck_refuses(REPLAY("s", "other", 1, 2, ""), "ValidationException",
		   "Cross event bus replay is not permitted.");
	ck_refuses(events("StartReplay", "{'ReplayName':'s'}"), "ValidationException",
		   "EventSourceArn");
}
END_TEST

START_TEST(ten_replays_of_an_account_run_at_once)
{
	ARCHIVE("a", "");
	for (int i = 0; i <= 10; i++) {
		struct answer answer =
			events("StartReplay",
			       "{'ReplayName':'r%d','EventSourceArn':"
			       "'arn:aws:events:us-east-1:%s:archive/a','EventStartTime':1,"
			       "'EventEndTime':2,'Destination':{'Arn':'" BUS_ARN "'}}",
			       i, world.account, world.account);

		if (i < 10) {
			ck_works(answer);
			answer_done(&answer);
		} else {
			ck_refuses(answer, "LimitExceededException", "maximum number");
		}
	}
	run_replays();
	ck_replay("more", "a", 1, 2, "");
}
END_TEST

START_TEST(replays_are_remembered_for_ninety_days)
{
	struct err err = ERR_INIT;

	ARCHIVE("a", "");
	ck_replay("r", "a", 1, 2, "");
	ASSERT_OK(event_replay_trim(world.state, WORLD_NOW_MS + 91 * DAY_MS, 10, &err), &err);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_replay"), 1);
	run_replays();
	ASSERT_OK(event_replay_trim(world.state, WORLD_NOW_MS + 89 * DAY_MS, 10, &err), &err);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_replay"), 1);
	ASSERT_OK(event_replay_trim(world.state, WORLD_NOW_MS + 90 * DAY_MS, 10, &err), &err);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_replay"), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gateway/events_archive");
	TCase *all = tcase_create("all");

	log_open("test", LOG_LEVEL_ERROR);
	tcase_set_timeout(all, 120);
	tcase_add_checked_fixture(all, events_begin, events_end);
	tcase_add_test(all, an_archive_keeps_what_matches_its_pattern);
	tcase_add_test(all, an_archive_that_changes_keeps_what_its_new_pattern_says);
	tcase_add_loop_test(all, what_is_wrong_with_an_archive_is_said, 0, ARRAY_LEN(refusals));
	tcase_add_test(all, what_is_too_old_goes_in_batches_and_is_not_counted);
	tcase_add_test(all, a_deleted_archive_goes_with_its_events);
	tcase_add_test(all, a_replay_brings_each_event_to_the_rules_again_once);
	tcase_add_test(all, a_replay_takes_the_time_that_it_was_given);
	tcase_add_test(all, what_comes_while_a_replay_runs_is_not_part_of_it);
	tcase_add_test(all, a_filter_chooses_rules);
	tcase_add_test(all, a_cancelled_replay_sends_no_more);
	tcase_add_test(all, a_replay_whose_archive_goes_fails);
	tcase_add_test(all, a_replay_that_is_cut_off_goes_on_where_it_was);
	tcase_add_test(all, a_replay_waits_while_there_is_much_to_deliver);
	tcase_add_test(all, what_is_wrong_with_a_replay_is_said);
	tcase_add_test(all, ten_replays_of_an_account_run_at_once);
	tcase_add_test(all, replays_are_remembered_for_ninety_days);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
