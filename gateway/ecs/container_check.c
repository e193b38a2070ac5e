/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of one container definition, in the API's words; which are whose, the
 * header says.
 */
#include <string.h>

#include "core/ident.h"
#include "gateway/ecs/definition_input.h"
#include "gateway/ecs/ecs_identifier.h"
#include "gateway/ecs/env_files_check.h"
#include "gateway/ecs/firelens_check.h"
#include "gateway/ecs/log_check.h"
#include "gateway/ecs/secrets_check.h"
#include "store/port_range.h"

#define TIMEOUT_MIN_S 2
#define TIMEOUT_MAX_S 120

static bool is_awsvpc(const struct definition_input *input)
{
	return input->network_mode && strcmp(input->network_mode, "awsvpc") == 0;
}

static int check_memory(const struct definition_input *input,
			const struct container_input *container, struct err *err)
{
	bool has_memory = container->has_memory && container->memory > 0;
	bool has_reservation =
		container->has_memory_reservation && container->memory_reservation > 0;

	if (input->memory_mib == 0 && !has_memory && !has_reservation)
		return err_set(err, ERR_INVALID,
			       "Invalid setting for container '%s'. At least one of 'memory' or "
			       "'memoryReservation' must be specified.",
			       container->name);
	if (has_memory && has_reservation && container->memory < container->memory_reservation)
		return err_set(err, ERR_INVALID,
			       "Invalid setting for container '%s'. 'memory' must be greater than "
			       "or equal to 'memoryReservation'.",
			       container->name);
	if (input->memory_mib > 0 && container->memory > input->memory_mib)
		return err_set(err, ERR_INVALID,
			       "The 'memory' setting for container '%s' is greater than for the "
			       "task.",
			       container->name);
	return 0;
}

static int check_port_range(const struct container_input *container, size_t index, struct err *err)
{
	const struct port_input *port = (const struct port_input *)container->ports.items + index;
	uint16_t first, last;

	if (!shape_given(port->range) && !port->has_port)
		return err_set(err, ERR_INVALID,
			       "portMappings[%zu] needs a containerPort or a containerPortRange. "
			       "Container: '%s'",
			       index, container->name);
	if (!shape_given(port->range))
		return 0;
	if (port->has_port || port->has_host_port)
		return err_set(err, ERR_INVALID,
			       "portMappings[%zu] cannot have a containerPortRange and a "
			       "containerPort or hostPort. Container: '%s'",
			       index, container->name);
	if (port_range_read(port->range, &first, &last) < 0)
		return err_set(err, ERR_INVALID,
			       "Invalid 'containerPortRange' setting '%.32s'. Container: '%s'",
			       port->range, container->name);
	return 0;
}

static int check_ports(const struct definition_input *input,
		       const struct container_input *container, struct err *err)
{
	const struct port_input *ports = container->ports.items;

	for (size_t i = 0; i < container->ports.count; i++) {
		if (check_port_range(container, i, err) < 0)
			return -1;
		if (is_awsvpc(input) && ports[i].has_host_port &&
		    ports[i].host_port != ports[i].container_port)
			return err_set(err, ERR_INVALID,
				       "When networkMode=awsvpc, the host ports and container "
				       "ports in port mappings must match.");
	}
	return 0;
}

static int check_awsvpc(const struct container_input *container, struct err *err)
{
	const char *what = NULL;

	if (container->links.count > 0)
		return err_set(err, ERR_INVALID, "Links are not supported when networkMode=awsvpc");
	if (container->dns_servers.count > 0 || container->dns_search.count > 0)
		what = "DNS servers are";
	else if (container->extra_hosts.count > 0)
		what = "Extra hosts are";
	else if (shape_given(container->hostname))
		what = "The hostname is";
	else if (container->no_network)
		what = "Disable Networking is";
	if (what)
		return err_set(err, ERR_INVALID,
			       "%s not supported on container when networkMode=awsvpc", what);
	return 0;
}

static int check_timeouts(const struct container_input *container, struct err *err)
{
	if (container->has_start_timeout && container->start_timeout_s < TIMEOUT_MIN_S)
		return err_set(err, ERR_INVALID,
			       "Granular start timeout on container '%s' must be at least %d "
			       "seconds.",
			       container->name, TIMEOUT_MIN_S);
	if (container->has_stop_timeout && container->stop_timeout_s < TIMEOUT_MIN_S)
		return err_set(err, ERR_INVALID,
			       "Granular stop timeout on container '%s' must be at least %d "
			       "seconds.",
			       container->name, TIMEOUT_MIN_S);
	return 0;
}

