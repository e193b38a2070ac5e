/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <arpa/inet.h>

#include "provisioner/runtime_id.h"
#include "provisioner/task_metadata.h"

#define ARENA_MAX (1024u * 1024)
#define TASK_ID	  "0123456789abcdef0123456789abcdef"
#define SPEC                                                                                       \
	"{\"ephemeralStorageGiB\":21,\"containers\":[{\"name\":\"web\",\"image\":\"i:1\","         \
	"\"cpu\":10,\"memory\":64,\"dockerLabels\":{\"team\":\"blue\","                            \
	"\"com.amazonaws.ecs.cluster\":\"mine\"},"                                                 \
	"\"portMappings\":[{\"containerPort\":53,\"protocol\":\"udp\"}],"                          \
	"\"logConfiguration\":{\"logDriver\":\"awslogs\",\"options\":{\"awslogs-group\":\"/g\","   \
	"\"awslogs-stream-prefix\":\"p\"}}},{\"name\":\"side\",\"image\":\"j\"}]}"

static json_t *spec_json;
static struct task_spec spec;
static struct output output;
static struct arena *arena;
static struct task_container rows[2] = {{.arn_id = "c-1"}, {.arn_id = "c-2"}};
static const char *const digests[] = {"sha256:aa", "sha256:bb"};
static const char *dns[] = {"10.0.0.1", "10.0.0.2"};
static struct task task = {.id = TASK_ID,
			   .account = "123456789012",
			   .cluster = "prod",
			   .family = "f",
			   .revision = 3,
			   .zone = "eu-test-1b",
			   .cpu_units = 256,
			   .memory_mib = 512,
			   .storage_gib = 21,
			   .containers = rows,
			   .container_count = 2};
static struct network_lease lease = {.prefix_len = 20, .mac = "02:00:00:00:00:07"};
static struct wire_task order = {.hostname = "ip-10-213-17-7.eu-test-1.compute.internal"};

static json_t *make(void)
{
	struct task_metadata_input input = {.task = &task,
					    .spec = &spec,
					    .lease = &lease,
					    .output = &output,
					    .order = &order,
					    .region = "eu-test-1",
					    .digests = digests,
					    .pull_started_ms = 1000,
					    .pull_stopped_ms = 2500};
	struct err err = ERR_INIT;
	json_t *json;

	arena = arena_new(ARENA_MAX);
	ASSERT_OK(shape_parse(SPEC, strlen(SPEC), &spec_json, &err), &err);
	ASSERT_OK(shape_fill(&task_spec_shape, spec_json, arena, &spec, &err), &err);
	ASSERT_OK(output_plan(&task, &spec, &output, &err), &err);
	lease.address.s_addr = inet_addr("10.213.17.7");
	lease.gateway.s_addr = inet_addr("10.213.16.1");
	order.network.dns = (struct shape_list){.items = dns, .count = 2, .present = true};
	ASSERT_OK(task_metadata_make(&input, &json, &err), &err);
	return json;
}

static void done(json_t *json)
{
	json_decref(json);
	json_decref(spec_json);
	arena_free(arena);
}

static void assert_json(const json_t *json, const char *text)
{
	AUTO(freep)
	char *found = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

	ck_assert_str_eq(found, text);
}

START_TEST(the_task_is_told_as_fargate_tells_it)
{
	json_t *json = make();

	assert_json(json_object_get(json, "Task"),
		    "{\"AvailabilityZone\":\"eu-test-1b\",\"ClockDrift\":"
		    "{\"ClockSynchronizationStatus\":\"NOT_SYNCHRONIZED\"},"
		    "\"Cluster\":\"arn:aws:ecs:eu-test-1:123456789012:cluster/prod\","
		    "\"EphemeralStorageMetrics\":{\"Reserved\":21520},\"Family\":\"f\","
		    "\"FaultInjectionEnabled\":false,\"LaunchType\":\"FARGATE\","
		    "\"Limits\":{\"CPU\":0.25,\"Memory\":512},"
		    "\"PullStartedAt\":\"1970-01-01T00:00:01.000Z\","
		    "\"PullStoppedAt\":\"1970-01-01T00:00:02.500Z\",\"Revision\":\"3\","
		    "\"TaskARN\":\"arn:aws:ecs:eu-test-1:123456789012:task/prod/" TASK_ID "\"}");
	done(json);
}
END_TEST

