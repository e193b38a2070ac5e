/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fixed set of threads takes jobs from one bounded queue. A finished job goes
 * to a second list, and an event descriptor of our own tells the loop to call the
 * `done` of everything on it. It is not loop_post(): a post cannot be taken back,
 * and jobs_free() must leave nothing behind that points at us.
 *
 * Telling costs a system call each, so nobody is told twice: a thread is woken only when one
 * sleeps, and the loop only when the second list was empty. Under load neither happens.
 */
#include "core/jobs.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>

struct job {
	struct job *next;
	jobs_work_fn *work;
	loop_fn *done;
	void *ctx;
};

struct queue {
	struct job *first, **last;
	size_t count;
};

struct worker {
	struct jobs *jobs;
	pthread_t thread;
	unsigned number;
};

struct jobs {
	struct loop_fd *watch;
	int event_fd;
	size_t queue_max;
	struct worker *workers;
	unsigned worker_count; /* threads that were started */
	jobs_batch_fn *batch;  /* NULL: jobs go one by one, each with its own `work` */
	void *batch_ctx;
	size_t batch_max;

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;
	struct queue waiting;
	unsigned sleeping; /* threads that wait for `wake` */
	bool stopping;

	pthread_mutex_t finished_lock; /* guards `finished`; never held with the other */
	struct queue finished;
};

static void queue_init(struct queue *queue)
{
	*queue = (struct queue){.last = &queue->first};
}

static void queue_push(struct queue *queue, struct job *job)
{
	job->next = NULL;
	*queue->last = job;
	queue->last = &job->next;
	queue->count++;
}

static struct job *queue_pop(struct queue *queue)
{
	struct job *job = queue->first;

	queue->first = job->next;
	if (!queue->first)
		queue->last = &queue->first;
	queue->count--;
	return job;
}

/* All jobs of @queue as a list; the queue is empty then. */
static struct job *queue_take(struct queue *queue)
{
	struct job *all = queue->first;

	queue_init(queue);
	return all;
}

/* The first jobs of @queue, at most @max, as a queue of their own. */
static void queue_split(struct queue *queue, size_t max, struct queue *ret_taken)
{
	queue_init(ret_taken);
	while (queue->count > 0 && ret_taken->count < max)
		queue_push(ret_taken, queue_pop(queue));
}

static void run(const struct worker *worker, const struct queue *taken)
{
	const struct jobs *jobs = worker->jobs;
	void *list[JOBS_BATCH_MAX];
	size_t count = 0;

	for (const struct job *job = taken->first; job; job = job->next) {
		if (jobs->batch)
			list[count++] = job->ctx;
		else
			job->work(job->ctx, worker->number);
	}
	if (jobs->batch)
		jobs->batch(jobs->batch_ctx, list, count);
}

/* Called with the lock held. */
static void wait_for_jobs(struct jobs *jobs)
{
	while (!jobs->stopping && jobs->waiting.count == 0) {
		jobs->sleeping++;
		pthread_cond_wait(&jobs->wake, &jobs->lock);
		jobs->sleeping--;
	}
}

static void finish(struct jobs *jobs, struct queue *taken)
{
	bool tell;

	pthread_mutex_lock(&jobs->finished_lock);
	tell = jobs->finished.count == 0;
	while (taken->count > 0)
		queue_push(&jobs->finished, queue_pop(taken));
	pthread_mutex_unlock(&jobs->finished_lock);
	/* A full counter means that the loop has been told already. */
	if (tell)
		(void)!write(jobs->event_fd, &(uint64_t){1}, sizeof(uint64_t));
}

static void *work(void *ctx)
{
	struct worker *worker = ctx;
	struct jobs *jobs = worker->jobs;

	for (;;) {
		struct queue taken;

		pthread_mutex_lock(&jobs->lock);
		wait_for_jobs(jobs);
		queue_split(&jobs->waiting, jobs->stopping ? 0 : jobs->batch_max, &taken);
		pthread_mutex_unlock(&jobs->lock);
		if (taken.count == 0)
			return NULL; /* stopping */
		run(worker, &taken);
		finish(jobs, &taken);
	}
}

static void call_done(struct job *job)
{
	while (job) {
		struct job *next = job->next;

		job->done(job->ctx);
		free(job);
		job = next;
	}
}

static void on_finished(void *ctx, unsigned events)
{
	struct jobs *jobs = ctx;
	struct job *finished;
	uint64_t count;

	(void)events; /* only ever readable */
	/* The counter first: a job that finishes from here on tells the loop again. */
	(void)!read(jobs->event_fd, &count, sizeof(count));
	pthread_mutex_lock(&jobs->finished_lock);
	finished = queue_take(&jobs->finished);
	pthread_mutex_unlock(&jobs->finished_lock);
	call_done(finished);
}

