/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container definition as RegisterTaskDefinition takes it: what is honoured,
 * what is kept, what Fargate never does (read, so that the refusal can be the
 * API's own) and what is not done yet (refused by the shape, by name).
 */
#ifndef SLIPWAY_GATEWAY_ECS_CONTAINER_INPUT_H
#define SLIPWAY_GATEWAY_ECS_CONTAINER_INPUT_H

#include "core/shape.h"
#include "gateway/ecs/linux_input.h"
#include "gateway/ecs/volume_input.h"

#define DEFINITION_PORTS_MAX 100 /* the API's, of all containers together */

struct name_value {
	const char *name, *value;
};

struct port_input {
	int64_t container_port, host_port;
	bool has_port, has_host_port;
	const char *range; /* instead of container_port */
	int protocol;	   /* index: tcp, udp; -1: tcp */
	const char *name;
	int application; /* index: http, http2, grpc; -1: none */
};

struct ulimit_input {
	int name; /* index of the API's list */
	int64_t soft, hard;
};

struct secret_input {
	const char *name, *value_from;
};

struct env_file_input {
	const char *value;
	int type; /* index: s3 */
};

struct credentials_input {
	const char *parameter;
};

struct log_input {
	struct shape_list secrets; /* struct secret_input */
	const char *driver;
	struct shape_list options; /* struct shape_pair */
};

struct firelens_input {
	int type;		   /* enum spec_firelens_type */
	struct shape_list options; /* struct shape_pair */
};

struct dependency_input {
	const char *container;
	int condition; /* enum spec_condition */
};

struct health_input {
	struct shape_list command; /* texts */
	int64_t interval_s, timeout_s, retries, start_period_s;
	bool has_interval, has_timeout, has_retries, has_start_period;
};

struct restart_input {
	bool enabled;
	struct shape_list ignored; /* int64_t: exit codes */
	int64_t period_s;
	bool has_period;
};

struct resource_input {
	const char *value;
	const char *type;
};

struct container_input {
	const char *name, *image;
	int64_t cpu, memory, memory_reservation; /* units, MiB */
	bool has_memory, has_memory_reservation;
	bool essential, has_essential;
	struct shape_list entry_point, command; /* texts */
	struct shape_list environment;		/* struct name_value */
	struct shape_list secrets;		/* struct secret_input */
	struct shape_list env_files;		/* struct env_file_input */
	struct credentials_input credentials;
	bool has_credentials;
	const char *directory, *user;
	bool readonly_root, interactive, terminal;
	struct shape_list ports;   /* struct port_input */
	struct shape_list ulimits; /* struct ulimit_input */
	struct shape_list labels;  /* struct shape_pair */
	struct log_input log;
	bool has_log;
	struct firelens_input firelens;
	bool has_firelens;
	struct linux_input linux_parameters;
	struct shape_list controls; /* struct control_input */
	struct shape_list mounts;   /* struct mount_input */
	struct shape_list taken;    /* struct take_input */
	int64_t start_timeout_s, stop_timeout_s;
	bool has_start_timeout, has_stop_timeout;
	int version_consistency;	/* kept */
	struct shape_list dependencies; /* struct dependency_input */
	struct health_input health;
	bool has_health;
	struct restart_input restart;
	bool has_restart;

	/* For the API's refusals. */
	struct shape_list links, dns_servers, dns_search, extra_hosts, security_options, resources;
	const char *hostname;
	bool no_network, privileged;
};

/* Lists of these are lists of the structs above. */
extern const struct shape name_value_shape, env_file_shape;
extern const struct shape container_shape;

#endif
