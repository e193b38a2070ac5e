/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Account settings by request and answer, what two of them change elsewhere, and the
 * protection of tasks.
 */
#include "api_world.h"

#define I "InvalidParameterException"

static const struct {
	const char *operation, *body, *type, *message;
} refusals[] = {
	{"PutAccountSetting", "{'name':'x','value':'enabled'}", I, NULL},
	{"PutAccountSetting", "{'name':'containerInsights'}", I, "value is required."},
	{"PutAccountSetting", "{'name':'containerInsights','value':'ENABLED'}", I,
	 "Invalid setting 'value'"},
	{"PutAccountSetting", "{'name':'taskLongArnFormat','value':'disabled'}", I,
	 "Invalid setting 'value'"},
	{"PutAccountSetting", "{'name':'guardDutyActivate','value':'on'}", I,
	 "Invalid setting 'value'"},
	{"PutAccountSettingDefault", "{'name':'fargateFIPSMode','value':'enabled'}",
	 "ClientException", "fargateFIPSMode enabled is not supported by this Slipway yet."},
	{"PutAccountSetting",
	 "{'name':'containerInsights','value':'enabled','principalArn':"
	 "'arn:aws:iam::000000000001:root'}",
	 I, "principalArn must be the ARN of a user, a role or the root of this account."},
	{"ListAccountSettings", "{'value':'enabled'}", I,
	 "You must specify an account setting name to use value."},
	{"ListAccountSettings", "{'maxResults':11}", I, "maxResults must be from 1 to 10."},
	{"DeleteAccountSetting", "{}", I, "name is required."},
};

START_TEST(what_breaks_a_rule_is_refused_by_name)
{
	struct answer answer = ask(refusals[_i].operation, "%s", refusals[_i].body);

	ck_assert_msg(answer.status == 400, "%s", answer.text);
	ck_assert_str_eq(answer.type, refusals[_i].type);
	if (refusals[_i].message)
		ck_assert_str_eq(answer.message, refusals[_i].message);
	answer_done(&answer);
}
END_TEST

START_TEST(a_principal_is_no_longer_than_an_arn_may_be)
{
	AUTO(freep) char *name = xcalloc(1, 2049);
	AUTO(freep) char *arn = NULL;

	memset(name, 'n',
	       2048 - strlen("arn:aws:iam::") - strlen(world.account) - strlen(":user/"));
	arn = xasprintf("arn:aws:iam::%s:user/%s", world.account, name);
	ck_does("PutAccountSetting",
		"{'name':'containerInsights','value':'enabled','principalArn':'%s'}", arn);
	ck_refused(ask("PutAccountSetting",
		       "{'name':'containerInsights','value':'enabled','principalArn':'%sx'}", arn),
		   I,
		   "principalArn must be the ARN of a user, a role or the root of this account.");
}
END_TEST

static size_t count_listed(const char *body)
{
	struct answer answer = ask("ListAccountSettings", "%s", body);
	size_t count;

	ck_works(answer);
	count = json_array_size(at(&answer, "settings"));
	answer_done(&answer);
	return count;
}

START_TEST(a_users_own_setting_goes_before_the_accounts)
{
	static const char one[] = "{'name':'containerInsights','effectiveSettings':true}";
	struct answer answer;

	ck_assert_uint_eq(count_listed("{}"), 0);
	ck_does("PutAccountSettingDefault", "{'name':'containerInsights','value':'enabled'}");
	ck_assert_uint_eq(count_listed("{}"), 0);
	answer = ask("ListAccountSettings", one);
	ck_assert_str_eq(text_at(&answer, "settings.0.value"), "enabled");
	ck_assert(strstr(text_at(&answer, "settings.0.principalArn"), ":root"));
	answer_done(&answer);
	answer = ask("PutAccountSetting", "{'name':'containerInsights','value':'enhanced'}");
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "setting.value"), "enhanced");
	ck_assert(strstr(text_at(&answer, "setting.principalArn"), ":user/alice"));
	answer_done(&answer);
	ck_assert_uint_eq(count_listed("{}"), 1);
	ck_assert_uint_eq(count_listed("{'name':'containerInsights','value':'disabled'}"), 0);
	answer = ask("ListAccountSettings", one);
	ck_assert_str_eq(text_at(&answer, "settings.0.value"), "enhanced");
	answer_done(&answer);
	answer = ask("DeleteAccountSetting", "{'name':'containerInsights'}");
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "setting.value"), "enabled");
	answer_done(&answer);
	world_caller = world.other;
	answer = ask("ListAccountSettings", one);
	ck_assert_str_eq(text_at(&answer, "settings.0.value"), "disabled");
	answer_done(&answer);
}
END_TEST

START_TEST(all_settings_fit_on_two_pages)
{
	struct answer answer = ask("ListAccountSettings", "{'effectiveSettings':true}");
	AUTO(freep) char *token = NULL;

	ck_works(answer);
	ck_assert_uint_eq(json_array_size(at(&answer, "settings")), 10);
	ck_assert_str_eq(text_at(&answer, "settings.0.name"), "awsvpcTrunking");
	token = xstrdup(text_at(&answer, "nextToken"));
	answer_done(&answer);
	answer = ask("ListAccountSettings", "{'effectiveSettings':true,'nextToken':'%s'}", token);
	ck_works(answer);
	ck_assert_uint_eq(json_array_size(at(&answer, "settings")), 1);
	ck_assert_str_eq(text_at(&answer, "settings.0.name"), "taskLongArnFormat");
	ck_assert_ptr_null(at(&answer, "nextToken"));
	answer_done(&answer);
}
END_TEST

