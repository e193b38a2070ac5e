/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks in answers, member by member as the API has them. What is not known yet
 * is left out rather than written as null or empty: clients test for `exitCode`
 * by its presence. The details of the network attachment stay in the API's order,
 * since some clients count instead of reading names.
 */
#include "gateway/ecs/task_json.h"

#include <inttypes.h>

#include "gateway/ecs/ecs_identifier.h"
#include "gateway/ecs/tags_input.h"
#include "gateway/json_out.h"

static const char *attachment_status(const struct task *task)
{
	switch (task->state) {
	case TASK_PROVISIONING:
		return task->version > 1 ? "ATTACHING" : "PRECREATED";
	case TASK_DEPROVISIONING:
		return "DETACHED";
	case TASK_STOPPED:
		return "DELETED";
	default:
		return task->connectivity_ms > 0 ? "ATTACHED" : "ATTACHING";
	}
}

static json_t *attachments_json(const struct task *task)
{
	json_t *list = out_list();
	json_t *attachment = out_object();
	json_t *details = out_list();

	out_push(details, out_pair("subnetId", task->subnet_id));
	if (task->address[0] != '\0') {
		out_push(details, out_pair("networkInterfaceId", task->network_interface_id));
		out_push(details, out_pair("macAddress", task->mac));
		out_push(details, out_pair("privateIPv4Address", task->address));
	}
	out_text(attachment, "id", task->attachment_id);
	out_text(attachment, "type", "ElasticNetworkInterface");
	out_text(attachment, "status", attachment_status(task));
	out_put(attachment, "details", details);
	out_push(list, attachment);
	return list;
}

static const char *container_status(const struct task_container *container)
{
	switch (container->state) {
	case CONTAINER_RUNNING:
		return "RUNNING";
	case CONTAINER_STOPPED:
		return "STOPPED";
	default:
		return "PENDING";
	}
}

static const char *health_status(int health)
{
	switch (health) {
	case CONTAINER_HEALTHY:
		return "HEALTHY";
	case CONTAINER_UNHEALTHY:
		return "UNHEALTHY";
	default:
		return "UNKNOWN";
	}
}

/* That of the worst of the essential containers that have a check; the others have no say. */
static int task_health(const struct task *task)
{
	static const int badness[] = {
		[CONTAINER_UNCHECKED] = 0,
		[CONTAINER_HEALTHY] = 1,
		[CONTAINER_UNKNOWN] = 2,
		[CONTAINER_UNHEALTHY] = 3,
	};
	int worst = CONTAINER_UNCHECKED;

	for (size_t i = 0; i < task->container_count; i++) {
		int health = (int)task->containers[i].health;

		if (task->containers[i].essential && badness[health] > badness[worst])
			worst = health;
	}
	return worst;
}

static json_t *interfaces_json(const struct task *task)
{
	json_t *list = out_list();
	json_t *interface;

	if (task->address[0] == '\0')
		return list;
	interface = out_object();
	out_text(interface, "attachmentId", task->attachment_id);
	out_text(interface, "privateIpv4Address", task->address);
	out_push(list, interface);
	return list;
}

/* What runs commands in the container is the machine's agent, which is there as long as
 * the container is. */
static json_t *managed_agents_json(const struct task *task, const struct task_container *container)
{
	json_t *list = out_list();
	json_t *agent = out_object();

	out_text(agent, "name", "ExecuteCommandAgent");
	out_text(agent, "lastStatus", container_status(container));
	if (container->state == CONTAINER_RUNNING)
		out_time(agent, "lastStartedAt", task->started_ms);
	out_push(list, agent);
	return list;
}

static json_t *container_json(const struct call *call, const struct task *task,
			      const struct task_container *container)
{
	json_t *object = out_object();

	out_text(object, "containerArn",
		 ecs_container_arn(call, task->cluster, task->id, container->arn_id).text);
	out_text(object, "taskArn", ecs_task_arn(call, task->cluster, task->id).text);
	out_text(object, "name", container->name);
	out_text(object, "image", container->image);
	out_text(object, "imageDigest", container->image_digest);
	out_text(object, "runtimeId", container->runtime_id);
	out_text(object, "lastStatus", container_status(container));
	if (container->has_exit_code)
		out_int(object, "exitCode", container->exit_code);
	out_text(object, "reason", container->reason);
	out_put(object, "networkBindings", out_list());
	out_put(object, "networkInterfaces", interfaces_json(task));
	out_text(object, "healthStatus", health_status(container->health));
	if (task->exec_enabled)
		out_put(object, "managedAgents", managed_agents_json(task, container));
	out_textf(object, "cpu", "%" PRId64, container->cpu);
	if (container->memory > 0)
		out_textf(object, "memory", "%" PRId64, container->memory);
	if (container->memory_reservation > 0)
		out_textf(object, "memoryReservation", "%" PRId64, container->memory_reservation);
	return object;
}

