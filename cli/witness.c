/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machines that are there already are found by the files in which QEMU wrote its number
 * for libvirt. A number that belongs to something else by now does no harm: a note names
 * the start of its process too.
 */
#include "cli/witness.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/file.h"
#include "core/log.h"

#define AWAKE_MS    15000 /* a provisioner makes its first checkpoint some seconds after its start */
#define BEAT_MS	    500
#define BEHIND_MS   10 /* until the loop has noted who has ended */
#define PID_MAX_LEN 32
#define WATCHED_MAX 4096
#define NOTED_MAX   256 /* lines: a third of the file, so that ends stay in it */

struct watched {
	struct watched *next;
	struct witness *witness;
	struct process_id id;
	int fd;
	struct loop_fd *loop_fd;
};

struct witness {
	struct loop *loop;
	char *path;
	struct process_id self;
	struct watched *watched;
	size_t watched_count;
	struct loop_timer *beat;
	int64_t awake_until_ns;
};

static void note(const struct witness *witness, struct process_id id, int64_t boot_ns)
{
	struct err err = ERR_INIT;
	if (process_end_note(witness->path, id, boot_ns, &err) < 0)
		log_warn("end of process=%d is not noted why=%s", (int)id.pid, err.text);
}

static void watched_free(struct watched *watched)
{
	loop_fd_remove(watched->loop_fd);
	fd_closep(&watched->fd);
	free(watched);
}

static void on_end(void *ctx, unsigned events)
{
	struct watched *watched = ctx;
	struct watched **at = &watched->witness->watched;
	(void)events; /* only ever readable */
	note(watched->witness, watched->id, clock_boot_ns());
	while (*at != watched)
		at = &(*at)->next;
	*at = watched->next;
	watched->witness->watched_count--;
	watched_free(watched);
}

static int watch(struct witness *witness, pid_t pid, struct err *err)
{
	struct watched *watched = xcalloc(1, sizeof(*watched));
	watched->witness = witness;
	watched->fd = -1;
	if (process_find(pid, &watched->id, err) < 0 ||
	    process_watch(watched->id, &watched->fd, err) < 0 ||
	    loop_fd_add(witness->loop, watched->fd, LOOP_READ, on_end, watched, &watched->loop_fd,
			err) < 0) {
		watched_free(watched);
		return -1;
	}
	watched->next = witness->watched;
	witness->watched = watched;
	if (witness->watched_count++ >= NOTED_MAX)
		return 0;
	return process_end_watched(witness->path, watched->id, witness->self, err);
}

static int look_at_file(void *ctx, const char *folder, const char *name, struct err *err)
{
	struct witness *witness = ctx;
	const char *dot = strrchr(name, '.');
	AUTO(freep) char *path = xasprintf("%s/%s", folder, name);
	AUTO(buf_done) struct buf number;
	struct err gone = ERR_INIT;
	long pid = 0;
	buf_init(&number, PID_MAX_LEN);
	if (dot == NULL || strcmp(dot, ".pid") != 0)
		return 0;
	if (witness->watched_count == WATCHED_MAX)
		return err_set(err, ERR_LIMIT, "more than %d machines", WATCHED_MAX);
	if (file_read(path, &number, &gone) == 0 && buf_text(&number) != NULL)
		pid = strtol(buf_text(&number), NULL, 10);
	if (pid > 1 && pid <= INT32_MAX && watch(witness, (pid_t)pid, &gone) < 0 &&
	    gone.code != ERR_NOT_FOUND)
		log_warn("machine of %s is not watched why=%s", path, gone.text);
	return 0;
}

struct witness *witness_new(struct loop *loop, const char *run_dir)
{
	struct witness *witness = xcalloc(1, sizeof(*witness));
	AUTO(freep) char *machines = xasprintf("%s/libvirt/run/qemu", run_dir);
	struct err err = ERR_INIT;
	witness->loop = loop;
	witness->path = xasprintf("%s/" PROCESS_ENDS_NAME, run_dir);
	if (process_find(getpid(), &witness->self, &err) < 0 ||
	    (access(machines, F_OK) == 0 &&
	     file_each_name(machines, look_at_file, witness, &err) < 0))
		log_warn("machines of before are not watched why=%s", err.text);
	return witness;
}

void witness_free(struct witness *witness)
{
	if (witness == NULL)
		return;
	while (witness->watched != NULL) {
		struct watched *next = witness->watched->next;
		watched_free(witness->watched);
		witness->watched = next;
	}
	loop_timer_cancel(witness->beat);
	free(witness->path);
	free(witness);
}

void witness_child_ended(struct witness *witness, pid_t pid, int64_t boot_ns)
{
	struct process_id id;
	struct err err = ERR_INIT;
	if (process_find(pid, &id, &err) == 0)
		note(witness, id, boot_ns);
	else
		log_warn("end of process=%d is not noted why=%s", (int)pid, err.text);
}

/* Somebody has ended, and it is not noted yet. */
static bool is_behind(const struct witness *witness)
{
	siginfo_t child = {.si_pid = 0};
	if (waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == 0 && child.si_pid != 0)
		return true;
	for (const struct watched *watched = witness->watched; watched != NULL;
	     watched = watched->next) {
		if (process_watch_ended(watched->fd))
			return true;
	}
	return false;
}

/* The clock is read first: who is not seen to have ended after that lived then. */
static void on_beat(void *ctx)
{
	struct witness *witness = ctx;
	struct err err = ERR_INIT;
	int64_t now_ns = clock_boot_ns();
	bool behind = is_behind(witness);
	witness->beat = NULL;
	if (!behind && process_end_beat(witness->path, witness->self, now_ns, &err) < 0)
		log_warn("%s", err.text);
	if (now_ns < witness->awake_until_ns)
		witness->beat = loop_timer_add(witness->loop, behind ? BEHIND_MS : BEAT_MS, on_beat,
					       witness);
}

void witness_stay_awake(struct witness *witness)
{
	witness->awake_until_ns = clock_boot_ns() + AWAKE_MS * INT64_C(1000000);
	loop_timer_cancel(STEAL(witness->beat, NULL));
	on_beat(witness);
}
