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
#include "gateway/ecs/secrets_check.h"
#include "gateway/logs/log_names.h"
#include "store/log_buffer.h"
#include "store/port_range.h"
#include "store/task.h"

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

bool container_logs_here(const struct container_input *container)
{
	return container->has_log && strcmp(container->log.driver, "awslogs") == 0;
}

static const char *option(const struct log_input *log, const char *name)
{
	const struct shape_pair *pairs = log->options.items;

	for (size_t i = 0; i < log->options.count; i++) {
		if (strcmp(pairs[i].key, name) == 0 && pairs[i].value[0] != '\0')
			return pairs[i].value;
	}
	return NULL;
}

static bool is_one_of_two(const char *text, const char *one, const char *two)
{
	return !text || strcmp(text, one) == 0 || strcmp(text, two) == 0;
}

/* The stream is PREFIX/CONTAINER/TASK; what CloudWatch Logs would not take as a name
 * could never be read there. */
static int check_log_values(const struct container_input *container, struct err *err)
{
	const struct log_input *log = &container->log;
	const char *prefix = option(log, "awslogs-stream-prefix");
	const char *group = option(log, "awslogs-group");
	const char *wrong = NULL;
	struct err inner = ERR_INIT;
	int64_t buffer_bytes;
	size_t len;

	if (!prefix || !group)
		return 0; /* not checked here: check_log() names what is missing */
	len = strlen(prefix) + strlen(container->name) + strlen("//") + TASK_ID_SIZE - 1;
	if (!log_group_name_ok(group))
		wrong = "awslogs-group must be the name of a log group";
	else if (!log_stream_name_ok(prefix) || len > LOG_NAME_MAX)
		wrong = "awslogs-stream-prefix must be the beginning of a log stream's name";
	else if (!is_one_of_two(option(log, "awslogs-create-group"), "true", "false"))
		wrong = "awslogs-create-group must be true or false";
	else if (log_buffer_read(&log->options, &buffer_bytes, &inner) < 0)
		wrong = inner.text;
	if (wrong)
		return err_set(err, ERR_INVALID, "Log driver awslogs, container '%s': option %s.",
			       container->name, wrong);
	return 0;
}

static int check_log(const struct container_input *container, struct err *err)
{
	const struct log_input *log = &container->log;
	bool has_region = option(log, "awslogs-region") != NULL;
	bool has_group = option(log, "awslogs-group") != NULL;

	if (strcmp(log->driver, "splunk") == 0 || strcmp(log->driver, "awsfirelens") == 0)
		return 0;
	if (strcmp(log->driver, "awslogs") != 0)
		return err_set(err, ERR_INVALID,
			       "%.64s is not a valid log driver. Must be one of "
			       "[awslogs,splunk,awsfirelens]",
			       log->driver);
	if (!has_region || !has_group)
		return err_set(err, ERR_INVALID, "Log driver awslogs requires options: %s%s%s",
			       has_region ? "" : "awslogs-region",
			       has_region || has_group ? "" : ", ",
			       has_group ? "" : "awslogs-group");
	if (!option(log, "awslogs-stream-prefix"))
		return err_set(err, ERR_INVALID,
			       "Fargate requires log configuration options to include "
			       "awslogs-stream-prefix to support log driver awslogs.");
	return check_log_values(container, err);
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
	if (container->has_log && check_log(container, err) < 0)
		return -1;
	if (container->has_start_timeout && container->start_timeout_s > TIMEOUT_MAX_S)
		return err_set(err, ERR_INVALID,
			       "Tasks using the Fargate launch type must have a container start "
			       "timeout of less than %d seconds.",
			       TIMEOUT_MAX_S);
	return linux_check_fargate(&container->linux_parameters, err);
}

/* What the awslogs driver does here; the first four the API wants or offers, the
 * others choose between losing output and waiting: see store/log_buffer.h. */
static const char *const log_options[] = {
	"awslogs-group",	"awslogs-region", "awslogs-stream-prefix",
	"awslogs-create-group", "mode",		  "max-buffer-size",
};

/* Of a driver that was checked already. */
static int check_log_supported(const struct log_input *log, size_t index, const char *region,
			       struct err *err)
{
	const struct shape_pair *options = log->options.items;
	const char *wanted = option(log, "awslogs-region");

	for (size_t i = 0; i < log->options.count; i++) {
		size_t known = 0;

		while (known < ARRAY_LEN(log_options) &&
		       strcmp(log_options[known], options[i].key) != 0)
			known++;
		if (known == ARRAY_LEN(log_options))
			return err_set(err, ERR_UNSUPPORTED,
				       "containerDefinitions[%zu].logConfiguration.options.%.64s "
				       "is not supported",
				       index, options[i].key);
	}
	if (wanted && strcmp(wanted, region) != 0)
		return err_set(err, ERR_UNSUPPORTED,
			       "containerDefinitions[%zu].logConfiguration.options.awslogs-region "
			       "other than %.64s, the region of the configuration, is not "
			       "supported",
			       index, region);
	return 0;
}

int container_check_supported(const struct container_input *container, size_t index,
			      const char *region, struct err *err)
{
	if (container->has_log && strcmp(container->log.driver, "awslogs") != 0)
		return err_set(err, ERR_UNSUPPORTED,
			       "containerDefinitions[%zu].logConfiguration.logDriver other than "
			       "awslogs is not supported",
			       index);
	if (container->has_log && check_log_supported(&container->log, index, region, err) < 0)
		return -1;
	return linux_check_supported(&container->linux_parameters, index, err);
}
