/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shapes of the messages, and JSON both ways by them. A shape says type,
 * name and bounds of each member once; reading (shape_fill) and writing
 * (wire_write) walk the same table, so what one side writes the other can read.
 *
 * Bounds here are what a well-meant peer never reaches; they keep an ill-meant
 * one from choosing sizes for us. The whole is bounded by FRAME_PAYLOAD_MAX.
 */
#include "microvm/wire/message.h"

#include <string.h>

#include "microvm/wire/event_part.h"

#define NUMBER_MAX    INT64_MAX	   /* counters and times: anything that is not negative */
#define TEXT_LONG_MAX (128 * 1024) /* one argument or variable: the kernel's limit of one */
#define WORD_MAX      256	   /* names, addresses, ids */
#define PATH_LONG_MAX 4096	   /* a path, as the kernel limits it */
#define TEXTS_MAX     4096	   /* arguments, variables */
#define PATTERN_MAX   (8 * 1024)   /* a long format of time, written out */
#define FILE_MAX      (64 * 1024)  /* the configuration of a log router */
#define ROUTE_MAX     (16 * 1024 * 1024)
#define DNS_MAX	      8 /* more than the resolver reads */
#define BLOCKED_MAX   64
#define ULIMITS_MAX   16   /* the API has 15 names */
#define MOUNTS_MAX    1200 /* own and taken ones of ten containers, and memory */
#define CONTROLS_MAX  128
#define OPTIONS_MAX   128
#define VOLUMES_MAX   128
#define SET_MAX	      (INT64_C(1) << 62)
#define UNITS_MAX     1048576		 /* a thousand cores */
#define MEMORY_MAX    (16 * 1024 * 1024) /* MiB: sixteen TiB */
#define TIMEOUT_MAX   86400		 /* a day; the API's limit is two minutes */

#define RETRIES_MAX 1000 /* the API's limit is ten */
#define CODES_MAX   256	 /* there are no more exit codes */

#define COUNTER(s, f)	      INT(s, f, #f, 0, NUMBER_MAX, SHAPE_REQUIRED)
/* Any value, for clocks that may stand before 1970. */
#define CLOCK(s, f)	      INT(s, f, #f, 0, 0, SHAPE_REQUIRED)
#define INDEX(s, f)	      INT(s, f, #f, 0, WIRE_CONTAINERS_MAX - 1, SHAPE_REQUIRED)
#define SHORT(s, f)	      TEXT(s, f, #f, 0, WORD_MAX, SHAPE_REQUIRED)
#define FLAG(s, f)	      BOOL(s, f, #f, SHAPE_REQUIRED)
#define STRINGS(s, f, lo, hi) TEXTS(s, f, #f, lo, hi, SHAPE_REQUIRED)

static const struct shape_field resume_fields[] = {
	COUNTER(struct wire_resume, seq),
	BOOL(struct wire_resume, fresh, "fresh", 0),
};
const struct shape wire_resume_shape = SHAPE_OF(struct wire_resume, resume_fields);

static const struct shape_field hello_fields[] = {
	COUNTER(struct wire_hello, version),  SHORT(struct wire_hello, task),
	COUNTER(struct wire_hello, next_seq), COUNTER(struct wire_hello, memory_kib),
	COUNTER(struct wire_hello, cpus),     COUNTER(struct wire_hello, uptime_ms),
	SHORT(struct wire_hello, kernel),
};
const struct shape wire_hello_shape = SHAPE_OF(struct wire_hello, hello_fields);

static const struct shape_field network_fields[] = {
	SHORT(struct wire_network, mac),
	SHORT(struct wire_network, address),
	SHORT(struct wire_network, gateway),
	STRINGS(struct wire_network, dns, 0, DNS_MAX),
	STRINGS(struct wire_network, blocked, 0, BLOCKED_MAX),
	INT(struct wire_network, mtu, "mtu", 0, 65535, SHAPE_REQUIRED),
};
static const struct shape network_shape = SHAPE_OF(struct wire_network, network_fields);

