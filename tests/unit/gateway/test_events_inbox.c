/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events that other programs have accepted: each meets the rules of its bus once, in its order,
 * and none holds up another.
 */
#include "events_world.h"

#include "core/log.h"
#include "gateway/events/inbox.h"
#include "store/account.h"
#include "store/event_inbox.h"
#include "store/event_letter.h"

#define WAITING	 "SELECT COUNT(*) FROM event_delivery"
#define INBOX	 "SELECT COUNT(*) FROM event_inbox"
#define DEAD_WHY "SELECT code || ': ' || reason || rule || target FROM event_dead"
#define MINE	 EVENT_OF_MINE
#define FLOOD	 100 /* several batches */

static void put(const char *account, const char *bus, const char *id, const char *body)
{
	const struct event_accepted event = {account, bus, id, WORLD_NOW_MS, body, 0};
	struct err err = ERR_INIT;

	ASSERT_OK(event_inbox_put(world.state, &event, true, &err), &err);
}

static bool take(void)
{
	struct err err = ERR_INIT;
	bool more;

	ASSERT_OK(event_inbox_take(world.options.events, world.state, WORLD_NOW_MS, &more, &err),
		  &err);
	return more;
}

START_TEST(an_event_of_the_inbox_goes_to_the_targets_of_its_rules_once)
{
	RULE("r", ANY_OF_MINE);
	TARGET("r", "a", "");
	put(world.account, "default", "e", MINE);
	put(world.account, "default", "e", MINE);
	put(world.account, "default", "f", "{\"source\":\"yours\",\"detail\":{}}");
	ck_assert(!take());
	ck_assert_int_eq(events_count(INBOX), 0);
	ck_assert_int_eq(events_count(WAITING), 1);
	put(world.account, "default", "e", MINE);
	ck_assert(!take());
	ck_assert_int_eq(events_count(WAITING), 1);
	events_deliver();
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM task"), 1);
}
END_TEST

START_TEST(an_event_without_rules_leaves_its_id_only_if_its_sender_gave_it)
{
	const struct event_accepted own = {world.account, "default", "own", WORLD_NOW_MS, MINE, 0};
	struct err err = ERR_INIT;

	put(world.account, "default", "named", MINE);
	ASSERT_OK(event_inbox_put(world.state, &own, false, &err), &err);
	ck_assert(!take());
	ck_assert_str_eq(events_text("SELECT group_concat(id) FROM event_accepted"), "named");
}
END_TEST

static const struct {
	const char *bus, *body, *why;
} deaths[] = {
	{"none", MINE, "ResourceNotFoundException: "},
	{"default", "{\"source\":", "InvalidParameterException: event is not JSON"},
	{"default", "[]", "InvalidParameterException: event is not a JSON object"},
};

START_TEST(an_event_that_no_rule_can_be_asked_about_is_a_dead_letter_and_blocks_nobody)
{
	RULE("r", ANY_OF_MINE);
	TARGET("r", "a", "");
	put(world.account, deaths[_i].bus, "bad", deaths[_i].body);
	put(world.account, "default", "good", MINE);
	ck_assert(!take());
	ck_assert_int_eq(events_count(INBOX), 0);
	ck_assert_int_eq(events_count(WAITING), 1);
	ck_assert_msg(strncmp(events_text(DEAD_WHY), deaths[_i].why, strlen(deaths[_i].why)) == 0,
		      "%s", events_text(DEAD_WHY));
	ck_assert_str_eq(events_text("SELECT event_id FROM event_dead"), "bad");
	ck_assert_str_eq(events_text("SELECT bus FROM event_dead"), deaths[_i].bus);
	ck_assert_str_eq(events_text("SELECT body FROM event_dead"), deaths[_i].body);
}
END_TEST

