/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clusters, and tags on them, by request and answer.
 */
#include "api_world.h"

#include "store/cluster.h"

START_TEST(a_cluster_without_a_name_is_default)
{
	struct answer answer = ask("CreateCluster", "{}");

	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "cluster.clusterName"), "default");
	ck_assert_str_eq(text_at(&answer, "cluster.status"), "ACTIVE");
	ck_assert_str_eq(text_at(&answer, "cluster.settings.0.value"), "disabled");
	ck_assert_int_eq(int_at(&answer, "cluster.runningTasksCount"), 0);
	ck_assert(strstr(text_at(&answer, "cluster.clusterArn"), ":cluster/default"));
	answer_done(&answer);
}
END_TEST

START_TEST(creating_again_answers_the_cluster_unless_arguments_differ)
{
	ck_does("CreateCluster", "{'clusterName':'a','settings':[{'name':'containerInsights',"
				 "'value':'enabled'}],'capacityProviders':['FARGATE']}");
	ck_does("CreateCluster", "{'clusterName':'a'}");
	ck_does("CreateCluster", "{'clusterName':'a','capacityProviders':['FARGATE']}");
	ck_refused(ask("CreateCluster", "{'clusterName':'a','settings':[{'name':"
					"'containerInsights','value':'disabled'}]}"),
		   "InvalidParameterException",
		   "Arguments on this idempotent request are inconsistent with arguments used in "
		   "previous request(s).");
	ck_refused(ask("CreateCluster", "{'clusterName':'a','tags':[{'key':'k','value':'v'}]}"),
		   "InvalidParameterException",
		   "Arguments on this idempotent request are inconsistent with arguments used in "
		   "previous request(s).");
}
END_TEST

