/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "store/role_policy.h"

static const struct {
	const char *patterns, *service, *action;
	bool allowed;
} rows[] = {
	{"ecs:ListTasks", "ecs", "ListTasks", true},
	{"ecs:listtasks", "ecs", "ListTasks", true},
	{"ecs:ListTask", "ecs", "ListTasks", false},
	{"ecs:ListTasksX", "ecs", "ListTasks", false},
	{"ecs:List*", "ecs", "ListTasks", true},
	{"ecs:List*", "ecs", "DescribeTasks", false},
	{"ecs:List*", "logs", "ListTasks", false},
	{"ecs:*Tasks", "ecs", "DescribeTasks", true},
	{"ecs:*s*s*s", "ecs", "DescribeTasks", true},
	{"ecs:*s*s*s*s*s", "ecs", "DescribeTasks", false},
	{"ecs:ListTask?", "ecs", "ListTasks", true},
	{"ecs:ListTasks?", "ecs", "ListTasks", false},
	{"*", "iam", "PassRole", true},
	{"logs:*,  ecs:StopTask", "ecs", "StopTask", true},
	{"logs:*, ecs:StopTask", "ecs", "RunTask", false},
	{"", "ecs", "ListTasks", false},
	{NULL, "ecs", "ListTasks", false},
};

START_TEST(what_no_pattern_allows_is_denied)
{
	ck_assert(role_policy_allows(rows[_i].patterns, rows[_i].service, rows[_i].action) ==
		  rows[_i].allowed);
}
END_TEST

START_TEST(a_roles_name_is_the_end_of_its_arn)
{
	ck_assert_str_eq(role_name("arn:aws:iam::123456789012:role/reader"), "reader");
	ck_assert_str_eq(role_name("arn:aws:iam::123456789012:role/a/b/reader"), "reader");
	ck_assert_str_eq(role_name("reader"), "reader");
	ck_assert_str_eq(role_name(""), "");
	ck_assert_str_eq(role_name(NULL), "");
}
END_TEST

static const struct {
	const char *name, *value;
	bool good;
} configured[] = {
	{"reader", "ecs:List*, logs:*", true},
	{"a-b_C9", "*", true},
	{"nobody", "", true},
	{"a.b", "*", false},
	{"x", "ecs", false},
	{"x", "ecs:List Tasks", false},
	{"x", "ecs:List*;logs:*", false},
	{"x", "ecs:List\"", false},
};

START_TEST(a_policy_that_cannot_be_meant_is_refused)
{
	struct conf_pair pair = {(char *)(uintptr_t)configured[_i].name,
				 (char *)(uintptr_t)configured[_i].value};
	const struct conf_map roles = {&pair, 1};
	struct err err = ERR_INIT;

	ck_assert_int_eq(role_policies_check(&roles, &err), configured[_i].good ? 0 : -1);
	if (!configured[_i].good)
		ck_assert_ptr_nonnull(strstr(err.text, "role."));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store/role_policy");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, what_no_pattern_allows_is_denied, 0, ARRAY_LEN(rows));
	tcase_add_test(all, a_roles_name_is_the_end_of_its_arn);
	tcase_add_loop_test(all, a_policy_that_cannot_be_meant_is_refused, 0,
			    ARRAY_LEN(configured));
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