START_TEST(a_dead_letter_without_a_rule_that_is_sent_again_meets_the_rules_of_its_bus)
{
	struct err err = ERR_INIT;

	put(world.account, "later", "bad", MINE);
	ck_assert(!take());
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_dead"), 1);
	ck_events("CreateEventBus", "{'Name':'later'}");
	ck_events("PutRule",
		  "{'Name':'r','EventBusName':'later','EventPattern':'" ANY_OF_MINE "'}");
	ck_events("PutTargets",
		  "{'Rule':'r','EventBusName':'later','Targets':[{'Id':'a','Arn':"
		  "'arn:aws:logs:us-east-1:%s:log-group:g'}]}",
		  world.account);
	ASSERT_OK(event_letter_redrive(world.state, events_count("SELECT number FROM event_dead"),
				       WORLD_NOW_MS, &err),
		  &err);
	ck_assert(!take());
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_dead"), 0);
	ck_assert_int_eq(events_count(INBOX), 0);
	ck_assert_str_eq(events_text("SELECT bus || ' ' || rule || ' ' || target"
				     " FROM event_delivery"),
			 "later r a");
	/* It is one event with what its source might send again. */
	put(world.account, "later", "bad", MINE);
	ck_assert(!take());
	ck_assert_int_eq(events_count(WAITING), 1);
}
END_TEST

START_TEST(a_flood_of_one_account_does_not_delay_another)
{
	struct err err = ERR_INIT;
	struct account other;
	char id[16];

	ASSERT_OK(account_create(world.state, "other", &other, &err), &err);
	for (int i = 0; i < FLOOD; i++) {
		(void)snprintf(id, sizeof(id), "e%d", i);
		put(world.account, "default", id, MINE);
	}
	put(other.id, "default", "o", MINE);
	ck_assert(take());
	ck_assert_int_gt(events_count(INBOX), 0);
	ck_assert_str_eq(events_text("SELECT DISTINCT account FROM event_inbox"), world.account);
	while (take())
		;
	ck_assert_int_eq(events_count(INBOX), 0);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_accepted"), FLOOD + 1);
}
END_TEST

START_TEST(a_store_that_fails_leaves_all_in_the_inbox)
{
	struct err err = ERR_INIT;
	bool more;

	RULE("r", ANY_OF_MINE);
	TARGET("r", "a", "");
	put(world.account, "default", "e", MINE);
	put(world.account, "default", "f", MINE);
	ASSERT_OK(db_exec(world.state,
			  "CREATE TRIGGER fail BEFORE INSERT ON event_delivery"
			  " WHEN (SELECT COUNT(*) FROM event_delivery) = 1"
			  " BEGIN SELECT abs(-9223372036854775808); END",
			  NULL, &err),
		  &err);
	ck_assert_int_eq(
		event_inbox_take(world.options.events, world.state, WORLD_NOW_MS, &more, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "overflow"));
	ck_assert_int_eq(events_count(INBOX), 2);
	ck_assert_int_eq(events_count(WAITING), 0);
	err_clear(&err);
	ASSERT_OK(db_exec(world.state, "DROP TRIGGER fail", NULL, &err), &err);
	ck_assert(!take());
	ck_assert_int_eq(events_count(WAITING), 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gateway/events_inbox");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, events_begin, events_end);
	tcase_set_timeout(all, 60);
	log_open("test", LOG_LEVEL_ERROR);
	tcase_add_test(all, an_event_of_the_inbox_goes_to_the_targets_of_its_rules_once);
	tcase_add_test(all, an_event_without_rules_leaves_its_id_only_if_its_sender_gave_it);
	tcase_add_loop_test(
		all, an_event_that_no_rule_can_be_asked_about_is_a_dead_letter_and_blocks_nobody, 0,
		ARRAY_LEN(deaths));
	tcase_add_test(all,
		       a_dead_letter_without_a_rule_that_is_sent_again_meets_the_rules_of_its_bus);
	tcase_add_test(all, a_flood_of_one_account_does_not_delay_another);
	tcase_add_test(all, a_store_that_fails_leaves_all_in_the_inbox);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
