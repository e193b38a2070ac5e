/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <arpa/inet.h>

#include "provisioner/task_order.h"
#include "store/capability.h"

#define ARENA_MAX (4u * 1024 * 1024)

/* Everything that an order is made of, from two JSON texts. */
struct scene {
	struct arena *arena;
	json_t *spec_json, *image_json;
	struct task task;
	struct task_spec spec;
	struct extensions extensions; /* none */
	struct image_settings image;
	struct network_lease lease;
	struct wire_task order;
	struct err err;
};

static void scene_done(struct scene *scene)
{
	json_decref(scene->spec_json);
	json_decref(scene->image_json);
	arena_free(scene->arena);
}

static void read_scene(struct scene *scene, const char *containers, const char *image)
{
	AUTO(freep)
	char *spec = xasprintf("{\"containers\":%s,\"ephemeralStorageGiB\":20,"
			       "\"volumes\":[{\"name\":\"u\"},{\"name\":\"v\"}]}",
			       containers);

	memset(scene, 0, sizeof(*scene));
	scene->arena = arena_new(ARENA_MAX);
	ASSERT_OK(shape_parse(spec, strlen(spec), &scene->spec_json, &scene->err), &scene->err);
	ASSERT_OK(shape_fill(&task_spec_shape, scene->spec_json, scene->arena, &scene->spec,
			     &scene->err),
		  &scene->err);
	ASSERT_OK(shape_parse(image, strlen(image), &scene->image_json, &scene->err), &scene->err);
	ASSERT_OK(shape_fill(&image_settings_shape, scene->image_json, scene->arena, &scene->image,
			     &scene->err),
		  &scene->err);
	scene->task = (struct task){.id = "0123456789abcdef0123456789abcdef",
				    .cpu_units = 256,
				    .memory_mib = 512,
				    .storage_gib = 20,
				    .container_count = scene->spec.containers.count};
	scene->lease.address.s_addr = inet_addr("10.213.0.7");
	scene->lease.gateway.s_addr = inet_addr("10.213.0.1");
	scene->lease.prefix_len = 20;
	strcpy(scene->lease.mac, "02:00:00:00:00:07");
}

static int fill(struct scene *scene)
{
	const struct image_settings *images[TASK_CONTAINERS_MAX];
	size_t disks[TASK_CONTAINERS_MAX] = {0};
	struct task_order_input input = {.task = &scene->task,
					 .spec = &scene->spec,
					 .lease = &scene->lease,
					 .region = "eu-test-1",
					 .dns = "10.0.0.1, 10.0.0.2",
					 .blocked = "169.254.0.0/16",
					 .images = images,
					 .disks = disks};

	for (size_t i = 0; i < TASK_CONTAINERS_MAX; i++)
		images[i] = &scene->image;
	return task_order_fill(&input, scene->arena, &scene->order, &scene->err);
}

static const struct wire_container *first(const struct scene *scene)
{
	return scene->order.containers.items;
}

static const char *join(struct scene *scene, const struct shape_list *list)
{
	const char *const *items = list->items;
	char *text = arena_strdup(scene->arena, "");

	for (size_t i = 0; i < list->count; i++)
		text = arena_printf(scene->arena, "%s%s%s", text, i ? " " : "", items[i]);
	return text;
}

/* The variables, with TOKEN for the container's own. */
static const char *variables(struct scene *scene)
{
	const char *token = first(scene)->token;
	char *text = arena_strdup(scene->arena, join(scene, &first(scene)->env));
	char *at;

	ck_assert_uint_eq(strlen(token), 32);
	while ((at = strstr(text, token)) != NULL)
		text = arena_printf(scene->arena, "%.*sTOKEN%s", (int)(at - text), text,
				    at + strlen(token));
	return text;
}

static const struct {
	const char *container, *image, *args; /* args NULL: refused */
} programs[] = {
	{"", "{\"Entrypoint\":[\"e\"],\"Cmd\":[\"c\"]}", "e c"},
	{"", "{\"Cmd\":[\"c\",\"d\"]}", "c d"},
	{",\"command\":[\"x\"]", "{\"Entrypoint\":[\"e\"],\"Cmd\":[\"c\"]}", "e x"},
	{",\"command\":[]", "{\"Entrypoint\":[\"e\"],\"Cmd\":[\"c\"]}", "e c"},
	{",\"entryPoint\":[\"p\"]", "{\"Entrypoint\":[\"e\"],\"Cmd\":[\"c\"]}", "p"},
	{",\"entryPoint\":[\"p\"],\"command\":[\"x\"]", "{\"Cmd\":[\"c\"]}", "p x"},
	{",\"entryPoint\":[],\"command\":[\"x\"]", "{\"Entrypoint\":[\"e\"]}", "e x"},
	{"", "{}", NULL},
};