/* Signals belong to the loop: the threads start with all of them blocked. */
static int start_workers(struct jobs *jobs, unsigned threads, struct err *err)
{
	sigset_t all;
	sigset_t before;
	int errnum = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (unsigned i = 0; i < threads && errnum == 0; i++) {
		struct worker *worker = &jobs->workers[i];
		char name[16];

		*worker = (struct worker){.jobs = jobs, .number = i};
		errnum = pthread_create(&worker->thread, NULL, work, worker);
		if (errnum != 0)
			break;
		jobs->worker_count++;
		(void)snprintf(name, sizeof(name), "job-%u", i);
		(void)pthread_setname_np(worker->thread, name); /* only for people */
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (errnum != 0)
		return err_sys(err, errnum, "start a thread");
	return 0;
}

static void jobs_freep(struct jobs **jobs)
{
	jobs_free(*jobs);
}

/* The locks are held for a few instructions: whoever finds one taken does better to look
 * again than to sleep. */
static void init_locks(struct jobs *jobs)
{
	pthread_mutexattr_t attributes;

	if (pthread_mutexattr_init(&attributes) != 0 ||
	    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP) != 0 ||
	    pthread_mutex_init(&jobs->lock, &attributes) != 0 ||
	    pthread_mutex_init(&jobs->finished_lock, &attributes) != 0 ||
	    pthread_cond_init(&jobs->wake, NULL) != 0)
		abort(); /* cannot fail for these */
	pthread_mutexattr_destroy(&attributes);
}

static int start(struct loop *loop, struct jobs *made, unsigned threads, struct jobs **ret_jobs,
		 struct err *err)
{
	AUTO(jobs_freep) struct jobs *jobs = made;

	queue_init(&jobs->waiting);
	queue_init(&jobs->finished);
	jobs->workers = xcalloc(threads, sizeof(*jobs->workers));
	init_locks(jobs);
	jobs->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (jobs->event_fd < 0)
		return err_sys(err, errno, "create an event descriptor");
	if (loop_fd_add(loop, jobs->event_fd, LOOP_READ, on_finished, jobs, &jobs->watch, err) < 0)
		return -1;
	if (start_workers(jobs, threads, err) < 0)
		return -1;
	*ret_jobs = STEAL(jobs, NULL);
	return 0;
}

int jobs_new(struct loop *loop, unsigned threads, size_t queue_max, struct jobs **ret_jobs,
	     struct err *err)
{
	struct jobs *jobs = xcalloc(1, sizeof(*jobs));

	jobs->queue_max = queue_max;
	jobs->batch_max = 1;
	return start(loop, jobs, threads, ret_jobs, err);
}

int jobs_new_batched(struct loop *loop, size_t queue_max, size_t batch_max, jobs_batch_fn *batch,
		     void *ctx, struct jobs **ret_jobs, struct err *err)
{
	struct jobs *jobs = xcalloc(1, sizeof(*jobs));

	jobs->queue_max = queue_max;
	assert(batch_max <= JOBS_BATCH_MAX);
	jobs->batch_max = batch_max;
	jobs->batch = batch;
	jobs->batch_ctx = ctx;
	return start(loop, jobs, 1, ret_jobs, err);
}

int jobs_submit(struct jobs *jobs, jobs_work_fn *work_fn, loop_fn *done, void *ctx, struct err *err)
{
	struct job *job;
	bool wake = false;
	int result = 0;

	pthread_mutex_lock(&jobs->lock);
	if (jobs->stopping) {
		result = err_set(err, ERR_UNAVAILABLE, "jobs are being ended");
	} else if (jobs->waiting.count >= jobs->queue_max) {
		result = err_set(err, ERR_LIMIT, "%zu jobs are waiting already", jobs->queue_max);
	} else {
		job = xcalloc(1, sizeof(*job));
		*job = (struct job){.work = work_fn, .done = done, .ctx = ctx};
		queue_push(&jobs->waiting, job);
		wake = jobs->sleeping > 0;
	}
	pthread_mutex_unlock(&jobs->lock);
	/* Behind the lock, or the thread that wakes would run into it. */
	if (wake)
		pthread_cond_signal(&jobs->wake);
	return result;
}

void jobs_free(struct jobs *jobs)
{
	if (!jobs)
		return;
	pthread_mutex_lock(&jobs->lock);
	jobs->stopping = true;
	pthread_cond_broadcast(&jobs->wake);
	pthread_mutex_unlock(&jobs->lock);
	for (unsigned i = 0; i < jobs->worker_count; i++)
		pthread_join(jobs->workers[i].thread, NULL);
	/* No thread is left; a `done` that submits is refused. */
	call_done(queue_take(&jobs->finished));
	call_done(queue_take(&jobs->waiting));
	loop_fd_remove(jobs->watch);
	fd_closep(&jobs->event_fd);
	pthread_cond_destroy(&jobs->wake);
	pthread_mutex_destroy(&jobs->lock);
	pthread_mutex_destroy(&jobs->finished_lock);
	free(jobs->workers);
	free(jobs);
}
