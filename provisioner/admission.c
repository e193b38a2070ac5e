/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may be launched now. Two things are limited: memory of all machines, held from
 * here until the machine is gone, and launches at once, held until the agent has its
 * task: more at a time would only make each slower.
 *
 * The queue is strict: a large task at its head is not overtaken by small ones, else it
 * might wait for ever. Who waits too long, or can never fit, fails with the reason; but a task
 * that an event has started may wait as long as its event may (task.admit_until_ms): it steps
 * aside, and is let in when it fits and nobody is in the queue. That a task waits is noted in the
 * store, once, after NOTICE_MS.
 */
#include "core/clock.h"
#include "core/log.h"
#include "provisioner/flow_private.h"

#define MIB	  ((int64_t)1 << 20)
#define NOTICE_MS 1000 /* launches that wait for a launch to end are no want of room */

static int64_t need(const struct run *run)
{
	return machine_plan_memory(&run->flow->options, run_size(run));
}

static void put_in(struct run_queue *queue, struct run *run)
{
	if (queue->last)
		queue->last->queue_next = run;
	else
		queue->first = run;
	queue->last = run;
	run->queue_next = NULL;
}

static void take_out(struct run_queue *queue, struct run *run)
{
	struct run *before = NULL;

	for (struct run **at = &queue->first; *at; at = &(*at)->queue_next) {
		if (*at == run) {
			*at = run->queue_next;
			if (queue->last == run)
				queue->last = before;
			break;
		}
		before = *at;
	}
	run->queue_next = NULL;
}

void admission_leave(struct run *run)
{
	struct flow *flow = run->flow;

	if (!run->view.queued)
		return;
	run_set_limit(run, 0, NULL);
	take_out(run->aside ? &flow->aside : &flow->queue, run);
	run->aside = false;
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

/* If it fits: a machine of the pool holds its memory already. */
static bool let_in(struct run *run)
{
	struct flow *flow = run->flow;
	bool pooled = pool_fits(flow->pool, run);

	if (!pooled && flow->memory_bytes + need(run) > flow->options.memory_limit_bytes)
		return false;
	admission_leave(run);
	pool_note(flow->pool, run);
	if (pooled)
		(void)pool_take(flow->pool, run);
	admission_take(run);
	run->launching = true;
	run->launch_ns = clock_boot_ns();
	flow->launches++;
	if (!run->driving)
		run_drive(run);
	return true;
}

/* The first of those aside that fits. */
static bool let_one_in(struct flow *flow)
{
	for (struct run *run = flow->aside.first; run; run = run->queue_next) {
		if (let_in(run))
			return true;
	}
	return false;
}

/* Let in from the head of the queue whoever fits, and then who stands aside. */
static void admit(struct flow *flow)
{
	while (flow->launches < flow->options.launch_limit) {
		struct run *run = flow->queue.first;

		if (run && !let_in(run)) {
			/* admission_poll() when one or the other is gone */
			if (!pool_yield(flow->pool))
				spot_make_room(run, need(run));
			return;
		}
		if (!run && !let_one_in(flow)) {
			if (flow->aside.first)
				(void)pool_yield(flow->pool);
			return;
		}
	}
}

static void give_up(struct run *run)
{
	int64_t waited_ms = clock_wall_ms() - run->task.created_ms;

	admission_leave(run);
	run_fail(run, "TaskFailedToStart", -1,
		 "ResourceInitializationError: no memory became free for the task in %lld s: it "
		 "needs %lld MiB, and of the %lld MiB for tasks on this host %lld are in use",
		 (long long)(waited_ms / 1000), (long long)(need(run) / MIB),
		 (long long)(run->flow->options.memory_limit_bytes / MIB),
		 (long long)(run->flow->memory_bytes / MIB));
	run_drive(run);
}

static void on_limit(void *ctx)
{
	struct run *run = ctx;
	int64_t left_ms = run->task.admit_until_ms - clock_wall_ms();

	run->limit = NULL; /* it has fired */
	if (left_ms <= 0) {
		give_up(run);
		return;
	}
	admission_leave(run);
	run->view.queued = true;
	run->aside = true;
	put_in(&run->flow->aside, run);
	run_set_limit(run, left_ms, on_limit);
	log_info("task=%s steps aside, it may wait %lld s more", run->id,
		 (long long)(left_ms / 1000));
	admit(run->flow);
}

static int64_t notice_ms(const struct flow *flow)
{
	return flow->options.admission_ms < NOTICE_MS ? flow->options.admission_ms : NOTICE_MS;
}

static void on_notice(void *ctx)
{
	struct run *run = ctx;

	run->limit = NULL; /* it has fired */
	run_set_limit(run, run->flow->options.admission_ms - notice_ms(run->flow), on_limit);
	if (!run->view.writing)
		writer_wait(run);
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
	put_in(&flow->queue, run);
	run_set_limit(run, notice_ms(flow), on_notice);
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
