/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks after their start: described, listed, stopped, tagged, and hidden from
 * other accounts. What a provisioner would do is done to the store by hand.
 */
#include "api_world.h"

#include "store/lifecycle.h"

#define I "InvalidParameterException"

static void register_family(const char *family)
{
	ck_does("RegisterTaskDefinition",
		"{'family':'%s','cpu':'256','memory':'512','networkMode':'awsvpc',"
		"'requiresCompatibilities':['FARGATE'],'containerDefinitions':[{'name':'web',"
		"'image':'nginx'}]}",
		family);
}

static void prepare(void)
{
	world_begin();
	ck_does("CreateCluster", "{}");
	register_family("f");
}

/* Start one task; its id into @id (TASK_ID_SIZE bytes). */
static void run(const char *more, char *id)
{
	struct answer answer = ask("RunTask", "{'taskDefinition':'f'%s}", more);

	ck_works(answer);
	memcpy(id, strrchr(text_at(&answer, "tasks.0.taskArn"), '/') + 1, TASK_ID_SIZE);
	answer_done(&answer);
}

static void move(const char *id, enum task_state from, enum task_event event,
		 const struct task_change *change)
{
	struct err err = ERR_INIT;

	ck_assert_msg(task_move(world.state, id, from, event, change, NULL, &err) == 0, "%s",
		      err.text);
}

static void move_to_running(const char *id)
{
	const struct task_change claimed = {.address = "10.1.0.7",
					    .mac = "02:00:00:00:00:07",
					    .machine = "m",
					    .connectivity_ms = WORLD_NOW_MS + 100,
					    .pull_started_ms = WORLD_NOW_MS + 200};
	const struct task_change started = {.pull_stopped_ms = WORLD_NOW_MS + 300,
					    .started_ms = WORLD_NOW_MS + 400};
	const struct task_container web = {.name = "web",
					   .image = "nginx",
					   .image_digest = "sha256:ab",
					   .runtime_id = "x-1234567890",
					   .state = CONTAINER_RUNNING,
					   .reason = ""};
	struct err err = ERR_INIT;

	move(id, TASK_PROVISIONING, TASK_EV_CLAIMED, &claimed);
	move(id, TASK_PENDING, TASK_EV_AGENT_UP, &(struct task_change){0});
	move(id, TASK_ACTIVATING, TASK_EV_STARTED, &started);
	ck_assert(task_container_update(world.state, id, 0, &web, &err) == 0);
}

static void move_to_stopped(const char *id)
{
	const struct task_change ended = {.stop_code = "EssentialContainerExited",
					  .stopped_reason = "Essential container in task exited",
					  .want_stopped = true,
					  .execution_stopped_ms = WORLD_NOW_MS + 500};
	const struct task_change released = {.stopped_ms = WORLD_NOW_MS + 600};
	const struct task_container web = {.name = "web",
					   .image = "nginx",
					   .image_digest = "sha256:ab",
					   .runtime_id = "x-1234567890",
					   .state = CONTAINER_STOPPED,
					   .has_exit_code = true,
					   .exit_code = 137,
					   .reason = "OutOfMemoryError: \xff"};
	struct err err = ERR_INIT;

	move(id, TASK_RUNNING, TASK_EV_ENDED, &ended);
	ck_assert(task_container_update(world.state, id, 0, &web, &err) == 0);
	move(id, TASK_DEPROVISIONING, TASK_EV_RELEASED, &released);
}

