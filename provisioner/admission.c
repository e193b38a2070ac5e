/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may be launched now. Two things are limited: memory of all machines, held from
 * here until the machine is gone, and launches at once, held until the agent has its
 * task: more at a time would only make each slower.
 *
 * The queue is strict: a large task at its head is not overtaken by small ones, else it
 * might wait for ever. Who waits too long, or can never fit, fails with the reason.
 */
#include "core/clock.h"
#include "core/log.h"
#include "provisioner/flow_private.h"

#define MIB ((int64_t)1 << 20)

static int64_t need(const struct run *run)
{
	return machine_plan_memory(&run->flow->options, run_size(run));
}

void admission_leave(struct run *run)
{
	struct flow *flow = run->flow;

	if (!run->view.queued)
		return;
	run_set_limit(run, 0, NULL);
	for (struct run **at = &flow->queue_first; *at; at = &(*at)->queue_next) {
		if (*at != run)
			continue;
		*at = run->queue_next;
		if (!*at)
			flow->queue_last = at;
		break;
	}
	run->queue_next = NULL;
	run->view.queued = false;
}

void admission_take(struct run *run)
{
	if (run->held_memory_bytes)
		return;
	run->held_memory_bytes = need(run);
	run->flow->memory_bytes += run->held_memory_bytes;
	run->view.admitted = true;
}

/* Let in from the head of the queue whoever fits. */
static void admit(struct flow *flow)
{
	const struct flow_options *options = &flow->options;

	while (flow->queue_first && flow->launches < options->launch_limit) {
		struct run *run = flow->queue_first;
		bool waits = pool_fits(flow->pool, run); /* and holds its memory already */

		if (!waits && flow->memory_bytes + need(run) > options->memory_limit_bytes) {
			/* admission_poll() when one or the other is gone */
			if (!pool_yield(flow->pool))
				spot_make_room(run, need(run));
			break;
		}
		admission_leave(run);
		pool_note(flow->pool, run);
		if (waits)
			(void)pool_take(flow->pool, run);
		admission_take(run);
		run->launching = true;
		run->launch_ns = clock_boot_ns();
		flow->launches++;
		if (!run->driving)
			run_drive(run);
	}
}

static void on_limit(void *ctx)
{
	struct run *run = ctx;

	run->limit = NULL; /* it has fired */
	admission_leave(run);
	run_fail(run, "TaskFailedToStart", -1,
		 "ResourceInitializationError: no memory became free for the task in %lld s: it "
		 "needs %lld MiB, and of the %lld MiB for tasks on this host %lld are in use",
		 (long long)(run->flow->options.admission_ms / 1000), (long long)(need(run) / MIB),
		 (long long)(run->flow->options.memory_limit_bytes / MIB),
		 (long long)(run->flow->memory_bytes / MIB));
	run_drive(run);
}

void admission_ask(struct run *run)
{
	struct flow *flow = run->flow;

	if (flow->options.refusal) {
		run_fail(run, "TaskFailedToStart", -1, "ResourceInitializationError: %s",
			 flow->options.refusal);
		return;
	}
	if (need(run) > flow->options.memory_limit_bytes) {
		run_fail(run, "TaskFailedToStart", -1,
			 "ResourceInitializationError: the task needs %lld MiB of memory, and this "
			 "host has %lld MiB for all tasks",
			 (long long)(need(run) / MIB),
			 (long long)(flow->options.memory_limit_bytes / MIB));
		return;
	}
	run->view.queued = true;
	*flow->queue_last = run;
	flow->queue_last = &run->queue_next;
	run_set_limit(run, flow->options.admission_ms, on_limit);
	admit(flow);
	if (run->view.queued)
		log_info("task=%s waits for memory or a launch to end", run->id);
}

void admission_poll(struct flow *flow)
{
	if (!flow->closing)
		admit(flow);
}

void admission_launched(struct run *run)
{
	if (!run->launching)
		return;
	run->launching = false;
	run->flow->launches--;
	pool_poll(run->flow->pool);
	if (!run->flow->closing)
		admit(run->flow);
}

void admission_release(struct run *run)
{
	run->flow->memory_bytes -= run->held_memory_bytes;
	run->held_memory_bytes = 0;
	admission_leave(run);
	pool_poll(run->flow->pool);
	if (run->launching)
		admission_launched(run);
	else if (!run->flow->closing)
		admit(run->flow);
}
