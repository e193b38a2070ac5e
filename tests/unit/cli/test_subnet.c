/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A subnet is chosen that nobody has, and stays where it was.
 */
#include "tests/support/suite.h"

#include "cli/subnet.h"
#include "provisioner/instance.h"

static void expect(char *got, const char *expected)
{
	ck_assert_str_eq(got, expected);
	free(got);
}

START_TEST(the_number_says_where_the_search_begins)
{
	expect(subnet_choose(0, NULL, 0), "10.64.0.0/20");
	expect(subnet_choose(17, NULL, 0), "10.65.16.0/20");
	expect(subnet_choose(2816 + 17, NULL, 0), "10.65.16.0/20");
}
END_TEST

START_TEST(what_is_taken_is_passed_by)
{
	/* A host address inside, a wider network. */
	const struct subnet_range taken[] = {{0x0a401001, 24}, {0x0a402000, 19}};

	expect(subnet_choose(0, taken, 2), "10.64.0.0/20");
	expect(subnet_choose(1, taken, 2), "10.64.64.0/20");
	const struct subnet_range last = {0x0aeff000, 20};
	expect(subnet_choose(2815, &last, 1), "10.64.0.0/20");
}
END_TEST

START_TEST(another_region_serves_where_the_first_is_full)
{
	const struct subnet_range vpn = {0x0a000000, 8};
	const struct subnet_range both[] = {{0x0a000000, 8}, {0xac100000, 12}};
	const struct subnet_range all = {0, 0};

	expect(subnet_choose(3, &vpn, 1), "172.16.48.0/20");
	expect(subnet_choose(3, both, 2), "192.168.48.0/20");
	/* Nothing is free: the provisioner will name what it overlaps with. */
	expect(subnet_choose(3, &all, 1), "10.64.48.0/20");
}
END_TEST

START_TEST(an_installation_keeps_its_range)
{
	AUTO(freep) char *first = subnet_of_installation("/a", NULL);
	AUTO(freep) char *other = subnet_of_installation("/b", NULL);

	ck_assert_str_ne(first, other);
	expect(subnet_of_installation("/a", NULL), first);
	expect(subnet_of_installation("/a", other), other);
	/* 127.0.0.0/8 is the loopback interface's. */
	expect(subnet_of_installation("/a", "127.0.16.0/20"), first);
	expect(subnet_of_installation("/a", "10.64.0.0/24"), first);
	expect(subnet_of_installation("/a", "nonsense"), first);
}
END_TEST

START_TEST(an_instance_is_four_digits_of_the_state_folder)
{
	char instance[INSTANCE_SIZE];

	/* printf %s /a | sha256sum */
	instance_of("/a", instance);
	ck_assert_str_eq(instance, "6a50");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("subnet");
	TCase *all = tcase_create("all");

	tcase_add_test(all, the_number_says_where_the_search_begins);
	tcase_add_test(all, what_is_taken_is_passed_by);
	tcase_add_test(all, another_region_serves_where_the_first_is_full);
	tcase_add_test(all, an_installation_keeps_its_range);
	tcase_add_test(all, an_instance_is_four_digits_of_the_state_folder);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