static const struct shape_field ulimit_fields[] = {
	SHORT(struct wire_ulimit, name),
	INT(struct wire_ulimit, soft, "soft", -1, NUMBER_MAX, SHAPE_REQUIRED),
	INT(struct wire_ulimit, hard, "hard", -1, NUMBER_MAX, SHAPE_REQUIRED),
};
static const struct shape ulimit_shape = SHAPE_OF(struct wire_ulimit, ulimit_fields);

#define AS_WORD(name) #name,
const char *const wire_condition_names[] = {WIRE_CONDITIONS(AS_WORD) NULL};
const char *const wire_health_names[] = {WIRE_HEALTHS(AS_WORD) NULL};

static const struct shape_field dependency_fields[] = {
	INDEX(struct wire_dependency, container),
	WORD(struct wire_dependency, condition, "condition", wire_condition_names, SHAPE_REQUIRED),
};
static const struct shape dependency_shape = SHAPE_OF(struct wire_dependency, dependency_fields);

static const struct shape_field check_fields[] = {
	TEXTS(struct wire_check, args, "args", 0, TEXTS_MAX, 0),
	INT(struct wire_check, interval_s, "interval_s", 0, TIMEOUT_MAX, 0),
	INT(struct wire_check, timeout_s, "timeout_s", 0, TIMEOUT_MAX, 0),
	INT(struct wire_check, retries, "retries", 0, RETRIES_MAX, 0),
	INT(struct wire_check, start_period_s, "start_period_s", 0, TIMEOUT_MAX, 0),
};
static const struct shape check_shape = SHAPE_OF(struct wire_check, check_fields);

static const struct shape_field restart_fields[] = {
	BOOL(struct wire_restart_policy, enabled, "enabled", 0),
	INTS(struct wire_restart_policy, ignored, "ignored", 0, CODES_MAX, 0),
	INT(struct wire_restart_policy, period_s, "period_s", 0, TIMEOUT_MAX, 0),
};
static const struct shape restart_shape = SHAPE_OF(struct wire_restart_policy, restart_fields);

static const struct shape_field mount_fields[] = {
	TEXT(struct wire_mount, path, "path", 1, PATH_LONG_MAX, SHAPE_REQUIRED),
	INT(struct wire_mount, volume, "volume", -1, VOLUMES_MAX - 1, SHAPE_REQUIRED),
	FLAG(struct wire_mount, readonly),
	FLAG(struct wire_mount, seed),
	INT(struct wire_mount, size_mib, "size_mib", 0, MEMORY_MAX, SHAPE_REQUIRED),
	STRINGS(struct wire_mount, options, 0, OPTIONS_MAX),
};
static const struct shape mount_shape = SHAPE_OF(struct wire_mount, mount_fields);

static const struct shape_field control_fields[] = {
	SHORT(struct wire_control, name),
	SHORT(struct wire_control, value),
};
static const struct shape control_shape = SHAPE_OF(struct wire_control, control_fields);

static const struct shape_field route_fields[] = {
	TEXT(struct wire_route, tag, "tag", 0, 2 * WORD_MAX, 0),
	TEXT(struct wire_route, container_id, "container_id", 0, WORD_MAX, 0),
	INT(struct wire_route, volume, "volume", 0, VOLUMES_MAX, 0),
	TEXT(struct wire_route, socket, "socket", 0, 64, 0),
	INT(struct wire_route, buffer_bytes, "buffer_bytes", 0, ROUTE_MAX, 0),
};
static const struct shape route_shape = SHAPE_OF(struct wire_route, route_fields);

