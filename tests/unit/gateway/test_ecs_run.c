/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RunTask: what it refuses, what it writes, and that a client token starts tasks
 * once, however many ask at the same time.
 */
#include "api_world.h"

#include <pthread.h>

#include "store/task_spec.h"

static void prepare(void)
{
	world_begin();
	ck_does("CreateCluster", "{}");
	ck_does("RegisterTaskDefinition",
		"{'family':'f','cpu':'256','memory':'512','networkMode':'awsvpc',"
		"'requiresCompatibilities':['FARGATE'],'tags':[{'key':'team','value':'a'},"
		"{'key':'kind','value':'job'}],'containerDefinitions':[{'name':'web','image':"
		"'nginx','environment':[{'name':'A','value':'1'},{'name':'B','value':'2'}],"
		"'command':['serve'],'memory':256},{'name':'side','image':'envoy','essential':"
		"false}]}");
}

#define RUN(more)      "{'taskDefinition':'f'" more "}"
#define NETWORK(inner) ",'networkConfiguration':{'awsvpcConfiguration':{" inner "}}"
#define I	       "InvalidParameterException"

static const struct {
	const char *body, *type, *message;
} refusals[] = {
	{"{}", I, "taskDefinition is required."},
	{"{'taskDefinition':'g'}", "ClientException", "TaskDefinition not found."},
	{"{'taskDefinition':'f:2'}", "ClientException", "TaskDefinition not found."},
	{"{'taskDefinition':'f:x'}", "ClientException", "Invalid revision number. Number: x"},
	{RUN(",'cluster':'nope'"), "ClusterNotFoundException", "Cluster not found."},
	{RUN(",'count':0"), I, "Count must be between 1 and 10."},
	{RUN(",'count':11"), I, "Count must be between 1 and 10."},
	{RUN(",'count':'1'"), I, "count must be an integer."},
	{RUN(",'launchType':'EC2'"), I, "No Container Instances were found in your cluster."},
	{RUN(",'launchType':'LAMBDA'"), I,
	 "launch type should be one of [EC2,FARGATE,EXTERNAL,FMI,MANAGED_INSTANCES]"},
	{RUN(",'launchType':'FARGATE','capacityProviderStrategy':[{'capacityProvider':'FARGATE'}]"),
	 I,
	 "Specifying both a launch type and capacity provider strategy is not supported. Remove "
	 "one and try again."},
	{RUN(",'capacityProviderStrategy':[{'capacityProvider':'mine'}]"), I,
	 "The specified capacity provider strategy cannot contain a capacity provider that is not "
	 "associated with the cluster. Capacity provider: mine"},
	{RUN(",'capacityProviderStrategy':[{'capacityProvider':'FARGATE','base':1},{"
	     "'capacityProvider':'FARGATE_SPOT','base':1}]"),
	 I, "Only one capacity provider in a strategy can have a base defined."},
	{RUN(",'platformVersion':'2.0.0'"), "PlatformUnknownException",
	 "The specified platform version doesn't exist."},
	{RUN(NETWORK("'subnets':[]")), I, "subnets can not be empty."},
	{RUN(NETWORK("")), I, "subnets can not be empty."},
	{RUN(NETWORK("'subnets':['subnet-x']")), I,
	 "Error retrieving subnet information for [subnet-x]: The subnet ID 'subnet-x' does not "
	 "exist (ErrorCode: InvalidSubnetID.NotFound)"},
	{RUN(NETWORK("'subnets':['subnet-a'],'securityGroups':['sg-x']")), I,
	 "Error retrieving security group information for [sg-x]: The security group 'sg-x' does "
	 "not exist (ErrorCode: InvalidGroup.NotFound)"},
	{RUN(NETWORK("'subnets':['subnet-a'],'assignPublicIp':'yes'")), I,
	 "networkConfiguration.awsvpcConfiguration.assignPublicIp must be one of "
	 "[ENABLED,DISABLED]."},
	{RUN(",'overrides':{'containerOverrides':[{'name':'x','command':['y']}]}"), I,
	 "Override for container named x is not a container in the TaskDefinition."},
	{RUN(",'overrides':{'containerOverrides':[{'command':['y']}]}"), I,
	 "overrides.containerOverrides[0].name is required."},
	{RUN(",'overrides':{'containerOverrides':[{'name':'web'},{'name':'web'}]}"), I,
	 "overrides.containerOverrides[1].name is named twice."},
	{RUN(",'overrides':{'cpu':'512'}"), "ClientException",
	 "No Fargate configuration exists for given values: 512 CPU, 512 memory. See the Amazon "
	 "ECS documentation for the valid values."},
	{RUN(",'overrides':{'cpu':'x'}"), I, "Invalid 'cpu' setting for task."},
	{RUN(",'overrides':{'memory':'much'}"), I, "Invalid 'memory' setting for task."},
	{RUN(",'overrides':{'ephemeralStorage':{'sizeInGiB':20}}"), "ClientException",
	 "EphemeralStorage size should be at least 21"},
	{RUN(",'overrides':{'taskRoleArn':'<role>'}"), "ClientException", "Role is not valid"},
	{RUN(",'overrides':{'containerOverrides':[{'name':'side','memory':1024}]}"),
	 "ClientException",
	 "The 'memory' setting for container 'side' is greater than for the task."},
	{RUN(",'overrides':{'containerOverrides':[{'name':'side','cpu':512}]}"), "ClientException",
	 "The sum of all container 'cpu' values cannot be greater than the task-level 'cpu' "
	 "value"},
	{RUN(",'overrides':{'containerOverrides':[{'name':'web','environmentFiles':[{'type':'s3',"
	     "'value':'arn:aws:s3:::box/x'}]}]}"),
	 "ClientException",
	 "The name of an environment file must end with .env. Container: 'web', "
	 "environmentFiles[0].value"},
	{RUN(",'volumeConfigurations':[{'name':'x'}]"), I,
	 "Volume configuration provided but no matching configuredAtLaunch volume found in task "
	 "definition."},
	{RUN(",'placementStrategy':[{'type':'spread'}]"), I,
	 "Placement strategies are not supported with FARGATE launch type."},
	{RUN(",'placementConstraints':[{'type':'distinctInstance'}]"), I,
	 "Placement constraints are not supported with FARGATE launch type."},
	{RUN(",'startedBy':'a b'"), I,
	 "startedBy must have at most 128 letters, numbers, hyphens, underscores and forward "
	 "slashes."},
	{RUN(",'referenceId':7"), I, "referenceId must be a string."},
	{RUN(",'clientToken':'a b'"), I,
	 "clientToken must contain between 1 and 64 characters from ASCII 33 to 126."},
	{RUN(",'propagateTags':'SERVICE'"), I,
	 "Only task definition tags can be propagated to standalone tasks."},
	{RUN(",'tags':[{'key':'aws:x','value':''}]"), I, "tags[0].key must not begin with aws:."},
	{RUN(",'group':'service:x'"), I,
	 "Invalid namespace for group. A task of its own cannot be in a service's group."},
};