static const struct {
	const char *operation, *body, *type, *message;
} refusals[] = {
	{"CreateCluster", "{'clusterName':'a b'}", "InvalidParameterException",
	 "Invalid identifier: a cluster name has 1 to 255 letters, numbers, hyphens and "
	 "underscores"},
	{"CreateCluster", "{'clusterName':7}", "InvalidParameterException",
	 "clusterName must be a string."},
	{"CreateCluster", "{'settings':[{'name':'x','value':'y'}]}", "InvalidParameterException",
	 "settings[0].name should be one of [containerInsights]"},
	{"CreateCluster", "{'capacityProviders':['mine']}", "InvalidParameterException",
	 "The specified capacity provider does not exist. Specify a valid name or ARN and try "
	 "again. Capacity provider: mine"},
	{"CreateCluster", "{'serviceConnectDefaults':{'namespace':'x'}}", "ClientException",
	 "serviceConnectDefaults is not supported by this Slipway yet."},
	{"CreateCluster", "{'configuration':{'managedStorageConfiguration':{'kmsKeyId':'x'}}}",
	 "ClientException",
	 "configuration.managedStorageConfiguration is not supported by this Slipway yet."},
	{"CreateCluster",
	 "{'configuration':{'executeCommandConfiguration':{'logging':'OVERRIDE'}}}",
	 "ClientException",
	 "configuration.executeCommandConfiguration.logging OVERRIDE is not supported by this "
	 "Slipway yet."},
	{"CreateCluster",
	 "{'configuration':{'executeCommandConfiguration':{'kmsKeyId':'alias/k'}}}",
	 "ClientException",
	 "configuration.executeCommandConfiguration.kmsKeyId is not supported by this Slipway "
	 "yet."},
	{"CreateCluster",
	 "{'configuration':{'executeCommandConfiguration':{'logConfiguration':{'"
	 "cloudWatchLogGroupName':'g'}}}}",
	 "ClientException",
	 "configuration.executeCommandConfiguration.logConfiguration is not supported by this "
	 "Slipway yet."},
	{"CreateCluster",
	 "{'configuration':{'executeCommandConfiguration':{'logConfiguration':{'"
	 "s3EncryptionEnabled':true}}}}",
	 "ClientException",
	 "configuration.executeCommandConfiguration.logConfiguration is not supported by this "
	 "Slipway yet."},
	{"CreateCluster", "{'tags':[{'key':'aws:x','value':'y'}]}", "InvalidParameterException",
	 "tags[0].key must not begin with aws:."},
	{"CreateCluster", "{'tags':[{'key':'x'},{'key':'x'}]}", "InvalidParameterException",
	 "Duplicate tag keys are not allowed. Key: x"},
	{"CreateCluster", "{'tags':[{'key':'a*b'}]}", "InvalidParameterException",
	 "tags[0] must have only letters, numbers, spaces and _ . / = + - : @ in its key and "
	 "value."},
	{"DeleteCluster", "{}", "InvalidParameterException", "cluster is required."},
	{"DeleteCluster", "{'cluster':'nope'}", "ClusterNotFoundException", "Cluster not found."},
	{"DeleteCluster", "{'cluster':''}", "InvalidParameterException",
	 "Cluster can not be blank."},
	{"ListClusters", "{'maxResults':101}", "InvalidParameterException",
	 "maxResults must be from 1 to 100."},
	{"ListClusters", "{'maxResults':0}", "InvalidParameterException",
	 "maxResults must be from 1 to 100."},
	{"ListClusters", "{'nextToken':'xyz'}", "InvalidParameterException", "Invalid token"},
	{"ListClusters", "{'nextToken':'4c69737454'}", "InvalidParameterException",
	 "Invalid token"},
	{"DescribeClusters", "{'include':['EVERYTHING']}", "InvalidParameterException",
	 "include should be one of [ATTACHMENTS,CONFIGURATIONS,SETTINGS,STATISTICS,TAGS]"},
	{"DescribeClusters", "{'clusters':['arn:aws:ecs:us-east-1:1:cluster/arn:aws:ecs:us']}",
	 "InvalidParameterException", NULL},
	{"ListContainerInstances", "{'cluster':'nope'}", "ClusterNotFoundException",
	 "Cluster not found."},
	{"ListContainerInstances", "{'maxResults':'x'}", "InvalidParameterException",
	 "maxResults must be an integer."},
	{"UpdateCluster", "{'cluster':'nope'}", "ClusterNotFoundException", "Cluster not found."},
	{"UpdateCluster", "{}", "InvalidParameterException", "cluster is required."},
	{"UpdateClusterSettings", "{'cluster':'a'}", "InvalidParameterException",
	 "settings is required."},
	{"PutClusterCapacityProviders", "{'cluster':'a','capacityProviders':[]}",
	 "InvalidParameterException", "defaultCapacityProviderStrategy is required."},
	{"DescribeCapacityProviders", "{'include':['X']}", "InvalidParameterException",
	 "include should be one of [TAGS]"},
	{"DescribeCapacityProviders", "{'maxResults':11}", "InvalidParameterException",
	 "maxResults must be from 1 to 10."},
	{"ListServices", "{'cluster':'nope'}", "ClusterNotFoundException", "Cluster not found."},
	{"DescribeServices", "{'services':[]}", "InvalidParameterException",
	 "Services cannot be empty."},
	{"ListAttributes", "{'targetType':'task'}", "InvalidParameterException",
	 "targetType must be one of [container-instance]."},
	{"UpdateTaskProtection", "{'cluster':'a','tasks':[]}", "InvalidParameterException",
	 "protectionEnabled is required."},
	{"UpdateTaskProtection",
	 "{'cluster':'a','tasks':['x'],'protectionEnabled':true,'expiresInMinutes':2881}",
	 "InvalidParameterException", "expiresInMinutes must be from 1 to 2880."},
	{"TagResource", "{'resourceArn':'x','tags':[]}", "InvalidParameterException",
	 "Invalid identifier: Unexpected number of separators"},
	{"TagResource", "{'tags':[]}", "InvalidParameterException", "resourceArn is required."},
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

START_TEST(describing_needs_no_names_and_reports_what_is_missing)
{
	struct answer answer = ask("DescribeClusters", "{}");

	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "failures.0.reason"), "MISSING");
	ck_assert(strstr(text_at(&answer, "failures.0.arn"), ":cluster/default"));
	answer_done(&answer);
	ck_does("CreateCluster", "{'clusterName':'a','tags':[{'key':'k','value':'v'}]}");
	answer = ask("DescribeClusters", "{'clusters':['a','arn:aws:ecs:us-east-1:%s:cluster/a']}",
		     world.account);
	ck_works(answer);
	ck_assert_uint_eq(json_array_size(at(&answer, "clusters")), 2);
	ck_assert_uint_eq(json_array_size(at(&answer, "clusters.0.tags")), 0);
	ck_assert_uint_eq(json_array_size(at(&answer, "clusters.0.settings")), 0);
	answer_done(&answer);
	answer = ask("DescribeClusters",
		     "{'clusters':['a'],'include':['TAGS','SETTINGS','STATISTICS']}");
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "clusters.0.tags.0.value"), "v");
	ck_assert_str_eq(text_at(&answer, "clusters.0.settings.0.name"), "containerInsights");
	ck_assert_str_eq(text_at(&answer, "clusters.0.statistics.0.value"), "0");
	answer_done(&answer);
}
END_TEST

