/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients take the difference of two looks (precpu_stats and cpu_stats) for the share of
 * the processors. Docker makes the first a second before the second; here it is the last
 * one that somebody asked for and that is a second old, so nobody waits and nothing is
 * measured while nobody asks. The first look of all has zeros before it, and tells the
 * mean since the start.
 *
 * The network is the task's, as it is where containers share one interface.
 */
#include "microvm/agent/container_stats.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "core/clock.h"
#include "microvm/agent/cgroup.h"
#include "microvm/agent/network.h"
#include "microvm/agent/sysfile.h"

#define PATH_SIZE   128
#define TEXT_SIZE   8192 /* memory.stat has some 1,500 bytes; io.stat 100 a disk */
#define APART_MS    1000
#define NS_A_SECOND INT64_C(1000000000)
#define NEVER	    "0001-01-01T00:00:00Z" /* as Docker says it */

static const char *file_of(unsigned index, const char *name, char path[PATH_SIZE])
{
	(void)snprintf(path, PATH_SIZE, CGROUP_TASK "/%u/%s", index, name);
	return path;
}

static void read_text(const char *path, char text[TEXT_SIZE])
{
	struct err err = ERR_INIT;

	if (sysfile_read(path, text, TEXT_SIZE, &err) < 0)
		text[0] = '\0'; /* it has ended in this moment, and used nothing more */
}

/* Time of all processors since the start: the first line of /proc/stat, in ticks. */
static int64_t system_ns(void)
{
	char text[TEXT_SIZE];
	int64_t ticks = 0;
	char *at = text;

	read_text("/proc/stat", text);
	at += strcspn(at, " ");
	/* Guest time, the last two, is in the first ones already. */
	for (int i = 0; i < 8; i++)
		ticks += strtoll(at, &at, 10);
	return ticks * (NS_A_SECOND / sysconf(_SC_CLK_TCK));
}

static void take_sample(unsigned index, struct stats_sample *ret_sample)
{
	char path[PATH_SIZE];
	char text[TEXT_SIZE];

	read_text(file_of(index, "cpu.stat", path), text);
	*ret_sample = (struct stats_sample){
		.wall_ms = clock_wall_ms(),
		.cpu_us = sysfile_find(text, "usage_usec"),
		.user_us = sysfile_find(text, "user_usec"),
		.kernel_us = sysfile_find(text, "system_usec"),
		.system_ns = system_ns(),
		.periods = sysfile_find(text, "nr_periods"),
		.throttled_periods = sysfile_find(text, "nr_throttled"),
		.throttled_us = sysfile_find(text, "throttled_usec"),
	};
}

static json_t *cpu(const struct stats_sample *sample)
{
	return json_pack("{s:{s:I,s:I,s:I},s:I,s:i,s:{s:I,s:I,s:I}}", "cpu_usage", "total_usage",
			 (json_int_t)sample->cpu_us * 1000, "usage_in_kernelmode",
			 (json_int_t)sample->kernel_us * 1000, "usage_in_usermode",
			 (json_int_t)sample->user_us * 1000, "system_cpu_usage",
			 (json_int_t)sample->system_ns, "online_cpus", get_nprocs(),
			 "throttling_data", "periods", (json_int_t)sample->periods,
			 "throttled_periods", (json_int_t)sample->throttled_periods,
			 "throttled_time", (json_int_t)sample->throttled_us * 1000);
}

/* One line of memory.stat: "file_dirty 7". */
static void add_memory(json_t *object, const char *line, size_t len)
{
	size_t key_len = strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789_");
	AUTO(freep) char *key = xstrndup(line, key_len);
	char *end;
	json_int_t value = strtoll(line + key_len, &end, 10);

	if (key_len > 0 && line[key_len] == ' ' && end == line + len)
		(void)json_object_set_new(object, key, json_integer(value));
}

json_t *container_stats_memory(const char *memory_stat)
{
	json_t *object = json_object();

	for (const char *line = memory_stat; *line;) {
		size_t len = strcspn(line, "\n");

		add_memory(object, line, len);
		line += len + (line[len] != '\0');
	}
	return object;
}

