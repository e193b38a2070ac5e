/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes beyond Fargate: refused in AWS's words while the configuration is silent,
 * taken where it is not, and never given where nobody asked.
 */
#include "api_world.h"
#include "definition_text.h"

#include "store/task_spec.h"

#define I	  "InvalidParameterException"
#define C	  "ClientException"
#define RUN(tags) "{'taskDefinition':'f','tags':[" tags "]}"
#define TAG(k, v) "{'key':'" k "','value':'" v "'}"
#define IMAGE	  "registry.example.com/team/web@sha256:0123"
#define NO_SIZE(s)                                                                                 \
	"No Fargate configuration exists for given values: " s                                     \
	". See the Amazon ECS documentation for the valid values."
#define SIZED(cpu, memory)                                                                         \
	"{'family':'f','networkMode':'awsvpc','requiresCompatibilities':['FARGATE'],'cpu':'" cpu   \
	"','memory':'" memory "','containerDefinitions':[{'name':'web','image':'nginx'}]}"

static void begin(bool on)
{
	world_begin();
	ck_does("CreateCluster", "{}");
	if (on)
		world.options.extensions = (struct extensions){
			.custom_sizes = true,
			.custom_cpu_limit = 4096,
			.custom_memory_limit_bytes = INT64_C(4096) << 20,
			.image_overrides = true,
			.privileged_containers = true,
		};
}

START_TEST(what_is_off_is_refused_as_aws_does)
{
	begin(false);
	ck_refused(ask("RegisterTaskDefinition", SIZED("300", "700")), C,
		   NO_SIZE("300 CPU, 700 memory"));
	ck_refused(ask("RegisterTaskDefinition", DEFINITION(",'privileged':true", "")), C,
		   "Fargate requires that the 'privileged' setting be 'false'");
	ck_does("RegisterTaskDefinition", DEFINITION("", ""));
	ck_refused(ask("RunTask", RUN(TAG("slipway:image/web", IMAGE))), I,
		   "tags[0].key 'slipway:image/web' asks for another image, which the "
		   "configuration does not permit (image_overrides).");
	world_end();
}
END_TEST

START_TEST(a_custom_size_is_one_within_the_limits)
{
	struct answer answer;

	begin(true);
	ck_does("RegisterTaskDefinition", SIZED(".0625 vCPU", "128"));
	ck_does("RegisterTaskDefinition", SIZED("4096", "4096"));
	ck_does("RegisterTaskDefinition", SIZED("16384", "122880")); /* Fargate's own are no less */
	ck_refused(ask("RegisterTaskDefinition", SIZED("63", "128")), C,
		   NO_SIZE("63 CPU, 128 memory"));
	ck_refused(ask("RegisterTaskDefinition", SIZED("64", "127")), C,
		   NO_SIZE("64 CPU, 127 memory"));
	ck_refused(ask("RegisterTaskDefinition", SIZED("4097", "128")), C,
		   NO_SIZE("4097 CPU, 128 memory"));
	ck_refused(ask("RegisterTaskDefinition", SIZED("64", "4097")), C,
		   NO_SIZE("64 CPU, 4097 memory"));
	ck_does("RegisterTaskDefinition", SIZED("300", "700"));
	answer = ask("RunTask", "{'taskDefinition':'f','overrides':{'memory':'701'}}");
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "tasks.0.cpu"), "300");
	ck_assert_str_eq(text_at(&answer, "tasks.0.memory"), "701");
	answer_done(&answer);
	/* What was registered is checked again where it is run. */
	world.options.extensions.custom_sizes = false;
	ck_refused(ask("RunTask", "{'taskDefinition':'f'}"), C, NO_SIZE("300 CPU, 700 memory"));
	world_end();
}
END_TEST

/* The spec of the only task. */
static json_t *read_spec(struct arena *arena, struct task_spec *ret_spec)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct err err = ERR_INIT;
	json_t *json;

	ck_assert(db_query(world.state, "SELECT spec_json FROM task", &query, &err) == 0);
	ck_assert_int_eq(db_step(query, &err), 1);
	json = json_loads(db_text(query, 0), 0, NULL);
	ck_assert_msg(shape_fill(&task_spec_shape, json, arena, ret_spec, &err) == 0, "%s",
		      err.text);
	return json;
}

START_TEST(privileged_reaches_the_spec_and_comes_back)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	const struct spec_container *container;
	struct answer answer;
	struct task_spec spec;
	json_t *json;

	begin(true);
	answer = ask("RegisterTaskDefinition", DEFINITION(",'privileged':true", ""));
	ck_works(answer);
	ck_assert(json_is_true(at(&answer, "taskDefinition.containerDefinitions.0.privileged")));
	answer_done(&answer);
	ck_does("RunTask", "{'taskDefinition':'f'}");
	json = read_spec(arena, &spec);
	container = spec.containers.items;
	ck_assert(container->privileged);
	json_decref(json);
	world_end();
}
END_TEST