static int check_health(const struct container_input *container, struct err *err)
{
	const char *const *words = container->health.command.items;
	size_t count = container->health.command.count;

	if (!container->has_health)
		return 0;
	if (count < 2 || (strcmp(words[0], "CMD") != 0 && strcmp(words[0], "CMD-SHELL") != 0))
		return err_set(err, ERR_INVALID,
			       "Health check command must start with CMD or CMD-SHELL and name a "
			       "command. Container: '%s'",
			       container->name);
	return 0;
}

static int check_lists(const struct container_input *container, struct err *err)
{
	const struct name_value *variables = container->environment.items;
	const struct ulimit_input *ulimits = container->ulimits.items;

	for (size_t i = 0; i < container->environment.count; i++) {
		if (!shape_given(variables[i].name) || strchr(variables[i].name, '='))
			return err_set(err, ERR_INVALID,
				       "Environment variable name should not be null or empty or "
				       "hold '='. Container: '%s', environment[%zu].name",
				       container->name, i);
	}
	for (size_t i = 0; i < container->ulimits.count; i++) {
		if (ulimits[i].hard >= 0 &&
		    (ulimits[i].soft < 0 || ulimits[i].soft > ulimits[i].hard))
			return err_set(err, ERR_INVALID,
				       "Ulimit softLimit must be less than or equal to hardLimit. "
				       "Container: '%s', ulimits[%zu]",
				       container->name, i);
	}
	return 0;
}

int container_check(const struct definition_input *input, const struct container_input *container,
		    struct err *err)
{
	if (!shape_given(container->name))
		return err_set(err, ERR_INVALID, "Container.name should not be null or empty.");
	if (!ident_is_name(container->name, ECS_NAME_MAX))
		return err_set(err, ERR_INVALID, "Container.name contains invalid characters.");
	if (!shape_given(container->image))
		return err_set(err, ERR_INVALID, "Container.image should not be null or empty.");
	if (check_memory(input, container, err) < 0 || check_ports(input, container, err) < 0 ||
	    check_timeouts(container, err) < 0 || check_health(container, err) < 0)
		return -1;
	if (is_awsvpc(input) && check_awsvpc(container, err) < 0)
		return -1;
	if (check_lists(container, err) < 0)
		return -1;
	if (secrets_check(container, err) < 0 || env_files_check(container, err) < 0)
		return -1;
	return linux_check(container, err);
}

int container_check_fargate(const struct container_input *container,
			    const struct extensions *extensions, struct err *err)
{
	if (container->privileged && !extensions->privileged_containers)
		return err_set(err, ERR_INVALID,
			       "Fargate requires that the 'privileged' setting be 'false'");
	if (container->resources.count > 0)
		return err_set(err, ERR_INVALID,
			       "Tasks using the Fargate launch type do not support GPU resource "
			       "requirements");
	if (container->security_options.count > 0)
		return err_set(err, ERR_INVALID,
			       "Fargate compatible task definitions do not support "
			       "dockerSecurityOptions");
	if (container->has_stop_timeout && container->stop_timeout_s > TIMEOUT_MAX_S)
		return err_set(err, ERR_INVALID,
			       "Tasks using the Fargate launch type must have a container stop "
			       "timeout of less than %d seconds.",
			       TIMEOUT_MAX_S);
	if (log_check(container, err) < 0 || firelens_check_fargate(container, err) < 0)
		return -1;
	if (container->has_start_timeout && container->start_timeout_s > TIMEOUT_MAX_S)
		return err_set(err, ERR_INVALID,
			       "Tasks using the Fargate launch type must have a container start "
			       "timeout of less than %d seconds.",
			       TIMEOUT_MAX_S);
	return linux_check_fargate(&container->linux_parameters, err);
}

int container_check_supported(const struct container_input *container, size_t index,
			      const char *region, struct err *err)
{
	if (log_check_supported(container, index, region, err) < 0 ||
	    firelens_check_supported(container, index, err) < 0)
		return -1;
	return linux_check_supported(&container->linux_parameters, index, err);
}