static int count_tasks(void)
{
	struct answer answer = ask("ListTasks", "{}");
	int count = (int)json_array_size(at(&answer, "taskArns"));

	answer_done(&answer);
	return count;
}

START_TEST(what_breaks_a_rule_is_refused_and_starts_nothing)
{
	ck_refused(ask("RunTask", "%s", refusals[_i].body), refusals[_i].type,
		   refusals[_i].message);
	ck_assert_int_eq(count_tasks(), 0);
	ck_assert_int_eq(atomic_load(&world.rings), 0);
}
END_TEST

START_TEST(the_answer_is_a_task_on_its_way)
{
	char want[128];
	struct answer answer =
		ask("RunTask", "{'taskDefinition':'f','launchType':null,"
			       "'capacityProviderStrategy':[],'networkConfiguration':null,'tags':"
			       "[],'volumeConfigurations':[],'referenceId':'r'}");

	ck_works(answer);
	ck_assert_uint_eq(json_array_size(at(&answer, "tasks")), 1);
	ck_assert_uint_eq(json_array_size(at(&answer, "failures")), 0);
	ck_assert_str_eq(text_at(&answer, "tasks.0.lastStatus"), "PROVISIONING");
	ck_assert_str_eq(text_at(&answer, "tasks.0.desiredStatus"), "RUNNING");
	ck_assert_str_eq(text_at(&answer, "tasks.0.launchType"), "FARGATE");
	ck_assert_str_eq(text_at(&answer, "tasks.0.platformVersion"), "1.4.0");
	ck_assert_str_eq(text_at(&answer, "tasks.0.platformFamily"), "Linux");
	ck_assert_str_eq(text_at(&answer, "tasks.0.cpu"), "256");
	ck_assert_str_eq(text_at(&answer, "tasks.0.memory"), "512");
	ck_assert_str_eq(text_at(&answer, "tasks.0.group"), "family:f");
	ck_assert_str_eq(text_at(&answer, "tasks.0.healthStatus"), "UNKNOWN");
	ck_assert_str_eq(text_at(&answer, "tasks.0.availabilityZone"), "us-east-1a");
	ck_assert_int_eq(int_at(&answer, "tasks.0.version"), 1);
	ck_assert_int_eq(int_at(&answer, "tasks.0.ephemeralStorage.sizeInGiB"), 20);
	ck_assert(json_is_false(at(&answer, "tasks.0.enableExecuteCommand")));
	ck_assert_str_eq(text_at(&answer, "tasks.0.attributes.0.name"), "ecs.cpu-architecture");
	ck_assert_str_eq(text_at(&answer, "tasks.0.attachments.0.type"), "ElasticNetworkInterface");
	ck_assert_str_eq(text_at(&answer, "tasks.0.attachments.0.status"), "PRECREATED");
	ck_assert_str_eq(text_at(&answer, "tasks.0.attachments.0.details.0.name"), "subnetId");
	ck_assert_str_eq(text_at(&answer, "tasks.0.attachments.0.details.0.value"), "subnet-a");
	ck_assert_str_eq(text_at(&answer, "tasks.0.containers.0.name"), "web");
	ck_assert_str_eq(text_at(&answer, "tasks.0.containers.0.lastStatus"), "PENDING");
	ck_assert_str_eq(text_at(&answer, "tasks.0.containers.0.cpu"), "0");
	ck_assert_str_eq(text_at(&answer, "tasks.0.containers.0.memory"), "256");
	ck_assert_ptr_null(at(&answer, "tasks.0.containers.0.exitCode"));
	ck_assert_ptr_null(at(&answer, "tasks.0.containers.1.memory"));
	ck_assert_str_eq(text_at(&answer, "tasks.0.overrides.containerOverrides.1.name"), "side");
	ck_assert(json_is_array(at(&answer, "tasks.0.overrides.inferenceAcceleratorOverrides")));
	ck_assert_ptr_null(at(&answer, "tasks.0.capacityProviderName"));
	ck_assert_ptr_null(at(&answer, "tasks.0.stopCode"));
	ck_assert_ptr_null(at(&answer, "tasks.0.startedAt"));
	ck_assert(strstr(answer.text, "\"createdAt\":1764000000.123,"));
	(void)snprintf(want, sizeof(want), "arn:aws:ecs:us-east-1:%s:task/default/", world.account);
	ck_assert(strncmp(text_at(&answer, "tasks.0.taskArn"), want, strlen(want)) == 0);
	ck_assert_uint_eq(strlen(text_at(&answer, "tasks.0.taskArn")), strlen(want) + 32);
	ck_assert_int_eq(atomic_load(&world.rings), 1);
	answer_done(&answer);
}
END_TEST