START_TEST(a_deleted_cluster_is_described_not_listed_and_can_begin_anew)
{
	struct answer answer;

	ck_does("CreateCluster", "{'clusterName':'a','tags':[{'key':'k','value':'v'}]}");
	answer = ask("DeleteCluster", "{'cluster':'a'}");
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "cluster.status"), "INACTIVE");
	answer_done(&answer);
	answer = ask("DescribeClusters", "{'clusters':['a']}");
	ck_assert_str_eq(text_at(&answer, "clusters.0.status"), "INACTIVE");
	answer_done(&answer);
	answer = ask("ListClusters", "{}");
	ck_assert_uint_eq(json_array_size(at(&answer, "clusterArns")), 0);
	answer_done(&answer);
	ck_refused(ask("ListTasks", "{'cluster':'a'}"), "ClusterNotFoundException",
		   "The referenced cluster was inactive.");
	answer = ask("CreateCluster", "{'clusterName':'a'}");
	ck_assert_str_eq(text_at(&answer, "cluster.status"), "ACTIVE");
	ck_assert_uint_eq(json_array_size(at(&answer, "cluster.tags")), 0);
	answer_done(&answer);
}
END_TEST

START_TEST(pages_cover_every_cluster_once)
{
	char token[512] = "";
	int seen = 0;

	for (int i = 0; i < 7; i++)
		ck_does("CreateCluster", "{'clusterName':'c%d'}", i);
	for (int page = 0; page < 4; page++) {
		struct answer answer =
			token[0] ? ask("ListClusters", "{'maxResults':2,'nextToken':'%s'}", token)
				 : ask("ListClusters", "{'maxResults':2}");
		size_t count = json_array_size(at(&answer, "clusterArns"));

		ck_works(answer);
		ck_assert_uint_eq(count, page < 3 ? 2 : 1);
		for (size_t i = 0; i < count; i++) {
			char want[32];

			(void)snprintf(want, sizeof(want), ":cluster/c%d", seen++);
			ck_assert(strstr(
				json_string_value(json_array_get(at(&answer, "clusterArns"), i)),
				want));
		}
		ck_assert((at(&answer, "nextToken") != NULL) == (page < 3));
		(void)snprintf(token, sizeof(token), "%s", text_at(&answer, "nextToken"));
		answer_done(&answer);
	}
	ck_assert_int_eq(seen, 7);
}
END_TEST

