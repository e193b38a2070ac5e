/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members and values as Fargate's endpoint has them: the cluster by its ARN, the revision
 * as a text, CPU in processors for the task and in units for a container. A member that
 * has no meaning here (VPCID, ServiceName) is left out.
 *
 * The guest's clock is set once, at the start, so it never claims to be synchronized.
 */
#include "provisioner/task_metadata.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "provisioner/runtime_id.h"
#include "store/log_router.h"

#define CPU_UNITS_A_CORE 1024.0
#define RESERVED_MIB	 16 /* what the service counts beside the storage that was asked for */

/* In @input's account and region; the caller frees. */
static char *arn(const struct task_metadata_input *input, const char *kind, const char *rest)
{
	return xasprintf("arn:aws:ecs:%s:%s:%s/%s", input->region, input->task->account, kind,
			 rest);
}

static char *task_arn(const struct task_metadata_input *input)
{
	AUTO(freep) char *rest = xasprintf("%s/%s", input->task->cluster, input->task->id);

	return arn(input, "task", rest);
}

static char *container_arn(const struct task_metadata_input *input, size_t index)
{
	AUTO(freep)
	char *rest = xasprintf("%s/%s/%s", input->task->cluster, input->task->id,
			       input->task->containers[index].arn_id);

	return arn(input, "container", rest);
}

static void put(json_t *object, const char *name, json_t *value)
{
	/* A text that is not UTF-8 is left out; memory that is gone ends up as a short answer. */
	(void)json_object_set_new(object, name, value);
}

static void put_time(json_t *object, const char *name, int64_t wall_ms)
{
	char text[CLOCK_ISO_SIZE];

	if (wall_ms != 0)
		put(object, name, json_string(clock_iso(wall_ms, text)));
}

/* The definition's labels, and the service's over them. */
static json_t *labels(const struct task_metadata_input *input, size_t index)
{
	const struct spec_container *container =
		(const struct spec_container *)input->spec->containers.items + index;
	const struct shape_pair *pairs = container->labels.items;
	AUTO(freep) char *cluster = arn(input, "cluster", input->task->cluster);
	AUTO(freep) char *task = task_arn(input);
	AUTO(freep) char *revision = xasprintf("%" PRId64, input->task->revision);
	json_t *object = json_object();

	for (size_t i = 0; i < container->labels.count; i++)
		put(object, pairs[i].key, json_string(pairs[i].value));
	put(object, "com.amazonaws.ecs.cluster", json_string(cluster));
	put(object, "com.amazonaws.ecs.container-name", json_string(container->name));
	put(object, "com.amazonaws.ecs.task-arn", json_string(task));
	put(object, "com.amazonaws.ecs.task-definition-family", json_string(input->task->family));
	put(object, "com.amazonaws.ecs.task-definition-version", json_string(revision));
	return object;
}

static json_t *ports(const struct spec_container *container)
{
	const struct spec_port *items = container->ports.items;
	json_t *array = json_array();

	for (size_t i = 0; i < container->ports.count; i++)
		(void)json_array_append_new(
			array, json_pack("{s:I,s:s,s:I}", "ContainerPort",
					 (json_int_t)items[i].container_port, "Protocol",
					 items[i].protocol == 1 ? "udp" : "tcp", "HostPort",
					 (json_int_t)items[i].container_port));
	return array;
}

static json_t *texts(const struct shape_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++)
		(void)json_array_append_new(array,
					    json_string(((const char *const *)list->items)[i]));
	return array;
}

static json_t *networks(const struct task_metadata_input *input)
{
	const struct network_lease *lease = input->lease;
	unsigned bits = lease->prefix_len;
	struct in_addr block = lease->address;
	char address[INET_ADDRSTRLEN], first[INET_ADDRSTRLEN], gateway[INET_ADDRSTRLEN];
	AUTO(freep) char *subnet = NULL;
	AUTO(freep) char *way_out = NULL;

	block.s_addr &= bits == 0 ? 0 : htonl(UINT32_MAX << (32 - bits));
	inet_ntop(AF_INET, &lease->address, address, sizeof(address));
	inet_ntop(AF_INET, &lease->gateway, gateway, sizeof(gateway));
	inet_ntop(AF_INET, &block, first, sizeof(first));
	subnet = xasprintf("%s/%u", first, bits);
	way_out = xasprintf("%s/%u", gateway, bits);
	return json_pack("[{s:s,s:[s],s:i,s:s,s:s,s:o,s:[],s:s,s:s}]", "NetworkMode", "awsvpc",
			 "IPv4Addresses", address, "AttachmentIndex", 0, "MACAddress", lease->mac,
			 "IPv4SubnetCIDRBlock", subnet, "DomainNameServers",
			 texts(&input->order->network.dns), "DomainNameSearchList",
			 "PrivateDNSName", input->order->hostname, "SubnetGatewayIpv4Address",
			 way_out);
}