START_TEST(new_clusters_have_the_accounts_insights)
{
	struct answer answer;

	ck_does("PutAccountSettingDefault", "{'name':'containerInsights','value':'enabled'}");
	answer = ask("CreateCluster", "{'clusterName':'a'}");
	ck_assert_str_eq(text_at(&answer, "cluster.settings.0.value"), "enabled");
	answer_done(&answer);
}
END_TEST

#define LOG(more)                                                                                  \
	"'logConfiguration':{'logDriver':'awslogs','options':{'awslogs-group':'g','awslogs-"       \
	"region':'us-east-1','awslogs-stream-prefix':'p'" more "}}"

/* How the container @index of the task that is started would write: NULL without a word. */
static const char *mode_of_task(const char *overrides, size_t index, char mode[32])
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	AUTO(json_decrefp) json_t *spec = NULL;
	struct err err = ERR_INIT;
	struct answer answer = ask("RunTask", "{'taskDefinition':'f'%s}", overrides);
	const json_t *container;
	const char *text;
	struct task task;

	ck_works(answer);
	ck_assert(task_find(world.state, world.account, NULL,
			    strrchr(text_at(&answer, "tasks.0.taskArn"), '/') + 1, arena, &task,
			    &err) == 0);
	answer_done(&answer);
	spec = json_loads(task.spec_json, 0, NULL);
	container = json_array_get(json_object_get(spec, "containers"), index);
	text = json_string_value(json_object_get(
		json_object_get(json_object_get(container, "logConfiguration"), "options"),
		"mode"));
	(void)snprintf(mode, 32, "%s", text ? text : "");
	return text ? mode : NULL;
}

START_TEST(containers_that_say_nothing_write_in_the_accounts_mode)
{
	char mode[32];

	ck_does("CreateCluster", "{}");
	ck_does("RegisterTaskDefinition",
		"{'family':'f','networkMode':'awsvpc','requiresCompatibilities':['FARGATE'],"
		"'cpu':'256','memory':'512','containerDefinitions':[{'name':'a','image':'x'," LOG(
			"") "},{'name':'b','image':'x'," LOG(",'mode':'blocking'") "},{'name':'c',"
										   "'image':'x'}]"
										   "}");
	ck_assert_ptr_null(mode_of_task("", 0, mode));
	ck_does("PutAccountSetting", "{'name':'defaultLogDriverMode','value':'non-blocking'}");
	ck_assert_str_eq(mode_of_task("", 0, mode), "non-blocking");
	ck_assert_str_eq(mode_of_task("", 1, mode), "blocking");
	ck_assert_ptr_null(mode_of_task("", 2, mode));
}
END_TEST

START_TEST(only_tasks_of_services_can_be_protected)
{
	struct answer answer;
	char id[64];

	ck_does("CreateCluster", "{}");
	ck_does("RegisterTaskDefinition",
		"{'family':'f','networkMode':'awsvpc','requiresCompatibilities':['FARGATE'],"
		"'cpu':'256','memory':'512','containerDefinitions':[{'name':'a','image':'x'}]}");
	answer = ask("RunTask", "{'taskDefinition':'f'}");
	(void)snprintf(id, sizeof(id), "%s", strrchr(text_at(&answer, "tasks.0.taskArn"), '/') + 1);
	answer_done(&answer);
	answer = ask("UpdateTaskProtection",
		     "{'cluster':'default','protectionEnabled':true,'tasks':['%s',"
		     "'0123456789abcdef0123456789abcdef']}",
		     id);
	ck_works(answer);
	ck_assert(json_is_array(at(&answer, "protectedTasks")));
	ck_assert_str_eq(text_at(&answer, "failures.0.reason"), "TASK_NOT_VALID");
	ck_assert_str_eq(text_at(&answer, "failures.1.reason"), "MISSING");
	answer_done(&answer);
	answer = ask("GetTaskProtection", "{'cluster':'default'}");
	ck_works(answer);
	ck_assert_uint_eq(json_array_size(at(&answer, "protectedTasks")), 0);
	answer_done(&answer);
	ck_refused(ask("GetTaskProtection", "{'cluster':'nope'}"), "ClusterNotFoundException",
		   "Cluster not found.");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ecs_settings");
	TCase *tests = tcase_create("settings");

	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_loop_test(tests, what_breaks_a_rule_is_refused_by_name, 0, ARRAY_LEN(refusals));
	tcase_add_test(tests, a_principal_is_no_longer_than_an_arn_may_be);
	tcase_add_test(tests, a_users_own_setting_goes_before_the_accounts);
	tcase_add_test(tests, all_settings_fit_on_two_pages);
	tcase_add_test(tests, new_clusters_have_the_accounts_insights);
	tcase_add_test(tests, containers_that_say_nothing_write_in_the_accounts_mode);
	tcase_add_test(tests, only_tasks_of_services_can_be_protected);
	suite_add_tcase(suite, tests);
	return suite_end(suite);
}