static json_t *storage_json(const struct task *task)
{
	json_t *object = out_object();

	out_int(object, "sizeInGiB", task->storage_gib);
	return object;
}

static json_t *attributes_json(void)
{
	json_t *list = out_list();

	out_push(list, out_pair("ecs.cpu-architecture", "x86_64"));
	return list;
}

static void put_times(json_t *object, const struct task *task)
{
	out_time(object, "createdAt", task->created_ms);
	if (task->connectivity_ms > 0)
		out_text(object, "connectivity", "CONNECTED");
	out_time(object, "connectivityAt", task->connectivity_ms);
	out_time(object, "pullStartedAt", task->pull_started_ms);
	out_time(object, "pullStoppedAt", task->pull_stopped_ms);
	out_time(object, "startedAt", task->started_ms);
	out_time(object, "stoppingAt", task->stopping_ms);
	out_time(object, "executionStoppedAt", task->execution_stopped_ms);
	out_time(object, "stoppedAt", task->stopped_ms);
}

static void put_state(json_t *object, const struct task *task)
{
	out_text(object, "lastStatus", task_state_name(task->state));
	out_text(object, "desiredStatus", task->want_stopped ? "STOPPED" : "RUNNING");
	out_text(object, "healthStatus", health_status(task_health(task)));
	out_int(object, "version", task->version);
	out_text(object, "stopCode", task->stop_code);
	out_text(object, "stoppedReason", task->stopped_reason);
	put_times(object, task);
}

static int phases_json(struct call *call, const struct task *task, json_t **ret_object)
{
	struct err err = ERR_INIT;
	struct task_phase *phases;
	json_t *list;
	size_t count;

	if (task_phase_list(call->state, task->id, call->arena, &phases, &count, &err) < 0)
		return call_fail_server(call, &err);
	list = out_list();
	for (size_t i = 0; i < count; i++) {
		json_t *phase = out_object();

		out_text(phase, "name", phases[i].name);
		out_time(phase, "at", phases[i].wall_us / 1000);
		out_push(list, phase);
	}
	*ret_object = out_object();
	out_put(*ret_object, "phases", list);
	return 0;
}

int task_json(struct call *call, const struct task *task, unsigned with, json_t **ret_object)
{
	struct ecs_arn arn = ecs_task_arn(call, task->cluster, task->id);
	AUTO(json_decrefp) json_t *object = out_object();
	json_t *containers = out_list();
	json_t *tags = NULL;
	json_t *phases = NULL;

	out_text(object, "taskArn", arn.text);
	out_text(object, "taskDefinitionArn",
		 ecs_definition_arn(call, task->family, task->revision).text);
	out_text(object, "clusterArn", ecs_cluster_arn(call, task->cluster).text);
	put_state(object, task);
	out_put(object, "attachments", attachments_json(task));
	out_put(object, "attributes", attributes_json());
	out_text(object, "availabilityZone", task->zone);
	out_text(object, "capacityProviderName", task->capacity_provider);
	for (size_t i = 0; i < task->container_count; i++)
		out_push(containers, container_json(call, task, &task->containers[i]));
	out_put(object, "containers", containers);
	out_textf(object, "cpu", "%" PRId64, task->cpu_units);
	out_textf(object, "memory", "%" PRId64, task->memory_mib);
	out_bool(object, "enableExecuteCommand", task->exec_enabled);
	out_text(object, "group", task->group);
	out_put(object, "inferenceAccelerators", out_list());
	out_text(object, "launchType", task->launch_type);
	out_put(object, "overrides", out_stored_object(task->overrides_json));
	out_text(object, "platformVersion", task->platform_version);
	out_text(object, "platformFamily", "Linux");
	out_text(object, "startedBy", task->started_by);
	out_put(object, "ephemeralStorage", storage_json(task));
	out_put(object, "fargateEphemeralStorage", storage_json(task));
	if (with & TASK_WITH_TAGS) {
		if (tags_json(call, arn.text, &tags) < 0)
			return -1;
	} else {
		tags = out_list();
	}
	out_put(object, "tags", tags);
	if (with & TASK_WITH_PHASES) {
		if (phases_json(call, task, &phases) < 0)
			return -1;
		out_put(object, "slipway", phases);
	}
	*ret_object = STEAL(object, NULL);
	return 0;
}