START_TEST(accounts_do_not_see_each_others_clusters)
{
	char message[128];
	struct answer answer;

	ck_does("CreateCluster", "{'clusterName':'a'}");
	world_caller = world.other;
	answer = ask("DescribeClusters", "{'clusters':['a']}");
	ck_assert_str_eq(text_at(&answer, "failures.0.reason"), "MISSING");
	answer_done(&answer);
	answer = ask("ListClusters", "{}");
	ck_assert_uint_eq(json_array_size(at(&answer, "clusterArns")), 0);
	answer_done(&answer);
	(void)snprintf(message, sizeof(message), "Identifier is for %s. Your accountId is %s",
		       world.account, world.other);
	ck_refused(ask("DescribeClusters", "{'clusters':['arn:aws:ecs:us-east-1:%s:cluster/a']}",
		       world.account),
		   "InvalidParameterException", message);
	ck_refused(ask("DeleteCluster", "{'cluster':'arn:aws:ecs:us-east-1:%s:cluster/a'}",
		       world.account),
		   "InvalidParameterException", message);
	ck_refused(ask("ListTagsForResource",
		       "{'resourceArn':'arn:aws:ecs:us-east-1:%s:cluster/a'}", world.account),
		   "InvalidParameterException", message);
	ck_refused(ask("ListTasks", "{'cluster':'a'}"), "ClusterNotFoundException",
		   "Cluster not found.");
}
END_TEST

START_TEST(tags_are_put_replaced_listed_and_removed)
{
	struct answer answer;

	ck_does("CreateCluster", "{'clusterName':'a'}");
	ck_does("TagResource",
		"{'resourceArn':'arn:aws:ecs:us-east-1:%s:cluster/a','tags':[{'key':'k','value':"
		"'1'},{'key':'K','value':'2'}]}",
		world.account);
	ck_does("TagResource",
		"{'resourceArn':'arn:aws:ecs:us-east-1:%s:cluster/a','tags':[{'key':'k','value':"
		"'3'}]}",
		world.account);
	ck_does("UntagResource",
		"{'resourceArn':'arn:aws:ecs:us-east-1:%s:cluster/a','tagKeys':['K','none']}",
		world.account);
	answer = ask("ListTagsForResource", "{'resourceArn':'arn:aws:ecs:us-east-1:%s:cluster/a'}",
		     world.account);
	ck_works(answer);
	ck_assert_uint_eq(json_array_size(at(&answer, "tags")), 1);
	ck_assert_str_eq(text_at(&answer, "tags.0.value"), "3");
	answer_done(&answer);
	ck_refused(ask("TagResource",
		       "{'resourceArn':'arn:aws:ecs:us-east-1:%s:cluster/b','tags':[]}",
		       world.account),
		   "InvalidParameterException",
		   "The specified cluster does not exist. Specify a valid cluster and try again.");
	ck_refused(ask("TagResource",
		       "{'resourceArn':'arn:aws:ecs:us-east-1:%s:service/a/b','tags':[]}",
		       world.account),
		   "InvalidParameterException",
		   "The specified service does not exist. Specify a valid service and try again.");
}
END_TEST

START_TEST(more_than_fifty_tags_are_refused_together_and_in_steps)
{
	char tags[4096] = "";
	size_t len = 0;

	ck_does("CreateCluster", "{'clusterName':'a','tags':[{'key':'first','value':''}]}");
	for (int i = 0; i < 50; i++)
		len += (size_t)snprintf(tags + len, sizeof(tags) - len, "%s{'key':'k%d'}",
					i > 0 ? "," : "", i);
	ck_refused(ask("TagResource",
		       "{'resourceArn':'arn:aws:ecs:us-east-1:%s:cluster/a','tags':[%s]}",
		       world.account, tags),
		   "InvalidParameterException", "The maximum number of tags per resource is 50.");
	ck_refused(ask("TagResource",
		       "{'resourceArn':'arn:aws:ecs:us-east-1:%s:cluster/a','tags':[%s,{'key':'x'"
		       "}]}",
		       world.account, tags),
		   "InvalidParameterException", "The maximum number of tags per resource is 50.");
}
END_TEST

START_TEST(a_cluster_is_changed_in_what_the_request_names)
{
	struct answer answer;

	ck_does("CreateCluster", "{'clusterName':'a','capacityProviders':['FARGATE'],'tags':[{"
				 "'key':'k','value':'v'}]}");
	answer = ask("UpdateCluster",
		     "{'cluster':'a','settings':[],'configuration':{'executeCommandConfiguration':"
		     "{'logging':'NONE','noise':1,'kmsKeyId':'','logConfiguration':"
		     "{'s3EncryptionEnabled':false}}}}");
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "cluster.settings.0.value"), "disabled");
	ck_assert_str_eq(text_at(&answer, "cluster.capacityProviders.0"), "FARGATE");
