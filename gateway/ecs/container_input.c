/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shapes only. A member that begins to be honoured moves from REFUSED to a row
 * with a field.
 */
#include "gateway/ecs/container_input.h"

#include "store/task_spec.h"

static const char *const protocol_words[] = {"tcp", "udp", NULL};
static const char *const application_words[] = {"http", "http2", "grpc", NULL};
static const char *const file_words[] = {"s3", NULL};
static const char *const consistency_words[] = {"enabled", "disabled", NULL};
static const char *const condition_words[] = {
	[SPEC_START] = "START",
	[SPEC_COMPLETE] = "COMPLETE",
	[SPEC_SUCCESS] = "SUCCESS",
	[SPEC_HEALTHY] = "HEALTHY",
	NULL,
};
static const char *const firelens_words[] = {
	[SPEC_FLUENTD] = "fluentd", [SPEC_FLUENTBIT] = "fluentbit", NULL};
static const char *const ulimit_words[] = {
	"core",	  "cpu",   "data", "fsize",  "locks",  "memlock",    "msgqueue", "nice",
	"nofile", "nproc", "rss",  "rtprio", "rttime", "sigpending", "stack",	 NULL,
};

#define PORT_MAX 65535

static const struct shape_field name_value_fields[] = {
	TEXT(struct name_value, name, "name", 0, 0, 0),
	TEXT(struct name_value, value, "value", 0, 0, 0),
};
const struct shape name_value_shape = SHAPE_OF(struct name_value, name_value_fields);

static const struct shape_field port_fields[] = {
	INT_SEEN(struct port_input, container_port, has_port, "containerPort", 1, PORT_MAX),
	TEXT(struct port_input, range, "containerPortRange", 0, 0, 0),
	INT_SEEN(struct port_input, host_port, has_host_port, "hostPort", 0, PORT_MAX),
	WORD(struct port_input, protocol, "protocol", protocol_words, 0),
	TEXT(struct port_input, name, "name", 0, 64, 0),
	WORD(struct port_input, application, "appProtocol", application_words, 0),
};
static const struct shape port_shape = SHAPE_OF(struct port_input, port_fields);

static const struct shape_field ulimit_fields[] = {
	WORD(struct ulimit_input, name, "name", ulimit_words, SHAPE_REQUIRED),
	INT(struct ulimit_input, soft, "softLimit", -1, INT64_MAX, SHAPE_REQUIRED),
	INT(struct ulimit_input, hard, "hardLimit", -1, INT64_MAX, SHAPE_REQUIRED),
};
static const struct shape ulimit_shape = SHAPE_OF(struct ulimit_input, ulimit_fields);

static const struct shape_field secret_fields[] = {
	TEXT(struct secret_input, name, "name", 0, 0, 0),
	TEXT(struct secret_input, value_from, "valueFrom", 0, 0, 0),
};
static const struct shape secret_shape = SHAPE_OF(struct secret_input, secret_fields);

static const struct shape_field env_file_fields[] = {
	TEXT(struct env_file_input, value, "value", 0, 0, SHAPE_REQUIRED),
	WORD(struct env_file_input, type, "type", file_words, SHAPE_REQUIRED),
};
const struct shape env_file_shape = SHAPE_OF(struct env_file_input, env_file_fields);

static const struct shape_field credentials_fields[] = {
	TEXT(struct credentials_input, parameter, "credentialsParameter", 0, 0, 0),
};
static const struct shape credentials_shape =
	SHAPE_OF(struct credentials_input, credentials_fields);

static const struct shape_field log_fields[] = {
	TEXT(struct log_input, driver, "logDriver", 0, 0, SHAPE_REQUIRED),
	MAP(struct log_input, options, "options", 0, 0, 0),
	LIST(struct log_input, secrets, "secretOptions", &secret_shape, 0, 0, 0),
};
static const struct shape log_shape = SHAPE_OF(struct log_input, log_fields);

static const struct shape_field firelens_fields[] = {
	WORD(struct firelens_input, type, "type", firelens_words, SHAPE_REQUIRED),
	MAP(struct firelens_input, options, "options", 0, 0, 0),
};
static const struct shape firelens_shape = SHAPE_OF(struct firelens_input, firelens_fields);

struct nothing {
	char unused;
};
static const struct shape anything_shape = {NULL, 0, sizeof(struct nothing)};

static const struct shape_field dependency_fields[] = {
	TEXT(struct dependency_input, container, "containerName", 0, 0, SHAPE_REQUIRED),
	WORD(struct dependency_input, condition, "condition", condition_words, SHAPE_REQUIRED),
};
static const struct shape dependency_shape = SHAPE_OF(struct dependency_input, dependency_fields);

static const struct shape_field health_fields[] = {
	TEXTS(struct health_input, command, "command", 0, 0, SHAPE_REQUIRED),
	INT_SEEN(struct health_input, interval_s, has_interval, "interval", 5, 300),
	INT_SEEN(struct health_input, timeout_s, has_timeout, "timeout", 2, 60),
	INT_SEEN(struct health_input, retries, has_retries, "retries", 1, 10),
	INT_SEEN(struct health_input, start_period_s, has_start_period, "startPeriod", 0, 300),
};
static const struct shape health_shape = SHAPE_OF(struct health_input, health_fields);