START_TEST(a_running_task_shows_its_network_and_times)
{
	char id[TASK_ID_SIZE];
	struct answer answer;

	run("", id);
	move_to_running(id);
	answer = ask("DescribeTasks", "{'tasks':['%s']}", id);
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "tasks.0.lastStatus"), "RUNNING");
	ck_assert_str_eq(text_at(&answer, "tasks.0.connectivity"), "CONNECTED");
	ck_assert_str_eq(text_at(&answer, "tasks.0.attachments.0.status"), "ATTACHED");
	ck_assert_str_eq(text_at(&answer, "tasks.0.attachments.0.details.1.name"),
			 "networkInterfaceId");
	ck_assert_uint_eq(strlen(text_at(&answer, "tasks.0.attachments.0.details.1.value")),
			  strlen("eni-") + 17);
	ck_assert_str_eq(text_at(&answer, "tasks.0.attachments.0.details.2.value"),
			 "02:00:00:00:00:07");
	ck_assert_str_eq(text_at(&answer, "tasks.0.attachments.0.details.3.name"),
			 "privateIPv4Address");
	ck_assert_str_eq(
		text_at(&answer, "tasks.0.containers.0.networkInterfaces.0.privateIpv4Address"),
		"10.1.0.7");
	ck_assert_str_eq(text_at(&answer, "tasks.0.containers.0.networkInterfaces.0.attachmentId"),
			 text_at(&answer, "tasks.0.attachments.0.id"));
	ck_assert_str_eq(text_at(&answer, "tasks.0.containers.0.lastStatus"), "RUNNING");
	ck_assert_str_eq(text_at(&answer, "tasks.0.containers.0.imageDigest"), "sha256:ab");
	ck_assert(strstr(answer.text, "\"startedAt\":1764000000.523,"));
	ck_assert(strstr(answer.text, "\"pullStartedAt\":1764000000.323,"));
	ck_assert_int_gt(int_at(&answer, "tasks.0.version"), 3);
	ck_assert_ptr_null(at(&answer, "tasks.0.stoppedAt"));
	ck_assert_ptr_null(at(&answer, "tasks.0.slipway"));
	answer_done(&answer);
	answer = ask("DescribeClusters", "{}");
	ck_assert_int_eq(int_at(&answer, "clusters.0.runningTasksCount"), 1);
	answer_done(&answer);
	ck_refused(ask("DeleteCluster", "{'cluster':'default'}"), "ClusterContainsTasksException",
		   "The Cluster cannot be deleted while Tasks are active.");
}
END_TEST

START_TEST(a_stopped_task_tells_why_and_with_which_code)
{
	char id[TASK_ID_SIZE];
	struct answer answer;

	run("", id);
	move_to_running(id);
	move_to_stopped(id);
	answer = ask("DescribeTasks", "{'tasks':['%s']}", id);
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "tasks.0.lastStatus"), "STOPPED");
	ck_assert_str_eq(text_at(&answer, "tasks.0.desiredStatus"), "STOPPED");
	ck_assert_str_eq(text_at(&answer, "tasks.0.stopCode"), "EssentialContainerExited");
	ck_assert_str_eq(text_at(&answer, "tasks.0.stoppedReason"),
			 "Essential container in task exited");
	ck_assert_int_eq(int_at(&answer, "tasks.0.containers.0.exitCode"), 137);
	ck_assert_str_eq(text_at(&answer, "tasks.0.containers.0.reason"), "OutOfMemoryError: ?");
	ck_assert_str_eq(text_at(&answer, "tasks.0.attachments.0.status"), "DELETED");
	ck_assert(strstr(answer.text, "\"stoppedAt\":1764000000.723,"));
	answer_done(&answer);
	ck_refused(ask("TagResource",
		       "{'resourceArn':'arn:aws:ecs:us-east-1:%s:task/default/%s','tags':[{'key':"
		       "'k'}]}",
		       world.account, id),
		   I, "The specified task is stopped. Specify a running task and try again.");
	ck_does("DeleteCluster", "{'cluster':'default'}");
}
END_TEST

#define NO_CHECK CONTAINER_UNCHECKED
/* What the checks of an essential, another essential and a third container found. */
static const struct {
	int health[3];
	const char *task;
} healths[] = {
	{{NO_CHECK, NO_CHECK, CONTAINER_HEALTHY}, "UNKNOWN"},
	{{NO_CHECK, CONTAINER_HEALTHY, CONTAINER_UNHEALTHY}, "HEALTHY"},
	{{CONTAINER_HEALTHY, CONTAINER_HEALTHY, NO_CHECK}, "HEALTHY"},
	{{CONTAINER_HEALTHY, CONTAINER_UNKNOWN, NO_CHECK}, "UNKNOWN"},
	{{CONTAINER_UNKNOWN, CONTAINER_UNHEALTHY, CONTAINER_HEALTHY}, "UNHEALTHY"},
	{{CONTAINER_HEALTHY, CONTAINER_UNHEALTHY, CONTAINER_HEALTHY}, "UNHEALTHY"},
};

