/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See shutdown.h. As the operator, through the store: a user's key may stop only
 * the tasks of one account.
 */
#include "cli/shutdown.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "cli/state.h"
#include "core/clock.h"
#include "store/doorbell.h"
#include "store/task.h"

#define POLL_MS	  100
#define ARENA_MAX (64u * 1024 * 1024)

static void ring(const struct installation *in)
{
	AUTO(freep) char *path = xasprintf("%s/doorbell", in->run);
	struct doorbell *doorbell = NULL;
	struct err err = ERR_INIT;
	/* A lost ring costs a second: the provisioner looks by itself. */
	if (doorbell_open(path, &doorbell, &err) < 0)
		return;
	doorbell_ring(doorbell);
	doorbell_free(doorbell);
}

/* Wish the end of every unfinished task; *ret_count is how many there are. */
static int stop_tasks(struct db *db, bool wish, size_t *ret_count, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	const char **ids = NULL;
	size_t count = 0;
	if (task_unfinished(db, arena, &ids, &count, err) < 0)
		return -1;
	for (size_t i = 0; wish && i < count; i++) {
		struct task task;
		if (task_find(db, NULL, NULL, ids[i], arena, &task, err) < 0)
			return -1;
		if (task_want_stopped(db, task.account, task.cluster, task.id, "TerminationNotice",
				      "Slipway is being stopped", clock_wall_ms(), err) < 0)
			return -1;
	}
	*ret_count = count;
	return 0;
}

static int end_tasks(const struct installation *in, struct err *err)
{
	AUTO(db_freep) struct db *db = NULL;
	size_t count = 0;
	if (state_open(in->state, &db, err) < 0 || stop_tasks(db, true, &count, err) < 0)
		return -1;
	if (count > 0) {
		printf("stopping %zu task%s ...\n", count, count == 1 ? "" : "s");
		fflush(stdout);
		ring(in);
	}
	for (int64_t waited = 0; count > 0; waited += POLL_MS) {
		if (waited >= SHUTDOWN_TASKS_MS)
			return err_set(err, ERR_TIMEOUT,
				       "%zu tasks did not end; the next start goes on with them",
				       count);
		clock_pause_ms(POLL_MS);
		if (stop_tasks(db, false, &count, err) < 0)
			return -1;
	}
	return 0;
}

int shutdown_all(const struct installation *in, pid_t supervisor, struct err *err)
{
	int result = end_tasks(in, err);
	kill(supervisor, SIGTERM);
	while (waitpid(supervisor, NULL, 0) < 0 && errno == EINTR)
		;
	return result;
}
