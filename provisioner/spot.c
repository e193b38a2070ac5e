/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks of FARGATE_SPOT make room: when the task at the head of the queue does not fit,
 * and is not of FARGATE_SPOT itself, as few of them as it needs are wanted stopped: the
 * newest that suffices alone, since it loses the least work, and while none does, the
 * largest. Their notice is the wish itself, which
 * clients see as desiredStatus STOPPED, and the containers' stop signal; they then have
 * their stopTimeout, which may be two minutes.
 *
 * Nobody is interrupted in vain: not where all of them together would not make room,
 * not where the memory of tasks that are ending already will do, and none without whom
 * the others would do. The wish is durable
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
	flow_tell_events(wish->run->flow);
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

/* Who can be interrupted, and for what. */
struct look {
	int64_t leaving_bytes, spot_bytes;
	struct run *enough;  /* the newest of those that suffice alone */
	struct run *largest; /* the newest of the largest */
	int64_t missing_bytes;
};

static bool is_free_to_take(const struct run *run)
{
	return run->held_memory_bytes > 0 && !is_leaving(run) && is_spot(run);
}

static void count(struct run *run, void *ctx)
{
	struct look *look = ctx;

	if (run->held_memory_bytes > 0 && is_leaving(run))
		look->leaving_bytes += run->held_memory_bytes;
	else if (is_free_to_take(run))
		look->spot_bytes += run->held_memory_bytes;
}

static bool is_newer(const struct run *run, const struct run *other)
{
	return !other || run->task.created_ms >= other->task.created_ms;
}

static void choose(struct run *run, void *ctx)
{
	struct look *look = ctx;
	const struct run *largest = look->largest;

	if (!is_free_to_take(run))
		return;
	if (run->held_memory_bytes >= look->missing_bytes && is_newer(run, look->enough))
		look->enough = run;
	if (!largest || run->held_memory_bytes > largest->held_memory_bytes ||
	    (run->held_memory_bytes == largest->held_memory_bytes && is_newer(run, largest)))
		look->largest = run;
}

void spot_make_room(struct run *waiting, int64_t need_bytes)
{
	struct flow *flow = waiting->flow;

	if (is_spot(waiting))
		return;
	for (;;) {
		struct look look = {0};
		struct run *run;

		flow_each(flow, count, &look);
		look.missing_bytes = flow->memory_bytes - look.leaving_bytes + need_bytes -
				     flow->options.memory_limit_bytes;
		if (look.missing_bytes <= 0 || look.spot_bytes < look.missing_bytes)
			return;
		flow_each(flow, choose, &look);
		run = look.enough ? look.enough : look.largest;
		interrupt(run);
		if (!run->interrupted)
			return;
	}
}