START_TEST(a_task_is_as_well_as_its_essential_containers)
{
	static const char *const words[] = {"UNKNOWN", "UNKNOWN", "HEALTHY", "UNHEALTHY"};
	struct err err = ERR_INIT;
	struct answer answer;
	char id[TASK_ID_SIZE];
	char path[64];

	ck_does("RegisterTaskDefinition",
		"{'family':'three','cpu':'256','memory':'512','networkMode':'awsvpc',"
		"'requiresCompatibilities':['FARGATE'],'containerDefinitions':[{'name':'a',"
		"'image':'x'},{'name':'b','image':'x','healthCheck':{'command':['CMD','x']}},"
		"{'name':'c','image':'x','essential':false}]}");
	answer = ask("RunTask", "{'taskDefinition':'three'}");
	ck_works(answer);
	memcpy(id, strrchr(text_at(&answer, "tasks.0.taskArn"), '/') + 1, TASK_ID_SIZE);
	ck_assert_str_eq(text_at(&answer, "tasks.0.healthStatus"), "UNKNOWN");
	answer_done(&answer);
	for (size_t i = 0; i < 3; i++) {
		const struct task_container container = {.state = CONTAINER_RUNNING,
							 .health = healths[_i].health[i]};

		ck_assert(task_container_update(world.state, id, i, &container, &err) == 0);
	}
	answer = ask("DescribeTasks", "{'tasks':['%s']}", id);
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "tasks.0.healthStatus"), healths[_i].task);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "tasks.0.containers.%zu.healthStatus", i);
		ck_assert_str_eq(text_at(&answer, path), words[healths[_i].health[i]]);
	}
	answer_done(&answer);
}
END_TEST

START_TEST(phases_come_when_they_are_asked_for)
{
	char id[TASK_ID_SIZE];
	struct err err = ERR_INIT;
	struct answer answer;

	run("", id);
	ck_assert(task_phase_put(world.state, id, "claimed", WORLD_NOW_MS * 1000 + 5000, NULL,
				 &err) == 0);
	answer = ask("DescribeTasks", "{'tasks':['%s'],'include':['TAGS','PHASES']}", id);
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "tasks.0.slipway.phases.0.name"), "claimed");
	ck_assert_double_eq_tol(json_number_value(at(&answer, "tasks.0.slipway.phases.0.at")),
				1764000000.128, 0.0001);
	answer_done(&answer);
}
END_TEST

static const struct {
	const char *task;    /* ID, ACCOUNT and OTHER stand for what they say */
	const char *message; /* NULL: found; "": MISSING */
} names[] = {
	{"ID", NULL},
	{"default/ID", NULL},
	{"task/ID", NULL},
	{"task/default/ID", NULL},
	{"arn:aws:ecs:us-east-1:ACCOUNT:task/default/ID", NULL},
	{"arn:aws:ecs:us-east-1:ACCOUNT:task/ID", NULL},
	{"00000000000000000000000000000000", ""},
	{"00000000-0000-0000-0000-000000000000", ""},
	{"", "taskId length should be one of [32,36]"},
	{"None", "taskId length should be one of [32,36]"},
	{"arn:aws:ecs:us-east-1:ACCOUNT:task/default/", "taskId length should be one of [32,36]"},
	{"arn:aws:ecs:us-east-1:ACCOUNT:task/default/x/ID",
	 "Invalid identifier: Unexpected number of separators"},
	{"arn:aws:ecs:us-east-1:ACCOUNT:task/default/arn:aws:ecs:us-east-1:ACCOUNT:task/ID",
	 "Invalid identifier: Unexpected number of separators"},
	{"arn:aws:ecs", "Invalid identifier: Unexpected number of separators"},
	{"arn:aws:ecs:us-east-1:ACCOUNT:cluster/default",
	 "Invalid identifier: the ARN is not one of a task"},
	{"arn:aws:ecs:us-east-1:OTHER:task/default/ID",
	 "Identifier is for OTHER. Your accountId is ACCOUNT"},
	{"arn:aws:ecs:eu-west-1:ACCOUNT:task/default/ID",
	 "Identifier is for eu-west-1. Your region is us-east-1"},
	{"arn:aws:s3:us-east-1:ACCOUNT:task/default/ID",
	 "Invalid identifier: the ARN is not one of service ecs"},
	{"arn:aws:ecs:us-east-1:ACCOUNT:task/prod/ID",
	 "Identifier is for cluster prod. Your cluster is default"},
};