START_TEST(a_tag_of_run_task_names_another_image)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	const struct spec_container *container;
	struct answer answer;
	struct task_spec spec;
	json_t *json;

	begin(true);
	ck_does("RegisterTaskDefinition", DEFINITION("", ""));
	ck_refused(ask("RunTask", RUN(TAG("slipway:image/db", IMAGE))), I,
		   "Override for container named db is not a container in the TaskDefinition.");
	ck_refused(ask("RunTask", RUN(TAG("a", "b") "," TAG("slipway:image/web", " "))), I,
		   "tags[1].value must name an image.");
	ck_refused(ask("RunTask", RUN("{'key':'slipway:image/web'}")), I,
		   "tags[0].value must name an image.");
	answer = ask("RunTask", RUN(TAG("slipway:image/web", IMAGE)));
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "tasks.0.containers.0.image"), IMAGE);
	ck_assert_str_eq(text_at(&answer, "tasks.0.tags.0.value"), IMAGE);
	answer_done(&answer);
	json = read_spec(arena, &spec);
	container = spec.containers.items;
	ck_assert_str_eq(container->image, IMAGE);
	json_decref(json);
	answer = ask("DescribeTaskDefinition", "{'taskDefinition':'f'}");
	ck_assert_str_eq(text_at(&answer, "taskDefinition.containerDefinitions.0.image"), "nginx");
	answer_done(&answer);
	world_end();
}
END_TEST

START_TEST(no_other_request_takes_such_a_tag)
{
	static const char message[] = "tags[0].key must not begin with slipway:image/: only "
				      "RunTask takes such tags.";

	begin(true);
	ck_refused(ask("RegisterTaskDefinition",
		       DEFINITION("", ",'tags':[" TAG("slipway:image/web", IMAGE) "]")),
		   C, message);
	ck_refused(ask("CreateCluster", "{'tags':[" TAG("slipway:image/web", IMAGE) "]}"), I,
		   message);
	ck_refused(ask("TagResource",
		       "{'resourceArn':'arn:aws:ecs:us-east-1:%s:cluster/default','tags':[" TAG(
			       "slipway:image/web", IMAGE) "]}",
		       world.account),
		   I, message);
	world_end();
}
END_TEST

START_TEST(a_role_may_change_images_if_it_may_register_definitions)
{
	struct answer answer;

	begin(true);
	ck_does("RegisterTaskDefinition", DEFINITION("", ""));
	world_role = "reader"; /* RunTask and no more */
	ck_does("RunTask", "{'taskDefinition':'f'}");
	answer = ask("RunTask", RUN(TAG("slipway:image/web", IMAGE)));
	ck_assert_str_eq(answer.type, "AccessDeniedException");
	answer_done(&answer);
	world_role = "runner";
	ck_does("RunTask", RUN(TAG("slipway:image/web", IMAGE)));
	world_role = NULL;
	world_end();
}
END_TEST

START_TEST(a_list_goes_on_behind_a_task_that_is_forgotten)
{
	struct err err = ERR_INIT;
	struct answer first, second;

	begin(true);
	ck_does("RegisterTaskDefinition", DEFINITION("", ""));
	ck_does("RunTask", "{'taskDefinition':'f','count':3}");
	first = ask("ListTasks", "{'maxResults':2}");
	ck_works(first);
	ck_assert_uint_eq(json_array_size(at(&first, "taskArns")), 2);
	ck_assert(db_exec(world.state, "DELETE FROM task WHERE id > (SELECT MIN(id) FROM task)",
			  NULL, &err) == 0);
	second =
		ask("ListTasks", "{'maxResults':2,'nextToken':'%s'}", text_at(&first, "nextToken"));
	ck_works(second);
	ck_assert_uint_eq(json_array_size(at(&second, "taskArns")), 1);
	answer_done(&first);
	answer_done(&second);
	/* "ListTasks x": a place that is none */
	ck_refused(ask("ListTasks", "{'nextToken':'4c6973745461736b732078'}"), I, "Invalid token");
	world_end();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_is_off_is_refused_as_aws_does,
		a_custom_size_is_one_within_the_limits,
		privileged_reaches_the_spec_and_comes_back,
		a_tag_of_run_task_names_another_image,
		no_other_request_takes_such_a_tag,
		a_role_may_change_images_if_it_may_register_definitions,
		a_list_goes_on_behind_a_task_that_is_forgotten,
	};

	return suite_run("gateway/ecs_extensions", tests, ARRAY_LEN(tests));
}
