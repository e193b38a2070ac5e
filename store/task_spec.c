/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape of what a task is to run. The gateway has checked the same members by
 * the API's rules; here they are checked again with the limits that the provisioner
 * relies on, because it does not trust the store blindly. An absent "protocol" leaves
 * -1, which means tcp.
 */
#include "store/task_spec.h"

#include "store/object_reference.h"
#include "store/secret_reference.h"
#include "store/task.h"

#define NAME_MAX_BYTES	255
#define TEXT_MAX_BYTES	4096  /* a path or a user */
#define ENTRIES_MAX	10000 /* words of a command, variables: the document's own maximum is less */
#define VARIABLE_MAX	(1024 * 1024)
#define PORTS_MAX	100 /* the API's limit of a task */
#define ULIMITS_MAX	32  /* the kernel has 16 kinds */
#define LOG_OPTIONS_MAX 64
#define CPU_UNITS_MAX	16384
#define MEMORY_MIB_MAX	122880
#define TIMEOUT_MAX_S	3600
#define STORAGE_GIB_MAX 200
#define MOUNTS_MAX	100  /* of a container */
#define UNLIMITED	(-1) /* of an ulimit */

#define DEPENDENCIES_MAX TASK_CONTAINERS_MAX
#define CODES_MAX	 50 /* the API's, of exit codes */
#define ENV_FILES_MAX	 10 /* the API's */
#define RETRIES_MAX	 10
#define PERIOD_MAX_S	 1800

static const char *const condition_words[] = {
	[SPEC_START] = "START",
	[SPEC_COMPLETE] = "COMPLETE",
	[SPEC_SUCCESS] = "SUCCESS",
	[SPEC_HEALTHY] = "HEALTHY",
	NULL,
};
static const char *const protocol_words[] = {"tcp", "udp", NULL};

static const struct shape_field port_fields[] = {
	INT(struct spec_port, container_port, "containerPort", 1, 65535, 0),
	TEXT(struct spec_port, range, "containerPortRange", 1, NAME_MAX_BYTES, 0),
	WORD(struct spec_port, protocol, "protocol", protocol_words, 0),
};
static const struct shape port_shape = SHAPE_OF(struct spec_port, port_fields);

static const struct shape_field ulimit_fields[] = {
	TEXT(struct spec_ulimit, name, "name", 1, NAME_MAX_BYTES, SHAPE_REQUIRED),
	INT(struct spec_ulimit, soft, "softLimit", UNLIMITED, INT64_MAX, SHAPE_REQUIRED),
	INT(struct spec_ulimit, hard, "hardLimit", UNLIMITED, INT64_MAX, SHAPE_REQUIRED),
};
static const struct shape ulimit_shape = SHAPE_OF(struct spec_ulimit, ulimit_fields);

static const struct shape_field variable_fields[] = {
	TEXT(struct spec_variable, name, "name", 1, VARIABLE_MAX, SHAPE_REQUIRED),
	TEXT(struct spec_variable, value, "value", 0, VARIABLE_MAX, SHAPE_REQUIRED),
};
static const struct shape variable_shape = SHAPE_OF(struct spec_variable, variable_fields);

static const struct shape_field secret_fields[] = {
	TEXT(struct spec_secret, name, "name", 1, NAME_MAX_BYTES, SHAPE_REQUIRED),
	TEXT(struct spec_secret, value_from, "valueFrom", 1, SECRET_REFERENCE_MAX, SHAPE_REQUIRED),
};
static const struct shape secret_shape = SHAPE_OF(struct spec_secret, secret_fields);

static const struct shape_field env_file_fields[] = {
	TEXT(struct spec_env_file, value, "value", 1, OBJECT_REFERENCE_MAX, SHAPE_REQUIRED),
};
static const struct shape env_file_shape = SHAPE_OF(struct spec_env_file, env_file_fields);

struct credentials {
	const char *parameter;
};
static const struct shape_field credentials_fields[] = {
	TEXT(struct credentials, parameter, "credentialsParameter", 1, SECRET_REFERENCE_MAX, 0),
};
static const struct shape credentials_shape = SHAPE_OF(struct credentials, credentials_fields);
_Static_assert(sizeof(struct credentials) == sizeof(const char *), "is filled in place");

static const struct shape_field log_fields[] = {
	TEXT(struct spec_log, driver, "logDriver", 1, NAME_MAX_BYTES, SHAPE_REQUIRED),
	MAP(struct spec_log, options, "options", 0, LOG_OPTIONS_MAX, 0),
	LIST(struct spec_log, secrets, "secretOptions", &secret_shape, 0, LOG_OPTIONS_MAX, 0),
};
static const struct shape log_shape = SHAPE_OF(struct spec_log, log_fields);

static const char *const firelens_words[] = {
	[SPEC_FLUENTD] = "fluentd", [SPEC_FLUENTBIT] = "fluentbit", NULL};
