/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Selections: one of each kind, all kinds.
 */
#include "billing/selection.h"
#include "tests/support/suite.h"

static struct charge charge_of(int64_t number, const char *cluster, const char *family,
			       const char *tags)
{
	return (struct charge){.task = {.number = number,
					.task = "t",
					.cluster = cluster,
					.family = family,
					.group = "",
					.started_by = "",
					.tags_json = tags}};
}

START_TEST(a_charge_needs_one_of_each_kind)
{
	static const struct {
		struct selection selection;
		bool wanted[4];
	} rows[] = {
		{{.last_task = 0}, {true, true, true, true}},
		{{.clusters = {{"a"}, 1}}, {true, true, false, false}},
		{{.clusters = {{"a", "b"}, 2}}, {true, true, true, true}},
		{{.clusters = {{"c"}, 1}}, {false, false, false, false}},
		{{.clusters = {{"a"}, 1}, .families = {{"web"}, 1}}, {true, false, false, false}},
		{{.families = {{"web", "etl"}, 2}}, {true, true, true, false}},
		{{.tags = {{"team", "blue"}}, .tag_count = 1}, {true, false, true, false}},
		{{.tags = {{"team", "blue"}, {"team", "red"}}, .tag_count = 2},
		 {true, true, true, false}},
		{{.tags = {{"team", "blue"}, {"stage", "prod"}}, .tag_count = 2},
		 {false, false, true, false}},
		{{.tags = {{"team", ""}}, .tag_count = 1}, {false, false, false, true}},
		{{.tags = {{"aws:ecs:clusterName", "b"}}, .tag_count = 1},
		 {false, false, true, true}},
	};
	const struct charge charges[] = {
		charge_of(1, "a", "web", "{\"team\":\"blue\"}"),
		charge_of(2, "a", "etl", "{\"team\":\"red\"}"),
		charge_of(3, "b", "web", "{\"stage\":\"prod\",\"team\":\"blue\"}"),
		charge_of(4, "b", "other", "{}"),
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct selection selection = rows[i].selection;

		ck_assert(selection_is_all(&selection) == (i == 0));
		for (size_t j = 0; j < ARRAY_LEN(charges); j++) {
			ck_assert_msg(selection_wants(&selection, &charges[j], METER_VCPU) ==
					      rows[i].wanted[j],
				      "row %zu, charge %zu", i, j);
			ck_assert(selection_wants(&selection, &charges[j], METER_MEMORY) ==
				  rows[i].wanted[j]);
		}
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_charge_needs_one_of_each_kind};

	return suite_run("billing/selection", tests, ARRAY_LEN(tests));
}
