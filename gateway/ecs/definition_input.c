/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The task level of definitions: shape and rules. Texts of errors are whole
 * messages of the API.
 */
#include "gateway/ecs/definition_input.h"

#include <inttypes.h>
#include <string.h>

#include "core/ident.h"
#include "gateway/ecs/ecs_identifier.h"
#include "gateway/ecs/env_files_check.h"
#include "gateway/ecs/fargate_size.h"
#include "gateway/ecs/firelens_check.h"
#include "gateway/ecs/log_check.h"
#include "gateway/ecs/secrets_check.h"
#include "gateway/ecs/tags_input.h"
#include "store/log_buffer.h"
#include "store/log_router.h"
#include "store/task_size.h"

struct nothing {
	char unused;
};
static const struct shape anything_shape = {NULL, 0, sizeof(struct nothing)};

static const struct shape_field platform_fields[] = {
	TEXT(struct platform_input, architecture, "cpuArchitecture", 0, 0, 0),
	TEXT(struct platform_input, family, "operatingSystemFamily", 0, 0, 0),
};
static const struct shape platform_shape = SHAPE_OF(struct platform_input, platform_fields);

static const struct shape_field storage_fields[] = {
	INT(struct storage_input, size_gib, "sizeInGiB", 0, 0, SHAPE_REQUIRED),
};
static const struct shape storage_shape = SHAPE_OF(struct storage_input, storage_fields);

static const struct shape_field fields[] = {
	TEXT(struct definition_input, family, "family", 0, 0, 0),
	TEXT(struct definition_input, task_role, "taskRoleArn", 0, 0, 0),
	TEXT(struct definition_input, execution_role, "executionRoleArn", 0, 0, 0),
	TEXT(struct definition_input, network_mode, "networkMode", 0, 0, 0),
	TEXT(struct definition_input, cpu, "cpu", 0, 0, 0),
	TEXT(struct definition_input, memory, "memory", 0, 0, 0),
	TEXT(struct definition_input, pid_mode, "pidMode", 0, 0, 0),
	TEXT(struct definition_input, ipc_mode, "ipcMode", 0, 0, 0),
	LIST(struct definition_input, containers, "containerDefinitions", &container_shape, 0, 0,
	     0),
	TEXTS(struct definition_input, requires, "requiresCompatibilities", 0, 0, 0),
	LIST(struct definition_input, volumes, "volumes", &volume_shape, 0, 100, 0),
	LIST(struct definition_input, constraints, "placementConstraints", &anything_shape, 0, 0,
	     0),
	LIST(struct definition_input, accelerators, "inferenceAccelerators", &anything_shape, 0, 0,
	     0),
	OBJECT(struct definition_input, platform, "runtimePlatform", &platform_shape, 0),
	OBJECT_SEEN(struct definition_input, storage, has_storage, "ephemeralStorage",
		    &storage_shape),
	LIST(struct definition_input, tags, "tags", &tag_shape, 0, 0, 0),
	REFUSED("proxyConfiguration"),
	REFUSED("enableFaultInjection"),
};
const struct shape definition_shape = SHAPE_OF(struct definition_input, fields);

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++) {
		if (strcmp(text, *words) == 0)
			return true;
	}
	return false;
}

bool definition_requires_fargate(const struct definition_input *input)
{
	const char *const *items = input->requires.items;

	for (size_t i = 0; i < input->requires.count; i++) {
		if (strcmp(items[i], "FARGATE") == 0)
			return true;
	}
	return false;
}

int definition_read_size(struct definition_input *input, struct err *err)
{
	if (shape_given(input->cpu) && fargate_parse_cpu(input->cpu, &input->cpu_units) < 0)
		return err_set(err, ERR_INVALID, "Invalid 'cpu' setting for task.");
	if (shape_given(input->memory) &&
	    fargate_parse_memory(input->memory, &input->memory_mib) < 0)
		return err_set(err, ERR_INVALID, "Invalid 'memory' setting for task.");
	return 0;
}

/* A role's ARN, or its bare name. */
static bool is_role(const char *text)
{
	struct err ignored = ERR_INIT;
	struct arn arn;

	if (arn_parse(text, &arn, &ignored) == 0)
		return text_is(arn.service, arn.service_len, "iam") &&
		       strncmp(arn.resource, "role/", 5) == 0 && arn.resource_len > 5;
	return strlen(text) <= ECS_NAME_MAX && strncmp(text, "arn:", 4) != 0 &&
	       text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "_+=,.@-/")] == '\0';
}

