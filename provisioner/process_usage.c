/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processor time is /proc/PID/stat's, of all threads; the memory's peak is VmHWM of
 * /proc/PID/status; disks are read_bytes and write_bytes of /proc/PID/io, which are what went
 * to and from the host's storage and not what the guest found in the host's cache. What the tap
 * receives is what the machine transmits.
 */
#include "provisioner/process_usage.h"

#include <stdio.h>
#include <string.h>

#include "core/file.h"

#define TEXT_MAX    (16u * 1024) /* status has 1,500 bytes */
#define PATH_SIZE   160
#define BYTES_A_KIB 1024

int64_t process_usage_find(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = text; *line;) {
		if (strncmp(line, key, len) == 0) {
			int64_t number = strtoll(line + len, NULL, 10);

			return number > 0 ? number : 0;
		}
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return 0;
}

/* 0 where the file or the key is missing. */
static int64_t number_in(const char *path, const char *key)
{
	AUTO(buf_done) struct buf text;
	struct err unread = ERR_INIT;

	buf_init(&text, TEXT_MAX);
	if (file_read(path, &text, &unread) < 0 || !buf_text(&text))
		return 0;
	return process_usage_find(buf_text(&text), key);
}

static int64_t of_process(struct process_id process, const char *file, const char *key)
{
	char path[PATH_SIZE];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)process.pid, file);
	return number_in(path, key);
}

static int64_t of_tap(const char *tap, const char *counter)
{
	char path[PATH_SIZE];

	if (!tap[0])
		return 0;
	(void)snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/%s", tap, counter);
	return number_in(path, "");
}

int process_usage_read(struct process_id process, const char *tap,
		       struct machine_counts *ret_counts, struct err *err)
{
	struct machine_counts counts = {
		.memory_peak_bytes = of_process(process, "status", "VmHWM:"),
		.read_bytes = of_process(process, "io", "read_bytes:"),
		.write_bytes = of_process(process, "io", "write_bytes:"),
		.receive_bytes = of_tap(tap, "tx_bytes"),
		.transmit_bytes = of_tap(tap, "rx_bytes"),
	};
	struct process_stat stat;

	/* Last: if it is the same process now, it was when the others were read. */
	if (process_stat_read(process.pid, &stat, err) < 0)
		return -1;
	if (stat.start_ticks != process.start_ticks)
		return err_set(err, ERR_NOT_FOUND, "process %d is another now", (int)process.pid);
	counts.memory_peak_bytes *= BYTES_A_KIB;
	counts.cpu_ns = stat.cpu_ns;
	*ret_counts = counts;
	return 0;
}
