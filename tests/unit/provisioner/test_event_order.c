/* SPDX-License-Identifier: Apache-2.0 */
#include "task_order_scene.h"

#include "provisioner/event_order.h"

static const struct task_payload event = {.id = "1f",
					  .source = "shop",
					  .type = "order taken",
					  .time = "2026-07-01T00:00:00Z",
					  .bus = "orders",
					  .rule = "r.1",
					  .body = "{\"detail\":{}}",
					  .body_len = 13};

static const struct {
	const char *mounts, *path;
} places[] = {
	{"", EVENT_ORDER_PATH},
	{",\"mountPoints\":[{\"sourceVolume\":\"v\",\"containerPath\":\"/srv\"}]",
	 EVENT_ORDER_PATH},
	{",\"mountPoints\":[{\"sourceVolume\":\"v\",\"containerPath\":\"/runner\"}]",
	 EVENT_ORDER_PATH},
	{",\"mountPoints\":[{\"sourceVolume\":\"v\",\"containerPath\":\"/run/lock\"}]",
	 EVENT_ORDER_PATH},
	{",\"mountPoints\":[{\"sourceVolume\":\"v\",\"containerPath\":\"/run\"}]",
	 EVENT_ORDER_PATH_ELSE},
	{",\"mountPoints\":[{\"sourceVolume\":\"v\",\"containerPath\":\"/run/\"}]",
	 EVENT_ORDER_PATH_ELSE},
	{",\"mountPoints\":[{\"sourceVolume\":\"v\",\"containerPath\":\"/run/slipway\","
	 "\"readOnly\":true}]",
	 EVENT_ORDER_PATH_ELSE},
	{",\"linuxParameters\":{\"tmpfs\":[{\"containerPath\":\"/run\",\"size\":1}]}",
	 EVENT_ORDER_PATH},
};

START_TEST(the_file_is_never_put_into_a_volume)
{
	AUTO(scene_done) struct scene scene;
	AUTO(freep)
	char *containers = xasprintf("[{\"name\":\"a\",\"image\":\"i\"%s}]", places[_i].mounts);
	AUTO(freep) char *variable = xasprintf("SLIPWAY_EVENT_FILE=%s ", places[_i].path);

	read_scene(&scene, containers, "{\"Cmd\":[\"c\"]}");
	scene.event = &event;
	ASSERT_OK(fill(&scene), &scene.err);
	ck_assert_str_eq(first(&scene)->event_path, places[_i].path);
	ck_assert_ptr_nonnull(strstr(variables(&scene), variable));
	ck_assert_int_eq(scene.order.event_bytes, 13);
}
END_TEST

START_TEST(the_variables_name_the_event_and_the_containers_own_win)
{
	AUTO(scene_done) struct scene scene;

	read_scene(&scene,
		   "[{\"name\":\"a\",\"image\":\"i\",\"environment\":["
		   "{\"name\":\"SLIPWAY_EVENT_BUS\",\"value\":\"mine\"}]}]",
		   "{\"Cmd\":[\"c\"],\"Env\":[\"SLIPWAY_EVENT_RULE=images\"]}");
	scene.event = &event;
	ASSERT_OK(fill(&scene), &scene.err);
	ck_assert_ptr_nonnull(strstr(
		variables(&scene), "SLIPWAY_EVENT_FILE=/run/slipway/event.json SLIPWAY_EVENT_ID=1f "
				   "SLIPWAY_EVENT_SOURCE=shop SLIPWAY_EVENT_TYPE=order taken "
				   "SLIPWAY_EVENT_TIME=2026-07-01T00:00:00Z SLIPWAY_EVENT_BUS=mine "
				   "SLIPWAY_EVENT_RULE=images "));
}
END_TEST

START_TEST(a_word_that_is_empty_or_long_is_in_the_file_alone)
{
	struct task_payload odd = event;
	AUTO(freep) char *word = xcalloc(1, EVENT_ORDER_WORD_MAX + 2);
	AUTO(scene_done) struct scene scene;

	read_scene(&scene, "[{\"name\":\"a\",\"image\":\"i\"}]", "{\"Cmd\":[\"c\"]}");
	memset(word, 'x', EVENT_ORDER_WORD_MAX + 1);
	odd.rule = "";
	odd.source = word;
	odd.type = word + 1;
	scene.event = &odd;
	ASSERT_OK(fill(&scene), &scene.err);
	ck_assert_ptr_null(strstr(variables(&scene), "SLIPWAY_EVENT_RULE"));
	ck_assert_ptr_null(strstr(variables(&scene), "SLIPWAY_EVENT_SOURCE"));
	ck_assert_ptr_nonnull(strstr(variables(&scene), "SLIPWAY_EVENT_TYPE=xxx"));
}
END_TEST

START_TEST(a_task_without_an_event_has_none_of_it)
{
	AUTO(scene_done) struct scene scene;

	read_scene(&scene, "[{\"name\":\"a\",\"image\":\"i\"}]", "{\"Cmd\":[\"c\"]}");
	ASSERT_OK(fill(&scene), &scene.err);
	ck_assert_ptr_null(strstr(variables(&scene), "SLIPWAY_EVENT"));
	ck_assert_str_eq(first(&scene)->event_path, "");
	ck_assert_int_eq(scene.order.event_bytes, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provisioner/event_order");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, the_file_is_never_put_into_a_volume, 0, ARRAY_LEN(places));
	tcase_add_test(all, the_variables_name_the_event_and_the_containers_own_win);
	tcase_add_test(all, a_word_that_is_empty_or_long_is_in_the_file_alone);
	tcase_add_test(all, a_task_without_an_event_has_none_of_it);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
