/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A job holds its exchange and outlives the connection: what a worker has begun
 * cannot be called back, only its answer is thrown away.
 *
 * A request whose handler leaves something to write goes on to a second queue, whose one
 * thread takes all that wait together, so that they share one durable write; only then its
 * answer leaves. Until then it holds one of its connection's turns.
 *
 * When the workers' queue is full the answer is ThrottlingException with 400, as
 * the API says it, and not a bare 503: every SDK takes it as "wait and try again"
 * in all of its retry modes.
 */
#include "gateway/work.h"

#include <assert.h>

#include "core/clock.h"
#include "core/log.h"
#include "gateway/metrics.h"

#define AGAIN_MAX 3 /* then the client is told to wait */

struct work_job {
	struct work_job *next;
	struct server *server;
	struct work *work; /* NULL once the connection is gone */
	struct exchange *exchange;
	void *left;	/* what is to be written before the answer may leave; or NULL */
	unsigned again; /* how often it was begun anew */
	bool abandoned;
	int64_t since_ns;
};

void work_init(struct work *work, struct server *server, work_answer_fn *answer, void *ctx)
{
	*work = (struct work){.server = server, .answer = answer, .ctx = ctx};
	work->waiting_last = &work->waiting;
}

void work_done(struct work *work)
{
	while (work->waiting) {
		struct exchange *exchange = work->waiting;

		work->waiting = exchange->next;
		exchange_free(exchange);
	}
	work->waiting_last = &work->waiting;
	for (struct work_job *job = work->working; job; job = job->next)
		job->work = NULL;
	work->working = NULL;
}

static void count_answer(const struct exchange *exchange)
{
	int status = exchange->response.status;

	if (status < 400)
		metric_add(METRIC_responses_2xx_total, 1);
	else if (status < 500)
		metric_add(METRIC_responses_4xx_total, 1);
	else
		metric_add(METRIC_responses_5xx_total, 1);
}

static void job_work(void *ctx, unsigned worker)
{
	struct work_job *job = ctx;

	job->left = job->server->handle(job->server->handle_ctx, worker, &job->exchange->request,
					&job->exchange->response);
}

void work_write(void *ctx, void *const *jobs, size_t count)
{
	struct server *server = ctx;
	void *left[WORK_WRITES_MAX];

	assert(count <= ARRAY_LEN(left));
	for (size_t i = 0; i < count; i++)
		left[i] = ((const struct work_job *)jobs[i])->left;
	server->write(server->handle_ctx, left, count);
}

static void job_unlink(struct work *work, struct work_job *job)
{
	for (struct work_job **at = &work->working; *at; at = &(*at)->next) {
		if (*at == job) {
			*at = job->next;
			work->working_count--;
			return;
		}
	}
}

static void job_end(struct work_job *job)
{
	struct exchange *exchange = job->exchange;
	struct work *work = job->work;
	int64_t took_us = (clock_boot_ns() - job->since_ns) / 1000;

	job->server->in_work--;
	metric_add(METRIC_requests_in_work, -1);
	metric_add(METRIC_request_microseconds_total, took_us);
	count_answer(exchange);
	log_debug("conn=%s request=%s method=%s status=%d took_us=%lld", exchange->request.peer,
		  exchange->request.id, exchange->request.method, exchange->response.status,
		  (long long)took_us);
	if (work)
		job_unlink(work, job);
	if (!work || job->abandoned)
		exchange_free(STEAL(exchange, NULL));
	free(job);
	if (work)
		work->answer(work->ctx, exchange);
}

static void on_handled(void *ctx);

/* @job is written, or never will be. */
static void on_written(void *ctx)
{
	struct work_job *job = ctx;
	struct server *server = job->server;
	struct err err;

	if (server->written(server->handle_ctx, STEAL(job->left, NULL))) {
		job_end(job);
		return;
	}
	/* The second time it sees what made it outdated, so there is hardly a third. */
	if (job->again++ == AGAIN_MAX || !server->jobs ||
	    jobs_submit(server->jobs, job_work, on_handled, job, &err) < 0) {
		metric_add(METRIC_requests_throttled_total, 1);
		exchange_throttle(job->exchange);
		job_end(job);
	}
}

static void on_handled(void *ctx)
{
	struct work_job *job = ctx;
	struct server *server = job->server;
	struct err err;

	if (!job->left) {
		job_end(job);
	} else if (jobs_submit(server->writes, NULL, on_written, job, &err) < 0) {
		metric_add(METRIC_requests_throttled_total, 1);
		on_written(job); /* it was not: the answer says so */
	}
}

static void submit(struct work *work, struct exchange *exchange)
{
	struct work_job *job = xcalloc(1, sizeof(*job));
	struct err err;

	job->server = work->server;
	job->work = work;
	job->exchange = exchange;
	job->since_ns = clock_boot_ns();
	if (jobs_submit(work->server->jobs, job_work, on_handled, job, &err) < 0) {
		free(job);
		metric_add(METRIC_requests_throttled_total, 1);
		exchange_throttle(exchange);
		count_answer(exchange);
		work->answer(work->ctx, exchange);
		return;
	}
	job->next = work->working;
	work->working = job;
	work->working_count++;
	work->server->in_work++;
	metric_add(METRIC_requests_in_work, 1);
}

void work_add(struct work *work, struct exchange *exchange)
{
	metric_add(exchange->request.http_major == 2 ? METRIC_requests_http2_total
						     : METRIC_requests_http1_total,
		   1);
	exchange->next = NULL;
	*work->waiting_last = exchange;
	work->waiting_last = &exchange->next;
}

void work_abandon(struct work *work, struct exchange *exchange)
{
	for (struct exchange **at = &work->waiting; *at; at = &(*at)->next) {
		if (*at != exchange)
			continue;
		*at = exchange->next;
		if (!*at)
			work->waiting_last = at;
		exchange_free(exchange);
		return;
	}
	for (struct work_job *job = work->working; job; job = job->next) {
		if (job->exchange == exchange)
			job->abandoned = true;
	}
}

void work_dispatch(struct work *work)
{
	while (work->waiting && work->working_count < work->server->limits.jobs_per_connection) {
		struct exchange *exchange = work->waiting;

		work->waiting = exchange->next;
		exchange->next = NULL;
		if (!work->waiting)
			work->waiting_last = &work->waiting;
		submit(work, exchange);
	}
}

bool work_is_empty(const struct work *work)
{
	return !work->waiting && !work->working;
}