/* @text with the stand-ins replaced. */
static const char *fill_in(const char *text, const char *id, char *ret, size_t size)
{
	const struct {
		const char *name, *value;
	} parts[] = {{"ID", id}, {"ACCOUNT", world.account}, {"OTHER", world.other}};
	size_t len = 0;

	while (*text && len + 1 < size) {
		size_t part = 0;

		while (part < ARRAY_LEN(parts) &&
		       strncmp(text, parts[part].name, strlen(parts[part].name)) != 0)
			part++;
		/* "Identifier" begins with "Id", which is not "ID". */
		if (part < ARRAY_LEN(parts)) {
			len += (size_t)snprintf(ret + len, size - len, "%s", parts[part].value);
			text += strlen(parts[part].name);
		} else {
			ret[len++] = *text++;
		}
	}
	ret[len] = '\0';
	return ret;
}

START_TEST(tasks_are_named_by_id_and_arn)
{
	char id[TASK_ID_SIZE];
	char name[512];
	char message[512];
	struct answer answer;

	run("", id);
	answer = ask("DescribeTasks", "{'tasks':['%s']}",
		     fill_in(names[_i].task, id, name, sizeof(name)));
	if (!names[_i].message) {
		ck_works(answer);
		ck_assert_uint_eq(json_array_size(at(&answer, "tasks")), 1);
	} else if (names[_i].message[0] == '\0') {
		ck_works(answer);
		ck_assert_str_eq(text_at(&answer, "failures.0.reason"), "MISSING");
		ck_assert(strstr(text_at(&answer, "failures.0.arn"), ":task/default/0"));
	} else {
		ck_assert_str_eq(answer.type, I);
		ck_assert_str_eq(answer.message,
				 fill_in(names[_i].message, id, message, sizeof(message)));
	}
	answer_done(&answer);
}
END_TEST

START_TEST(what_breaks_a_rule_is_refused)
{
	char tasks[8192] = "";
	size_t len = 0;

	for (int i = 0; i < 101; i++)
		len += (size_t)snprintf(tasks + len, sizeof(tasks) - len, "%s'%032d'",
					i > 0 ? "," : "", i);
	ck_refused(ask("DescribeTasks", "{}"), I, "Tasks cannot be empty.");
	ck_refused(ask("DescribeTasks", "{'tasks':[]}"), I, "Tasks cannot be empty.");
	ck_refused(ask("DescribeTasks", "{'tasks':[%s]}", tasks), I,
		   "tasks must be a list of from 0 to 100 items.");
	ck_refused(ask("DescribeTasks", "{'tasks':['x'],'include':['X']}"), I,
		   "include should be one of [TAGS]");
	ck_refused(ask("DescribeTasks", "{'tasks':['x'],'cluster':'nope'}"),
		   "ClusterNotFoundException", "Cluster not found.");
	ck_refused(ask("StopTask", "{}"), I, "task is required.");
	ck_refused(ask("StopTask", "{'task':'%032d'}", 0), I, "The referenced task was not found.");
	ck_refused(ask("StopTask", "{'task':''}"), I, "taskId length should be one of [32,36]");
	ck_refused(ask("ListTasks", "{'desiredStatus':'DEAD'}"), I,
		   "desiredStatus must be one of [RUNNING,PENDING,STOPPED].");
	ck_refused(ask("ListTasks", "{'launchType':'X'}"), I,
		   "launchType must be one of [EC2,FARGATE,EXTERNAL,MANAGED_INSTANCES].");
	ck_refused(ask("ListTasks", "{'maxResults':-1}"), I, "maxResults must be from 1 to 100.");
	ck_refused(ask("ListTasks", "{'serviceName':'s'}"), "ServiceNotFoundException",
		   "Service not found.");
}
END_TEST