#define E "cluster.configuration.executeCommandConfiguration."
	ck_assert_str_eq(text_at(&answer, E "logging"), "NONE");
	ck_assert_ptr_null(at(&answer, E "noise"));
	answer_done(&answer);
	answer = ask("UpdateClusterSettings", "{'cluster':'a','settings':[{'name':"
					      "'containerInsights','value':'enhanced'}]}");
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "cluster.settings.0.value"), "enhanced");
	answer_done(&answer);
	answer = ask("DescribeClusters",
		     "{'clusters':['a'],'include':['CONFIGURATIONS','SETTINGS','TAGS']}");
	ck_assert_str_eq(text_at(&answer, "clusters.0.settings.0.value"), "enhanced");
	ck_assert_str_eq(
		text_at(&answer, "clusters.0.configuration.executeCommandConfiguration.logging"),
		"NONE");
	ck_assert_str_eq(text_at(&answer, "clusters.0.tags.0.value"), "v");
	answer_done(&answer);
	ck_refused(ask("UpdateCluster",
		       "{'cluster':'a','configuration':{'executeCommandConfiguration':{"
		       "'logging':'LOUD'}}}"),
		   "InvalidParameterException",
		   "configuration.executeCommandConfiguration.logging must be one of "
		   "[NONE,DEFAULT,OVERRIDE].");
}
END_TEST

#define PROVIDERS(names, items)                                                                    \
	"{'cluster':'a','capacityProviders':[" names "],'defaultCapacityProviderStrategy':[" items \
	"]}"

START_TEST(capacity_providers_of_a_cluster_are_put_and_cleared)
{
	struct answer answer;

	ck_does("CreateCluster", "{'clusterName':'a'}");
	answer = ask("PutClusterCapacityProviders",
		     PROVIDERS("'FARGATE','FARGATE_SPOT'",
			       "{'capacityProvider':'FARGATE_SPOT','weight':1}"));
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "cluster.attachmentsStatus"), "UPDATE_COMPLETE");
	ck_assert_str_eq(text_at(&answer, "cluster.capacityProviders.1"), "FARGATE_SPOT");
	ck_assert_str_eq(
		text_at(&answer, "cluster.defaultCapacityProviderStrategy.0.capacityProvider"),
		"FARGATE_SPOT");
	answer_done(&answer);
	ck_refused(ask("PutClusterCapacityProviders",
		       PROVIDERS("'FARGATE'", "{'capacityProvider':'FARGATE_SPOT','weight':1}")),
		   "InvalidParameterException",
		   "The specified capacity provider strategy cannot contain a capacity provider "
		   "that is not associated with the cluster. Capacity provider: FARGATE_SPOT");
	answer = ask("PutClusterCapacityProviders", PROVIDERS("", ""));
	ck_works(answer);
	ck_assert_uint_eq(json_array_size(at(&answer, "cluster.capacityProviders")), 0);
	answer_done(&answer);
	ck_does("DeleteCluster", "{'cluster':'a'}");
	ck_refused(ask("PutClusterCapacityProviders", PROVIDERS("", "")), "ClientException",
		   "Cluster was not ACTIVE.");
}
END_TEST

START_TEST(the_two_capacity_providers_exist_by_themselves)
{
	struct answer answer = ask("DescribeCapacityProviders", "{}");

	ck_works(answer);
	ck_assert_uint_eq(json_array_size(at(&answer, "capacityProviders")), 2);
	ck_assert_str_eq(text_at(&answer, "capacityProviders.1.name"), "FARGATE_SPOT");
	ck_assert_str_eq(text_at(&answer, "capacityProviders.1.status"), "ACTIVE");
	answer_done(&answer);
	answer = ask("DescribeCapacityProviders",
		     "{'capacityProviders':['mine','arn:aws:ecs:us-east-1:%s:capacity-provider/"
		     "FARGATE']}",
		     world.account);
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "capacityProviders.0.name"), "FARGATE");
	ck_assert_str_eq(text_at(&answer, "failures.0.reason"), "MISSING");
	ck_assert(strstr(text_at(&answer, "failures.0.arn"), ":capacity-provider/mine"));
	answer_done(&answer);
	answer = ask("DescribeCapacityProviders", "{'maxResults':1}");
	ck_assert_uint_eq(json_array_size(at(&answer, "capacityProviders")), 1);
	ck_assert(json_is_string(at(&answer, "nextToken")));
	answer_done(&answer);
}
END_TEST

