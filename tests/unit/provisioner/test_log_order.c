/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an order says of containers' output: buffers, joined events, the log router.
 */
#include "task_order_scene.h"

#define LOGGING(options)                                                                           \
	"[{\"name\":\"a\",\"image\":\"i\",\"logConfiguration\":{\"logDriver\":\"awslogs\","        \
	"\"options\":{" options "}}}]"

START_TEST(log_options_become_a_buffer)
{
	static const struct {
		const char *containers;
		int64_t bytes;
	} rows[] = {
		{LOGGING("\"awslogs-group\":\"g\""), 0},
		{LOGGING("\"mode\":\"blocking\""), 0},
		{LOGGING("\"mode\":\"non-blocking\""), 10 * 1024 * 1024},
		{LOGGING("\"mode\":\"non-blocking\",\"max-buffer-size\":\"25m\""),
		 25 * 1024 * 1024},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(scene_done) struct scene scene;

		read_scene(&scene, rows[i].containers, "{\"Cmd\":[\"c\"]}");
		ASSERT_OK(task_order_check(&scene.task, &scene.spec, &scene.extensions, &scene.err),
			  &scene.err);
		ASSERT_OK(fill(&scene), &scene.err);
		ck_assert_int_eq(first(&scene)->output_buffer_bytes, rows[i].bytes);
	}
}
END_TEST

