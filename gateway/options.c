/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of the gateway. Why each number:
 *
 *   connection_limit    a connection at rest costs about 12 KiB
 *   per peer            a CI host with many jobs opens some dozens; one address
 *                       cannot take more than a quarter
 *   stream_limit        what browsers and SDKs expect; RFC 9113 advises 100 at least
 *   timeouts            a client of the other end of the world needs 1 s for a
 *                       handshake; whoever needs ten is not a client
 *   body_rate           2 MiB, the largest body, in about 4 minutes
 *   idle_timeout        SDKs close their idle connections after 1 to 60 s
 *   post_rate           of the some 20,000 a second that are possible, what leaves
 *                       the others theirs
 *   post_memory_limit   a request with 1 MiB takes some 8 MiB until it is durable
 *   output_limit        four pages of log events
 *   job_limit           at 1 to 5 ms a request, what clears within their patience
 */
#include "gateway/options.h"

#include <string.h>

#define ROW(...)   CONF_ROW(struct gateway_options, __VA_ARGS__)
#define RANGE(...) CONF_RANGE(struct gateway_options, __VA_ARGS__)

#define SECOND 1000
#define MINUTE (60 * SECOND)
#define KIB    1024
#define MIB    (1024 * KIB)

static const struct conf_row rows[] = {
	ROW("listen", CONF_TEXT, listen, "127.0.0.1:8443",
	    "addresses and ports, comma-separated; [::1]:8443 for IPv6"),
	ROW("certificate", CONF_TEXT, certificate, "",
	    "PEM file, its chain behind it; empty: tls/server.pem in the state folder"),
	ROW("key", CONF_TEXT, key, "", "PEM file; empty: tls/server.key in the state folder"),
	ROW("user", CONF_TEXT, user, "", "whom to become after the start; empty: stay the same"),
	ROW("group", CONF_TEXT, group, "", "empty: the group of the user"),
	RANGE("workers", CONF_INT, workers, "4", 1, 64,
	      "threads that answer requests, each with its own database connections"),
	ROW("metrics", CONF_TEXT, metrics, "loopback",
	    "who may read GET /metrics: loopback, all, or off"),
	ROW("require_network_configuration", CONF_BOOL, require_network_configuration, "no",
	    "refuse tasks without a network configuration, as AWS does"),
	ROW("missed_schedules", CONF_TEXT, missed_schedules, "catch-up",
	    "what fell due while the server was down: catch-up runs the latest time, or skip"),
	RANGE("quota_tasks", CONF_INT, quota.tasks, "0", 0, QUOTA_TASKS_MAX,
	      "tasks of an account at once, unless slipway quota says otherwise; 0: no limit"),
	RANGE("quota_vcpus", CONF_INT, quota.vcpus, "0", 0, QUOTA_TASKS_MAX,
	      "vCPUs of all of them; 0: no limit"),
	RANGE("quota_memory", CONF_SIZE_BYTES, quota.memory_bytes, "0", 0, QUOTA_MEMORY_MAX,
	      "memory of all of them; 0: no limit"),
	RANGE("quota_launches", CONF_INT, quota.launches, "0", 0, QUOTA_LAUNCHES_MAX,
	      "tasks that an account may launch in a second, in the long run; 0: no limit"),
	RANGE("quota_burst", CONF_INT, quota.burst, "0", 0, QUOTA_LAUNCHES_MAX,
	      "and at once, after a rest; 0: those of a second, 10 at least"),
	RANGE("quota_events", CONF_SIZE_BYTES, quota.event_bytes, "4GiB", 0, QUOTA_MEMORY_MAX,
	      "events of an account that wait, its dead letters and archives; 0: no limit"),
	RANGE("connection_limit", CONF_INT, limits.connections, "1024", 1, 100000,
	      "connections in all"),
	RANGE("connection_limit_per_peer", CONF_INT, limits.connections_per_peer, "256", 1, 100000,
	      "connections from one address, or one IPv6 /64"),
	RANGE("stream_limit", CONF_INT, limits.protocol.streams, "100", 1, 1000,
	      "HTTP/2 streams of one connection"),
	RANGE("job_limit", CONF_INT, job_limit, "512", 1, 100000,
	      "requests that wait for a worker; more get ThrottlingException"),
	RANGE("job_limit_per_connection", CONF_INT, limits.jobs_per_connection, "16", 1, 1000,
	      "requests of one connection that workers have at once; more wait"),
	RANGE("body_memory_limit", CONF_SIZE_BYTES, body_memory_bytes, "256MiB", 4 * MIB,
	      (int64_t)64 * KIB * MIB, "request bodies of all connections together"),
	RANGE("post_rate", CONF_INT, post_rate, "1000", 0, 1000000,
	      "requests with events in a second of one webhook or caller of /events; 0: no limit"),
	RANGE("post_memory_limit", CONF_SIZE_BYTES, post_memory_bytes, "128MiB", 4 * MIB,
	      (int64_t)64 * KIB * MIB, "what those that are not answered yet take together"),
	RANGE("output_limit", CONF_SIZE_BYTES, limits.output_bytes, "4MiB", MIB, 256 * (int64_t)MIB,
	      "bytes that wait to be sent on a connection"),
	RANGE("handshake_timeout", CONF_DURATION_MS, limits.handshake_ms, "10s", 100, 10 * MINUTE,
	      "for the TLS handshake"),
	RANGE("header_timeout", CONF_DURATION_MS, limits.protocol.header_ms, "10s", 100,
	      10 * MINUTE, "for the head of a request"),
	RANGE("body_timeout", CONF_DURATION_MS, limits.protocol.body_ms, "30s", 100, 10 * MINUTE,
	      "for a small body or answer; larger ones get more, by body_rate"),
	RANGE("body_rate", CONF_SIZE_BYTES, limits.protocol.rate_bytes_s, "8KiB", 1, 1024 * MIB,
	      "bytes in a second that a peer must send and read at the least"),
	RANGE("idle_timeout", CONF_DURATION_MS, limits.protocol.idle_ms, "60s", 100, 60 * MINUTE,
	      "for the next request on an open connection"),
	RANGE("stall_timeout", CONF_DURATION_MS, limits.stall_ms, "30s", 100, 10 * MINUTE,
	      "for a peer to read what waits to be sent; an hour for a command's output"),
	RANGE("stop_timeout", CONF_DURATION_MS, stop_ms, "10s", 100, 10 * MINUTE,
	      "for open requests when the program is told to stop"),
};