static void put_log(const struct task_metadata_input *input, size_t index, json_t *object)
{
	const struct output_target *target = &input->output->targets[index];

	if (!*target->group) {
		put(object, "LogDriver", json_string(LOG_ROUTER_DRIVER));
		return;
	}
	put(object, "LogDriver", json_string("awslogs"));
	put(object, "LogOptions",
	    json_pack("{s:s,s:s,s:s}", "awslogs-group", target->group, "awslogs-region",
		      input->region, "awslogs-stream", target->stream));
}

static json_t *container(const struct task_metadata_input *input, size_t index)
{
	const struct spec_container *spec =
		(const struct spec_container *)input->spec->containers.items + index;
	AUTO(freep) char *own_arn = container_arn(input, index);
	char id[RUNTIME_ID_SIZE];
	json_t *object;

	runtime_id(input->task->id, index, id);
	object = json_pack("{s:s,s:s,s:s,s:s,s:s,s:o,s:{s:I},s:s,s:s,s:o,s:s}", "DockerId", id,
			   "Name", spec->name, "DockerName", spec->name, "Image", spec->image,
			   "ImageID", input->digests[index], "Labels", labels(input, index),
			   "Limits", "CPU", (json_int_t)spec->cpu, "Type", "NORMAL", "ContainerARN",
			   own_arn, "Networks", networks(input), "Snapshotter", "overlayfs");
	if (spec->memory > 0)
		put(json_object_get(object, "Limits"), "Memory", json_integer(spec->memory));
	if (spec->ports.count > 0)
		put(object, "Ports", ports(spec));
	if (spec->log.present)
		put_log(input, index, object);
	return object;
}

static json_t *task(const struct task_metadata_input *input)
{
	const struct task *from = input->task;
	AUTO(freep) char *cluster = arn(input, "cluster", from->cluster);
	AUTO(freep) char *own_arn = task_arn(input);
	AUTO(freep) char *revision = xasprintf("%" PRId64, from->revision);
	json_t *object = json_pack(
		"{s:s,s:s,s:s,s:s,s:{s:f,s:I},s:s,s:s,s:{s:s},s:{s:I},s:b}", "Cluster", cluster,
		"TaskARN", own_arn, "Family", from->family, "Revision", revision, "Limits", "CPU",
		(double)from->cpu_units / CPU_UNITS_A_CORE, "Memory", (json_int_t)from->memory_mib,
		"AvailabilityZone", from->zone, "LaunchType", "FARGATE", "ClockDrift",
		"ClockSynchronizationStatus", "NOT_SYNCHRONIZED", "EphemeralStorageMetrics",
		"Reserved", (json_int_t)from->storage_gib * 1024 + RESERVED_MIB,
		"FaultInjectionEnabled", 0);

	put_time(object, "PullStartedAt", input->pull_started_ms);
	put_time(object, "PullStoppedAt", input->pull_stopped_ms);
	return object;
}

int task_metadata_make(const struct task_metadata_input *input, json_t **ret_metadata,
		       struct err *err)
{
	AUTO(json_decrefp) json_t *metadata = NULL;
	json_t *containers = json_array();

	for (size_t i = 0; i < input->spec->containers.count; i++) {
		if (json_array_append_new(containers, container(input, i)) < 0) {
			json_decref(containers);
			return err_set(err, ERR_INVALID,
				       "the task's metadata: a text is not UTF-8");
		}
	}
	metadata = json_pack("{s:o,s:o}", "Task", task(input), "Containers", containers);
	if (!metadata)
		return err_set(err, ERR_INVALID, "the task's metadata: a text is not UTF-8");
	*ret_metadata = STEAL(metadata, NULL);
	return 0;
}
