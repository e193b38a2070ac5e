/* SPDX-License-Identifier: Apache-2.0 */
#include "task_order_scene.h"

#include "store/capability.h"

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
	tcase_add_loop_test(all, what_the_store_says_is_checked_again, 0, ARRAY_LEN(checks));
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
