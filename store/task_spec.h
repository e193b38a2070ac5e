/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a task is to run: the document that the gateway freezes into the task row
 * and the provisioner reads and checks again. Its containers are the API's
 * ContainerDefinition objects with the overrides already merged in, under the API's member
 * names, so a member that is honoured later needs a row in the shape here and no new format:
 *     {"containers":[{"name":..., "image":..., "command":[...], ...}], "ephemeralStorageGiB":20,
 *      "taskRoleArn":..., "executionRoleArn":...}
 */
#ifndef SLIPWAY_STORE_TASK_SPEC_H
#define SLIPWAY_STORE_TASK_SPEC_H

#include "core/shape.h"

#define TASK_VOLUMES_MAX 100 /* the API's */

struct spec_port {
	int64_t container_port; /* 0: there is a range */
	const char *range;	/* "8000-8010" */
	int protocol;		/* 0 tcp, 1 udp */
};
struct spec_ulimit {
	const char *name;
	int64_t soft, hard;
};
struct spec_log {
	bool present;
	const char *driver;
	struct shape_list options; /* shape_pair */
	struct shape_list secrets; /* struct spec_secret: options that are kept secret */
};
/* Its container is the router of the task's logs: see store/log_router.h. */
struct spec_firelens {
	bool present;
	int type;		   /* enum spec_firelens_type */
	struct shape_list options; /* shape_pair */
};
enum spec_firelens_type { SPEC_FLUENTD, SPEC_FLUENTBIT };
enum spec_condition { SPEC_START, SPEC_COMPLETE, SPEC_SUCCESS, SPEC_HEALTHY };
struct spec_dependency {
	const char *container;
	int condition; /* enum spec_condition */
};
struct spec_health {
	bool present;
	struct shape_list command; /* texts: CMD or CMD-SHELL and what follows */
	int64_t interval_s, timeout_s, retries, start_period_s; /* 0: default */
};
struct spec_restart {
	bool enabled;
	struct shape_list ignored; /* int64_t */
	int64_t period_s;	   /* 0: default */
};
struct spec_secret {
	const char *name, *value_from; /* see store/secret_reference.h */
};
struct spec_env_file {
	const char *value; /* see store/object_reference.h */
};
struct spec_mount {
	const char *volume, *path;
	bool readonly;
};
struct spec_take { /* the volumes of another container */
	const char *container;
	bool readonly;
};
struct spec_tmpfs {
	const char *path;
	int64_t size_mib;
	struct shape_list options; /* texts */
};
struct spec_control {
	const char *name, *value;
};
struct spec_capabilities {
	struct shape_list add, drop; /* texts */
};
struct spec_linux {
	bool init_process;
	struct spec_capabilities capabilities;
	struct shape_list tmpfs; /* struct spec_tmpfs */
};
struct spec_container {
	const char *name, *image;
	bool essential, essential_seen;		/* absent: true */
	struct shape_list entry_point, command; /* texts; .present says whether given */
	struct shape_list environment;		/* struct spec_variable */
	struct shape_list secrets;		/* struct spec_secret */
	struct shape_list env_files;		/* struct spec_env_file */
	const char *credentials; /* names a secret, of the image's registry; or NULL */
	const char *directory, *user;
	bool readonly_root, interactive, terminal, privileged;
	int64_t cpu, memory, memory_reservation;
	int64_t start_timeout_s;   /* 0: none */
	int64_t stop_timeout_s;	   /* 0: default (30) */
	struct shape_list ports;   /* struct spec_port */
	struct shape_list ulimits; /* struct spec_ulimit */
	struct spec_log log;
	struct spec_firelens firelens;
	struct shape_list dependencies; /* struct spec_dependency */
	struct spec_health health;
	struct spec_restart restart;
	struct spec_linux linux_parameters;
	struct shape_list controls; /* struct spec_control */
	struct shape_list mounts;   /* struct spec_mount */
	struct shape_list taken;    /* struct spec_take */
	struct shape_list labels;   /* shape_pair: dockerLabels */
};
struct spec_variable {
	const char *name, *value;
};
struct spec_efs_authorization {
	const char *access_point;
};
struct spec_efs { /* see store/file_system.h */
	const char *file_system, *root;
	struct spec_efs_authorization authorization;
};
struct spec_volume {
	const char *name;
	struct spec_efs efs;
	bool is_shared; /* it is of a file system that outlives the task: efs */
};
struct task_spec {
	struct shape_list containers; /* struct spec_container */
	struct shape_list volumes;    /* struct spec_volume */
	const char *pid_mode;	      /* "task": containers see each other's processes */
	int64_t storage_gib;
	const char *task_role, *execution_role; /* ARN or name; NULL: none */
};

extern const struct shape task_spec_shape;

#endif