START_TEST(stopping_writes_the_wish_once)
{
	char id[TASK_ID_SIZE];
	struct answer answer;

	run("", id);
	answer = ask("StopTask", "{'task':'%s','reason':'enough'}", id);
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "task.desiredStatus"), "STOPPED");
	ck_assert_str_eq(text_at(&answer, "task.lastStatus"), "PROVISIONING");
	ck_assert_str_eq(text_at(&answer, "task.stopCode"), "UserInitiated");
	ck_assert_str_eq(text_at(&answer, "task.stoppedReason"), "enough");
	ck_assert_int_eq(int_at(&answer, "task.version"), 2);
	ck_assert(strstr(answer.text, "\"stoppingAt\":1764000000.123"));
	answer_done(&answer);
	ck_assert_int_eq(atomic_load(&world.rings), 2);
	answer = ask("StopTask", "{'task':'%s','reason':'again'}", id);
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "task.stoppedReason"), "enough");
	ck_assert_int_eq(int_at(&answer, "task.version"), 2);
	answer_done(&answer);
	run("", id);
	answer = ask("StopTask", "{'task':'%s'}", id);
	ck_assert_str_eq(text_at(&answer, "task.stoppedReason"), "Task stopped by user");
	answer_done(&answer);
}
END_TEST

static const struct {
	const char *filter;
	unsigned count;
} filters[] = {
	{"", 4},
	{",'desiredStatus':'RUNNING'", 4},
	{",'desiredStatus':'STOPPED'", 1},
	{",'desiredStatus':'PENDING'", 0},
	{",'family':'f'", 3},
	{",'family':'g'", 1},
	{",'family':'h'", 0},
	{",'family':'','startedBy':'','serviceName':'','containerInstance':''", 4},
	{",'startedBy':'ci'", 1},
	{",'startedBy':'ci','family':'g'", 0},
	{",'startedBy':'ci','desiredStatus':'STOPPED'", 0},
	{",'launchType':'FARGATE'", 4},
	{",'launchType':'EC2'", 0},
	{",'containerInstance':'x'", 0},
	{",'daemonName':'x'", 0},
};

START_TEST(lists_filter)
{
	char id[TASK_ID_SIZE];

	register_family("g");
	run("", id);
	ck_does("StopTask", "{'task':'%s'}", id);
	run("", id);
	run("", id);
	run(",'startedBy':'ci'", id);
	ck_does("RunTask", "{'taskDefinition':'g'}");
	ck_does("CreateCluster", "{'clusterName':'b'}");
	ck_does("RunTask", "{'taskDefinition':'g','cluster':'b'}");
	for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
		struct answer answer =
			ask("ListTasks", "{'cluster':'default'%s}", filters[i].filter);

		ck_works(answer);
		ck_assert_msg(json_array_size(at(&answer, "taskArns")) == filters[i].count,
			      "%s: %s", filters[i].filter, answer.text);
		answer_done(&answer);
	}
}
END_TEST

START_TEST(pages_cover_every_task_once)
{
	AUTO(json_decrefp) json_t *seen = json_object();
	char token[512] = "";
	int pages = 0;

	for (int i = 0; i < 5; i++)
		ck_does("RunTask", "{'taskDefinition':'f','count':5}");
	do {
		struct answer answer =
			token[0] ? ask("ListTasks", "{'maxResults':7,'nextToken':'%s'}", token)
				 : ask("ListTasks", "{'maxResults':7}");
		json_t *arn;
		size_t index;

		ck_works(answer);
		json_array_foreach (at(&answer, "taskArns"), index, arn) {
			const char *text = json_string_value(arn);

			ck_assert_msg(!json_object_get(seen, text), "%s twice", text);
			ck_assert_int_eq(json_object_set_new(seen, text, json_true()), 0);
		}
		(void)snprintf(token, sizeof(token), "%s",
			       at(&answer, "nextToken") ? text_at(&answer, "nextToken") : "");
		answer_done(&answer);
		pages++;
	} while (token[0] != '\0');
	ck_assert_uint_eq(json_object_size(seen), 25);
	ck_assert_int_eq(pages, 4);
}
END_TEST