START_TEST(entry_point_and_command_are_put_together_as_docker_does)
{
	AUTO(scene_done) struct scene scene;
	AUTO(freep)
	char *containers =
		xasprintf("[{\"name\":\"a\",\"image\":\"i\"%s}]", programs[_i].container);

	read_scene(&scene, containers, programs[_i].image);
	if (!programs[_i].args) {
		ck_assert_int_eq(fill(&scene), -1);
		ck_assert_int_eq(strncmp(scene.err.text, "CannotCreateContainerError: ", 28), 0);
		return;
	}
	ASSERT_OK(fill(&scene), &scene.err);
	ck_assert_str_eq(join(&scene, &first(&scene)->args), programs[_i].args);
}
END_TEST

START_TEST(variables_of_the_definition_win_over_the_images_and_ours)
{
	AUTO(scene_done) struct scene scene;

	read_scene(&scene,
		   "[{\"name\":\"a\",\"image\":\"i\",\"environment\":["
		   "{\"name\":\"A\",\"value\":\"3\"},{\"name\":\"AWS_REGION\",\"value\":\"mine\"},"
		   "{\"name\":\"ECS_CONTAINER_METADATA_URI_V4\",\"value\":\"mine\"},"
		   "{\"name\":\"B\",\"value\":\"\"}]}]",
		   "{\"Cmd\":[\"c\"],\"Env\":[\"A=1\",\"PATH=/bin\",\"A=2\",\"broken\"]}");
	ASSERT_OK(fill(&scene), &scene.err);
	ck_assert_str_eq(variables(&scene),
			 "PATH=/bin HOSTNAME=ip-10-213-0-7.eu-test-1.compute.internal "
			 "AWS_EXECUTION_ENV=AWS_ECS_FARGATE AWS_REGION=mine "
			 "AWS_DEFAULT_REGION=eu-test-1 A=3 "
			 "ECS_CONTAINER_METADATA_URI_V4=http://169.254.170.2/v4/TOKEN B= "
			 "ECS_CONTAINER_METADATA_URI=http://169.254.170.2/v3/TOKEN");
}
END_TEST

START_TEST(the_images_settings_hold_where_the_definition_is_silent)
{
	AUTO(scene_done) struct scene scene;
	const struct wire_container *container;

	read_scene(&scene, "[{\"name\":\"a\",\"image\":\"i\",\"user\":\"7\",\"stopTimeout\":5}]",
		   "{\"Cmd\":[\"c\"],\"User\":\"nobody\",\"WorkingDir\":\"/srv\","
		   "\"StopSignal\":\"SIGINT\"}");
	ASSERT_OK(fill(&scene), &scene.err);
	container = first(&scene);
	ck_assert_str_eq(container->user, "7");
	ck_assert_str_eq(container->directory, "/srv");
	ck_assert_str_eq(container->stop_signal, "SIGINT");
	ck_assert_int_eq(container->stop_timeout_s, 5);
	ck_assert(container->essential);
	ck_assert_str_eq(container->disk, "img0");
}
END_TEST

START_TEST(the_network_is_the_leases)
{
	AUTO(scene_done) struct scene scene;

	read_scene(&scene, "[{\"name\":\"a\",\"image\":\"i\"}]", "{\"Cmd\":[\"c\"]}");
	ASSERT_OK(fill(&scene), &scene.err);
	ck_assert_str_eq(scene.order.network.address, "10.213.0.7/20");
	ck_assert_str_eq(scene.order.network.gateway, "10.213.0.1");
	ck_assert_str_eq(join(&scene, &scene.order.network.dns), "10.0.0.1 10.0.0.2");
	ck_assert_str_eq(join(&scene, &scene.order.network.blocked), "169.254.0.0/16");
	ck_assert_int_eq(strlen(scene.order.entropy), 128);
}
END_TEST

