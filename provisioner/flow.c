/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of runs, and what comes from outside: ends of machines, loss and
 * return of the hypervisor.
 *
 * Threads: one for the store (order is what makes its writes right, and SQLite has
 * one writer anyway), some for machines, some for pulls, which may be slow and must
 * not hold up a teardown. Everything else is the loop's.
 */
#include "provisioner/flow_private.h"

#include <string.h>

#include "core/clock.h"
#include "core/digest.h"
#include "core/log.h"
#include "store/doorbell.h"
#include "store/task_version.h"

#define FOLDER_THREADS 4 /* that wait for the operator's folders */
#define NS_A_SECOND    INT64_C(1000000000)
#define GRACE_MS       1000 /* for the channel's last bytes after a machine's end */
#define WORK_MIN       4    /* threads for machines: some teardowns beside some starts */

/* The number that two hex digits say; ids are made of them. */
static size_t bucket_of(const char *id)
{
	uint8_t byte = 0;
	struct err err = ERR_INIT;

	if (id[0] && hex_decode(id, 2, &byte, &err) < 0)
		return 0; /* one bucket for what is no id */
	return byte;
}

struct run *flow_find(struct flow *flow, const char *id)
{
	struct run *run = flow->buckets[bucket_of(id)];

	while (run && strcmp(run->id, id) != 0)
		run = run->next;
	return run;
}

void flow_each(struct flow *flow, void (*fn)(struct run *run, void *ctx), void *ctx)
{
	for (size_t i = 0; i < FLOW_BUCKETS; i++) {
		struct run *run = flow->buckets[i];

		while (run) {
			struct run *next = run->next;

			fn(run, ctx);
			run = next;
		}
	}
}

void flow_add(struct flow *flow, struct run *run)
{
	struct run **bucket = &flow->buckets[bucket_of(run->id)];

	run->next = *bucket;
	*bucket = run;
	flow->run_count++;
	if (task_state_is_charged(run->view.state))
		checkpoint_soon(flow);
}

void flow_remove(struct flow *flow, struct run *run)
{
	struct run **at = &flow->buckets[bucket_of(run->id)];

	while (*at != run)
		at = &(*at)->next;
	*at = run->next;
	flow->run_count--;
	run_free(run);
}

static void drive(struct run *run, void *ctx)
{
	(void)ctx; /* there is none */
	run_drive(run);
}

void flow_drive_all(struct flow *flow)
{
	flow_each(flow, drive, NULL);
}

void flow_give_up(struct flow *flow)
{
	flow->gave_up = true;
	loop_stop(flow->options.loop);
}

bool flow_gave_up(const struct flow *flow)
{
	return flow->gave_up;
}

/* --- from the hypervisor --- */

static void on_grace(void *ctx)
{
	struct run *run = ctx;
	struct err err = ERR_INIT;

	run->grace = NULL;
	(void)err_set(&err, ERR_UNAVAILABLE, "it ended unexpectedly"); /* the loss */
	run_lose(run, &err);
	run_drive(run);
}

struct search {
	const char *machine;
	struct run *found;
};

static void compare_machine(struct run *run, void *ctx)
{
	struct search *search = ctx;

	if (strcmp(run->facts.machine, search->machine) == 0)
		search->found = run;
}

/* A machine of the pool does not bear its task's name. */
static struct run *find_by_machine(struct flow *flow, const char *name)
{
	struct search search = {.machine = name};

	flow_each(flow, compare_machine, &search);
	return search.found;
}

void flow_machine_ended(void *flow_place, const char *name)
{
	struct flow *flow = *(struct flow **)flow_place;
	struct run *run;

	if (!flow || flow->closing || pool_machine_ended(flow->pool, name))
		return;
	run = find_by_machine(flow, name);
	if (run)
		machine_watch_ended(run, clock_boot_ns());
	if (!run || run->view.machine == PART_GOING || run->view.machine == PART_ABSENT ||
	    run->view.state >= TASK_DEPROVISIONING || run->grace)
		return;
	run->grace = loop_timer_add(flow->options.loop, GRACE_MS, on_grace, run);
}

