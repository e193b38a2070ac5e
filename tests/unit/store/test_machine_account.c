/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/place.h"

#include "store/machine_account.h"

#define TASK "00000000000000000000000000000001"

static const struct machine_account first = {
	.task = TASK,
	.machine = "slipway-" TASK "-1",
	.boot_id = "b",
	.pid = 12,
	.process_start_ns = 1000,
	.taken_ns = 2000,
	.vcpus = 2,
	.memory_mib = 512,
	.sampled_ns = 3000,
	.waited = {13, 14, 15, 16, 17, 18},
	.host = {1, 2, 3, 4, 5, 6},
	.guest = {7, 8, 9, 10, 11, 12},
};

static void put(struct place *place, const struct machine_account *account)
{
	ASSERT_OK(machine_account_put(place->db, account, &place->err), &place->err);
}

static struct machine_account *list(struct place *place, size_t count)
{
	struct machine_account *accounts;
	size_t found;

	ASSERT_OK(
		machine_account_list(place->db, TASK, place->arena, &accounts, &found, &place->err),
		&place->err);
	ck_assert_uint_eq(found, count);
	return accounts;
}

static void assert_same(const struct machine_account *a, const struct machine_account *b)
{
	ck_assert_str_eq(a->machine, b->machine);
	ck_assert_str_eq(a->boot_id, b->boot_id);
	ck_assert_int_eq(a->pid, b->pid);
	ck_assert_int_eq(a->process_start_ns, b->process_start_ns);
	ck_assert_int_eq(a->taken_ns, b->taken_ns);
	ck_assert_int_eq(a->ended_ns, b->ended_ns);
	ck_assert_int_eq(a->vcpus, b->vcpus);
	ck_assert_int_eq(a->memory_mib, b->memory_mib);
	ck_assert_int_eq(a->sampled_ns, b->sampled_ns);
	ck_assert_mem_eq(&a->waited, &b->waited, sizeof(a->waited));
	ck_assert_mem_eq(&a->host, &b->host, sizeof(a->host));
	ck_assert_mem_eq(&a->guest, &b->guest, sizeof(a->guest));
}

START_TEST(what_is_put_is_listed_and_a_repeat_changes_nothing)
{
	AUTO(place_done) struct place place;

	place_state(&place);
	list(&place, 0);
	put(&place, &first);
	put(&place, &first);
	assert_same(list(&place, 1), &first);
}
END_TEST

START_TEST(a_row_only_grows)
{
	struct machine_account later = first, lower = first;
	AUTO(place_done) struct place place;

	place_state(&place);
	put(&place, &first);
	later.ended_ns = 5000;
	later.sampled_ns = 4000;
	later.host = (struct machine_counts){101, 102, 103, 104, 105, 106};
	later.guest = (struct machine_counts){107, 108, 109, 110, 111, 112};
	put(&place, &later);
	assert_same(list(&place, 1), &later);
	lower.ended_ns = 6000; /* the first word counts */
	put(&place, &lower);
	assert_same(list(&place, 1), &later);
}
END_TEST

START_TEST(each_machine_of_a_task_has_its_row_and_the_first_comes_first)
{
	struct machine_account second = first, other = first;
	AUTO(place_done) struct place place;
	struct machine_account *rows;

	place_state(&place);
	second.machine = "slipway-" TASK "-2";
	second.taken_ns = 9000;
	other.task = "00000000000000000000000000000002";
	put(&place, &second);
	put(&place, &first);
	put(&place, &other);
	rows = list(&place, 2);
	assert_same(&rows[0], &first);
	assert_same(&rows[1], &second);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_is_put_is_listed_and_a_repeat_changes_nothing,
		a_row_only_grows,
		each_machine_of_a_task_has_its_row_and_the_first_comes_first,
	};

	return suite_run("machine_account", tests, ARRAY_LEN(tests));
}
