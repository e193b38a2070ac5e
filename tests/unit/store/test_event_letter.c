/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dead letters lie until somebody sends them again or throws them away; each is sent again once.
 */
#include "tests/unit/store/place.h"

#include "store/event_letter.h"
#include "store/event_rule.h"

#define NOW_MS 1764000000000LL

static int64_t count(struct place *place, const char *sql)
{
	AUTO(db_donep) struct db_query *query = NULL;

	ASSERT_OK(db_query(place->db, sql, &query, &place->err), &place->err);
	ck_assert_int_eq(db_step(query, &place->err), 1);
	return db_int(query, 0);
}

/* A delivery to target "t" of @rule that has died, of the event @id. */
static void die(struct place *place, const char *rule, const char *id)
{
	const struct event_rule_record record = {.key = {ACCOUNT, "default", rule},
						 .pattern = "{}",
						 .enabled = true,
						 .description = "",
						 .role = ""};
	const struct event_target_record target = {"t", "arn", "{}", 0};
	const struct event_accepted event = {ACCOUNT, "default", id, NOW_MS, "{\"a\":1}", 17};
	const struct event_dead why = {"Code", "reason", "", NOW_MS + 1};
	struct event_delivery *found;
	size_t n;

	ASSERT_OK(event_rule_put(place->db, &record, &place->err), &place->err);
	ASSERT_OK(event_target_put(place->db, &record.key, &target, &place->err), &place->err);
	ASSERT_OK(event_accept(place->db, &event, &rule, 1, false, &place->err), &place->err);
	ASSERT_OK(event_deliveries_due(place->db, ACCOUNT, NOW_MS, 10, place->arena, &found, &n,
				       &place->err),
		  &place->err);
	ck_assert_uint_eq(n, 1);
	found[0].attempts = 3;
	ASSERT_OK(event_delivery_die(place->db, &found[0], &why, &place->err), &place->err);
}

static size_t list(struct place *place, const struct event_letter_filter *filter,
		   struct event_letter **ret_letters)
{
	size_t n;

	ASSERT_OK(event_letter_list(place->db, filter, true, 10, place->arena, ret_letters, &n,
				    &place->err),
		  &place->err);
	return n;
}

START_TEST(letters_are_listed_by_account_bus_and_rule)
{
	AUTO(place_done) struct place place;
	const struct event_letter_filter all = {0};
	const struct event_letter_filter of_r = {.account = ACCOUNT, .rule = "r"};
	const struct event_letter_filter elsewhere = {.bus = "other"};
	const struct event_letter_filter others = {.account = OTHER_ACCOUNT};
	struct event_letter *letters;

	place_state(&place);
	die(&place, "r", "e1");
	die(&place, "s", "e2");
	ck_assert_uint_eq(list(&place, &all, &letters), 2);
	ck_assert_uint_eq(list(&place, &elsewhere, &letters), 0);
	ck_assert_uint_eq(list(&place, &others, &letters), 0);
	ck_assert_uint_eq(list(&place, &of_r, &letters), 1);
	ck_assert_str_eq(letters[0].event.id, "e1");
	ck_assert_str_eq(letters[0].event.body, "{\"a\":1}");
	ck_assert_str_eq(letters[0].why.reason, "reason");
	ck_assert_int_eq(letters[0].attempts, 3);
}
END_TEST

START_TEST(a_letter_that_is_sent_again_is_a_new_delivery_once)
{
	AUTO(place_done) struct place place;
	struct event_delivery *found;
	size_t n;

	place_state(&place);
	die(&place, "r", "e");
	ASSERT_OK(event_letter_redrive(place.db, 1, NOW_MS + 1000, &place.err), &place.err);
	ASSERT_FAILS(event_letter_redrive(place.db, 1, NOW_MS + 1000, &place.err), ERR_NOT_FOUND,
		     &place.err);
	ck_assert_int_eq(count(&place, "SELECT COUNT(*) FROM event_dead"), 0);
	ASSERT_OK(event_deliveries_due(place.db, ACCOUNT, NOW_MS + 1000, 10, place.arena, &found,
				       &n, &place.err),
		  &place.err);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(found[0].attempts, 0);
	ck_assert_int_eq(found[0].since_ms, NOW_MS + 1000);
	ck_assert_int_eq(found[0].event.depth, 0);
	ck_assert_str_eq(found[0].event.body, "{\"a\":1}");
	ck_assert_str_eq(found[0].target, "t");
}
END_TEST

START_TEST(a_letter_finds_its_event_though_the_id_was_dropped)
{
	AUTO(place_done) struct place place;

	place_state(&place);
	die(&place, "r", "e");
	ASSERT_OK(db_exec(place.db, "DELETE FROM event_accepted", NULL, &place.err), &place.err);
	ASSERT_OK(event_letter_redrive(place.db, 1, NOW_MS + 1000, &place.err), &place.err);
	ck_assert_int_eq(count(&place, "SELECT COUNT(*) FROM event_delivery d JOIN event_accepted e"
				       " ON e.number = d.event WHERE e.body IS NOT NULL"),
			 1);
}
END_TEST

START_TEST(a_letter_without_a_rule_meets_the_rules_again)
{
	AUTO(place_done) struct place place;
	const struct event_accepted event = {ACCOUNT, "default", "e", NOW_MS, "{}", 0};
	const struct event_dead why = {"Code", "reason", "", NOW_MS};

	place_state(&place);
	ASSERT_OK(event_die(place.db, &event, &why, &place.err), &place.err);
	ASSERT_OK(event_letter_redrive(place.db, 1, NOW_MS, &place.err), &place.err);
	ck_assert_int_eq(count(&place, "SELECT COUNT(*) FROM event_inbox WHERE id = 'e'"), 1);
	ck_assert_int_eq(count(&place, "SELECT COUNT(*) FROM event_delivery"), 0);
}
END_TEST

START_TEST(a_number_is_never_used_again)
{
	AUTO(place_done) struct place place;
	int64_t newest;

	place_state(&place);
	die(&place, "r", "e1");
	ASSERT_OK(event_letter_delete(place.db, 1, &place.err), &place.err);
	ASSERT_FAILS(event_letter_delete(place.db, 1, &place.err), ERR_NOT_FOUND, &place.err);
	die(&place, "r", "e2");
	ck_assert_int_eq(count(&place, "SELECT number FROM event_dead"), 2);
	ASSERT_OK(event_letter_newest(place.db, &newest, &place.err), &place.err);
	ck_assert_int_eq(newest, 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store/event_letter");
	TCase *all = tcase_create("all");

	tcase_add_test(all, letters_are_listed_by_account_bus_and_rule);
	tcase_add_test(all, a_letter_that_is_sent_again_is_a_new_delivery_once);
	tcase_add_test(all, a_letter_finds_its_event_though_the_id_was_dropped);
	tcase_add_test(all, a_letter_without_a_rule_meets_the_rules_again);
	tcase_add_test(all, a_number_is_never_used_again);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
