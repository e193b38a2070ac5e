/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "core/clock.h"
#include "microvm/agent/container_stats.h"

static void assert_json(json_t *json, const char *text)
{
	AUTO(json_decrefp) json_t *owned = json;
	AUTO(freep) char *found = json_dumps(owned, JSON_COMPACT | JSON_SORT_KEYS);

	ck_assert_str_eq(found, text);
}

START_TEST(memory_is_every_line_of_the_kernels_text)
{
	assert_json(container_stats_memory("anon 4096\nfile_dirty 7\nworkingset_refault_anon 0"),
		    "{\"anon\":4096,\"file_dirty\":7,\"workingset_refault_anon\":0}");
	assert_json(container_stats_memory(""), "{}");
	assert_json(container_stats_memory("no number\n\n= 1\nslab 2\n"), "{\"slab\":2}");
}
END_TEST

START_TEST(disks_are_two_rows_each)
{
	static const char *const keys[2] = {"rbytes", "wbytes"};

	assert_json(container_stats_disks("254:16 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0\n"
					  "8:0 rbytes=3 wbytes=4\n",
					  keys),
		    "[{\"major\":254,\"minor\":16,\"op\":\"read\",\"value\":10},"
		    "{\"major\":254,\"minor\":16,\"op\":\"write\",\"value\":20},"
		    "{\"major\":8,\"minor\":0,\"op\":\"read\",\"value\":3},"
		    "{\"major\":8,\"minor\":0,\"op\":\"write\",\"value\":4}]");
	assert_json(container_stats_disks("254:0 \nnonsense\n", keys), "[]");
	assert_json(container_stats_disks("", keys), "[]");
}
END_TEST

START_TEST(a_look_compares_itself_with_one_that_is_a_second_old)
{
	struct container_stats stats = {.now = {.wall_ms = 0}};
	json_t *json;

	/* There is no such cgroup here: a container that has just ended uses nothing. */
	clock_fake(1000000, 0);
	json = container_stats_look(&stats, 9, "id", "name");
	ck_assert_str_eq(json_string_value(json_object_get(json, "preread")),
			 "0001-01-01T00:00:00Z");
	json_decref(json);
	clock_fake(1000500, 0);
	json_decref(container_stats_look(&stats, 9, "id", "name"));
	ck_assert_int_eq(stats.before.wall_ms, 0);
	clock_fake(1001500, 0);
	json = container_stats_look(&stats, 9, "id", "name");
	ck_assert_int_eq(stats.before.wall_ms, 1000500);
	ck_assert_str_eq(json_string_value(json_object_get(json, "preread")),
			 "1970-01-01T00:16:40.500Z");
	ck_assert(json_is_object(json_object_get(json, "memory_stats")));
	json_decref(json);
}
END_TEST

int main(void)
{
	static const TTest *tests[3];
	size_t count = 0;

	tests[count++] = memory_is_every_line_of_the_kernels_text;
	tests[count++] = disks_are_two_rows_each;
	tests[count++] = a_look_compares_itself_with_one_that_is_a_second_old;
	return suite_run("container_stats", tests, count);
}