/* One line of io.stat: "254:0 rbytes=1 wbytes=2 ...". */
static void add_disk(json_t *array, const char *line, size_t len, const char *const keys[2])
{
	static const char *const operations[2] = {"read", "write"};
	AUTO(freep) char *words = xstrndup(line, len);
	json_int_t major, minor;
	char *end;

	major = strtoll(words, &end, 10);
	if (end == words || *end != ':')
		return;
	minor = strtoll(end + 1, &end, 10);
	if (*end != ' ')
		return;
	for (int i = 0; i < 2; i++) {
		const char *at = strstr(words, keys[i]);

		if (at && at[strlen(keys[i])] == '=')
			(void)json_array_append_new(
				array,
				json_pack("{s:I,s:I,s:s,s:I}", "major", major, "minor", minor, "op",
					  operations[i], "value",
					  (json_int_t)strtoll(at + strlen(keys[i]) + 1, NULL, 10)));
	}
}

json_t *container_stats_disks(const char *io_stat, const char *const keys[2])
{
	json_t *array = json_array();

	for (const char *line = io_stat; *line;) {
		size_t len = strcspn(line, "\n");

		add_disk(array, line, len, keys);
		line += len + (line[len] != '\0');
	}
	return array;
}

static json_t *disks(unsigned index)
{
	static const char *const bytes[2] = {"rbytes", "wbytes"};
	static const char *const times[2] = {"rios", "wios"};
	char path[PATH_SIZE];
	char text[TEXT_SIZE];

	read_text(file_of(index, "io.stat", path), text);
	return json_pack("{s:o,s:o,s:[],s:[],s:[],s:[],s:[],s:[]}", "io_service_bytes_recursive",
			 container_stats_disks(text, bytes), "io_serviced_recursive",
			 container_stats_disks(text, times), "io_queue_recursive",
			 "io_service_time_recursive", "io_wait_time_recursive",
			 "io_merged_recursive", "io_time_recursive", "sectors_recursive");
}

static json_t *memory(unsigned index)
{
	char path[PATH_SIZE];
	char text[TEXT_SIZE];
	int64_t limit = sysfile_number(CGROUP_TASK "/memory.max", 0);

	read_text(file_of(index, "memory.stat", path), text);
	return json_pack(
		"{s:I,s:I,s:I,s:o}", "usage",
		(json_int_t)sysfile_number(file_of(index, "memory.current", path), 0), "max_usage",
		(json_int_t)sysfile_number(file_of(index, "memory.peak", path), 0), "limit",
		(json_int_t)sysfile_number(file_of(index, "memory.max", path), limit), "stats",
		container_stats_memory(text));
}

static json_t *processes(unsigned index)
{
	char path[PATH_SIZE];
	int64_t limit = sysfile_number(CGROUP_TASK "/pids.max", 0);

	return json_pack("{s:I,s:I}", "current",
			 (json_int_t)sysfile_number(file_of(index, "pids.current", path), 0),
			 "limit",
			 (json_int_t)sysfile_number(file_of(index, "pids.max", path), limit));
}

static json_t *network(void)
{
	static const char *const counters[] = {"rx_bytes", "rx_packets", "rx_errors", "rx_dropped",
					       "tx_bytes", "tx_packets", "tx_errors", "tx_dropped"};
	char name[NETWORK_NAME_SIZE];
	json_t *one;

	if (!network_interface(name))
		return json_object();
	one = json_object();
	for (size_t i = 0; i < ARRAY_LEN(counters); i++)
		(void)json_object_set_new(one, counters[i],
					  json_integer(network_counter(name, counters[i])));
	return json_pack("{s:o}", name, one);
}

json_t *container_stats_look(struct container_stats *stats, unsigned index, const char *id,
			     const char *name)
{
	char now[CLOCK_ISO_SIZE], before[CLOCK_ISO_SIZE] = NEVER;
	struct stats_sample sample;

	take_sample(index, &sample);
	if (sample.wall_ms - stats->now.wall_ms >= APART_MS)
		stats->before = stats->now;
	stats->now = sample;
	if (stats->before.wall_ms != 0)
		(void)clock_iso(stats->before.wall_ms, before);
	return json_pack("{s:s,s:s,s:o,s:o,s:i,s:{},s:o,s:o,s:o,s:s,s:s,s:o}", "read",
			 clock_iso(sample.wall_ms, now), "preread", before, "pids_stats",
			 processes(index), "blkio_stats", disks(index), "num_procs", 0,
			 "storage_stats", "cpu_stats", cpu(&sample), "precpu_stats",
			 cpu(&stats->before), "memory_stats", memory(index), "name", name, "id", id,
			 "networks", network());
}
