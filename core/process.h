/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes as the kernel tells of them in /proc. A number (pid) is given to another
 * process some time; number and start together are one process for as long as the host is up.
 */
#ifndef SLIPWAY_CORE_PROCESS_H
#define SLIPWAY_CORE_PROCESS_H

#include <sys/types.h>

#include "core/err.h"

struct process_id {
	pid_t pid;	     /* 0: none */
	int64_t start_ticks; /* field 22 of /proc/PID/stat: since boot */
};

/* Of /proc/PID/stat. */
struct process_stat {
	char state;	/* 'R', 'S', ...; 'Z': it has ended and was not waited for */
	int64_t cpu_ns; /* of all its threads, those that ended with them */
	int64_t start_ticks;
};

/* false for what is no such line. */
bool process_stat_parse(const char *text, struct process_stat *ret_stat);
/* ERR_NOT_FOUND: there is no such process. */
int process_stat_read(pid_t pid, struct process_stat *ret_stat, struct err *err) MUST_CHECK;

/* The process that has this number now. */
int process_find(pid_t pid, struct process_id *ret_id, struct err *err) MUST_CHECK;
/* A descriptor that becomes readable when @id has ended; the caller closes it.
 * ERR_NOT_FOUND: it has. */
int process_watch(struct process_id id, int *ret_fd, struct err *err) MUST_CHECK;
/* The process of such a descriptor has ended. */
bool process_watch_ended(int fd);

/* When it started, by the boot-time clock; and back. */
int64_t process_start_ns(struct process_id id);
struct process_id process_started_at(pid_t pid, int64_t start_ns);

#endif