static int check_names(const struct definition_input *input, struct err *err)
{
	static const char *const modes[] = {"bridge", "host", "awsvpc", "none", NULL};
	static const char *const kinds[] = {"EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES",
					    NULL};
	const char *const *requires = input->requires.items;

	if (!shape_given(input->family))
		return err_set(err, ERR_INVALID, "Family should not be null or empty.");
	if (!ident_is_name(input->family, ECS_NAME_MAX))
		return err_set(err, ERR_INVALID, "Family contains invalid characters.");
	if ((shape_given(input->task_role) && !is_role(input->task_role)) ||
	    (shape_given(input->execution_role) && !is_role(input->execution_role)))
		return err_set(err, ERR_INVALID, "Role is not valid");
	if (shape_given(input->network_mode) && !is_one_of(input->network_mode, modes))
		return err_set(err, ERR_INVALID,
			       "networkMode must be one of [bridge,host,awsvpc,none].");
	for (size_t i = 0; i < input->requires.count; i++) {
		if (!is_one_of(requires[i], kinds))
			return err_set(err, ERR_INVALID,
				       "requiresCompatibilities[%zu] must be one of "
				       "[EC2,FARGATE,EXTERNAL,MANAGED_INSTANCES].",
				       i);
	}
	return 0;
}

static int check_container_list(const struct definition_input *input, struct err *err)
{
	const struct container_input *containers = input->containers.items;
	bool any_essential = false;
	size_t port_count = 0;

	if (input->containers.count == 0)
		return err_set(err, ERR_INVALID, "Container list cannot be empty.");
	if (input->containers.count > DEFINITION_CONTAINERS_MAX)
		return err_set(err, ERR_INVALID,
			       "containerDefinitions must be a list of at most %d items.",
			       DEFINITION_CONTAINERS_MAX);
	for (size_t i = 0; i < input->containers.count; i++) {
		if (container_check(input, &containers[i], err) < 0)
			return -1;
		for (size_t j = 0; j < i; j++) {
			if (strcmp(containers[i].name, containers[j].name) == 0)
				return err_set(err, ERR_INVALID,
					       "Container names must be unique. Container: '%s'",
					       containers[i].name);
		}
		any_essential |= containers[i].essential || !containers[i].has_essential;
		port_count += containers[i].ports.count;
	}
	if (port_count > DEFINITION_PORTS_MAX)
		return err_set(err, ERR_INVALID,
			       "The containers of a task can have at most %d port mappings in all.",
			       DEFINITION_PORTS_MAX);
	if (firelens_check(input, err) < 0)
		return -1;
	if (!any_essential)
		return err_set(err, ERR_INVALID,
			       "Task definition doesn't have any essential container.");
	return 0;
}

static int check_port_names(const struct definition_input *input, struct err *err)
{
	const struct container_input *containers = input->containers.items;
	const char *names[DEFINITION_PORTS_MAX]; /* check_container_list() has counted */
	size_t count = 0;

	for (size_t i = 0; i < input->containers.count; i++) {
		const struct port_input *ports = containers[i].ports.items;

		for (size_t j = 0; j < containers[i].ports.count; j++) {
			if (!shape_given(ports[j].name))
				continue;
			for (size_t k = 0; k < count; k++) {
				if (strcmp(names[k], ports[j].name) == 0)
					return err_set(err, ERR_INVALID,
						       "port mapping name is already used");
			}
			names[count++] = ports[j].name;
		}
	}
	return 0;
}

int definition_check(const struct definition_input *input, struct err *err)
{
	static const char *const pid_modes[] = {"host", "task", NULL};
	static const char *const ipc_modes[] = {"host", "task", "none", NULL};

	if (check_names(input, err) < 0 || check_container_list(input, err) < 0 ||
	    check_port_names(input, err) < 0 || definition_check_dependencies(input, err) < 0 ||
	    volumes_check(input, err) < 0)
		return -1;
	if (shape_given(input->pid_mode) && !is_one_of(input->pid_mode, pid_modes))
		return err_set(err, ERR_INVALID, "pidMode must be one of [host,task].");
	if (shape_given(input->ipc_mode) && !is_one_of(input->ipc_mode, ipc_modes))
		return err_set(err, ERR_INVALID, "ipcMode must be one of [host,task,none].");
	if (input->accelerators.count > 0)
		return err_set(err, ERR_INVALID, "Unsupported field 'inferenceAccelerators'");
	if (input->has_storage && input->storage.size_gib < FARGATE_STORAGE_MIN_GIB)
		return err_set(err, ERR_INVALID, "EphemeralStorage size should be at least %d",
			       FARGATE_STORAGE_MIN_GIB);
	if (input->has_storage && input->storage.size_gib > FARGATE_STORAGE_MAX_GIB)
		return err_set(err, ERR_INVALID, "EphemeralStorage size should be at most %d",
			       FARGATE_STORAGE_MAX_GIB);
	return 0;
}

