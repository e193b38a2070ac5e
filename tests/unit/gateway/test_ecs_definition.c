/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Task definitions: the normal form in which they come back, and the life of a revision.
 */
#include "api_world.h"
#include "definition_text.h"

START_TEST(a_range_of_ports_has_no_host_port)
{
	struct answer answer =
		ask("RegisterTaskDefinition", "%s",
		    DEFINITION(",'portMappings':[{'containerPortRange':'8-9'}]", ""));

	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "taskDefinition.containerDefinitions.0.portMappings.0."
					  "containerPortRange"),
			 "8-9");
	ck_assert_ptr_null(
		at(&answer, "taskDefinition.containerDefinitions.0.portMappings.0.hostPort"));
	answer_done(&answer);
}
END_TEST

START_TEST(volumes_and_kernel_settings_are_kept_as_they_were_given)
{
	struct answer answer = ask(
		"RegisterTaskDefinition",
		DEFINITION(MOUNTED("/v/") ",'pseudoTerminal':true,'systemControls':[{"
					  "'namespace':'net.core.somaxconn','value':'9'}],"
					  "'linuxParameters':{'initProcessEnabled':true,"
					  "'capabilities':{'add':['SYS_PTRACE'],'drop':['ALL']},"
					  "'tmpfs':[{'containerPath':'/t','size':1,"
					  "'mountOptions':['noexec','mode=0700']}]}",
			   ",'volumes':[{'name':'v','host':{}}],'pidMode':'task'"));

	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "taskDefinition.volumes.0.name"), "v");
	ck_assert_str_eq(text_at(&answer, "taskDefinition.pidMode"), "task");
	ck_assert_str_eq(text_at(&answer, "taskDefinition.containerDefinitions.0.mountPoints.0."
					  "containerPath"),
			 "/v/");
	ck_assert_str_eq(text_at(&answer, "taskDefinition.containerDefinitions.0.linuxParameters."
					  "tmpfs.0.mountOptions.1"),
			 "mode=0700");
	answer_done(&answer);
}
END_TEST

START_TEST(cpu_and_memory_that_are_no_sizes_are_invalid_parameters)
{
	ck_refused(ask("RegisterTaskDefinition",
		       "{'family':'f','cpu':'1.1','containerDefinitions':[]}"),
		   "InvalidParameterException", "Invalid 'cpu' setting for task.");
	ck_refused(ask("RegisterTaskDefinition",
		       "{'family':'f','memory':'1 TB','containerDefinitions':[]}"),
		   "InvalidParameterException", "Invalid 'memory' setting for task.");
}
END_TEST

START_TEST(all_seventy_four_sizes_register_and_come_back_in_units)
{
	int count = 0;

	for (int cpu = 256; cpu <= 16384; cpu *= 2) {
		for (int memory = 512; memory <= 122880; memory += 512) {
			struct answer answer = ask(
				"RegisterTaskDefinition",
				"{'family':'f','containerDefinitions':[{'name':'a','image':'x'}],"
				"'cpu':'%g vCPU','memory':'%g GB'" FARGATE "}",
				cpu / 1024.0, memory / 1024.0);
			char text[16];

			if (answer.status == 200) {
				(void)snprintf(text, sizeof(text), "%d", cpu);
				ck_assert_str_eq(text_at(&answer, "taskDefinition.cpu"), text);
				(void)snprintf(text, sizeof(text), "%d", memory);
				ck_assert_str_eq(text_at(&answer, "taskDefinition.memory"), text);
				count++;
			}
			answer_done(&answer);
			/* Beyond the widest range nothing changes: skip ahead. */
			if (memory >= 61440 && cpu < 16384)
				break;
		}
	}
	ck_assert_int_eq(count, 74);
}
END_TEST