const struct conf_table gateway_options_table = {rows, ARRAY_LEN(rows)};

int gateway_options_check(const struct gateway_options *options, struct err *err)
{
	if (strcmp(options->metrics, "loopback") != 0 && strcmp(options->metrics, "all") != 0 &&
	    strcmp(options->metrics, "off") != 0)
		return err_set(err, ERR_INVALID, "metrics must be loopback, all or off, not '%s'",
			       options->metrics);
	if (strcmp(options->missed_schedules, "catch-up") != 0 &&
	    strcmp(options->missed_schedules, "skip") != 0)
		return err_set(err, ERR_INVALID,
			       "missed_schedules must be catch-up or skip, not '%s'",
			       options->missed_schedules);
	if (options->group[0] && !options->user[0])
		return err_set(err, ERR_INVALID, "group is set and user is not");
	return 0;
}

void gateway_options_print(const struct shared_options *shared,
			   const struct gateway_options *options, FILE *out)
{
	(void)fputs(
		"# SPDX-License-Identifier: Apache-2.0\n"
		"# What slipway-gateway reads, as slipway-gateway --print-config prints it.\n\n",
		out);
	conf_print(&shared_options_table, shared, out);
	(void)fputc('\n', out);
	conf_print(&gateway_options_table, options, out);
}

char *gateway_certificate(const struct gateway_options *options,
			  const struct shared_options *shared)
{
	if (options->certificate[0])
		return xstrdup(options->certificate);
	return xasprintf("%s/tls/server.pem", shared->state_dir);
}

char *gateway_key(const struct gateway_options *options, const struct shared_options *shared)
{
	if (options->key[0])
		return xstrdup(options->key);
	return xasprintf("%s/tls/server.key", shared->state_dir);
}