/* The one task of the cluster as the provisioner will read it. */
static void read_spec(const struct answer *answer, struct arena *arena, struct task *task,
		      json_t **ret_json, struct task_spec *spec)
{
	const char *id = strrchr(text_at(answer, "tasks.0.taskArn"), '/') + 1;
	struct err err = ERR_INIT;

	ck_assert_msg(task_find(world.state, NULL, NULL, id, arena, task, &err) == 0, "%s",
		      err.text);
	ck_assert(shape_parse(task->spec_json, strlen(task->spec_json), ret_json, &err) == 0);
	ck_assert_msg(shape_fill(&task_spec_shape, *ret_json, arena, spec, &err) == 0, "%s",
		      err.text);
}

START_TEST(overrides_are_merged_frozen_and_answered)
{
	struct arena *arena = arena_new(1 << 20);
	AUTO(json_decrefp) json_t *json = NULL;
	const struct spec_container *containers;
	const struct spec_variable *variables;
	struct task_spec spec;
	struct task task;
	struct answer answer = ask(
		"RunTask",
		RUN(",'overrides':{'cpu':'.5 vCPU','memory':'2 GB','ephemeralStorage':{'sizeInGiB':"
		    "30},'containerOverrides':[{'name':'web','command':['run','x y'],"
		    "'environment':[{'name':'B','value':'3'},{'name':'C','value':''}],'cpu':128,"
		    "'memory':1024,'memoryReservation':64,'noise':1},{'name':'side','command':[]}]"
		    "},'startedBy':'ci/7','group':'nightly'"));

	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "tasks.0.cpu"), "512");
	ck_assert_str_eq(text_at(&answer, "tasks.0.memory"), "2048");
	ck_assert_str_eq(text_at(&answer, "tasks.0.overrides.cpu"), "512");
	ck_assert_str_eq(text_at(&answer, "tasks.0.overrides.containerOverrides.0.command.1"),
			 "x y");
	ck_assert_ptr_null(at(&answer, "tasks.0.overrides.containerOverrides.0.noise"));
	ck_assert_str_eq(text_at(&answer, "tasks.0.containers.0.memoryReservation"), "64");
	ck_assert_str_eq(text_at(&answer, "tasks.0.startedBy"), "ci/7");
	ck_assert_str_eq(text_at(&answer, "tasks.0.group"), "nightly");
	ck_assert_int_eq(int_at(&answer, "tasks.0.fargateEphemeralStorage.sizeInGiB"), 30);
	read_spec(&answer, arena, &task, &json, &spec);
	containers = spec.containers.items;
	variables = containers[0].environment.items;
	ck_assert_int_eq(spec.storage_gib, 30);
	ck_assert_uint_eq(spec.containers.count, 2);
	ck_assert_uint_eq(containers[0].command.count, 2);
	ck_assert_str_eq(((const char *const *)containers[0].command.items)[1], "x y");
	ck_assert_uint_eq(containers[0].environment.count, 3);
	ck_assert_str_eq(variables[0].value, "1");
	ck_assert_str_eq(variables[1].value, "3");
	ck_assert_str_eq(variables[2].name, "C");
	ck_assert_int_eq(containers[0].cpu, 128);
	ck_assert_int_eq(containers[0].memory, 1024);
	ck_assert(!containers[1].command.present);
	ck_assert_int_eq(task.cpu_units, 512);
	ck_assert_str_eq(task.groups_json, "[\"sg-default\"]");
	ck_assert(!task.containers[1].essential);
	answer_done(&answer);
	/* The definition itself is as it was. */
	answer = ask("DescribeTaskDefinition", "{'taskDefinition':'f'}");
	ck_assert_str_eq(text_at(&answer, "taskDefinition.containerDefinitions.0.command.0"),
			 "serve");
	answer_done(&answer);
	arena_free(arena);
}
END_TEST