START_TEST(a_definition_comes_back_in_its_normal_form)
{
	struct answer answer =
		ask("RegisterTaskDefinition",
		    "{'family':'f','networkMode':'awsvpc','requiresCompatibilities':['FARGATE'],"
		    "'cpu':'.25 vcpu','memory':'0.5GB','revision':9,'status':'INACTIVE','noise':1,"
		    "'taskRoleArn':'','executionRoleArn':'bare-role','pidMode':null,'volumes':[],"
		    "'tags':[{'key':'k','value':'v'}],'enableFaultInjection':false,"
		    "'runtimePlatform':{'cpuArchitecture':'X86_64','operatingSystemFamily':"
		    "'LINUX'},"
		    "'containerDefinitions':[{'name':'a','image':'x','user':'','links':[],"
		    "'healthCheck':null,'secrets':[],'noise':{},'dockerLabels':{'l':'m'},"
		    "'pseudoTerminal':false,'linuxParameters':{'initProcessEnabled':false},"
		    "'restartPolicy':{'enabled':false,'ignoredExitCodes':[]},'privileged':false,"
		    "'environment':[{'name':'E','value':''},{'name':'F'}],'portMappings':[{"
		    "'containerPort':80,'noise':1}],'logConfiguration':{'logDriver':'awslogs',"
		    "'options':{'awslogs-group':'g','awslogs-region':'us-east-1','awslogs-stream-"
		    "prefix':"
		    "'p','awslogs-create-group':'true','mode':'non-blocking'}}}]}");

	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "taskDefinition.cpu"), "256");
	ck_assert_str_eq(text_at(&answer, "taskDefinition.memory"), "512");
	ck_assert_int_eq(int_at(&answer, "taskDefinition.revision"), 1);
	ck_assert_str_eq(text_at(&answer, "taskDefinition.status"), "ACTIVE");
	ck_assert_str_eq(text_at(&answer, "taskDefinition.executionRoleArn"), "bare-role");
	ck_assert_ptr_null(at(&answer, "taskDefinition.taskRoleArn"));
	ck_assert_ptr_null(at(&answer, "taskDefinition.noise"));
	ck_assert_ptr_null(at(&answer, "taskDefinition.tags"));
	ck_assert_ptr_null(at(&answer, "taskDefinition.pidMode"));
	ck_assert(json_is_array(at(&answer, "taskDefinition.volumes")));
	ck_assert_str_eq(text_at(&answer, "taskDefinition.compatibilities.1"), "FARGATE");
	ck_assert_str_eq(text_at(&answer, "tags.0.value"), "v");
#define C "taskDefinition.containerDefinitions.0."
	ck_assert_int_eq(int_at(&answer, C "cpu"), 0);
	ck_assert(json_is_true(at(&answer, C "essential")));
	ck_assert(json_is_array(at(&answer, C "mountPoints")));
	ck_assert(json_is_array(at(&answer, C "volumesFrom")));
	ck_assert(json_is_array(at(&answer, C "systemControls")));
	ck_assert_ptr_null(at(&answer, C "user"));
	ck_assert_ptr_null(at(&answer, C "noise"));
	ck_assert_ptr_null(at(&answer, C "healthCheck"));
	ck_assert_ptr_null(at(&answer, C "secrets"));
	ck_assert(json_is_false(at(&answer, "taskDefinition.enableFaultInjection")));
	ck_assert(json_is_false(at(&answer, C "pseudoTerminal")));
	ck_assert(json_is_false(at(&answer, C "privileged")));
	ck_assert(json_is_false(at(&answer, C "linuxParameters.initProcessEnabled")));
	ck_assert(json_is_false(at(&answer, C "restartPolicy.enabled")));
	ck_assert_ptr_null(at(&answer, C "portMappings.0.noise"));
	ck_assert_str_eq(text_at(&answer, C "environment.0.value"), "");
	ck_assert_str_eq(text_at(&answer, C "environment.1.value"), "");
	ck_assert_int_eq(int_at(&answer, C "portMappings.0.hostPort"), 80);
	ck_assert_str_eq(text_at(&answer, C "portMappings.0.protocol"), "tcp");
	ck_assert_str_eq(text_at(&answer, C "dockerLabels.l"), "m");
	ck_assert_str_eq(text_at(&answer, C "logConfiguration.options.mode"), "non-blocking");
	ck_assert_double_eq_tol(json_number_value(at(&answer, "taskDefinition.registeredAt")),
				1764000000.123, 0.0001);
	ck_assert(strstr(answer.text, "1764000000.123"));
	answer_done(&answer);
}
END_TEST

