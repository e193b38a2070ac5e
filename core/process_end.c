/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line is "BOOT-ID PID START END .\n", written by one write() at the end of the file. One
 * that a death cut short lacks its last word and is passed over; the next begins on a line of
 * its own. A full file becomes the older one, whose lines are forgotten then. A beat is such a line
 * too: its PID is 0, START the witness's own. "BOOT-ID PID START WITNESS-START w\n" says that this
 * witness watches that process.
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

#define AN_END	  '.'
#define A_WATCH	  'w'
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

static int write_line(const char *path, struct process_id id, int64_t number, char kind,
		      struct err *err)
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
	len = snprintf(line, sizeof(line), "%s%s %d %lld %lld %c\n",
		       ends_within_line(fd, about.st_size) ? "\n" : "", clock_boot_id(),
		       (int)id.pid, (long long)id.start_ticks, (long long)number, kind);
	if (write(fd, line, (size_t)len) != len)
		return err_sys(err, errno, "write %s", path);
	return 0;
}

int process_end_note(const char *path, struct process_id id, int64_t boot_ns, struct err *err)
{
	return write_line(path, id, boot_ns, AN_END, err);
}

int process_end_watched(const char *path, struct process_id id, struct process_id witness,
			struct err *err)
{
	return write_line(path, id, witness.start_ticks, A_WATCH, err);
}

int process_end_beat(const char *path, struct process_id witness, int64_t boot_ns, struct err *err)
{
	witness.pid = 0;
	return process_end_note(path, witness, boot_ns, err);
}

/* The number of a line about @id. */
static bool line_tells(const char *line, const char *boot_id, struct process_id id, char kind,
		       int64_t *ret_number)
{
	char head[LINE_SIZE];
	int len = snprintf(head, sizeof(head), "%s %d %lld ", boot_id, (int)id.pid,
			   (long long)id.start_ticks);
	char *end;
	int64_t number;

	if (strncmp(line, head, (size_t)len) != 0 || line[len] < '0' || line[len] > '9')
		return false;
	errno = 0;
	number = strtoll(line + len, &end, 10);
	if (errno != 0 || end[0] != ' ' || end[1] != kind || end[2] != '\n')
		return false;
	*ret_number = number;
	return true;
}

bool process_end_parse(const char *text, const char *boot_id, struct process_id id,
		       int64_t *ret_boot_ns)
{
	for (const char *line = text; *line;) {
		if (line_tells(line, boot_id, id, AN_END, ret_boot_ns))
			return true;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return false;
}

/* "BOOT-ID 0 START NOW .\n" */
static bool beat_tells(const char *line, const char *boot_id, int64_t *ret_start,
		       int64_t *ret_boot_ns)
{
	struct process_id witness = {.pid = 0};
	size_t len = strlen(boot_id);

	if (strncmp(line, boot_id, len) != 0 || strncmp(line + len, " 0 ", 3) != 0)
		return false;
	witness.start_ticks = strtoll(line + len + 3, NULL, 10);
	*ret_start = witness.start_ticks;
	return line_tells(line, boot_id, witness, AN_END, ret_boot_ns);
}

void process_end_parse_beats(const char *text, const char *boot_id, struct process_id id,
			     int64_t *watched_by, int64_t *ret_boot_ns)
{
	for (const char *line = text; *line;) {
		int64_t start, boot_ns;

		(void)line_tells(line, boot_id, id, A_WATCH, watched_by); /* mostly it is not */
		if (beat_tells(line, boot_id, &start, &boot_ns) &&
		    (start <= id.start_ticks || start == *watched_by) && boot_ns > *ret_boot_ns)
			*ret_boot_ns = boot_ns;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
}

static int read_ends(const char *path, struct buf *text, struct err *err)
{
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	return file_read(path, text, err);
}

int process_end_lived(const char *path, struct process_id id, int64_t *ret_boot_ns, struct err *err)
{
	const char *const paths[] = {".1", ""};
	int64_t watched_by = -1;

	*ret_boot_ns = 0;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		AUTO(freep) char *one = xasprintf("%s%s", path, paths[i]);
		AUTO(buf_done) struct buf text;

		buf_init(&text, PROCESS_ENDS_READ);
		if (read_ends(one, &text, err) < 0)
			return -1;
		if (buf_text(&text))
			process_end_parse_beats(buf_text(&text), clock_boot_id(), id, &watched_by,
						ret_boot_ns);
	}
	return 0;
}

static int find_in(const char *path, struct process_id id, int64_t *ret_boot_ns, struct err *err)
{
	AUTO(buf_done) struct buf text;

	buf_init(&text, PROCESS_ENDS_READ);
	if (read_ends(path, &text, err) < 0)
		return -1;
	if (!buf_text(&text))
		return 0; /* it is empty, or not there */
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
