/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that block (SQL, libvirt, child processes) run as jobs on a few threads.
 * A job owns its data and touches no shared state; its @done is called on the
 * loop's thread afterwards.
 */
#ifndef SLIPWAY_CORE_JOBS_H
#define SLIPWAY_CORE_JOBS_H

#include "core/loop.h"

struct jobs;

#define JOBS_BATCH_MAX 256 /* a list of so many pointers lies on the thread's stack */

/* @queue_max jobs may wait; more are refused (ERR_LIMIT). */
int jobs_new(struct loop *loop, unsigned threads, size_t queue_max, struct jobs **ret_jobs,
	     struct err *err) MUST_CHECK;
/*
 * The same with one thread that takes up to @batch_max waiting jobs (of JOBS_BATCH_MAX) at once and
 * gives them to @batch together, as the contexts that they were submitted with, in their order: for
 * work whose price is the same for one and for many. jobs_submit() is called without @work.
 */
typedef void jobs_batch_fn(void *ctx, void *const *jobs, size_t count);
int jobs_new_batched(struct loop *loop, size_t queue_max, size_t batch_max, jobs_batch_fn *batch,
		     void *ctx, struct jobs **ret_jobs, struct err *err) MUST_CHECK;
/* Waits for the running jobs; their @done and that of waiting ones (whose @work is
 * not called any more) is called. Before loop_free(). */
void jobs_free(struct jobs *jobs);

/* @work(ctx, worker) runs on a thread numbered @worker (0..threads-1, so that a
 * thread can keep a database connection of its own), then @done(ctx) on the loop. */
typedef void jobs_work_fn(void *ctx, unsigned worker);
int jobs_submit(struct jobs *jobs, jobs_work_fn *work, loop_fn *done, void *ctx, struct err *err)
	MUST_CHECK;

#endif