static const struct {
	const char *container, *message;
} readers[] = {
	{"'secrets':[{'name':'S','valueFrom':'app'}]",
	 "When you are specifying container secrets, you must also specify a value for "
	 "'executionRoleArn'."},
	{"'repositoryCredentials':{'credentialsParameter':'login'}",
	 "Private repository authentication requires that the task definition specify a value for "
	 "executionRoleArn."},
};

static void strip_execution_role(void)
{
	struct err err = ERR_INIT;
	struct db_query *query;

	ASSERT_OK(db_query(world.state,
			   "UPDATE definition SET body_json ="
			   " REPLACE(body_json, 'executionRoleArn', 'none')",
			   &query, &err),
		  &err);
	ASSERT_OK(db_run(query, NULL, &err), &err);
}

START_TEST(secrets_are_read_under_a_role_that_the_caller_may_pass)
{
	struct answer answer;

	ck_does("RegisterTaskDefinition",
		"{'family':'s','cpu':'256','memory':'512','networkMode':'awsvpc',"
		"'requiresCompatibilities':['FARGATE'],'executionRoleArn':'execution',"
		"'containerDefinitions':[{'name':'web','image':'nginx',%s}]}",
		readers[_i].container);
	world_role = "reader";
	answer = ask("RunTask", "{'taskDefinition':'s'}");
	ck_assert_str_eq(answer.type, "AccessDeniedException");
	answer_done(&answer);
	world_role = "runner";
	ck_does("RunTask", "{'taskDefinition':'s'}");
	/* Nor does a definition that was stored without a role read anything. */
	strip_execution_role();
	world_role = "reader";
	ck_refused(ask("RunTask", "{'taskDefinition':'s'}"), "ClientException",
		   readers[_i].message);
	world_role = "runner";
	ck_does("RunTask", "{'taskDefinition':'s','overrides':{'executionRoleArn':'execution'}}");
	world_role = NULL;
	ck_assert_int_eq(count_tasks(), 2);
}
END_TEST

