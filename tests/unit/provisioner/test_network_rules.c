/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Security groups: their words, and the doors that come out, which must be exactly
 * those of the rules and must not overlap.
 */
#include <stdio.h>
#include <string.h>

#include "provisioner/network_rules.h"
#include "tests/support/suite.h"

static const struct {
	const char *text;
	size_t count; /* of rules; 99: refused */
} texts[] = {
	{"", 0},
	{" , ", 0},
	{"published", 1},
	{"tcp:80", 1},
	{"tcp:80, udp:53-60,tcp:all", 3},
	{"udp:all from 0.0.0.0/0", 1},
	{"published from 10.0.0.0/8", 1},
	{"tcp:80 from 10.0.0.1/32", 1},
	{"http", 99},
	{"tcp", 99},
	{"tcp:", 99},
	{"tcp:0", 99},
	{"tcp:65536", 99},
	{"tcp:99999999999999999999", 99},
	{"tcp:80-", 99},
	{"tcp:80-79", 99},
	{"tcp:80x", 99},
	{"tcp:-80", 99},
	{"TCP:80", 99},
	{"icmp:all", 99},
	{"tcp:80 from", 99},
	{"tcp:80 from 10.0.0.0", 99},
	{"tcp:80 from 10.0.0.0/33", 99},
	{"tcp:80 from 10.0.0.1/8", 99},
	{"tcp:80 from 10.0.0.0/8x", 99},
	{"tcp:80 from 10.0.0.0/-1", 99},
	{"tcp:80 from fd00::/8", 99},
	{"tcp:80 to 10.0.0.0/8", 99},
	{"tcp:80 from 10.0.0.0/8 tcp:81", 99},
	{"from 10.0.0.0/8", 99},
};

START_TEST(rules_are_read_or_refused_by_name)
{
	struct network_group group = {.count = 7};
	struct err err = ERR_INIT;

	if (texts[_i].count == 99) {
		ck_assert_msg(network_group_parse(texts[_i].text, &group, &err) == -1, "%s",
			      texts[_i].text);
		ck_assert_int_eq(err.code, ERR_INVALID);
		ck_assert_uint_eq(group.count, 7);
	} else {
		ck_assert_msg(network_group_parse(texts[_i].text, &group, &err) == 0, "%s",
			      err.text);
		ck_assert_uint_eq(group.count, texts[_i].count);
	}
}
END_TEST