static const struct shape_field container_fields[] = {
	SHORT(struct wire_container, name),
	SHORT(struct wire_container, disk),
	STRINGS(struct wire_container, args, 1, TEXTS_MAX),
	STRINGS(struct wire_container, env, 0, TEXTS_MAX),
	TEXT(struct wire_container, directory, "directory", 0, PATH_LONG_MAX, SHAPE_REQUIRED),
	SHORT(struct wire_container, user),
	SHORT(struct wire_container, stop_signal),
	INT(struct wire_container, stop_timeout_s, "stop_timeout_s", 0, TIMEOUT_MAX,
	    SHAPE_REQUIRED),
	FLAG(struct wire_container, essential),
	FLAG(struct wire_container, readonly_root),
	FLAG(struct wire_container, interactive),
	BOOL(struct wire_container, terminal, "terminal", 0),
	BOOL(struct wire_container, privileged, "privileged", 0),
	BOOL(struct wire_container, init, "init", 0),
	INT(struct wire_container, cpu_units, "cpu_units", 0, UNITS_MAX, SHAPE_REQUIRED),
	INT(struct wire_container, memory_mib, "memory_mib", 0, MEMORY_MAX, SHAPE_REQUIRED),
	INT(struct wire_container, memory_reservation_mib, "memory_reservation_mib", 0, MEMORY_MAX,
	    SHAPE_REQUIRED),
	LIST(struct wire_container, ulimits, "ulimits", &ulimit_shape, 0, ULIMITS_MAX,
	     SHAPE_REQUIRED),
	INT(struct wire_container, capabilities_dropped, "capabilities_dropped", 0, SET_MAX, 0),
	INT(struct wire_container, capabilities_added, "capabilities_added", 0, SET_MAX, 0),
	LIST(struct wire_container, mounts, "mounts", &mount_shape, 0, MOUNTS_MAX, 0),
	LIST(struct wire_container, controls, "controls", &control_shape, 0, CONTROLS_MAX, 0),
	INT(struct wire_container, output_buffer_bytes, "output_buffer_bytes", 0,
	    MEMORY_MAX *INT64_C(1048576), 0),
	TEXT(struct wire_container, event_begin, "event_begin", 0, PATTERN_MAX, 0),
	LIST(struct wire_container, dependencies, "dependencies", &dependency_shape, 0,
	     WIRE_CONTAINERS_MAX, 0),
	INT(struct wire_container, start_timeout_s, "start_timeout_s", 0, TIMEOUT_MAX, 0),
	OBJECT(struct wire_container, check, "check", &check_shape, 0),
	OBJECT(struct wire_container, restart, "restart", &restart_shape, 0),
	TEXT(struct wire_container, file_path, "file_path", 0, PATH_LONG_MAX, 0),
	TEXT(struct wire_container, file_text, "file_text", 0, FILE_MAX, 0),
	OBJECT(struct wire_container, route, "route", &route_shape, 0),
	TEXT(struct wire_container, token, "token", 0, 64, 0),
	TEXT(struct wire_container, event_path, "event_path", 0, PATH_LONG_MAX, 0),
};
const struct shape wire_container_shape = SHAPE_OF(struct wire_container, container_fields);

static const struct shape_field credentials_fields[] = {
	TEXT(struct wire_credentials, role_arn, "role_arn", 0, WORD_MAX, 0),
	TEXT(struct wire_credentials, access_key, "access_key", 0, WORD_MAX, 0),
	TEXT(struct wire_credentials, secret, "secret", 0, WORD_MAX, 0),
	TEXT(struct wire_credentials, token, "token", 0, 1024, 0),
	INT(struct wire_credentials, expires_s, "expires_s", 0, NUMBER_MAX / 1000, 0),
};
const struct shape wire_credentials_shape = SHAPE_OF(struct wire_credentials, credentials_fields);

static const struct shape_field task_fields[] = {
	TEXT(struct wire_task, task, "task", 1, 64, SHAPE_REQUIRED),
	CLOCK(struct wire_task, wall_time_us),
	TEXT(struct wire_task, entropy, "entropy", 128, 128, SHAPE_REQUIRED),
	TEXT(struct wire_task, hostname, "hostname", 0, 64, SHAPE_REQUIRED),
	INT(struct wire_task, memory_mib, "memory_mib", 1, MEMORY_MAX, SHAPE_REQUIRED),
	INT(struct wire_task, cpu_units, "cpu_units", 0, UNITS_MAX, SHAPE_REQUIRED),
	SHORT(struct wire_task, scratch),
	OBJECT(struct wire_task, network, "network", &network_shape, SHAPE_REQUIRED),
	INT(struct wire_task, volumes, "volumes", 0, VOLUMES_MAX, 0),
	INTS(struct wire_task, shares, "shares", 0, VOLUMES_MAX, 0),
	BOOL(struct wire_task, one_process_space, "one_process_space", 0),
	LIST(struct wire_task, containers, "containers", &wire_container_shape, 1,
	     WIRE_CONTAINERS_MAX, SHAPE_REQUIRED),
	JSON(struct wire_task, metadata, "metadata", 0),
	TEXT(struct wire_task, credentials_id, "credentials_id", 0, 64, 0),
	OBJECT(struct wire_task, credentials, "credentials", &wire_credentials_shape, 0),
	INT(struct wire_task, event_bytes, "event_bytes", 0, WIRE_EVENT_SIZE_MAX, 0),
};
const struct shape wire_task_shape = SHAPE_OF(struct wire_task, task_fields);