START_TEST(a_network_is_taken_as_named_and_spread_over_subnets)
{
	struct answer answer =
		ask("RunTask", RUN(",'count':3" NETWORK("'subnets':['subnet-b','subnet-a'],"
							"'securityGroups':['sg-web'],"
							"'assignPublicIp':'ENABLED'")));

	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "tasks.0.attachments.0.details.0.value"), "subnet-b");
	ck_assert_str_eq(text_at(&answer, "tasks.1.attachments.0.details.0.value"), "subnet-a");
	ck_assert_str_eq(text_at(&answer, "tasks.2.attachments.0.details.0.value"), "subnet-b");
	answer_done(&answer);
	world.options.require_network_configuration = true;
	ck_refused(ask("RunTask", RUN("")), I,
		   "Network Configuration must be provided when networkMode 'awsvpc' is "
		   "specified.");
}
END_TEST

START_TEST(strategies_deal_tasks_by_base_and_weight)
{
	struct answer answer = ask(
		"RunTask",
		RUN(",'count':10,'capacityProviderStrategy':[{'capacityProvider':'FARGATE','base':2"
		    ",'weight':1},{'capacityProvider':'FARGATE_SPOT','weight':3}]"));
	int spot = 0;

	ck_works(answer);
	for (int i = 0; i < 10; i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "tasks.%d.capacityProviderName", i);
		if (i < 2)
			ck_assert_str_eq(text_at(&answer, path), "FARGATE");
		spot += strcmp(text_at(&answer, path), "FARGATE_SPOT") == 0;
		(void)snprintf(path, sizeof(path), "tasks.%d.launchType", i);
		ck_assert_str_eq(text_at(&answer, path), "FARGATE");
	}
	ck_assert_int_eq(spot, 6);
	answer_done(&answer);
	ck_does("CreateCluster",
		"{'clusterName':'spot','capacityProviders':['FARGATE_SPOT'],"
		"'defaultCapacityProviderStrategy':[{'capacityProvider':'FARGATE_SPOT','weight':1}]"
		"}");
	answer = ask("RunTask", RUN(",'cluster':'spot'"));
	ck_assert_str_eq(text_at(&answer, "tasks.0.capacityProviderName"), "FARGATE_SPOT");
	answer_done(&answer);
	answer = ask("RunTask", RUN(",'cluster':'spot','launchType':'FARGATE'"));
	ck_assert_ptr_null(at(&answer, "tasks.0.capacityProviderName"));
	answer_done(&answer);
}
END_TEST

START_TEST(tags_come_from_definition_request_and_us)
{
	struct answer answer =
		ask("RunTask", RUN(",'propagateTags':'TASK_DEFINITION','enableECSManagedTags':true,"
				   "'tags':[{'key':'team','value':'b'}]"));
	json_t *tags;
	size_t index;
	json_t *tag;
	int right = 0;

	ck_works(answer);
	tags = at(&answer, "tasks.0.tags");
	ck_assert_uint_eq(json_array_size(tags), 3);
	json_array_foreach (tags, index, tag) {
		const char *key = json_string_value(json_object_get(tag, "key"));
		const char *value = json_string_value(json_object_get(tag, "value"));

		right += strcmp(key, "team") == 0 && strcmp(value, "b") == 0;
		right += strcmp(key, "kind") == 0 && strcmp(value, "job") == 0;
		right += strcmp(key, "aws:ecs:clusterName") == 0 && strcmp(value, "default") == 0;
	}
	ck_assert_int_eq(right, 3);
	answer_done(&answer);
	answer = ask("RunTask", RUN(",'propagateTags':'NONE'"));
	ck_assert_uint_eq(json_array_size(at(&answer, "tasks.0.tags")), 0);
	answer_done(&answer);
}
END_TEST