START_TEST(what_runs_on_instances_or_in_services_is_not_there)
{
	struct answer answer;

	ck_does("CreateCluster", "{}");
	answer = ask("ListServices", "{}");
	ck_works(answer);
	ck_assert(json_is_array(at(&answer, "serviceArns")));
	answer_done(&answer);
	answer = ask("DescribeServices", "{'services':['s','s','default/s','t']}");
	ck_works(answer);
	ck_assert_uint_eq(json_array_size(at(&answer, "failures")), 2);
	ck_assert_str_eq(text_at(&answer, "failures.1.reason"), "MISSING");
	ck_assert(strstr(text_at(&answer, "failures.1.arn"), ":service/default/t"));
	answer_done(&answer);
	answer = ask("ListAttributes", "{'targetType':'container-instance'}");
	ck_works(answer);
	ck_assert(json_is_array(at(&answer, "attributes")));
	answer_done(&answer);
	answer = ask("PutAttributes", "{'attributes':[{'name':'a','targetId':'x'}]}");
	ck_assert_str_eq(answer.type, "TargetNotFoundException");
	answer_done(&answer);
	answer = ask("DeleteAttributes", "{'attributes':[{'name':'a'}]}");
	ck_assert_str_eq(answer.type, "TargetNotFoundException");
	answer_done(&answer);
	ck_refused(ask("StartTask", "{'taskDefinition':'f','containerInstances':['x']}"),
		   "InvalidParameterException",
		   "No Container Instances were found in your cluster.");
	ck_refused(ask("RegisterContainerInstance", "{}"), "InvalidParameterException",
		   "Container instances cannot be registered here: tasks run on Fargate.");
}
END_TEST

START_TEST(container_instances_are_none)
{
	struct answer answer;

	ck_does("CreateCluster", "{}");
	answer = ask("ListContainerInstances", "{}");
	ck_works(answer);
	ck_assert(json_is_array(at(&answer, "containerInstanceArns")));
	answer_done(&answer);
	answer = ask("DescribeContainerInstances", "{'containerInstances':['x']}");
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "failures.0.reason"), "MISSING");
	answer_done(&answer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ecs_cluster");
	TCase *tests = tcase_create("cluster");

	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, a_cluster_without_a_name_is_default);
	tcase_add_test(tests, creating_again_answers_the_cluster_unless_arguments_differ);
	tcase_add_loop_test(tests, what_breaks_a_rule_is_refused_by_name, 0, ARRAY_LEN(refusals));
	tcase_add_test(tests, describing_needs_no_names_and_reports_what_is_missing);
	tcase_add_test(tests, a_deleted_cluster_is_described_not_listed_and_can_begin_anew);
	tcase_add_test(tests, pages_cover_every_cluster_once);
	tcase_add_test(tests, accounts_do_not_see_each_others_clusters);
	tcase_add_test(tests, tags_are_put_replaced_listed_and_removed);
	tcase_add_test(tests, more_than_fifty_tags_are_refused_together_and_in_steps);
	tcase_add_test(tests, container_instances_are_none);
	tcase_add_test(tests, a_cluster_is_changed_in_what_the_request_names);
	tcase_add_test(tests, capacity_providers_of_a_cluster_are_put_and_cleared);
	tcase_add_test(tests, the_two_capacity_providers_exist_by_themselves);
	tcase_add_test(tests, what_runs_on_instances_or_in_services_is_not_there);
	suite_add_tcase(suite, tests);
	return suite_end(suite);
}