START_TEST(a_container_has_its_own_words_and_the_tasks_network)
{
	json_t *json = make();
	json_t *web = json_array_get(json_object_get(json, "Containers"), 0);
	json_t *side = json_array_get(json_object_get(json, "Containers"), 1);
	char id[RUNTIME_ID_SIZE];

	runtime_id(TASK_ID, 0, id);
	ck_assert_str_eq(json_string_value(json_object_get(web, "DockerId")), id);
	ck_assert_str_eq(json_string_value(json_object_get(web, "ContainerARN")),
			 "arn:aws:ecs:eu-test-1:123456789012:container/prod/" TASK_ID "/c-1");
	ck_assert_str_eq(json_string_value(json_object_get(web, "ImageID")), "sha256:aa");
	assert_json(json_object_get(web, "Limits"), "{\"CPU\":10,\"Memory\":64}");
	assert_json(json_object_get(side, "Limits"), "{\"CPU\":0}");
	assert_json(json_object_get(web, "Ports"),
		    "[{\"ContainerPort\":53,\"HostPort\":53,\"Protocol\":\"udp\"}]");
	ck_assert_ptr_null(json_object_get(side, "Ports"));
	assert_json(json_object_get(web, "LogOptions"),
		    "{\"awslogs-group\":\"/g\",\"awslogs-region\":\"eu-test-1\","
		    "\"awslogs-stream\":\"p/web/" TASK_ID "\"}");
	ck_assert_ptr_null(json_object_get(side, "LogDriver"));
	assert_json(json_object_get(side, "Networks"),
		    "[{\"AttachmentIndex\":0,\"DomainNameSearchList\":[],"
		    "\"DomainNameServers\":[\"10.0.0.1\",\"10.0.0.2\"],"
		    "\"IPv4Addresses\":[\"10.213.17.7\"],"
		    "\"IPv4SubnetCIDRBlock\":\"10.213.16.0/20\","
		    "\"MACAddress\":\"02:00:00:00:00:07\",\"NetworkMode\":\"awsvpc\","
		    "\"PrivateDNSName\":\"ip-10-213-17-7.eu-test-1.compute.internal\","
		    "\"SubnetGatewayIpv4Address\":\"10.213.16.1/20\"}]");
	done(json);
}
END_TEST

START_TEST(the_services_labels_cannot_be_forged)
{
	json_t *json = make();
	json_t *web = json_array_get(json_object_get(json, "Containers"), 0);

	assert_json(json_object_get(web, "Labels"),
		    "{\"com.amazonaws.ecs.cluster\":"
		    "\"arn:aws:ecs:eu-test-1:123456789012:cluster/prod\","
		    "\"com.amazonaws.ecs.container-name\":\"web\","
		    "\"com.amazonaws.ecs.task-arn\":"
		    "\"arn:aws:ecs:eu-test-1:123456789012:task/prod/" TASK_ID "\","
		    "\"com.amazonaws.ecs.task-definition-family\":\"f\","
		    "\"com.amazonaws.ecs.task-definition-version\":\"3\",\"team\":\"blue\"}");
	done(json);
}
END_TEST

START_TEST(a_runtime_id_is_the_same_each_time_and_no_others)
{
	char id[RUNTIME_ID_SIZE], again[RUNTIME_ID_SIZE], other[RUNTIME_ID_SIZE];

	runtime_id(TASK_ID, 3, id);
	runtime_id(TASK_ID, 3, again);
	runtime_id(TASK_ID, 4, other);
	ck_assert_str_eq(id, again);
	ck_assert_str_ne(id, other);
	ck_assert_uint_eq(strlen(id), 43);
	ck_assert_int_eq(strncmp(id, TASK_ID "-", 33), 0);
	ck_assert_uint_eq(strspn(id + 33, "0123456789"), 10);
	ck_assert_int_ne(id[33], '0');
}
END_TEST

int main(void)
{
	static const TTest *tests[4];
	size_t count = 0;

	tests[count++] = the_task_is_told_as_fargate_tells_it;
	tests[count++] = a_container_has_its_own_words_and_the_tasks_network;
	tests[count++] = the_services_labels_cannot_be_forged;
	tests[count++] = a_runtime_id_is_the_same_each_time_and_no_others;
	return suite_run("provisioner/task_metadata", tests, count);
}
