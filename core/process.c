/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program's name stands in /proc/PID/stat between brackets and may hold blanks and
 * brackets itself, so fields are counted from the last bracket on.
 */
#include "core/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "core/buf.h"

#define STAT_MAX      4096 /* a line has some 300 bytes */
#define NS_A_SECOND   INT64_C(1000000000)
#define FIELD_STATE   3 /* the first behind the name; numbers as in proc(5) */
#define FIELD_USER    14
#define FIELD_SYSTEM  15
#define FIELD_STARTED 22

static int64_t ticks_to_ns(int64_t ticks)
{
	long a_second = sysconf(_SC_CLK_TCK);

	/* Ticks are hundredths: no host is up for 2,900 years. */
	return ticks < INT64_MAX / NS_A_SECOND ? ticks * (NS_A_SECOND / a_second) : INT64_MAX;
}

/* The digits at @at; *ret_end is behind them. false: there are none, or too many. */
static bool read_number(const char *at, char **ret_end, int64_t *ret_number)
{
	if (*at == '-') { /* priorities, niceness: of no interest */
		at++;
	}
	if (*at < '0' || *at > '9')
		return false;
	errno = 0;
	*ret_number = strtoll(at, ret_end, 10);
	if (errno == ERANGE) { /* addresses are unsigned */
		errno = 0;
		*ret_number = INT64_MAX;
		(void)strtoull(at, ret_end, 10);
	}
	return errno == 0;
}

bool process_stat_parse(const char *text, struct process_stat *ret_stat)
{
	const char *at = strrchr(text, ')');
	struct process_stat stat = {.state = 0};
	int64_t user = 0, kernel = 0;

	if (!at || at[1] != ' ' || at[2] == '\0' || at[3] != ' ')
		return false;
	stat.state = at[2];
	at += 4;
	for (int field = FIELD_STATE + 1; field <= FIELD_STARTED; field++) {
		int64_t number;
		char *end;

		if (!read_number(at, &end, &number))
			return false;
		if (field == FIELD_USER)
			user = number;
		if (field == FIELD_SYSTEM)
			kernel = number;
		if (field == FIELD_STARTED)
			stat.start_ticks = number;
		at = *end == ' ' ? end + 1 : end;
	}
	user = ticks_to_ns(user);
	kernel = ticks_to_ns(kernel);
	stat.cpu_ns = user < INT64_MAX - kernel ? user + kernel : INT64_MAX;
	*ret_stat = stat;
	return true;
}

int process_stat_read(pid_t pid, struct process_stat *ret_stat, struct err *err)
{
	char path[64], text[STAT_MAX];
	AUTO(fd_closep) int fd = -1;
	ssize_t len;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (len < 0 && (errno == ENOENT || errno == ESRCH))
		return err_set(err, ERR_NOT_FOUND, "there is no process %d", (int)pid);
	if (len < 0)
		return err_sys(err, errno, "read %s", path);
	text[len] = '\0';
	if (!process_stat_parse(text, ret_stat))
		return err_set(err, ERR_CORRUPT, "%s is not as the kernel writes it", path);
	return 0;
}

int process_find(pid_t pid, struct process_id *ret_id, struct err *err)
{
	struct process_stat stat;

	if (process_stat_read(pid, &stat, err) < 0)
		return -1;
	*ret_id = (struct process_id){.pid = pid, .start_ticks = stat.start_ticks};
	return 0;
}

int process_watch(struct process_id id, int *ret_fd, struct err *err)
{
	AUTO(fd_closep) int fd = id.pid > 0 ? pidfd_open(id.pid, 0) : -1;
	struct process_stat stat;

	if (id.pid <= 0 || (fd < 0 && errno == ESRCH))
		return err_set(err, ERR_NOT_FOUND, "there is no process %d", (int)id.pid);
	if (fd < 0)
		return err_sys(err, errno, "watch process %d", (int)id.pid);
	/* Only now nobody else can get its number, if it has it yet. */
	if (process_stat_read(id.pid, &stat, err) < 0)
		return -1;
	if (stat.start_ticks != id.start_ticks)
		return err_set(err, ERR_NOT_FOUND, "process %d is another now", (int)id.pid);
	*ret_fd = STEAL(fd, -1);
	return 0;
}

bool process_watch_ended(int fd)
{
	struct pollfd watch = {.fd = fd, .events = POLLIN};

	return poll(&watch, 1, 0) == 1;
}

int64_t process_start_ns(struct process_id id)
{
	return ticks_to_ns(id.start_ticks);
}

struct process_id process_started_at(pid_t pid, int64_t start_ns)
{
	return (struct process_id){.pid = pid,
				   .start_ticks = start_ns / (NS_A_SECOND / sysconf(_SC_CLK_TCK))};
}