START_TEST(a_group_has_a_limit)
{
	struct network_group group = {.count = 0};
	struct err err = ERR_INIT;
	char text[1024] = "";

	for (int i = 0; i < NETWORK_RULES_MAX; i++)
		strcat(text, "tcp:80,");
	ck_assert_int_eq(network_group_parse(text, &group, &err), 0);
	strcat(text, "tcp:80");
	ck_assert_int_eq(network_group_parse(text, &group, &err), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
}
END_TEST

/* --- doors ------------------------------------------------------------------ */

static const struct network_port ports[] = {
	{80, false, 0}, {443, false, 0}, {53, true, 0}, {90, true, 95}};

static const struct {
	const char *groups[3];
	const char *doors; /* "tcp 80-80 0.0.0.0/0;" ... in order */
} cases[] = {
	{{""}, ""},
	{{"published"}, "tcp 80-80 0/0;tcp 443-443 0/0;udp 53-53 0/0;udp 90-95 0/0;"},
	{{"published", "published"}, "tcp 80-80 0/0;tcp 443-443 0/0;udp 53-53 0/0;udp 90-95 0/0;"},
	{{"published from 10.0.0.0/8"},
	 "tcp 80-80 a000000/8;tcp 443-443 a000000/8;udp 53-53 a000000/8;"
	 "udp 90-95 a000000/8;"},
	{{"tcp:all", "tcp:80", "tcp:5-9"}, "tcp 1-65535 0/0;"},
	{{"tcp:1-10", "tcp:5-20"}, "tcp 1-20 0/0;"},
	{{"tcp:1-10", "tcp:11-20"}, "tcp 1-20 0/0;"},
	{{"tcp:1-10", "tcp:12-20"}, "tcp 1-10 0/0;tcp 12-20 0/0;"},
	{{"tcp:1-10", "udp:1-10"}, "tcp 1-10 0/0;udp 1-10 0/0;"},
	{{"tcp:80 from 10.0.0.0/8", "tcp:80 from 10.1.0.0/16"}, "tcp 80-80 a000000/8;"},
	{{"tcp:80 from 10.0.0.0/8", "tcp:80"}, "tcp 80-80 0/0;"},
	{{"tcp:80 from 10.0.0.0/8", "tcp:80 from 11.0.0.0/8"},
	 "tcp 80-80 a000000/8;tcp 80-80 b000000/8;"},
	{{"tcp:50-60 from 10.0.0.0/8", "tcp:55-70 from 10.1.0.0/16"},
	 "tcp 50-60 a000000/8;tcp 61-70 a010000/16;"},
	{{"tcp:50-60 from 10.1.0.0/16", "tcp:55-70 from 10.0.0.0/8"},
	 "tcp 50-54 a010000/16;tcp 55-70 a000000/8;"},
	{{"tcp:65535", "tcp:65534"}, "tcp 65534-65535 0/0;"},
};

static struct network_opening *open_doors(const char *const *texts_of, size_t *ret_count)
{
	static struct network_group groups[3];
	const struct network_group *list[3] = {NULL};
	struct network_opening *doors = NULL;
	struct err err = ERR_INIT;

	for (int i = 0; i < 3 && texts_of[i]; i++) {
		ck_assert_int_eq(network_group_parse(texts_of[i], &groups[i], &err), 0);
		list[i] = &groups[i];
	}
	ck_assert_int_eq(
		network_openings(list, 3, ports, ARRAY_LEN(ports), &doors, ret_count, &err), 0);
	return doors;
}

START_TEST(groups_open_these_doors)
{
	char text[1024] = "";
	size_t count;
	struct network_opening *doors = open_doors(cases[_i].groups, &count);

	for (size_t i = 0; i < count; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s %u-%u %x/%u;",
			       doors[i].udp ? "udp" : "tcp", doors[i].first, doors[i].last,
			       doors[i].from.base, doors[i].from.len);
	ck_assert_str_eq(text, cases[_i].doors);
	free(doors);
}
END_TEST

/* Random rules: each (source, port) is open exactly if a rule says so, and by one door. */
START_TEST(doors_are_the_rules_and_do_not_overlap)
{
	static const uint32_t sources[] = {0x0a000001, 0x0a010001, 0x0a010101, 0x0b000001};
	static const char *const words[] = {"", " from 10.0.0.0/8", " from 10.1.0.0/16",
					    " from 10.1.1.0/24", " from 11.0.0.0/8"};

	srand(20260101u + (unsigned)_i);
	for (int round = 0; round < 100; round++) {
		char texts_of[3][128];
		const char *list[3];
		struct network_group groups[3];
		struct network_opening *doors;
		struct err err = ERR_INIT;
		size_t count;

		for (int g = 0; g < 3; g++) {
			int a = 1 + rand() % 12, b = a + rand() % 6;

			(void)snprintf(texts_of[g], sizeof(texts_of[g]), "tcp:%d-%d%s", a, b,
				       words[rand() % 5]);
			list[g] = texts_of[g];
			ck_assert_int_eq(network_group_parse(list[g], &groups[g], &err), 0);
		}
		doors = open_doors(list, &count);
		for (size_t s = 0; s < ARRAY_LEN(sources); s++) {
			struct network_cidr one = {sources[s], 32};

			for (uint16_t port = 1; port < 20; port++) {
				int by_rules = 0, by_doors = 0;

				for (int g = 0; g < 3; g++)
					by_rules += groups[g].rules[0].first <= port &&
						    port <= groups[g].rules[0].last &&
						    network_cidr_overlap(&groups[g].rules[0].from,
									 &one);
				for (size_t d = 0; d < count; d++)
					by_doors += doors[d].first <= port &&
						    port <= doors[d].last &&
						    network_cidr_overlap(&doors[d].from, &one);
				ck_assert_int_eq(by_doors, by_rules > 0);
			}
		}
		free(doors);
	}
}
END_TEST

START_TEST(too_many_doors_are_refused)
{
	struct network_port many[NETWORK_PORTS_MAX];
	struct network_group group = {.count = 0};
	const struct network_group *list[1] = {&group};
	struct network_opening *doors = NULL;
	struct err err = ERR_INIT;
	char text[2048] = "";
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = (struct network_port){.port = (uint16_t)(i + 1)};
	for (int i = 0; i < 11; i++)
		strcat(text, "published,");
	ck_assert_int_eq(network_group_parse(text, &group, &err), 0);
	ck_assert_int_eq(network_openings(list, 1, many, ARRAY_LEN(many), &doors, &count, &err),
			 -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	ck_assert_ptr_null(doors);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("network_rules");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, rules_are_read_or_refused_by_name, 0, ARRAY_LEN(texts));
	tcase_add_test(all, a_group_has_a_limit);
	tcase_add_loop_test(all, groups_open_these_doors, 0, ARRAY_LEN(cases));
	tcase_add_loop_test(all, doors_are_the_rules_and_do_not_overlap, 0, 10);
	tcase_add_test(all, too_many_doors_are_refused);
	tcase_set_timeout(all, 60);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