static int check_fargate_size(const struct definition_input *input,
			      const struct extensions *extensions, struct err *err)
{
	if (input->cpu_units == 0)
		return err_set(err, ERR_INVALID,
			       "Fargate requires that 'cpu' be defined at the task level.");
	if (input->memory_mib == 0)
		return err_set(err, ERR_INVALID,
			       "Fargate requires that 'memory' be defined at the task level.");
	if (!task_size_is_fargate(input->cpu_units, input->memory_mib) &&
	    !extensions_permit_size(extensions, input->cpu_units, input->memory_mib))
		return err_set(err, ERR_INVALID,
			       "No Fargate configuration exists for given values: %" PRId64
			       " CPU, %" PRId64 " memory. See the Amazon ECS documentation for "
			       "the valid values.",
			       input->cpu_units, input->memory_mib);
	return 0;
}

/* Of the memory that keeps output while nobody takes it. */
static int buffer_read(const struct container_input *container, int64_t *ret_bytes, struct err *err)
{
	*ret_bytes = 0;
	if (firelens_is_sender(container))
		return log_router_buffer_read(&container->log.options, ret_bytes, err);
	if (log_check_is_awslogs(container))
		return log_buffer_read(&container->log.options, ret_bytes, err);
	return 0;
}

static int check_fargate_sums(const struct definition_input *input, struct err *err)
{
	const struct container_input *containers = input->containers.items;
	int64_t cpu = 0;
	int64_t reserved = 0;
	int64_t buffers = 0;

	for (size_t i = 0; i < input->containers.count; i++) {
		int64_t bytes;

		cpu += containers[i].cpu;
		reserved += containers[i].memory_reservation;
		if (buffer_read(&containers[i], &bytes, err) < 0)
			return -1;
		buffers += bytes;
	}
	if (cpu > input->cpu_units)
		return err_set(err, ERR_INVALID,
			       "The sum of all container 'cpu' values cannot be greater than the "
			       "task-level 'cpu' value");
	if (reserved > input->memory_mib)
		return err_set(err, ERR_INVALID,
			       "The sum of all container 'memoryReservation' values cannot be "
			       "greater than the task-level 'memory' value");
	if (!log_buffer_fits(buffers, input->memory_mib))
		return err_set(err, ERR_INVALID,
			       "The sum of all containers' log options 'max-buffer-size' and "
			       "'" LOG_ROUTER_BUFFER "' cannot be greater than half of the "
			       "task-level 'memory' value");
	return 0;
}

static int check_fargate_modes(const struct definition_input *input, struct err *err)
{
	if (shape_given(input->pid_mode) && strcmp(input->pid_mode, "task") != 0)
		return err_set(err, ERR_INVALID,
			       "Tasks using the Fargate launch type do not support pidMode '%s'. "
			       "The supported value for pidMode is 'task'.",
			       input->pid_mode);
	if (shape_given(input->ipc_mode))
		return err_set(err, ERR_INVALID,
			       "Tasks using the Fargate launch type do not support ipcMode.");
	if (input->constraints.count > 0)
		return err_set(err, ERR_INVALID,
			       "Fargate compatible task definitions do not support constraints");
	return volumes_check_fargate(input, err);
}

int definition_check_fargate(const struct definition_input *input,
			     const struct extensions *extensions, struct err *err)
{
	const struct container_input *containers = input->containers.items;

	if (!shape_given(input->network_mode) || strcmp(input->network_mode, "awsvpc") != 0)
		return err_set(err, ERR_INVALID,
			       "Fargate only supports network mode \xe2\x80\x98"
			       "awsvpc\xe2\x80\x99.");
	if (check_fargate_size(input, extensions, err) < 0 || check_fargate_modes(input, err) < 0)
		return -1;
	for (size_t i = 0; i < input->containers.count; i++) {
		if (container_check_fargate(&containers[i], extensions, err) < 0 ||
		    secrets_check_role(input, &containers[i], err) < 0 ||
		    env_files_check_role(input, &containers[i], err) < 0)
			return -1;
	}
	return check_fargate_sums(input, err);
}

int definition_check_supported(const struct definition_input *input, const char *region,
			       struct err *err)
{
	const struct container_input *containers = input->containers.items;
	const struct platform_input *platform = &input->platform;

	if (shape_given(platform->architecture) && strcmp(platform->architecture, "X86_64") != 0)
		return err_set(err, ERR_UNSUPPORTED,
			       "runtimePlatform.cpuArchitecture other than X86_64 is not "
			       "supported");
	if (shape_given(platform->family) && strcmp(platform->family, "LINUX") != 0)
		return err_set(err, ERR_UNSUPPORTED,
			       "runtimePlatform.operatingSystemFamily other than LINUX is not "
			       "supported");
	for (size_t i = 0; i < input->containers.count; i++) {
		if (container_check_supported(&containers[i], i, region, err) < 0)
			return -1;
	}
	return 0;
}