static const struct shape_field phase_fields[] = {
	SHORT(struct wire_phase, name),
	COUNTER(struct wire_phase, uptime_us),
};
const struct shape wire_phase_shape = SHAPE_OF(struct wire_phase, phase_fields);

static const struct shape_field started_fields[] = {
	INDEX(struct wire_started, container),
	CLOCK(struct wire_started, wall_ms),
	COUNTER(struct wire_started, uptime_us),
};
const struct shape wire_started_shape = SHAPE_OF(struct wire_started, started_fields);

static const struct shape_field exited_fields[] = {
	INDEX(struct wire_exited, container),
	INT(struct wire_exited, exit_code, "exit_code", 0, 255, SHAPE_REQUIRED),
	FLAG(struct wire_exited, started),
	FLAG(struct wire_exited, out_of_memory),
	BOOL(struct wire_exited, unmet, "unmet", 0),
	TEXT(struct wire_exited, error, "error", 0, WIRE_TEXT_MAX, SHAPE_REQUIRED),
	COUNTER(struct wire_exited, cpu_us),
	COUNTER(struct wire_exited, memory_peak_bytes),
	CLOCK(struct wire_exited, wall_ms),
	COUNTER(struct wire_exited, uptime_us),
};
const struct shape wire_exited_shape = SHAPE_OF(struct wire_exited, exited_fields);

static const struct shape_field health_fields[] = {
	INDEX(struct wire_health, container),
	WORD(struct wire_health, status, "status", wire_health_names, SHAPE_REQUIRED),
	CLOCK(struct wire_health, wall_ms),
};
const struct shape wire_health_shape = SHAPE_OF(struct wire_health, health_fields);

static const struct shape_field restarted_fields[] = {
	INDEX(struct wire_restarted, container),
	COUNTER(struct wire_restarted, count),
	INT(struct wire_restarted, exit_code, "exit_code", 0, 255, SHAPE_REQUIRED),
	CLOCK(struct wire_restarted, wall_ms),
};
const struct shape wire_restarted_shape = SHAPE_OF(struct wire_restarted, restarted_fields);

static const struct shape_field stats_fields[] = {
	COUNTER(struct wire_stats, cpu_us),
	COUNTER(struct wire_stats, memory_bytes),
	COUNTER(struct wire_stats, memory_peak_bytes),
	COUNTER(struct wire_stats, receive_bytes),
	COUNTER(struct wire_stats, transmit_bytes),
	COUNTER(struct wire_stats, read_bytes),
	COUNTER(struct wire_stats, write_bytes),
	COUNTER(struct wire_stats, scratch_used_bytes),
};
const struct shape wire_stats_shape = SHAPE_OF(struct wire_stats, stats_fields);

static const struct shape_field failed_fields[] = {
	TEXT(struct wire_failed, error, "error", 0, WIRE_TEXT_MAX, SHAPE_REQUIRED),
};
const struct shape wire_failed_shape = SHAPE_OF(struct wire_failed, failed_fields);

int wire_read(const struct shape *shape, const struct frame *frame, struct arena *arena,
	      void *target, json_t **ret_json, struct err *err)
{
	AUTO(json_decrefp) json_t *json = NULL;

	if (shape_parse((const char *)frame->payload, frame->len, &json, err) < 0 ||
	    shape_fill(shape, json, arena, target, err) < 0)
		return err_wrap(err, "message %s", frame_type_name(frame->type));
	*ret_json = STEAL(json, NULL);
	return 0;
}