static const struct shape_field firelens_fields[] = {
	WORD(struct spec_firelens, type, "type", firelens_words, SHAPE_REQUIRED),
	MAP(struct spec_firelens, options, "options", 0, LOG_OPTIONS_MAX, 0),
};
static const struct shape firelens_shape = SHAPE_OF(struct spec_firelens, firelens_fields);

static const struct shape_field dependency_fields[] = {
	TEXT(struct spec_dependency, container, "containerName", 1, NAME_MAX_BYTES, SHAPE_REQUIRED),
	WORD(struct spec_dependency, condition, "condition", condition_words, SHAPE_REQUIRED),
};
static const struct shape dependency_shape = SHAPE_OF(struct spec_dependency, dependency_fields);

static const struct shape_field health_fields[] = {
	TEXTS(struct spec_health, command, "command", 2, ENTRIES_MAX, SHAPE_REQUIRED),
	INT(struct spec_health, interval_s, "interval", 1, TIMEOUT_MAX_S, 0),
	INT(struct spec_health, timeout_s, "timeout", 1, TIMEOUT_MAX_S, 0),
	INT(struct spec_health, retries, "retries", 1, RETRIES_MAX, 0),
	INT(struct spec_health, start_period_s, "startPeriod", 0, TIMEOUT_MAX_S, 0),
};
static const struct shape health_shape = SHAPE_OF(struct spec_health, health_fields);

static const struct shape_field restart_fields[] = {
	BOOL(struct spec_restart, enabled, "enabled", SHAPE_REQUIRED),
	INTS(struct spec_restart, ignored, "ignoredExitCodes", 0, CODES_MAX, 0),
	INT(struct spec_restart, period_s, "restartAttemptPeriod", 1, PERIOD_MAX_S, 0),
};
static const struct shape restart_shape = SHAPE_OF(struct spec_restart, restart_fields);

static const struct shape_field mount_fields[] = {
	TEXT(struct spec_mount, volume, "sourceVolume", 1, NAME_MAX_BYTES, SHAPE_REQUIRED),
	TEXT(struct spec_mount, path, "containerPath", 1, TEXT_MAX_BYTES, SHAPE_REQUIRED),
	BOOL(struct spec_mount, readonly, "readOnly", 0),
};
static const struct shape mount_shape = SHAPE_OF(struct spec_mount, mount_fields);

static const struct shape_field take_fields[] = {
	TEXT(struct spec_take, container, "sourceContainer", 1, NAME_MAX_BYTES, SHAPE_REQUIRED),
	BOOL(struct spec_take, readonly, "readOnly", 0),
};
static const struct shape take_shape = SHAPE_OF(struct spec_take, take_fields);

static const struct shape_field tmpfs_fields[] = {
	TEXT(struct spec_tmpfs, path, "containerPath", 1, TEXT_MAX_BYTES, SHAPE_REQUIRED),
	INT(struct spec_tmpfs, size_mib, "size", 1, INT32_MAX, SHAPE_REQUIRED),
	TEXTS(struct spec_tmpfs, options, "mountOptions", 0, MOUNTS_MAX, 0),
};
static const struct shape tmpfs_shape = SHAPE_OF(struct spec_tmpfs, tmpfs_fields);

static const struct shape_field control_fields[] = {
	TEXT(struct spec_control, name, "namespace", 1, NAME_MAX_BYTES, SHAPE_REQUIRED),
	TEXT(struct spec_control, value, "value", 1, NAME_MAX_BYTES, SHAPE_REQUIRED),
};
static const struct shape control_shape = SHAPE_OF(struct spec_control, control_fields);

static const struct shape_field capabilities_fields[] = {
	TEXTS(struct spec_capabilities, add, "add", 0, MOUNTS_MAX, 0),
	TEXTS(struct spec_capabilities, drop, "drop", 0, MOUNTS_MAX, 0),
};
static const struct shape capabilities_shape =
	SHAPE_OF(struct spec_capabilities, capabilities_fields);

static const struct shape_field linux_fields[] = {
	BOOL(struct spec_linux, init_process, "initProcessEnabled", 0),
	OBJECT(struct spec_linux, capabilities, "capabilities", &capabilities_shape, 0),
	LIST(struct spec_linux, tmpfs, "tmpfs", &tmpfs_shape, 0, MOUNTS_MAX, 0),
};
static const struct shape linux_shape = SHAPE_OF(struct spec_linux, linux_fields);

static const struct shape_field authorization_fields[] = {
	TEXT(struct spec_efs_authorization, access_point, "accessPointId", 0, NAME_MAX_BYTES, 0),
};
static const struct shape authorization_shape =
	SHAPE_OF(struct spec_efs_authorization, authorization_fields);

static const struct shape_field efs_fields[] = {
	TEXT(struct spec_efs, file_system, "fileSystemId", 1, NAME_MAX_BYTES, SHAPE_REQUIRED),
	TEXT(struct spec_efs, root, "rootDirectory", 0, TEXT_MAX_BYTES, 0),
	OBJECT(struct spec_efs, authorization, "authorizationConfig", &authorization_shape, 0),
};
static const struct shape efs_shape = SHAPE_OF(struct spec_efs, efs_fields);