void flow_host_lost(void *flow_place, bool lost)
{
	struct flow *flow = *(struct flow **)flow_place;

	if (!flow || flow->closing || flow->host_lost == lost)
		return;
	flow->host_lost = lost;
	if (lost) {
		log_error("the hypervisor does not answer: tasks go on, changes wait");
		return;
	}
	log_info("the hypervisor is back");
	flow_drive_all(flow);
	sweep_soon(flow);
}

void flow_tell_events(const struct flow *flow)
{
	if (task_version_noted() && flow->event_bell)
		doorbell_ring(flow->event_bell);
}

/* --- life --- */

static void flow_freep(struct flow **flow)
{
	flow_free(*flow);
}

int flow_new(const struct flow_options *options, struct flow **ret_flow, struct err *err)
{
	AUTO(flow_freep) struct flow *flow = xcalloc(1, sizeof(*flow));
	unsigned threads = options->launch_limit > WORK_MIN ? options->launch_limit : WORK_MIN;

	flow->options = *options;
	flow->users = user_pool_new(options->uid_first, options->uid_count);
	if (jobs_new(options->loop, 1, FLOW_QUEUE_MAX, &flow->sql, err) < 0 ||
	    jobs_new(options->loop, threads, FLOW_QUEUE_MAX, &flow->work, err) < 0 ||
	    jobs_new(options->loop, options->pull_limit, FLOW_QUEUE_MAX, &flow->pulls, err) < 0 ||
	    jobs_new(options->loop, FOLDER_THREADS, FLOW_QUEUE_MAX, &flow->folders, err) < 0)
		return -1;
	if ((options->event_bell &&
	     doorbell_open(options->event_bell, &flow->event_bell, err) < 0) ||
	    watch_new(flow, &flow->watch, err) < 0 ||
	    (options->exec_socket && exec_door_open(flow, &flow->exec_door, err) < 0) ||
	    budget_watch_begin(flow, err) < 0)
		return -1;
	flow->pool = pool_new(flow);
	task_roles_begin(flow);
	forget_begin(flow);
	*ret_flow = STEAL(flow, NULL);
	return 0;
}

static void cancel_pulls(struct run *run, void *ctx)
{
	(void)ctx;					     /* there is none */
	__atomic_store_n(&run->cancel, 1, __ATOMIC_RELAXED); /* a job looks at it */
}

static void free_run(struct run *run, void *ctx)
{
	flow_remove(ctx, run);
}

void flow_end_pool(struct flow *flow)
{
	pool_stop(flow->pool);
}

void flow_free(struct flow *flow)
{
	if (!flow)
		return;
	flow->closing = true;
	flow_each(flow, cancel_pulls, NULL);
	sweep_free(flow);
	adopt_free(flow);
	checkpoint_free(flow);
	budget_watch_free(flow);
	task_roles_free(flow);
	forget_end(flow);
	jobs_free(flow->pulls);
	jobs_free(flow->folders);
	jobs_free(flow->work);
	jobs_free(flow->sql);
	forget_free(flow);
	watch_free(flow->watch); /* a look was one of the jobs */
	exec_door_close(STEAL(flow->exec_door, NULL));
	flow_each(flow, free_run, flow);
	pool_free(flow->pool);
	user_pool_free(flow->users);
	doorbell_free(flow->event_bell);
	free(flow);
}

static void count_one(struct run *run, void *ctx)
{
	struct flow_counts *counts = ctx;

	counts->tasks++;
	counts->running += run->view.state == TASK_RUNNING;
	counts->machines += run->view.machine != PART_ABSENT;
	counts->waiting += run->view.queued;
}

void flow_count(struct flow *flow, struct flow_counts *ret_counts)
{
	*ret_counts = (struct flow_counts){.memory_bytes = flow->memory_bytes,
					   .metered_seconds = flow->metered_ns / NS_A_SECOND,
					   .host_lost = flow->host_lost};
	flow_each(flow, count_one, ret_counts);
	ret_counts->pool = pool_ready(flow->pool);
}
