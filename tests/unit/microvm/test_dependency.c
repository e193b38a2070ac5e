/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "microvm/agent/dependency.h"

/* Container 0 waits for container 1. */
static struct wire_dependency dependency = {.container = 1};
static struct wire_container pair[] = {
	{.name = "app", .dependencies = {.items = &dependency, .count = 1, .present = true}},
	{.name = "db", .start_timeout_s = 7},
};
static const struct shape_list containers = {.items = pair, .count = 2, .present = true};

#define EACH(start, complete, success, healthy)                                                    \
	{                                                                                          \
		[WIRE_CONDITION_START] = DEPENDENCY_##start,                                       \
		[WIRE_CONDITION_COMPLETE] = DEPENDENCY_##complete,                                 \
		[WIRE_CONDITION_SUCCESS] = DEPENDENCY_##success,                                   \
		[WIRE_CONDITION_HEALTHY] = DEPENDENCY_##healthy,                                   \
	}

/* Every condition over what the other has come to. */
static const struct {
	const char *claim;
	struct dependency_state other;
	enum dependency_verdict verdicts[WIRE_CONDITION_COUNT];
} rows[] = {
	{"not started", {0}, EACH(WAITS, WAITS, WAITS, WAITS)},
	{"never ran", {.ended = true}, EACH(LOST, LOST, LOST, LOST)},
	{"runs", {.started = true}, EACH(MET, WAITS, WAITS, WAITS)},
	{"runs and is well", {.started = true, .healthy = true}, EACH(MET, WAITS, WAITS, MET)},
	{"took too long", {.started = true, .timed_out = true}, EACH(MET, LOST, LOST, LOST)},
	{"became well in time",
	 {.started = true, .timed_out = true, .healthy = true},
	 EACH(MET, LOST, LOST, MET)},
	{"ended well", {.started = true, .ended = true}, EACH(MET, MET, MET, LOST)},
	{"ended badly",
	 {.started = true, .ended = true, .exit_code = 3},
	 EACH(MET, MET, LOST, LOST)},
	{"ended, and then its time was over",
	 {.started = true, .ended = true, .timed_out = true},
	 EACH(MET, MET, MET, LOST)},
	{"was well when it ended",
	 {.started = true, .ended = true, .healthy = true},
	 EACH(MET, MET, MET, LOST)},
};

START_TEST(each_condition_asks_for_its_own)
{
	for (int condition = 0; condition < WIRE_CONDITION_COUNT; condition++) {
		struct dependency_state states[2] = {{0}, rows[_i].other};
		char why[DEPENDENCY_REASON_SIZE] = "untouched";
		enum dependency_verdict verdict;

		dependency.condition = condition;
		verdict = dependency_check(&containers, states, 0, why);
		ck_assert_msg(verdict == rows[_i].verdicts[condition], "%s: %s is %d",
			      rows[_i].claim, wire_condition_names[condition], verdict);
		if (verdict == DEPENDENCY_LOST)
			ck_assert_ptr_nonnull(strstr(why, "container db "));
		else
			ck_assert_str_eq(why, "untouched");
	}
}
END_TEST

START_TEST(the_reason_tells_what_did_not_come)
{
	struct dependency_state states[2] = {{0}, {.started = true, .timed_out = true}};
	char why[DEPENDENCY_REASON_SIZE];

	dependency.condition = WIRE_CONDITION_HEALTHY;
	ck_assert_int_eq(dependency_check(&containers, states, 0, why), DEPENDENCY_LOST);
	ck_assert_str_eq(why, "container db was not HEALTHY within its startTimeout of 7 seconds");
	states[1].ended = true;
	ck_assert_int_eq(dependency_check(&containers, states, 0, why), DEPENDENCY_LOST);
	ck_assert_str_eq(why, "container db ended and was not HEALTHY");
}
END_TEST

/* 0 waits for 1 and 2; 1 waits for 2. */
static struct wire_dependency both[] = {{1, WIRE_CONDITION_START}, {2, WIRE_CONDITION_SUCCESS}};
static struct wire_container three[] = {
	{.name = "a", .dependencies = {.items = both, .count = 2, .present = true}},
	{.name = "b", .dependencies = {.items = both + 1, .count = 1, .present = true}},
	{.name = "c"},
};
static const struct shape_list chain = {.items = three, .count = 3, .present = true};

START_TEST(all_of_several_have_to_come_and_one_that_cannot_is_enough)
{
	struct dependency_state states[3] = {{0}};
	char why[DEPENDENCY_REASON_SIZE];

	ck_assert_int_eq(dependency_check(&chain, states, 2, why), DEPENDENCY_MET);
	states[1].started = true;
	ck_assert_int_eq(dependency_check(&chain, states, 0, why), DEPENDENCY_WAITS);
	states[2] = (struct dependency_state){.started = true, .ended = true};
	ck_assert_int_eq(dependency_check(&chain, states, 0, why), DEPENDENCY_MET);
	states[2].exit_code = 1;
	ck_assert_int_eq(dependency_check(&chain, states, 0, why), DEPENDENCY_LOST);
}
END_TEST

START_TEST(stopping_goes_backwards)
{
	struct dependency_state states[3] = {
		{.started = true}, {.started = true}, {.started = true}};

	ck_assert(dependency_may_stop(&chain, states, 0));
	ck_assert(!dependency_may_stop(&chain, states, 1));
	ck_assert(!dependency_may_stop(&chain, states, 2));
	states[0].ended = true;
	ck_assert(dependency_may_stop(&chain, states, 1));
	ck_assert(!dependency_may_stop(&chain, states, 2));
	states[1].ended = true;
	ck_assert(dependency_may_stop(&chain, states, 2));
}
END_TEST

START_TEST(a_container_that_is_none_never_comes)
{
	struct dependency_state states[2] = {{0}};
	char why[DEPENDENCY_REASON_SIZE];

	dependency = (struct wire_dependency){.container = 9};
	ck_assert_int_eq(dependency_check(&containers, states, 0, why), DEPENDENCY_LOST);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("microvm/dependency");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, each_condition_asks_for_its_own, 0, ARRAY_LEN(rows));
	tcase_add_test(all, the_reason_tells_what_did_not_come);
	tcase_add_test(all, all_of_several_have_to_come_and_one_that_cannot_is_enough);
	tcase_add_test(all, stopping_goes_backwards);
	tcase_add_test(all, a_container_that_is_none_never_comes);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