START_TEST(order_and_health_come_back_with_their_defaults)
{
	struct answer answer =
		ask("RegisterTaskDefinition",
		    "{'family':'f','containerDefinitions':[{'name':'a','image':'x','dependsOn':[{"
		    "'containerName':'b','condition':'HEALTHY'},{'containerName':'c','condition':"
		    "'SUCCESS'}],'restartPolicy':{'enabled':true,'ignoredExitCodes':[0,137],"
		    "'restartAttemptPeriod':60}},{'name':'b','image':'x','healthCheck':{'command':["
		    "'CMD-SHELL','true'],'retries':10,'interval':null}},{'name':'c','image':'x',"
		    "'essential':false}],'cpu':'256','memory':'512'" FARGATE "}");

	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, C "dependsOn.1.condition"), "SUCCESS");
	ck_assert_int_eq(int_at(&answer, C "restartPolicy.ignoredExitCodes.1"), 137);
	ck_assert_int_eq(int_at(&answer, C "restartPolicy.restartAttemptPeriod"), 60);
#define B "taskDefinition.containerDefinitions.1.healthCheck."
	ck_assert_str_eq(text_at(&answer, B "command.0"), "CMD-SHELL");
	ck_assert_int_eq(int_at(&answer, B "interval"), 30);
	ck_assert_int_eq(int_at(&answer, B "timeout"), 5);
	ck_assert_int_eq(int_at(&answer, B "retries"), 10);
	ck_assert_ptr_null(at(&answer, B "startPeriod"));
	ck_assert(strstr(answer.text, "ecs.capability.container-ordering"));
	ck_assert(strstr(answer.text, "ecs.capability.container-health-check"));
	ck_assert(strstr(answer.text, "ecs.capability.container-restart-policy"));
	answer_done(&answer);
}
END_TEST

START_TEST(what_is_not_for_fargate_is_registered_and_cannot_run)
{
	struct answer answer =
		ask("RegisterTaskDefinition",
		    "{'family':'ec2','networkMode':'bridge','containerDefinitions':[{'name':'a',"
		    "'image':'x','memory':64,'privileged':true,'links':['b'],'portMappings':[{"
		    "'containerPort':80,'hostPort':8080}]}]}");

	ck_works(answer);
	ck_assert_uint_eq(json_array_size(at(&answer, "taskDefinition.compatibilities")), 1);
	ck_assert(json_is_true(at(&answer, C "privileged")));
	answer_done(&answer);
	ck_does("CreateCluster", "{}");
	ck_refused(ask("RunTask", "{'taskDefinition':'ec2'}"), "InvalidParameterException",
		   "Task definition does not support launch_type FARGATE.");
}
END_TEST

START_TEST(a_definition_over_64_kib_is_refused)
{
	char *big = xcalloc(70000, 1);
	struct answer answer;

	memset(big, 'x', 69999);
	answer = ask("RegisterTaskDefinition",
		     "{'family':'f','containerDefinitions':[{'name':'a','image':'x','environment':["
		     "{'name':'A','value':'%s'}]}],'cpu':'256','memory':'512'" FARGATE "}",
		     big);
	ck_assert_int_eq(answer.status, 400);
	ck_assert_str_eq(answer.type, "ClientException");
	ck_assert(strstr(answer.message, "Max allowed length is '65536' bytes."));
	answer_done(&answer);
	free(big);
}
END_TEST

static void register_family(const char *family, int times)
{
	for (int i = 0; i < times; i++)
		ck_does("RegisterTaskDefinition",
			"{'family':'%s','containerDefinitions':[{'name':'a','image':'x'}],'cpu':"
			"'256','memory':'512'" FARGATE ",'tags':[{'key':'n','value':'%d'}]}",
			family, i + 1);
}

START_TEST(revisions_are_found_by_family_number_and_arn)
{
	static const struct {
		const char *name; /* ACCOUNT stands for the account */
		int revision;	  /* 0: refused */
		const char *message;
	} rows[] = {
		{"f", 12, NULL},
		{"f:3", 3, NULL},
		{"arn:aws:ecs:us-east-1:ACCOUNT:task-definition/f", 12, NULL},
		{"arn:aws:ecs:us-east-1:ACCOUNT:task-definition/f:2", 2, NULL},
		{"task-definition/f:2", 2, NULL},
		{"f:13", 0, "Unable to describe task definition."},
		{"g", 0, "Unable to describe task definition."},
		{"", 0, "Unable to describe task definition."},
		{"f:foo", 0, "Invalid revision number. Number: foo"},
		{"f:0", 0, "Invalid revision number. Number: 0"},
		{"f:-1", 0, "Invalid revision number. Number: -1"},
		{"f:", 0, "Invalid revision number. Number: "},
		{"f:99999999999999999999", 0,
		 "Invalid revision number. Number: 99999999999999999999"},
	};

	register_family("f", 12);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *place = strstr(rows[i].name, "ACCOUNT");
		char name[256];
		struct answer answer;

		(void)snprintf(name, sizeof(name), "%s", rows[i].name);
		if (place)
			(void)snprintf(name, sizeof(name), "%.*s%s%s", (int)(place - rows[i].name),
				       rows[i].name, world.account, place + strlen("ACCOUNT"));
		answer = ask("DescribeTaskDefinition", "{'taskDefinition':'%s','include':['TAGS']}",
			     name);
		if (rows[i].revision > 0) {
			ck_works(answer);
			ck_assert_int_eq(int_at(&answer, "taskDefinition.revision"),
					 rows[i].revision);
			ck_assert_int_eq(atoi(text_at(&answer, "tags.0.value")), rows[i].revision);
		} else {
			ck_assert_str_eq(answer.type, "ClientException");
			ck_assert_str_eq(answer.message, rows[i].message);
		}
		answer_done(&answer);
	}
}
END_TEST

