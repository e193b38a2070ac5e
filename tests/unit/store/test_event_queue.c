/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events on their way: written with all of their deliveries or not at all, gone with the last of
 * them, and their ids for 24 hours.
 */
#include "tests/unit/store/place.h"

#include "store/account.h"
#include "store/event_queue.h"
#include "store/event_rule.h"

#define NOW_MS 1764000000000LL

static char account[ACCOUNT_ID_SIZE];
static const char *const rules[] = {"r", "s"};

static void begin(struct place *place)
{
	struct account made;

	place_state(place);
	ASSERT_OK(account_create(place->db, "one", &made, &place->err), &place->err);
	memcpy(account, made.id, sizeof(account));
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		const struct event_rule_record rule = {.key = {account, "default", rules[i]},
						       .pattern = "{}",
						       .enabled = true,
						       .description = "",
						       .role = ""};
		const struct event_target_record target = {.id = "t", .arn = "arn", .body = "{}"};

		ASSERT_OK(event_rule_put(place->db, &rule, &place->err), &place->err);
		ASSERT_OK(event_target_put(place->db, &rule.key, &target, &place->err),
			  &place->err);
	}
}

static struct event_accepted event_of(const char *id, int64_t now_ms)
{
	return (struct event_accepted){account, "default", id, now_ms, "{\"a\":1}", 0};
}

static struct event_delivery *due(struct place *place, int64_t now_ms, size_t *ret_count)
{
	struct event_delivery *deliveries;

	ASSERT_OK(event_deliveries_due(place->db, account, now_ms, 10, place->arena, &deliveries,
				       ret_count, &place->err),
		  &place->err);
	return deliveries;
}

static int64_t count(struct place *place, const char *sql)
{
	AUTO(db_donep) struct db_query *query = NULL;

	ASSERT_OK(db_query(place->db, sql, &query, &place->err), &place->err);
	ck_assert_int_eq(db_step(query, &place->err), 1);
	return db_int(query, 0);
}