START_TEST(log_options_say_what_begins_an_event)
{
	static const struct {
		const char *containers, *pattern;
	} rows[] = {
		{LOGGING("\"awslogs-group\":\"g\""), ""},
		{LOGGING("\"awslogs-multiline-pattern\":\"^E\""), "^E"},
		{LOGGING("\"awslogs-datetime-format\":\"^%M:\""), "^[0-5][0-9]:"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(scene_done) struct scene scene;

		read_scene(&scene, rows[i].containers, "{\"Cmd\":[\"c\"]}");
		ASSERT_OK(fill(&scene), &scene.err);
		ck_assert_str_eq(first(&scene)->event_begin, rows[i].pattern);
	}
}
END_TEST

START_TEST(buffers_that_take_most_of_the_memory_are_refused)
{
	AUTO(scene_done) struct scene scene;

	read_scene(&scene, LOGGING("\"max-buffer-size\":\"257m\""), "{\"Cmd\":[\"c\"]}");
	ck_assert_int_eq(task_order_check(&scene.task, &scene.spec, &scene.extensions, &scene.err),
			 -1);
	ck_assert_ptr_nonnull(strstr(scene.err.text, "max-buffer-size"));
}
END_TEST

START_TEST(buffers_of_all_drivers_are_summed)
{
	for (int mib = 248; mib <= 249; mib++) {
		AUTO(scene_done) struct scene scene;
		AUTO(freep)
		char *text = xasprintf("[{\"name\":\"a\",\"image\":\"i\",\"logConfiguration\":{"
				       "\"logDriver\":\"awsfirelens\",\"options\":{"
				       "\"log-driver-buffer-limit\":\"8388608\"}}},"
				       "{\"name\":\"r\",\"image\":\"i\",\"firelensConfiguration\":{"
				       "\"type\":\"fluentd\"},\"logConfiguration\":{"
				       "\"logDriver\":\"awslogs\",\"options\":{\"mode\":"
				       "\"non-blocking\",\"max-buffer-size\":\"%dm\"}}}]",
				       mib);

		read_scene(&scene, text, "{\"Cmd\":[\"c\"]}");
		ck_assert_int_eq(
			task_order_check(&scene.task, &scene.spec, &scene.extensions, &scene.err),
			mib == 248 ? 0 : -1);
	}
}
END_TEST

#define ROUTED(type, options)                                                                      \
	"[{\"name\":\"a\",\"image\":\"i\",\"logConfiguration\":{\"logDriver\":\"awsfirelens\","    \
	"\"options\":{\"@type\":\"null\",\"Name\":\"null\",\"k\":\"v\",\"include-pattern\":"       \
	"\"^a\",\"log-driver-buffer-limit\":\"65536\"}}},{\"name\":\"r\",\"image\":\"i\","         \
	"\"firelensConfiguration\":{\"type\":\"" type "\",\"options\":{" options "}}}]"

START_TEST(senders_and_their_router_are_told_of_each_other)
{
	AUTO(scene_done) struct scene scene;
	const struct wire_container *router;
	const struct wire_mount *mounts;

	read_scene(&scene, ROUTED("fluentd", "\"enable-ecs-log-metadata\":\"false\""),
		   "{\"Cmd\":[\"c\"]}");
	ASSERT_OK(task_order_check(&scene.task, &scene.spec, &scene.extensions, &scene.err),
		  &scene.err);
	ASSERT_OK(fill(&scene), &scene.err);
	ck_assert_int_eq(scene.order.volumes, (int64_t)scene.spec.volumes.count + 1);
	ck_assert_ptr_nonnull(
		strstr(variables(&scene), " FLUENT_HOST=127.0.0.1 FLUENT_PORT=24224"));
	ck_assert_int_eq(strncmp(first(&scene)->route.tag, "a-firelens-", 11), 0);
	ck_assert_int_eq(first(&scene)->route.volume, (int64_t)scene.spec.volumes.count);
	ck_assert_int_eq(first(&scene)->route.buffer_bytes, 65536);
	ck_assert_ptr_null(first(&scene)->file_path);
	router = first(&scene) + 1;
	mounts = router->mounts.items;
	ck_assert_str_eq(mounts[0].path, "/var/run");
	ck_assert_int_eq(mounts[0].volume, (int64_t)scene.spec.volumes.count);
	ck_assert_ptr_null(router->route.tag);
	ck_assert_str_eq(router->file_path, "/fluentd/etc/fluent.conf");
	ck_assert_str_eq(router->file_text, "<source>\n"
					    "    @type unix\n"
					    "    path /var/run/fluent.sock\n"
					    "</source>\n\n"
					    "<source>\n"
					    "    @type forward\n"
					    "    bind 127.0.0.1\n"
					    "    port 24224\n"
					    "</source>\n\n"
					    "<filter a-firelens**>\n"
					    "    @type grep\n"
					    "    <regexp>\n"
					    "        key log\n"
					    "        pattern ^a\n"
					    "    </regexp>\n"
					    "</filter>\n\n"
					    "<match a-firelens**>\n"
					    "    @type null\n"
					    "    Name null\n"
					    "    k v\n"
					    "</match>\n\n");
}
END_TEST

START_TEST(a_routers_configuration_is_written_into_no_volume)
{
	static const struct {
		const char *own, *path;
		int result;
	} rows[] = {
		{"\"mountPoints\"", "/fluent-bit/etc", -1},
		{"\"volumesFrom\":[{\"sourceContainer\":\"a\"}],\"x\"", "/fluent-bit", -1},
		{"\"volumesFrom\":[{\"sourceContainer\":\"a\"}],\"x\"", "/fluentd/etc", 0},
		{"\"x\"", "/fluent-bit/etc", 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(scene_done) struct scene scene;
		AUTO(freep)
		char *text = xasprintf("[{\"name\":\"a\",\"image\":\"i\",\"mountPoints\":"
				       "[{\"sourceVolume\":\"v\",\"containerPath\":\"%s\"}]},"
				       "{\"name\":\"r\",\"image\":\"i\",%s:[{\"sourceVolume\":"
				       "\"v\",\"containerPath\":\"%s\"}],"
				       "\"firelensConfiguration\":{\"type\":\"fluentbit\"}}]",
				       rows[i].path, rows[i].own, rows[i].path);

		read_scene(&scene, text, "{\"Cmd\":[\"c\"]}");
		ck_assert_int_eq(
			task_order_check(&scene.task, &scene.spec, &scene.extensions, &scene.err),
			rows[i].result);
		if (rows[i].result < 0)
			ck_assert_ptr_nonnull(
				strstr(scene.err.text, "/fluent-bit/etc/fluent-bit.conf"));
	}
}
END_TEST

START_TEST(a_fluent_bit_is_configured_in_its_own_words)
{
	AUTO(scene_done) struct scene scene;
	const char *text;

	read_scene(&scene,
		   ROUTED("fluentbit", "\"config-file-type\":\"file\",\"config-file-value\":"
				       "\"/x.conf\""),
		   "{\"Cmd\":[\"c\"]}");
	ASSERT_OK(fill(&scene), &scene.err);
	ck_assert_str_eq(first(&scene)[1].file_path, "/fluent-bit/etc/fluent-bit.conf");
	text = first(&scene)[1].file_text;
	ck_assert_ptr_nonnull(strstr(text, "    unix_path /var/run/fluent.sock\n"));
	ck_assert_ptr_nonnull(strstr(text, "    Match a-firelens*\n    Regex log ^a\n"));
	ck_assert_ptr_nonnull(strstr(text, "    Record ecs_cluster "));
	ck_assert_ptr_nonnull(strstr(text, "\n@INCLUDE /x.conf\n"));
	ck_assert_ptr_nonnull(strstr(text, "    Match a-firelens*\n    Name null\n    @type null\n"
					   "    k v\n"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		log_options_become_a_buffer,
		log_options_say_what_begins_an_event,
		senders_and_their_router_are_told_of_each_other,
		a_routers_configuration_is_written_into_no_volume,
		a_fluent_bit_is_configured_in_its_own_words,
		buffers_that_take_most_of_the_memory_are_refused,
		buffers_of_all_drivers_are_summed,
	};

	return suite_run("provisioner/log_order", tests, ARRAY_LEN(tests));
}