START_TEST(a_revision_lives_until_it_is_deleted)
{
	struct answer answer;

	register_family("f", 2);
	ck_refused(ask("DeregisterTaskDefinition", "{'taskDefinition':'f'}"), "ClientException",
		   "Revision is missing.");
	ck_refused(ask("DeregisterTaskDefinition", "{'taskDefinition':'f:foo'}"), "ClientException",
		   "Invalid revision number. Number: foo");
	ck_refused(ask("DeregisterTaskDefinition", "{'taskDefinition':'f:9'}"), "ClientException",
		   "Unable to describe task definition.");
	for (int i = 0; i < 2; i++) {
		answer = ask("DeregisterTaskDefinition", "{'taskDefinition':'f:2'}");
		ck_works(answer);
		ck_assert_str_eq(text_at(&answer, "taskDefinition.status"), "INACTIVE");
		answer_done(&answer);
	}
	answer = ask("DescribeTaskDefinition", "{'taskDefinition':'f'}");
	ck_assert_int_eq(int_at(&answer, "taskDefinition.revision"), 1);
	answer_done(&answer);
	ck_does("CreateCluster", "{}");
	ck_refused(ask("RunTask", "{'taskDefinition':'f:2'}"), "InvalidParameterException",
		   "TaskDefinition is inactive");
	answer = ask("DeleteTaskDefinitions", "{'taskDefinitions':['f:1','f:2','f:7','f','x:y']}");
	ck_works(answer);
	ck_assert_uint_eq(json_array_size(at(&answer, "taskDefinitions")), 1);
	ck_assert_str_eq(text_at(&answer, "taskDefinitions.0.status"), "DELETE_IN_PROGRESS");
	ck_assert_str_eq(text_at(&answer, "failures.0.reason"),
			 "The specified task definition is still in ACTIVE status. Please "
			 "deregister the target and try again.");
	ck_assert_str_eq(text_at(&answer, "failures.1.reason"),
			 "The specified task definition does not exist. Specify a valid account, "
			 "family, revision and try again.");
	ck_assert_str_eq(text_at(&answer, "failures.2.reason"),
			 "The specified task definition identifier is invalid. Specify a valid "
			 "name or ARN and try again.");
	ck_assert_str_eq(text_at(&answer, "failures.3.arn"), "x:y");
	answer_done(&answer);
	ck_refused(ask("DeregisterTaskDefinition", "{'taskDefinition':'f:2'}"), "ClientException",
		   "The task definition could not be deregistered because it is in the process of "
		   "being deleted.");
	register_family("f", 1);
	answer = ask("DescribeTaskDefinition", "{'taskDefinition':'f'}");
	ck_assert_int_eq(int_at(&answer, "taskDefinition.revision"), 3);
	answer_done(&answer);
}
END_TEST

