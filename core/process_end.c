/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line is "BOOT-ID PID START END .\n", written by one write() at the end of the file. One
 * that a death cut short lacks its last word and is passed over; the next begins on a line of
 * its own. A full file becomes the older one, whose lines are forgotten then.
 */
#include "core/process_end.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/file.h"

#define LINE_SIZE 160 /* four words of at most 36, 10, 19 and 19 characters */

static char *older(const char *path)
{
	return xasprintf("%s.1", path);
}

/* Behind what was cut short. */
static bool ends_within_line(int fd, off_t size)
{
	char last = '\n';

	return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

int process_end_note(const char *path, struct process_id id, int64_t boot_ns, struct err *err)
{
	AUTO(freep) char *full = older(path);
	AUTO(fd_closep) int fd = -1;
	char line[LINE_SIZE];
	struct stat about;
	int len;

	if (stat(path, &about) == 0 && about.st_size >= (off_t)PROCESS_ENDS_BYTES)
		(void)rename(path, full); /* else it goes on growing until that can be done */
	fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0 || fstat(fd, &about) < 0)
		return err_sys(err, errno, "open %s", path);
	len = snprintf(line, sizeof(line), "%s%s %d %lld %lld .\n",
		       ends_within_line(fd, about.st_size) ? "\n" : "", clock_boot_id(),
		       (int)id.pid, (long long)id.start_ticks, (long long)boot_ns);
	if (write(fd, line, (size_t)len) != len)
		return err_sys(err, errno, "write %s", path);
	return 0;
}

static bool line_tells(const char *line, const char *boot_id, struct process_id id,
		       int64_t *ret_boot_ns)
{
	char head[LINE_SIZE];
	int len = snprintf(head, sizeof(head), "%s %d %lld ", boot_id, (int)id.pid,
			   (long long)id.start_ticks);
	char *end;
	int64_t boot_ns;

	if (strncmp(line, head, (size_t)len) != 0 || line[len] < '0' || line[len] > '9')
		return false;
	errno = 0;
	boot_ns = strtoll(line + len, &end, 10);
	if (errno != 0 || strncmp(end, " .\n", 3) != 0)
		return false;
	*ret_boot_ns = boot_ns;
	return true;
}

bool process_end_parse(const char *text, const char *boot_id, struct process_id id,
		       int64_t *ret_boot_ns)
{
	for (const char *line = text; *line;) {
		if (line_tells(line, boot_id, id, ret_boot_ns))
			return true;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return false;
}

static int find_in(const char *path, struct process_id id, int64_t *ret_boot_ns, struct err *err)
{
	AUTO(buf_done) struct buf text;

	buf_init(&text, PROCESS_ENDS_READ);
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	if (file_read(path, &text, err) < 0)
		return -1;
	if (!buf_text(&text))
		return 0; /* it is empty */
	return process_end_parse(buf_text(&text), clock_boot_id(), id, ret_boot_ns);
}

int process_end_find(const char *path, struct process_id id, int64_t *ret_boot_ns, struct err *err)
{
	AUTO(freep) char *full = older(path);
	int found = find_in(full, id, ret_boot_ns, err);

	/* A file may become the older one between the two looks, but not twice. */
	if (found == 0)
		found = find_in(path, id, ret_boot_ns, err);
	return found != 0 ? found : find_in(full, id, ret_boot_ns, err);
}
