/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks of FARGATE_SPOT make room: when the task at the head of the queue does not fit,
 * and is not of FARGATE_SPOT itself, as many of them as it needs are wanted stopped, the
 * newest first, since those lose the least work. Their notice is the wish itself, which
 * clients see as desiredStatus STOPPED, and the containers' stop signal; they then have
 * their stopTimeout, which may be two minutes.
 *
 * Nobody is interrupted in vain: not where all of them together would not make room, and
 * not where the memory of tasks that are ending already will do. The wish is durable
 * before anything happens, so it is kept across a crash like a user's.
 */
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "provisioner/flow_private.h"

struct wish {
	struct run *run;
	int result;
	struct err err;
};

static void do_wish(void *ctx, unsigned worker)
{
	struct wish *wish = ctx;
	const struct task *task = &wish->run->task;

	(void)worker; /* there is one */
	wish->result = task_want_stopped(
		wish->run->flow->options.state, task->account, task->cluster, task->id,
		"SpotInterruption", "Your Spot Task was interrupted.", clock_wall_ms(), &wish->err);
}

static void wish_done(void *ctx)
{
	struct wish *wish = ctx;
	struct run *run = wish->run;
	struct err err = wish->err;
	bool failed = wish->result < 0;

	free(wish);
	if (!run_job_done(run))
		return;
	if (failed) {
		run->interrupted = false; /* the next look at the queue may choose it again */
		run_rest(run, "interrupt", &err);
		return;
	}
	run->view.want_stopped = true;
	run_drive(run);
}

static void interrupt(struct run *run)
{
	struct wish *wish = xcalloc(1, sizeof(*wish));

	wish->run = run;
	run->interrupted = true;
	log_info("task=%s of FARGATE_SPOT is interrupted: its memory is needed", run->id);
	if (run_submit(run, run->flow->sql, do_wish, wish_done, wish, "interrupt") < 0) {
		run->interrupted = false;
		free(wish);
	}
}

static bool is_spot(const struct run *run)
{
	return strcmp(run->task.capacity_provider, "FARGATE_SPOT") == 0;
}

/* Its memory will be free without anybody's doing. */
static bool is_leaving(const struct run *run)
{
	return run->interrupted || run->view.want_stopped || run->view.failed ||
	       run->view.state > TASK_RUNNING;
}

struct look {
	int64_t leaving_bytes, spot_bytes;
	struct run *newest; /* of those that can be interrupted */
};

static void look_at(struct run *run, void *ctx)
{
	struct look *look = ctx;

	if (run->held_memory_bytes == 0)
		return;
	if (is_leaving(run)) {
		look->leaving_bytes += run->held_memory_bytes;
	} else if (is_spot(run)) {
		look->spot_bytes += run->held_memory_bytes;
		if (!look->newest || run->task.created_ms >= look->newest->task.created_ms)
			look->newest = run;
	}
}

void spot_make_room(struct run *waiting, int64_t need_bytes)
{
	struct flow *flow = waiting->flow;

	if (is_spot(waiting))
		return;
	for (;;) {
		struct look look = {0};
		int64_t missing;

		flow_each(flow, look_at, &look);
		missing = flow->memory_bytes - look.leaving_bytes + need_bytes -
			  flow->options.memory_limit_bytes;
		if (missing <= 0 || look.spot_bytes < missing)
			return;
		interrupt(look.newest);
		if (!look.newest->interrupted)
			return;
	}
}
