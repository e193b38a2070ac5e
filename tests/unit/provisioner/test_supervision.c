/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "provisioner/supervision.h"

#define ARENA_MAX (256u * 1024)

struct scene {
	struct arena *arena;
	json_t *json;
	struct task_spec spec;
	struct err err;
};

static void scene_done(struct scene *scene)
{
	json_decref(scene->json);
	arena_free(scene->arena);
}

/* @containers: members of each beyond its image. */
static void read_scene(struct scene *scene, const char *containers)
{
	AUTO(freep)
	char *text = xasprintf("{\"containers\":%s,\"ephemeralStorageGiB\":20}", containers);

	memset(scene, 0, sizeof(*scene));
	for (char *at = text; *at; at++)
		*at = *at == '\'' ? '"' : *at;
	scene->arena = arena_new(ARENA_MAX);
	ASSERT_OK(shape_parse(text, strlen(text), &scene->json, &scene->err), &scene->err);
	ASSERT_OK(
		shape_fill(&task_spec_shape, scene->json, scene->arena, &scene->spec, &scene->err),
		&scene->err);
}

START_TEST(what_is_not_said_is_the_apis_default)
{
	AUTO(scene_done) struct scene scene;
	struct wire_container to;

	read_scene(&scene, "[{'name':'a','image':'i','healthCheck':{'command':['CMD','x','y']},"
			   "'restartPolicy':{'enabled':true}},{'name':'b','image':'i'}]");
	ASSERT_OK(supervision_fill(&scene.spec, 0, scene.arena, &to, &scene.err), &scene.err);
	ck_assert_uint_eq(to.check.args.count, 2);
	ck_assert_str_eq(((const char **)to.check.args.items)[0], "x");
	ck_assert_int_eq(to.check.interval_s, 30);
	ck_assert_int_eq(to.check.timeout_s, 5);
	ck_assert_int_eq(to.check.retries, 3);
	ck_assert_int_eq(to.check.start_period_s, 0);
	ck_assert(to.restart.enabled);
	ck_assert_int_eq(to.restart.period_s, 300);
	ck_assert_int_eq(to.start_timeout_s, 0);
	ASSERT_OK(supervision_fill(&scene.spec, 1, scene.arena, &to, &scene.err), &scene.err);
	ck_assert_uint_eq(to.check.args.count, 0);
	ck_assert_uint_eq(to.dependencies.count, 0);
	ck_assert(!to.restart.enabled);
}
END_TEST

START_TEST(what_is_said_is_told_to_the_agent)
{
	AUTO(scene_done) struct scene scene;
	struct wire_container to;
	const struct wire_dependency *dependencies;

	read_scene(&scene,
		   "[{'name':'a','image':'i','startTimeout':9,'dependsOn':[{'containerName':'c',"
		   "'condition':'HEALTHY'},{'containerName':'b','condition':'COMPLETE'}],"
		   "'healthCheck':{'command':['CMD-SHELL','x || y'],'interval':6,'timeout':7,"
		   "'retries':8,'startPeriod':90},'restartPolicy':{'enabled':true,"
		   "'ignoredExitCodes':[0,-3],'restartAttemptPeriod':61}},"
		   "{'name':'b','image':'i'},{'name':'c','image':'i'}]");
	ASSERT_OK(supervision_check(&scene.spec, 0, &scene.err), &scene.err);
	ASSERT_OK(supervision_fill(&scene.spec, 0, scene.arena, &to, &scene.err), &scene.err);
	ck_assert_uint_eq(to.check.args.count, 3);
	ck_assert_str_eq(((const char **)to.check.args.items)[0], "/bin/sh");
	ck_assert_str_eq(((const char **)to.check.args.items)[2], "x || y");
	ck_assert_int_eq(to.check.interval_s, 6);
	ck_assert_int_eq(to.check.timeout_s, 7);
	ck_assert_int_eq(to.check.retries, 8);
	ck_assert_int_eq(to.check.start_period_s, 90);
	ck_assert_int_eq(to.restart.period_s, 61);
	ck_assert_int_eq(((const int64_t *)to.restart.ignored.items)[1], -3);
	ck_assert_int_eq(to.start_timeout_s, 9);
	ck_assert_uint_eq(to.dependencies.count, 2);
	dependencies = to.dependencies.items;
	ck_assert_int_eq(dependencies[0].container, 2);
	ck_assert_int_eq(dependencies[0].condition, WIRE_CONDITION_HEALTHY);
	ck_assert_int_eq(dependencies[1].container, 1);
	ck_assert_int_eq(dependencies[1].condition, WIRE_CONDITION_COMPLETE);
}
END_TEST

START_TEST(a_dependency_on_nobody_is_refused)
{
	AUTO(scene_done) struct scene scene;

	read_scene(&scene, "[{'name':'a','image':'i','dependsOn':[{'containerName':'z',"
			   "'condition':'START'}]}]");
	ck_assert_int_eq(supervision_check(&scene.spec, 0, &scene.err), -1);
	ck_assert_int_eq(scene.err.code, ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(scene.err.text, "depends on z"));
}
END_TEST

static const struct {
	const char *containers;
	int64_t seconds;
} stops[] = {
	{"[{'name':'a','image':'i'}]", 30},
	{"[{'name':'a','image':'i','stopTimeout':2}]", 30},
	{"[{'name':'a','image':'i','stopTimeout':90},{'name':'b','image':'i'}]", 90},
	{"[{'name':'a','image':'i','stopTimeout':90,'dependsOn':[{'containerName':'b',"
	 "'condition':'START'}]},{'name':'b','image':'i','stopTimeout':5}]",
	 95},
	{"[{'name':'c','image':'i','stopTimeout':7},{'name':'b','image':'i','stopTimeout':5,"
	 "'dependsOn':[{'containerName':'c','condition':'START'}]},{'name':'a','image':'i',"
	 "'dependsOn':[{'containerName':'b','condition':'START'}]}]",
	 42},
	/* A cycle is refused long before; it must not hang here. */
	{"[{'name':'a','image':'i','dependsOn':[{'containerName':'a','condition':'START'}]}]", 30},
};

START_TEST(stopping_takes_as_long_as_the_longest_chain)
{
	AUTO(scene_done) struct scene scene;

	read_scene(&scene, stops[_i].containers);
	ck_assert_int_eq(supervision_stop_seconds(&scene.spec), stops[_i].seconds);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provisioner/supervision");
	TCase *all = tcase_create("all");

	tcase_add_test(all, what_is_not_said_is_the_apis_default);
	tcase_add_test(all, what_is_said_is_told_to_the_agent);
	tcase_add_test(all, a_dependency_on_nobody_is_refused);
	tcase_add_loop_test(all, stopping_takes_as_long_as_the_longest_chain, 0, ARRAY_LEN(stops));
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
