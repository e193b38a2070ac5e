/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <pthread.h>
#include <semaphore.h>

#include "core/jobs.h"

struct task {
	unsigned worker;
	bool worked, done;
	sem_t *gate; /* the work waits for it; NULL: it does not */
};

static struct loop *loop;
static struct jobs *jobs;
static struct err err;
static size_t done_count, done_wanted;
static pthread_t loop_thread;

static void work(void *ctx, unsigned worker)
{
	struct task *task = ctx;

	ck_assert(!pthread_equal(pthread_self(), loop_thread));
	if (task->gate)
		sem_wait(task->gate);
	task->worker = worker;
	task->worked = true;
}

static void done(void *ctx)
{
	struct task *task = ctx;

	ck_assert(pthread_equal(pthread_self(), loop_thread));
	task->done = true;
	if (++done_count == done_wanted)
		loop_stop(loop);
}

static void setup_jobs(unsigned threads, size_t queue_max)
{
	loop_thread = pthread_self();
	ASSERT_OK(loop_new(&loop, &err), &err);
	ASSERT_OK(jobs_new(loop, threads, queue_max, &jobs, &err), &err);
}

START_TEST(every_job_is_worked_on_a_thread_and_done_on_the_loop)
{
	struct task tasks[200] = {0};

	setup_jobs(4, ARRAY_LEN(tasks));
	done_wanted = ARRAY_LEN(tasks);
	for (size_t i = 0; i < ARRAY_LEN(tasks); i++)
		ASSERT_OK(jobs_submit(jobs, work, done, &tasks[i], &err), &err);
	ASSERT_OK(loop_run(loop, &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(tasks); i++) {
		ck_assert(tasks[i].worked && tasks[i].done);
		ck_assert_uint_lt(tasks[i].worker, 4);
	}
	jobs_free(jobs);
	loop_free(loop);
}
END_TEST

static size_t batches, largest;
static sem_t batch_gate;

/* The first batch waits until all jobs are submitted: the rest must come together. */
static void batch(void *ctx, void *const *list, size_t count)
{
	ck_assert_ptr_eq(ctx, &batches);
	if (batches++ == 0)
		sem_wait(&batch_gate);
	largest = count > largest ? count : largest;
	for (size_t i = 0; i < count; i++) {
		struct task *task = list[i];

		ck_assert(!task->worked);
		ck_assert(i == 0 || task == (struct task *)list[i - 1] + 1);
		task->worked = true;
	}
}

START_TEST(a_batch_takes_what_waits_in_its_order_and_no_more_than_allowed)
{
	struct task tasks[25] = {0};

	batches = largest = 0;
	loop_thread = pthread_self();
	ck_assert_int_eq(sem_init(&batch_gate, 0, 0), 0);
	ASSERT_OK(loop_new(&loop, &err), &err);
	ASSERT_OK(jobs_new_batched(loop, ARRAY_LEN(tasks), 8, batch, &batches, &jobs, &err), &err);
	done_count = 0;
	done_wanted = ARRAY_LEN(tasks);
	for (size_t i = 0; i < ARRAY_LEN(tasks); i++)
		ASSERT_OK(jobs_submit(jobs, NULL, done, &tasks[i], &err), &err);
	sem_post(&batch_gate);
	ASSERT_OK(loop_run(loop, &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(tasks); i++)
		ck_assert(tasks[i].worked && tasks[i].done);
	ck_assert_uint_eq(largest, 8);
	ck_assert_uint_le(batches, 5);
	jobs_free(jobs);
	loop_free(loop);
	sem_destroy(&batch_gate);
}
END_TEST

START_TEST(a_full_queue_refuses)
{
	struct task tasks[4] = {0};
	sem_t gate;
	int refused = 0;

	ck_assert_int_eq(sem_init(&gate, 0, 0), 0);
	setup_jobs(1, 2);
	/* One may be taken by the thread at once, two wait. */
	for (size_t i = 0; i < ARRAY_LEN(tasks); i++) {
		tasks[i].gate = &gate;
		if (jobs_submit(jobs, work, done, &tasks[i], &err) < 0) {
			ck_assert_int_eq(err.code, ERR_LIMIT);
			refused++;
		}
	}
	ck_assert_int_ge(refused, 1);
	ck_assert_int_le(refused, 2);
	for (size_t i = 0; i < ARRAY_LEN(tasks); i++)
		sem_post(&gate);
	done_wanted = ARRAY_LEN(tasks) - (size_t)refused;
	ASSERT_OK(loop_run(loop, &err), &err);
	jobs_free(jobs);
	loop_free(loop);
}
END_TEST

static void done_that_submits(void *ctx)
{
	struct task *task = ctx;

	task->done = true;
	ck_assert_int_eq(jobs_submit(jobs, work, done, ctx, &err), -1);
	ck_assert_int_eq(err.code, ERR_UNAVAILABLE);
}

static void *open_gate(void *ctx)
{
	ck_assert_int_eq(usleep(20000), 0);
	sem_post(ctx);
	return NULL;
}

START_TEST(freeing_waits_for_the_running_and_ends_the_waiting)
{
	struct task running = {0};
	struct task waiting = {0};
	pthread_t thread;
	sem_t gate;

	ck_assert_int_eq(sem_init(&gate, 0, 0), 0);
	running.gate = &gate;
	setup_jobs(1, 8);
	ASSERT_OK(jobs_submit(jobs, work, done_that_submits, &running, &err), &err);
	ck_assert_int_eq(usleep(20000), 0); /* the thread has taken it */
	ASSERT_OK(jobs_submit(jobs, work, done_that_submits, &waiting, &err), &err);
	ck_assert_int_eq(pthread_create(&thread, NULL, open_gate, &gate), 0);
	jobs_free(jobs);
	pthread_join(thread, NULL);
	ck_assert(running.worked && running.done);
	ck_assert(!waiting.worked && waiting.done);
	jobs_free(NULL);
	loop_free(loop);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		every_job_is_worked_on_a_thread_and_done_on_the_loop,
		a_batch_takes_what_waits_in_its_order_and_no_more_than_allowed,
		a_full_queue_refuses,
		freeing_waits_for_the_running_and_ends_the_waiting,
	};

	return suite_run("core/jobs", tests, ARRAY_LEN(tests));
}