START_TEST(an_event_has_a_delivery_for_each_target_and_goes_with_the_last)
{
	AUTO(place_done) struct place place;
	struct event_accepted event;
	struct event_delivery *found;
	const struct event_dead why = {"Code", "reason", "", NOW_MS};
	const struct event_failure failure = {"Busy", "no room", NOW_MS + 5, true};
	int64_t next_ms;
	size_t n;

	begin(&place);
	event = event_of("e", NOW_MS);
	ASSERT_OK(event_accept(place.db, &event, rules, 2, false, &place.err), &place.err);
	ASSERT_OK(event_deliveries_next(place.db, &next_ms, &place.err), &place.err);
	ck_assert_int_eq(next_ms, NOW_MS);
	found = due(&place, NOW_MS, &n);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(found[0].event.body, "{\"a\":1}");
	ASSERT_OK(event_delivery_fail(place.db, &found[0], &failure, &place.err), &place.err);
	ASSERT_OK(event_delivery_end(place.db, &found[1], &place.err), &place.err);
	(void)due(&place, NOW_MS, &n);
	ck_assert_uint_eq(n, 0);
	found = due(&place, NOW_MS + 5, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(found[0].attempts, 1);
	ck_assert(found[0].told);
	ck_assert_int_eq(count(&place, "SELECT COUNT(*) FROM event_delivery WHERE code = 'Busy'"
				       " AND reason = 'no room'"),
			 1);
	ASSERT_OK(event_delivery_die(place.db, &found[0], &why, &place.err), &place.err);
	ck_assert_int_eq(count(&place, "SELECT COUNT(*) FROM event_accepted WHERE body IS NULL"),
			 1);
	ck_assert_int_eq(count(&place, "SELECT attempts FROM event_dead WHERE code = 'Code'"
				       " AND body = '{\"a\":1}'"),
			 1);
}
END_TEST

START_TEST(an_id_is_one_event_for_24_hours_and_longer_while_it_is_on_its_way)
{
	AUTO(place_done) struct place place;
	struct event_accepted event;
	struct event_delivery *found;
	size_t n;

	begin(&place);
	event = event_of("e", NOW_MS);
	ASSERT_OK(event_accept(place.db, &event, rules, 1, true, &place.err), &place.err);
	event.received_ms += EVENT_ID_LIFE_MS;
	ASSERT_FAILS(event_accept(place.db, &event, rules, 1, true, &place.err), ERR_EXISTS,
		     &place.err);
	found = due(&place, NOW_MS, &n);
	ASSERT_OK(event_delivery_end(place.db, &found[0], &place.err), &place.err);
	event.received_ms--;
	ASSERT_FAILS(event_accept(place.db, &event, rules, 1, true, &place.err), ERR_EXISTS,
		     &place.err);
	event.received_ms++;
	ASSERT_OK(event_accept(place.db, &event, rules, 1, true, &place.err), &place.err);
}
END_TEST

START_TEST(what_nobody_wants_leaves_its_id_only_if_its_sender_gave_it)
{
	AUTO(place_done) struct place place;
	struct event_accepted event;

	begin(&place);
	event = event_of("e", NOW_MS);
	ASSERT_OK(event_accept(place.db, &event, rules, 0, false, &place.err), &place.err);
	ck_assert_int_eq(count(&place, "SELECT COUNT(*) FROM event_accepted"), 0);
	ASSERT_OK(event_accept(place.db, &event, rules, 0, true, &place.err), &place.err);
	ck_assert_int_eq(count(&place, "SELECT COUNT(*) FROM event_accepted"), 1);
	ASSERT_OK(event_queue_trim(place.db, NOW_MS + EVENT_ID_LIFE_MS - 1, 9, &place.err),
		  &place.err);
	ck_assert_int_eq(count(&place, "SELECT COUNT(*) FROM event_accepted"), 1);
	ASSERT_OK(event_queue_trim(place.db, NOW_MS + EVENT_ID_LIFE_MS, 9, &place.err), &place.err);
	ck_assert_int_eq(count(&place, "SELECT COUNT(*) FROM event_accepted"), 0);
}
END_TEST

START_TEST(dead_letters_are_kept_for_14_days)
{
	AUTO(place_done) struct place place;
	const struct event_dead why = {"Code", "reason", "", NOW_MS};
	struct event_accepted event;
	size_t n;

	begin(&place);
	event = event_of("e", NOW_MS);
	ASSERT_OK(event_accept(place.db, &event, rules, 1, false, &place.err), &place.err);
	ASSERT_OK(event_delivery_die(place.db, due(&place, NOW_MS, &n), &why, &place.err),
		  &place.err);
	ASSERT_OK(event_queue_trim(place.db, NOW_MS + EVENT_DEAD_MS - 1, 9, &place.err),
		  &place.err);
	ck_assert_int_eq(count(&place, "SELECT COUNT(*) FROM event_dead"), 1);
	ASSERT_OK(event_queue_trim(place.db, NOW_MS + EVENT_DEAD_MS, 9, &place.err), &place.err);
	ck_assert_int_eq(count(&place, "SELECT COUNT(*) FROM event_dead"), 0);
}
END_TEST

START_TEST(each_change_of_rules_raises_the_version_of_their_bus_alone)
{
	AUTO(place_done) struct place place;
	struct event_rule_key key = {.bus = "default", .name = "r"};
	int64_t before, after, other;

	begin(&place);
	key.account = account;
	ASSERT_OK(event_rules_version(place.db, account, "default", &before, &place.err),
		  &place.err);
	ASSERT_OK(event_rule_delete(place.db, &key, &place.err), &place.err);
	ASSERT_OK(event_rules_version(place.db, account, "default", &after, &place.err),
		  &place.err);
	ASSERT_OK(event_rules_version(place.db, account, "b", &other, &place.err), &place.err);
	ck_assert_int_gt(after, before);
	ck_assert_int_eq(other, 0);
	/* Its targets went with it. */
	ck_assert_int_eq(count(&place, "SELECT COUNT(*) FROM event_target"), 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		an_event_has_a_delivery_for_each_target_and_goes_with_the_last,
		an_id_is_one_event_for_24_hours_and_longer_while_it_is_on_its_way,
		what_nobody_wants_leaves_its_id_only_if_its_sender_gave_it,
		dead_letters_are_kept_for_14_days,
		each_change_of_rules_raises_the_version_of_their_bus_alone,
	};

	return suite_run("store/event_queue", tests, ARRAY_LEN(tests));
}