START_TEST(tags_of_a_task_are_managed_by_its_arn)
{
	char id[TASK_ID_SIZE];
	struct answer answer;

	run(",'enableECSManagedTags':true", id);
	ck_does("TagResource",
		"{'resourceArn':'arn:aws:ecs:us-east-1:%s:task/default/%s','tags':[{'key':'k',"
		"'value':'v'}]}",
		world.account, id);
	answer = ask("DescribeTasks", "{'tasks':['%s']}", id);
	ck_assert_uint_eq(json_array_size(at(&answer, "tasks.0.tags")), 0);
	answer_done(&answer);
	answer = ask("DescribeTasks", "{'tasks':['%s'],'include':['TAGS']}", id);
	ck_assert_uint_eq(json_array_size(at(&answer, "tasks.0.tags")), 2);
	answer_done(&answer);
	ck_refused(ask("UntagResource",
		       "{'resourceArn':'arn:aws:ecs:us-east-1:%s:task/default/%s','tagKeys':["
		       "'aws:ecs:clusterName']}",
		       world.account, id),
		   I, "tagKeys[0] must not begin with aws:.");
	ck_refused(ask("ListTagsForResource",
		       "{'resourceArn':'arn:aws:ecs:us-east-1:%s:task/default/%032d'}",
		       world.account, 0),
		   I, "The specified task does not exist. Specify a valid task and try again.");
	ck_refused(ask("ListTagsForResource", "{'resourceArn':'arn:aws:ecs:us-east-1:%s:task/%s'}",
		       world.account, id),
		   I, "Invalid identifier: Unexpected number of separators");
}
END_TEST

START_TEST(accounts_do_not_see_or_touch_each_others_tasks)
{
	char id[TASK_ID_SIZE];
	char message[128];
	struct answer answer;

	run(",'startedBy':'ci'", id);
	world_caller = world.other;
	ck_does("CreateCluster", "{}");
	answer = ask("ListTasks", "{'startedBy':'ci'}");
	ck_assert_uint_eq(json_array_size(at(&answer, "taskArns")), 0);
	answer_done(&answer);
	answer = ask("DescribeTasks", "{'tasks':['%s']}", id);
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "failures.0.reason"), "MISSING");
	answer_done(&answer);
	ck_refused(ask("StopTask", "{'task':'%s'}", id), I, "The referenced task was not found.");
	(void)snprintf(message, sizeof(message), "Identifier is for %s. Your accountId is %s",
		       world.account, world.other);
	ck_refused(ask("StopTask", "{'task':'arn:aws:ecs:us-east-1:%s:task/default/%s'}",
		       world.account, id),
		   I, message);
	ck_refused(ask("DescribeTasks", "{'tasks':['arn:aws:ecs:us-east-1:%s:task/default/%s']}",
		       world.account, id),
		   I, message);
	ck_refused(ask("ListTagsForResource",
		       "{'resourceArn':'arn:aws:ecs:us-east-1:%s:task/default/%s'}", world.account,
		       id),
		   I, message);
	world_caller = world.account;
	answer = ask("DescribeTasks", "{'tasks':['%s']}", id);
	ck_assert_str_eq(text_at(&answer, "tasks.0.desiredStatus"), "RUNNING");
	answer_done(&answer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ecs_task");
	TCase *tests = tcase_create("task");

	tcase_add_checked_fixture(tests, prepare, world_end);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_running_task_shows_its_network_and_times);
	tcase_add_test(tests, a_stopped_task_tells_why_and_with_which_code);
	tcase_add_loop_test(tests, a_task_is_as_well_as_its_essential_containers, 0,
			    ARRAY_LEN(healths));
	tcase_add_test(tests, phases_come_when_they_are_asked_for);
	tcase_add_loop_test(tests, tasks_are_named_by_id_and_arn, 0, ARRAY_LEN(names));
	tcase_add_test(tests, what_breaks_a_rule_is_refused);
	tcase_add_test(tests, stopping_writes_the_wish_once);
	tcase_add_test(tests, lists_filter);
	tcase_add_test(tests, pages_cover_every_task_once);
	tcase_add_test(tests, tags_of_a_task_are_managed_by_its_arn);
	tcase_add_test(tests, accounts_do_not_see_or_touch_each_others_tasks);
	suite_add_tcase(suite, tests);
	return suite_end(suite);
}