static const struct shape_field volume_fields[] = {
	TEXT(struct spec_volume, name, "name", 1, NAME_MAX_BYTES, SHAPE_REQUIRED),
	OBJECT_SEEN(struct spec_volume, efs, is_shared, "efsVolumeConfiguration", &efs_shape),
};
static const struct shape volume_shape = SHAPE_OF(struct spec_volume, volume_fields);

static const struct shape_field container_fields[] = {
	TEXT(struct spec_container, name, "name", 1, NAME_MAX_BYTES, SHAPE_REQUIRED),
	TEXT(struct spec_container, image, "image", 1, TEXT_MAX_BYTES, SHAPE_REQUIRED),
	BOOL_SEEN(struct spec_container, essential, essential_seen, "essential"),
	TEXTS(struct spec_container, entry_point, "entryPoint", 0, ENTRIES_MAX, 0),
	TEXTS(struct spec_container, command, "command", 0, ENTRIES_MAX, 0),
	LIST(struct spec_container, environment, "environment", &variable_shape, 0, ENTRIES_MAX, 0),
	LIST(struct spec_container, secrets, "secrets", &secret_shape, 0, ENTRIES_MAX, 0),
	LIST(struct spec_container, env_files, "environmentFiles", &env_file_shape, 0,
	     ENV_FILES_MAX, 0),
	OBJECT(struct spec_container, credentials, "repositoryCredentials", &credentials_shape, 0),
	TEXT(struct spec_container, directory, "workingDirectory", 0, TEXT_MAX_BYTES, 0),
	TEXT(struct spec_container, user, "user", 0, TEXT_MAX_BYTES, 0),
	BOOL(struct spec_container, readonly_root, "readonlyRootFilesystem", 0),
	BOOL(struct spec_container, privileged, "privileged", 0),
	BOOL(struct spec_container, interactive, "interactive", 0),
	BOOL(struct spec_container, terminal, "pseudoTerminal", 0),
	INT(struct spec_container, cpu, "cpu", 0, CPU_UNITS_MAX, 0),
	INT(struct spec_container, memory, "memory", 0, MEMORY_MIB_MAX, 0),
	INT(struct spec_container, memory_reservation, "memoryReservation", 0, MEMORY_MIB_MAX, 0),
	INT(struct spec_container, start_timeout_s, "startTimeout", 0, TIMEOUT_MAX_S, 0),
	INT(struct spec_container, stop_timeout_s, "stopTimeout", 0, TIMEOUT_MAX_S, 0),
	LIST(struct spec_container, ports, "portMappings", &port_shape, 0, PORTS_MAX, 0),
	LIST(struct spec_container, ulimits, "ulimits", &ulimit_shape, 0, ULIMITS_MAX, 0),
	OBJECT_SEEN(struct spec_container, log, log.present, "logConfiguration", &log_shape),
	OBJECT_SEEN(struct spec_container, firelens, firelens.present, "firelensConfiguration",
		    &firelens_shape),
	LIST(struct spec_container, dependencies, "dependsOn", &dependency_shape, 0,
	     DEPENDENCIES_MAX, 0),
	OBJECT_SEEN(struct spec_container, health, health.present, "healthCheck", &health_shape),
	OBJECT(struct spec_container, restart, "restartPolicy", &restart_shape, 0),
	OBJECT(struct spec_container, linux_parameters, "linuxParameters", &linux_shape, 0),
	LIST(struct spec_container, controls, "systemControls", &control_shape, 0, MOUNTS_MAX, 0),
	LIST(struct spec_container, mounts, "mountPoints", &mount_shape, 0, MOUNTS_MAX, 0),
	LIST(struct spec_container, taken, "volumesFrom", &take_shape, 0, MOUNTS_MAX, 0),
	MAP(struct spec_container, labels, "dockerLabels", 0, ENTRIES_MAX, 0),
};
static const struct shape container_shape = SHAPE_OF(struct spec_container, container_fields);

static const struct shape_field spec_fields[] = {
	LIST(struct task_spec, containers, "containers", &container_shape, 1, TASK_CONTAINERS_MAX,
	     SHAPE_REQUIRED),
	LIST(struct task_spec, volumes, "volumes", &volume_shape, 0, TASK_VOLUMES_MAX, 0),
	TEXT(struct task_spec, pid_mode, "pidMode", 0, NAME_MAX_BYTES, 0),
	INT(struct task_spec, storage_gib, "ephemeralStorageGiB", 1, STORAGE_GIB_MAX,
	    SHAPE_REQUIRED),
	TEXT(struct task_spec, task_role, "taskRoleArn", 0, TEXT_MAX_BYTES, 0),
	TEXT(struct task_spec, execution_role, "executionRoleArn", 0, TEXT_MAX_BYTES, 0),
};

const struct shape task_spec_shape = SHAPE_OF(struct task_spec, spec_fields);