static const struct shape_field restart_fields[] = {
	BOOL(struct restart_input, enabled, "enabled", SHAPE_REQUIRED),
	INTS(struct restart_input, ignored, "ignoredExitCodes", 0, 50, 0),
	INT_SEEN(struct restart_input, period_s, has_period, "restartAttemptPeriod", 60, 1800),
};
static const struct shape restart_shape = SHAPE_OF(struct restart_input, restart_fields);

static const struct shape_field resource_fields[] = {
	TEXT(struct resource_input, value, "value", 0, 0, SHAPE_REQUIRED),
	TEXT(struct resource_input, type, "type", 0, 0, SHAPE_REQUIRED),
};
static const struct shape resource_shape = SHAPE_OF(struct resource_input, resource_fields);

static const struct shape_field container_fields[] = {
	TEXT(struct container_input, name, "name", 0, 0, 0),
	TEXT(struct container_input, image, "image", 0, 1024, 0),
	INT(struct container_input, cpu, "cpu", 0, 1 << 20, 0),
	INT_SEEN(struct container_input, memory, has_memory, "memory", 0, 1 << 30),
	INT_SEEN(struct container_input, memory_reservation, has_memory_reservation,
		 "memoryReservation", 0, 1 << 30),
	BOOL_SEEN(struct container_input, essential, has_essential, "essential"),
	TEXTS(struct container_input, entry_point, "entryPoint", 0, 0, 0),
	TEXTS(struct container_input, command, "command", 0, 0, 0),
	LIST(struct container_input, environment, "environment", &name_value_shape, 0, 0, 0),
	LIST(struct container_input, secrets, "secrets", &secret_shape, 0, 0, 0),
	LIST(struct container_input, env_files, "environmentFiles", &env_file_shape, 0, 0, 0),
	OBJECT_SEEN(struct container_input, credentials, has_credentials, "repositoryCredentials",
		    &credentials_shape),
	TEXT(struct container_input, directory, "workingDirectory", 0, 4096, 0),
	TEXT(struct container_input, user, "user", 0, 256, 0),
	BOOL(struct container_input, readonly_root, "readonlyRootFilesystem", 0),
	BOOL(struct container_input, interactive, "interactive", 0),
	BOOL(struct container_input, terminal, "pseudoTerminal", 0),
	LIST(struct container_input, ports, "portMappings", &port_shape, 0, DEFINITION_PORTS_MAX,
	     0),
	LIST(struct container_input, ulimits, "ulimits", &ulimit_shape, 0, 15, 0),
	MAP(struct container_input, labels, "dockerLabels", 0, 0, 0),
	OBJECT_SEEN(struct container_input, log, has_log, "logConfiguration", &log_shape),
	OBJECT_SEEN(struct container_input, firelens, has_firelens, "firelensConfiguration",
		    &firelens_shape),
	OBJECT(struct container_input, linux_parameters, "linuxParameters", &linux_shape, 0),
	LIST(struct container_input, controls, "systemControls", &control_shape, 0, 100, 0),
	LIST(struct container_input, mounts, "mountPoints", &mount_shape, 0, 100, 0),
	LIST(struct container_input, taken, "volumesFrom", &take_shape, 0, 100, 0),
	INT_SEEN(struct container_input, start_timeout_s, has_start_timeout, "startTimeout", 0,
		 1 << 20),
	INT_SEEN(struct container_input, stop_timeout_s, has_stop_timeout, "stopTimeout", 0,
		 1 << 20),
	WORD(struct container_input, version_consistency, "versionConsistency", consistency_words,
	     0),
	LIST(struct container_input, dependencies, "dependsOn", &dependency_shape, 0, 0, 0),
	OBJECT_SEEN(struct container_input, health, has_health, "healthCheck", &health_shape),
	OBJECT_SEEN(struct container_input, restart, has_restart, "restartPolicy", &restart_shape),
	TEXTS(struct container_input, links, "links", 0, 0, 0),
	TEXTS(struct container_input, dns_servers, "dnsServers", 0, 0, 0),
	TEXTS(struct container_input, dns_search, "dnsSearchDomains", 0, 0, 0),
	LIST(struct container_input, extra_hosts, "extraHosts", &anything_shape, 0, 0, 0),
	TEXTS(struct container_input, security_options, "dockerSecurityOptions", 0, 0, 0),
	LIST(struct container_input, resources, "resourceRequirements", &resource_shape, 0, 0, 0),
	TEXT(struct container_input, hostname, "hostname", 0, 0, 0),
	BOOL(struct container_input, no_network, "disableNetworking", 0),
	BOOL(struct container_input, privileged, "privileged", 0),
	REFUSED("credentialSpecs"),
};
const struct shape container_shape = SHAPE_OF(struct container_input, container_fields);
