/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "microvm/agent/identity.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "# a comment\n"
			     "\n"
			     "short:x:5\n"
			     "bad:x:five:5::/:\n"
			     "alice:x:1000:1001:Alice, room 7:/home/alice:/bin/sh\n"
			     "alice2:x:1000:7::/:\n"
			     "nohome:x:1002:1002::\n"
			     "homeless:x:1003:1003:::/bin/sh\n"
			     "42:x:43:44:a name of digits:/fortytwo:\n"
			     "last:x:1004:1004::/last:/bin/sh"; /* no newline */
static const char group[] = "root:x:0:\n"
			    "alice:x:1001:alice\n"
			    "staff:x:50:bob,alice\n"
			    "wheel:x:10:alicex,xalice\n"
			    "nobody\n"
			    "docker:x:999:alice,root,last";

static const struct {
	const char *user;
	unsigned uid, gid;
	const char *home;
	unsigned groups[8]; /* after gid, up to a 0 */
} rows[] = {
	{"", 0, 0, "/root", {999}},
	{"root", 0, 0, "/root", {999}},
	{"0", 0, 0, "/root", {999}},
	{"alice", 1000, 1001, "/home/alice", {50, 999}},
	{"1000", 1000, 1001, "/home/alice", {50, 999}},
	{"1000:0", 1000, 0, "/home/alice", {0}},
	{"1000:staff", 1000, 50, "/home/alice", {0}},
	{"1000:12345", 1000, 12345, "/home/alice", {0}},
	{"777", 777, 0, "/", {0}},
	{"777:staff", 777, 50, "/", {0}},
	{"last", 1004, 1004, "/last", {999}},
	{"homeless", 1003, 1003, "/", {0}},
	{"42", 43, 44, "/fortytwo", {0}},
	{":staff", 0, 50, "/root", {0}},
	{"alice:", 1000, 1001, "/home/alice", {50, 999}},
	{"2147483647", 2147483647, 0, "/", {0}},
};

START_TEST(users_and_groups_are_found)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct identity identity;
		struct err err = ERR_INIT;
		size_t count = 1;

		ck_assert_msg(identity_resolve(rows[i].user, passwd, group, &identity, &err) == 0,
			      "%s: %s", rows[i].user, err.text);
		ck_assert_uint_eq(identity.uid, rows[i].uid);
		ck_assert_uint_eq(identity.gid, rows[i].gid);
		ck_assert_str_eq(identity.home, rows[i].home);
		ck_assert_uint_eq(identity.groups[0], rows[i].gid);
		for (; rows[i].groups[count - 1] != 0; count++)
			ck_assert_uint_eq(identity.groups[count], rows[i].groups[count - 1]);
		ck_assert_msg(identity.group_count == count, "%s: %zu groups", rows[i].user,
			      identity.group_count);
	}
}
END_TEST

START_TEST(who_is_not_there_is_named)
{
	static const struct {
		const char *user, *text;
	} refused[] = {
		{"bob", "unable to find user bob: no matching entries in passwd file"},
		{"bob:staff", "unable to find user bob: no matching entries in passwd file"},
		{"alice:none", "unable to find group none: no matching entries in group file"},
		{"short", "unable to find user short: no matching entries in passwd file"},
		{"bad", "unable to find user bad: no matching entries in passwd file"},
		{"-1", "unable to find user -1: no matching entries in passwd file"},
		{"2147483648",
		 "unable to find user 2147483648: no matching entries in passwd file"},
		{"99999999999",
		 "unable to find user 99999999999: no matching entries in passwd file"},
		{"0:nobody", "unable to find group nobody: no matching entries in group file"},
		{"alice:staff:x",
		 "unable to find group staff:x: no matching entries in group file"},
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct identity identity;
		struct err err = ERR_INIT;

		ck_assert_int_eq(identity_resolve(refused[i].user, passwd, group, &identity, &err),
				 -1);
		ck_assert_str_eq(err.text, refused[i].text);
	}
}
END_TEST

START_TEST(an_image_without_the_files_has_numbers_only)
{
	struct identity identity;
	struct err err = ERR_INIT;

	ASSERT_OK(identity_resolve("5:6", "", "", &identity, &err), &err);
	ck_assert_uint_eq(identity.uid, 5);
	ck_assert_uint_eq(identity.gid, 6);
	ck_assert_str_eq(identity.home, "/");
	ASSERT_OK(identity_resolve("", "", "", &identity, &err), &err);
	ck_assert_uint_eq(identity.uid, 0);
	ck_assert_int_eq(identity_resolve("root", "", "", &identity, &err), -1);
}
END_TEST

START_TEST(memberships_beyond_the_maximum_are_left_out)
{
	AUTO(freep) char *many = xcalloc(1, 64 * (IDENTITY_GROUPS_MAX + 10));
	struct identity identity;
	struct err err = ERR_INIT;
	size_t at = 0;

	for (int i = 0; i < IDENTITY_GROUPS_MAX + 10; i++)
		at += (size_t)sprintf(many + at, "g%d:x:%d:root\n", i, 5000 + i);
	ASSERT_OK(identity_resolve("root", passwd, many, &identity, &err), &err);
	ck_assert_uint_eq(identity.group_count, IDENTITY_GROUPS_MAX);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		users_and_groups_are_found,
		who_is_not_there_is_named,
		an_image_without_the_files_has_numbers_only,
		memberships_beyond_the_maximum_are_left_out,
	};

	return suite_run("identity", tests, ARRAY_LEN(tests));
}