START_TEST(the_order_fits_the_wire)
{
	AUTO(scene_done) struct scene scene;
	AUTO(buf_done) struct buf out;

	read_scene(&scene, "[{\"name\":\"a\",\"image\":\"i\"}]", "{\"Cmd\":[\"c\"]}");
	ASSERT_OK(fill(&scene), &scene.err);
	buf_init(&out, FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX);
	ASSERT_OK(wire_write(&wire_task_shape, &scene.order, FRAME_TASK, 0, &out, &scene.err),
		  &scene.err);
}
END_TEST

#define MOUNT(volume, path, readonly)                                                              \
	"\"mountPoints\":[{\"sourceVolume\":\"" volume "\",\"containerPath\":\"" path              \
	"\",\"readOnly\":" readonly "}]"
#define TAKE(container, readonly)                                                                  \
	"\"volumesFrom\":[{\"sourceContainer\":\"" container "\",\"readOnly\":" readonly "}]"

/* "PATH=VOLUME" with "r" behind it if it is read-only, "s" if it begins with the image's. */
static const char *mounts_text(struct scene *scene, size_t container)
{
	const struct wire_container *of = first(scene) + container;
	const struct wire_mount *mounts = of->mounts.items;
	char *text = arena_strdup(scene->arena, "");

	for (size_t i = 0; i < of->mounts.count; i++)
		text = arena_printf(scene->arena, "%s%s%s=%lld%s%s", text, i ? " " : "",
				    mounts[i].path, (long long)mounts[i].volume,
				    mounts[i].readonly ? "r" : "", mounts[i].seed ? "s" : "");
	return text;
}

START_TEST(mounts_are_own_and_taken_ones_in_the_order_of_their_depth)
{
	AUTO(scene_done) struct scene scene;

	read_scene(
		&scene,
		"[{\"name\":\"a\",\"image\":\"i\",\"mountPoints\":[{\"sourceVolume\":\"v\","
		"\"containerPath\":\"/x/y/\"},{\"sourceVolume\":\"u\",\"containerPath\":\"/x\"}],"
		"\"linuxParameters\":{\"tmpfs\":[{\"containerPath\":\"/x/t\",\"size\":7}]}},"
		"{\"name\":\"b\",\"image\":\"i\"," MOUNT("v", "/x", "true") "," TAKE(
			"a", "false") "},"
				      "{\"name\":\"c\",\"image\":\"i\"," TAKE("b", "true") "}]",
		"{\"Cmd\":[\"c\"],\"Volumes\":{\"/x/y\":{}}}");
	ASSERT_OK(task_order_check(&scene.task, &scene.spec, &scene.extensions, &scene.err),
		  &scene.err);
	ASSERT_OK(fill(&scene), &scene.err);
	ck_assert_int_eq(scene.order.volumes, 2);
	ck_assert_str_eq(mounts_text(&scene, 0), "/x=0 /x/t=-1 /x/y/=1s");
	ck_assert_str_eq(mounts_text(&scene, 1), "/x=1r /x/y/=1");
	ck_assert_str_eq(mounts_text(&scene, 2), "/x=1r /x/y/=1r");
}
END_TEST

START_TEST(containers_that_take_from_each_other_end)
{
	AUTO(scene_done) struct scene scene;

	read_scene(&scene,
		   "[{\"name\":\"a\",\"image\":\"i\"," MOUNT("u", "/a", "false") "," TAKE(
			   "b", "false") "},"
					 "{\"name\":\"b\",\"image\":\"i\"," MOUNT(
						 "v", "/b", "false") "," TAKE("a", "false") "}]",
		   "{\"Cmd\":[\"c\"]}");
	ASSERT_OK(fill(&scene), &scene.err);
	ck_assert_str_eq(mounts_text(&scene, 0), "/a=0 /b=1");
	ck_assert_str_eq(mounts_text(&scene, 1), "/b=1 /a=0");
}
END_TEST

