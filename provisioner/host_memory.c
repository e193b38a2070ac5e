/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's own estimate of what can be taken without swapping, less a fifth: for
 * QEMU's own memory beyond what is counted for it (an emulator that translates much takes
 * more), page cache of images, and everything else that runs here.
 */
#include "provisioner/host_memory.h"

#include <string.h>

#include "core/file.h"

#define MEMINFO_MAX    (64u * 1024)
#define SHARE_PER_CENT 80
#define BYTES_A_KIB    1024

int host_memory_parse(const char *text, int64_t *ret_bytes, struct err *err)
{
	static const char label[] = "MemAvailable:";
	const char *line = strstr(text, label);
	char *end = NULL;
	int64_t kib = line ? strtoll(line + strlen(label), &end, 10) : -1;

	if (kib < 0 || strncmp(end, " kB", 3) != 0)
		return err_set(err, ERR_CORRUPT, "no MemAvailable in /proc/meminfo");
	*ret_bytes = kib * BYTES_A_KIB;
	return 0;
}

/* Memory of machines that an earlier life started. */
static int held_bytes(struct machine_host *host, int64_t *ret_bytes, struct err *err)
{
	AUTO(freep) struct machine_seen *list = NULL;
	size_t count;
	int64_t bytes = 0;

	if (machine_list(host, &list, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct machine_usage usage;
		struct err ignored = ERR_INIT;

		/* One that has just ended holds nothing. */
		if (machine_usage(host, list[i].name, &usage, &ignored) == 0)
			bytes += usage.memory_rss_kib * BYTES_A_KIB;
	}
	*ret_bytes = bytes;
	return 0;
}

int host_memory_limit(struct machine_host *host, int64_t *ret_bytes, struct err *err)
{
	AUTO(buf_done) struct buf text;
	const char *whole;
	int64_t available, held;

	buf_init(&text, MEMINFO_MAX);
	if (file_read("/proc/meminfo", &text, err) < 0)
		return -1;
	whole = buf_text(&text);
	if (host_memory_parse(whole ? whole : "", &available, err) < 0 ||
	    held_bytes(host, &held, err) < 0)
		return -1;
	*ret_bytes = (available + held) / 100 * SHARE_PER_CENT;
	return 0;
}