START_TEST(lists_sort_revisions_as_numbers_and_page)
{
	char token[512] = "";
	int revision = 11;
	struct answer answer;

	register_family("f", 11);
	register_family("ff", 1);
	answer = ask("ListTaskDefinitions", "{'familyPrefix':'f'}");
	ck_assert_uint_eq(json_array_size(at(&answer, "taskDefinitionArns")), 11);
	ck_assert(strstr(text_at(&answer, "taskDefinitionArns.1"), "/f:2"));
	answer_done(&answer);
	while (revision > 0) {
		answer = token[0] ? ask("ListTaskDefinitions",
					"{'familyPrefix':'f','sort':'DESC','maxResults':4,"
					"'nextToken':'%s'}",
					token)
				  : ask("ListTaskDefinitions",
					"{'familyPrefix':'f','sort':'DESC','maxResults':4}");
		ck_works(answer);
		for (size_t i = 0; i < json_array_size(at(&answer, "taskDefinitionArns")); i++) {
			char want[16];

			(void)snprintf(want, sizeof(want), "/f:%d", revision--);
			ck_assert(strstr(json_string_value(json_array_get(
						 at(&answer, "taskDefinitionArns"), i)),
					 want));
		}
		(void)snprintf(token, sizeof(token), "%s", text_at(&answer, "nextToken"));
		answer_done(&answer);
	}
	ck_assert_str_eq(token, "(none)");
	answer = ask("ListTaskDefinitionFamilies", "{'familyPrefix':'f','maxResults':1}");
	ck_assert_str_eq(text_at(&answer, "families.0"), "f");
	(void)snprintf(token, sizeof(token), "%s", text_at(&answer, "nextToken"));
	answer_done(&answer);
	answer = ask("ListTaskDefinitionFamilies",
		     "{'familyPrefix':'f','maxResults':1,'nextToken':'%s'}", token);
	ck_assert_str_eq(text_at(&answer, "families.0"), "ff");
	ck_assert_ptr_null(at(&answer, "nextToken"));
	answer_done(&answer);
	ck_refused(ask("ListTaskDefinitions", "{'nextToken':'%s'}", token),
		   "InvalidParameterException", "Invalid token");
	ck_refused(ask("ListTaskDefinitions", "{'status':'DEAD'}"), "InvalidParameterException",
		   "status must be one of [ACTIVE,INACTIVE,DELETE_IN_PROGRESS].");
	ck_refused(ask("ListTaskDefinitions", "{'sort':1}"), "InvalidParameterException",
		   "sort must be one of [ASC,DESC].");
}
END_TEST

START_TEST(accounts_do_not_see_each_others_definitions)
{
	char message[128];
	struct answer answer;

	register_family("f", 1);
	world_caller = world.other;
	ck_does("CreateCluster", "{}");
	ck_refused(ask("DescribeTaskDefinition", "{'taskDefinition':'f'}"), "ClientException",
		   "Unable to describe task definition.");
	ck_refused(ask("RunTask", "{'taskDefinition':'f:1'}"), "ClientException",
		   "TaskDefinition not found.");
	(void)snprintf(message, sizeof(message), "Identifier is for %s. Your accountId is %s",
		       world.account, world.other);
	ck_refused(ask("RunTask",
		       "{'taskDefinition':'arn:aws:ecs:us-east-1:%s:task-definition/f:1'}",
		       world.account),
		   "InvalidParameterException", message);
	answer = ask("ListTaskDefinitions", "{}");
	ck_assert_uint_eq(json_array_size(at(&answer, "taskDefinitionArns")), 0);
	answer_done(&answer);
	answer = ask("ListTaskDefinitionFamilies", "{}");
	ck_assert_uint_eq(json_array_size(at(&answer, "families")), 0);
	answer_done(&answer);
	/* Its own first revision is the first. */
	answer = ask("RegisterTaskDefinition", "%s", DEFINITION("", ""));
	ck_assert_int_eq(int_at(&answer, "taskDefinition.revision"), 1);
	answer_done(&answer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ecs_definition");
	TCase *tests = tcase_create("definition");

	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_range_of_ports_has_no_host_port);
	tcase_add_test(tests, volumes_and_kernel_settings_are_kept_as_they_were_given);
	tcase_add_test(tests, cpu_and_memory_that_are_no_sizes_are_invalid_parameters);
	tcase_add_test(tests, all_seventy_four_sizes_register_and_come_back_in_units);
	tcase_add_test(tests, a_definition_comes_back_in_its_normal_form);
	tcase_add_test(tests, order_and_health_come_back_with_their_defaults);
	tcase_add_test(tests, what_is_not_for_fargate_is_registered_and_cannot_run);
	tcase_add_test(tests, a_definition_over_64_kib_is_refused);
	tcase_add_test(tests, revisions_are_found_by_family_number_and_arn);
	tcase_add_test(tests, a_revision_lives_until_it_is_deleted);
	tcase_add_test(tests, lists_sort_revisions_as_numbers_and_page);
	tcase_add_test(tests, accounts_do_not_see_each_others_definitions);
	suite_add_tcase(suite, tests);
	return suite_end(suite);
}