START_TEST(what_is_asked_of_the_kernel_reaches_the_agent)
{
	AUTO(scene_done) struct scene scene;
	const struct wire_container *container;

	read_scene(
		&scene,
		"[{\"name\":\"a\",\"image\":\"i\",\"pseudoTerminal\":true,\"linuxParameters\":{"
		"\"initProcessEnabled\":true,\"capabilities\":{\"add\":[\"SYS_PTRACE\"],\"drop\":"
		"[\"ALL\"]}},\"systemControls\":[{\"namespace\":\"net.a.b\",\"value\":\"1\"}]}]",
		"{\"Cmd\":[\"c\"]}");
	scene.spec.pid_mode = "task";
	ASSERT_OK(task_order_check(&scene.task, &scene.spec, &scene.extensions, &scene.err),
		  &scene.err);
	ASSERT_OK(fill(&scene), &scene.err);
	container = first(&scene);
	ck_assert(scene.order.one_process_space && container->init && container->terminal);
	ck_assert_int_eq(container->capabilities_dropped, capability_bits("ALL"));
	ck_assert_int_eq(container->capabilities_added, 1 << 19);
	ck_assert_str_eq(((const struct wire_control *)container->controls.items)->name, "net.a.b");
	ck_assert_ptr_nonnull(strstr(join(&scene, &container->env), "TERM=xterm"));
	scene.spec.pid_mode = "host";
	ck_assert_int_eq(task_order_check(&scene.task, &scene.spec, &scene.extensions, &scene.err),
			 -1);
}
END_TEST

static const struct {
	const char *containers;
	int64_t cpu, memory, storage;
	const char *error; /* a part; NULL: fine */
} checks[] = {
	{"[{\"name\":\"a\",\"image\":\"i\"}]", 256, 512, 20, NULL},
	{"[{\"name\":\"a\",\"image\":\"i\"}]", 255, 512, 20, "cpu of the task"},
	{"[{\"name\":\"a\",\"image\":\"i\"}]", 32768, 512, 20, "cpu of the task"},
	{"[{\"name\":\"a\",\"image\":\"i\"}]", 256, 500, 20, "memory of the task"},
	{"[{\"name\":\"a\",\"image\":\"i\"}]", 256, 200000, 20, "memory of the task"},
	{"[{\"name\":\"a\",\"image\":\"i\"}]", 256, 512, 10, "ephemeral storage"},
	{"[{\"name\":\"a\",\"image\":\"i\"}]", 256, 512, 201, "ephemeral storage"},
	{"[{\"name\":\"a/../b\",\"image\":\"i\"}]", 256, 512, 20, "name of container"},
	{"[{\"name\":\"a\",\"image\":\"i\"},{\"name\":\"a\",\"image\":\"i\"}]", 256, 512, 20,
	 "two containers"},
	{"[{\"name\":\"a\",\"image\":\"i\",\"essential\":false}]", 256, 512, 20, "essential"},
	{"[{\"name\":\"a\",\"image\":\"i\",\"memory\":513}]", 256, 512, 20, "more memory"},
	{"[{\"name\":\"a\",\"image\":\"i\",\"cpu\":512}]", 256, 512, 20, "more cpu"},
	{"[{\"name\":\"a\",\"image\":\"i\",\"logConfiguration\":{\"logDriver\":\"splunk\"}}]", 256,
	 512, 20, "log driver splunk"},
	{"[{\"name\":\"a\",\"image\":\"i\",\"logConfiguration\":{\"logDriver\":\"awsfirelens\"}}]",
	 256, 512, 20, "container a has no log router"},
	{"[{\"name\":\"a\",\"image\":\"i\"," MOUNT("x", "/x", "false") "}]", 256, 512, 20,
	 "a mount point"},
	{"[{\"name\":\"a\",\"image\":\"i\"," MOUNT("v", "x", "false") "}]", 256, 512, 20,
	 "a mount point"},
	{"[{\"name\":\"a\",\"image\":\"i\",\"volumesFrom\":[{\"sourceContainer\":\"b\"}]}]", 256,
	 512, 20, "volumesFrom"},
	{"[{\"name\":\"a\",\"image\":\"i\",\"linuxParameters\":{\"capabilities\":{\"add\":["
	 "\"SYS_ADMIN\"]}}}]",
	 256, 512, 20, "more than a capability"},
	{"[{\"name\":\"a\",\"image\":\"i\",\"linuxParameters\":{\"tmpfs\":[{\"containerPath\":"
	 "\"/t\",\"size\":1,\"mountOptions\":[\"bind\"]}]}}]",
	 256, 512, 20, "a tmpfs option"},
	{"[{\"name\":\"a\",\"image\":\"i\",\"systemControls\":[{\"namespace\":\"net/../x\","
	 "\"value\":\"1\"}]}]",
	 256, 512, 20, "system control"},
};

