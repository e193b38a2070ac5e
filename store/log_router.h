/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked of a container with a firelensConfiguration, the router of its task's logs,
 * and of the log driver awsfirelens. The gateway checks by this, the provisioner reads.
 */
#ifndef SLIPWAY_STORE_LOG_ROUTER_H
#define SLIPWAY_STORE_LOG_ROUTER_H

#include "core/err.h"
#include "core/shape.h"
#include "store/task_spec.h"

#define LOG_ROUTER_DRIVER "awsfirelens"

/* Options of a firelensConfiguration. */
#define LOG_ROUTER_METADATA  "enable-ecs-log-metadata"
#define LOG_ROUTER_FILE_TYPE "config-file-type"
#define LOG_ROUTER_FILE	     "config-file-value"
/* Options of a sender that are no settings of the router's output. */
#define LOG_ROUTER_INCLUDE   "include-pattern"
#define LOG_ROUTER_EXCLUDE   "exclude-pattern"
#define LOG_ROUTER_BUFFER    "log-driver-buffer-limit"

/* The router's variable with the value of a sender's secretOption, as ECS's agent calls it: the
 * option, and the sender's place among the containers (a name may hold what ends a variable's). */
#define LOG_ROUTER_VARIABLE "%s_%zu"

/* The folder in which the router makes its socket, and the socket. */
#define LOG_ROUTER_FOLDER "/var/run"
#define LOG_ROUTER_SOCKET "fluent.sock"

#define LOG_ROUTER_BUFFER_DEFAULT (INT64_C(1) * 1024 * 1024)
#define LOG_ROUTER_BUFFER_MIN	  (INT64_C(64) * 1024)	     /* a few of the longest lines */
#define LOG_ROUTER_BUFFER_MAX	  (INT64_C(8) * 1024 * 1024) /* more is not kept */

bool log_router_has_option(const char *name);
/* Whether @text fits on one line of a configuration. */
bool log_router_is_line(const char *text);
/* Whether @path is that folder, or /run, which it is a link to. */
bool log_router_takes_path(const char *path);
/* The file in the router's container that its configuration is written to, when it starts. */
const char *log_router_config(enum spec_firelens_type type);
/* Whether that file would be of what is mounted at @path, and not of the container. */
bool log_router_takes_config(enum spec_firelens_type type, const char *path);
/* How many bytes of a sender's output are kept while the router does not take them. ERR_INVALID
 * names the option. @options: struct shape_pair. */
int log_router_buffer_read(const struct shape_list *options, int64_t *ret_bytes, struct err *err)
	MUST_CHECK;

#endif