START_TEST(a_token_answers_the_same_tasks_again)
{
	char first[128];
	char conflict[128];
	struct answer answer = ask("RunTask", RUN(",'count':2,'clientToken':'t'"));

	ck_works(answer);
	(void)snprintf(first, sizeof(first), "%s", text_at(&answer, "tasks.0.taskArn"));
	answer_done(&answer);
	ck_does("StopTask", "{'task':'%s'}", first);
	ck_does("DeregisterTaskDefinition", "{'taskDefinition':'f:1'}");
	answer = ask("RunTask", "{'clientToken':'t','count':2,'taskDefinition':'f'}");
	ck_works(answer);
	ck_assert_uint_eq(json_array_size(at(&answer, "tasks")), 2);
	ck_assert_str_eq(text_at(&answer, "tasks.0.taskArn"), first);
	ck_assert_str_eq(text_at(&answer, "tasks.0.desiredStatus"), "STOPPED");
	answer_done(&answer);
	answer = ask("RunTask", RUN(",'count':1,'clientToken':'t'"));
	ck_assert_int_eq(answer.status, 400);
	ck_assert_str_eq(answer.type, "ConflictException");
	ck_assert_str_eq(answer.message,
			 "The RunTask request could not be processed due to conflicts. The "
			 "provided clientToken is already in use with a different request.");
	(void)snprintf(conflict, sizeof(conflict), "%s", text_at(&answer, "resourceIds.0"));
	ck_assert_str_eq(conflict, first);
	answer_done(&answer);
	/* Bound to its cluster and account. */
	ck_does("CreateCluster", "{'clusterName':'b'}");
	ck_refused(ask("RunTask", RUN(",'count':2,'clientToken':'t','cluster':'b'")),
		   "ClientException", "TaskDefinition not found.");
	/* A day later it is free. */
	clock_fake(WORLD_NOW_MS + 25LL * 3600 * 1000, 2000000000);
	ck_refused(ask("RunTask", RUN(",'count':2,'clientToken':'t'")), "ClientException",
		   "TaskDefinition not found.");
}
END_TEST

#define THREADS 20

struct racer {
	pthread_t thread;
	char arn[128];
	int status;
};

static void *race(void *ctx)
{
	struct racer *racer = ctx;
	struct err err = ERR_INIT;
	struct db *state = NULL;
	struct answer answer;

	if (db_open_state(world.path, &state, &err) < 0)
		return NULL;
	answer = world_ask_on(state, "RunTask",
			      "{\"taskDefinition\":\"f\",\"clientToken\":\"race\"}");
	racer->status = answer.status;
	(void)snprintf(racer->arn, sizeof(racer->arn), "%s", text_at(&answer, "tasks.0.taskArn"));
	answer_done(&answer);
	db_free(state);
	return NULL;
}

START_TEST(of_twenty_at_once_with_one_token_one_starts_a_task)
{
	struct racer racers[THREADS] = {0};

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(racers[i].thread, NULL), 0);
	for (int i = 0; i < THREADS; i++) {
		ck_assert_int_eq(racers[i].status, 200);
		ck_assert_str_eq(racers[i].arn, racers[0].arn);
	}
	ck_assert_int_eq(count_tasks(), 1);
	ck_assert_int_eq(atomic_load(&world.rings), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ecs_run");
	TCase *tests = tcase_create("run");

	tcase_add_checked_fixture(tests, prepare, world_end);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, what_breaks_a_rule_is_refused_and_starts_nothing, 0,
			    ARRAY_LEN(refusals));
	tcase_add_test(tests, the_answer_is_a_task_on_its_way);
	tcase_add_test(tests, overrides_are_merged_frozen_and_answered);
	tcase_add_loop_test(tests, secrets_are_read_under_a_role_that_the_caller_may_pass, 0,
			    ARRAY_LEN(readers));
	tcase_add_test(tests, a_network_is_taken_as_named_and_spread_over_subnets);
	tcase_add_test(tests, strategies_deal_tasks_by_base_and_weight);
	tcase_add_test(tests, tags_come_from_definition_request_and_us);
	tcase_add_test(tests, a_token_answers_the_same_tasks_again);
	tcase_add_test(tests, of_twenty_at_once_with_one_token_one_starts_a_task);
	suite_add_tcase(suite, tests);
	return suite_end(suite);
}