START_TEST(what_the_store_says_is_checked_again)
{
	AUTO(scene_done) struct scene scene;

	read_scene(&scene, checks[_i].containers, "{}");
	scene.task.cpu_units = checks[_i].cpu;
	scene.task.memory_mib = checks[_i].memory;
	scene.task.storage_gib = checks[_i].storage;
	if (!checks[_i].error) {
		ASSERT_OK(task_order_check(&scene.task, &scene.spec, &scene.extensions, &scene.err),
			  &scene.err);
		return;
	}
	ck_assert_int_eq(task_order_check(&scene.task, &scene.spec, &scene.extensions, &scene.err),
			 -1);
	ck_assert_msg(strstr(scene.err.text, checks[_i].error) != NULL, "%s", scene.err.text);
}
END_TEST

static const struct {
	const char *container; /* members beside its name and image */
	int64_t cpu, memory;
	enum task_state state;
	bool on, fits;
} extended[] = {
	{"", 300, 700, TASK_PROVISIONING, true, true},
	{"", 300, 700, TASK_PROVISIONING, false, true}, /* within Fargate's bounds: the gateway's */
	{"", 64, 128, TASK_PROVISIONING, true, true},
	{"", 64, 128, TASK_PENDING, false, false},
	{"", 64, 128, TASK_RUNNING, false, true}, /* began when it was permitted */
	{"", 63, 128, TASK_PROVISIONING, true, false},
	{"", 64, 127, TASK_PROVISIONING, true, false},
	{"", 20480, 2048, TASK_PROVISIONING, true, true},
	{"", 20481, 2048, TASK_PROVISIONING, true, false},
	{"", 256, 204800, TASK_PROVISIONING, true, true},
	{"", 256, 204801, TASK_PROVISIONING, true, false},
	{",\"privileged\":true", 256, 512, TASK_PROVISIONING, true, true},
	{",\"privileged\":true", 256, 512, TASK_PROVISIONING, false, false},
	{",\"privileged\":true", 256, 512, TASK_ACTIVATING, false, true},
};

START_TEST(what_goes_beyond_fargate_must_be_permitted_when_it_begins)
{
	AUTO(freep)
	char *container = xasprintf("[{\"name\":\"a\",\"image\":\"i\"%s}]", extended[_i].container);
	AUTO(scene_done) struct scene scene;

	read_scene(&scene, container, "{\"Cmd\":[\"c\"]}");
	scene.task.cpu_units = extended[_i].cpu;
	scene.task.memory_mib = extended[_i].memory;
	scene.task.state = extended[_i].state;
	if (extended[_i].on)
		scene.extensions = (struct extensions){
			.custom_sizes = true,
			.custom_cpu_limit = 20480,
			.custom_memory_limit_bytes = INT64_C(204800) << 20,
			.privileged_containers = true,
		};
	ck_assert_int_eq(task_order_check(&scene.task, &scene.spec, &scene.extensions, &scene.err),
			 extended[_i].fits ? 0 : -1);
	if (!extended[_i].fits)
		return;
	ASSERT_OK(fill(&scene), &scene.err);
	ck_assert_int_eq(first(&scene)->privileged, extended[_i].container[0] != '\0');
}
END_TEST

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
	Suite *suite = suite_create("provisioner/task_order");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, entry_point_and_command_are_put_together_as_docker_does, 0,
			    ARRAY_LEN(programs));
	tcase_add_test(all, variables_of_the_definition_win_over_the_images_and_ours);
	tcase_add_test(all, the_images_settings_hold_where_the_definition_is_silent);
	tcase_add_test(all, the_network_is_the_leases);
	tcase_add_test(all, the_order_fits_the_wire);
	tcase_add_test(all, mounts_are_own_and_taken_ones_in_the_order_of_their_depth);
	tcase_add_test(all, containers_that_take_from_each_other_end);
	tcase_add_test(all, what_is_asked_of_the_kernel_reaches_the_agent);
	tcase_add_loop_test(all, what_goes_beyond_fargate_must_be_permitted_when_it_begins, 0,
			    ARRAY_LEN(extended));
	tcase_add_test(all, log_options_become_a_buffer);
	tcase_add_test(all, log_options_say_what_begins_an_event);
	tcase_add_test(all, senders_and_their_router_are_told_of_each_other);
	tcase_add_test(all, a_routers_configuration_is_written_into_no_volume);
	tcase_add_test(all, a_fluent_bit_is_configured_in_its_own_words);
	tcase_add_test(all, buffers_that_take_most_of_the_memory_are_refused);
	tcase_add_test(all, buffers_of_all_drivers_are_summed);
	tcase_add_loop_test(all, what_the_store_says_is_checked_again, 0, ARRAY_LEN(checks));
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
