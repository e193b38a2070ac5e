/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests whose answers wait for a shared write: they leave after it, the handler is asked
 * again when it must be, and neither a full queue nor an end loses one.
 */
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "gateway/work.h"
#include "tests/support/suite.h"

#define ANSWERS_MAX 16

struct scene {
	struct server server;
	struct work work;
	atomic_int handled, groups, written, largest_group;
	atomic_int hold; /* the writer waits while it is set */
	int refuse;	 /* so often `written` says: again */
	int thrown_away; /* requests that ended with nobody to answer */
	int statuses[ANSWERS_MAX];
	size_t answers;
};

static void *handle(void *ctx, unsigned worker, const struct request *request,
		    struct response *response)
{
	struct scene *scene = ctx;

	(void)worker;
	(void)request;
	response->status = 200;
	atomic_fetch_add(&scene->handled, 1);
	return response; /* what is left to be written */
}

static void write_group(void *ctx, void *const *left, size_t count)
{
	struct scene *scene = ctx;

	while (atomic_load(&scene->hold))
		usleep(1000);
	for (size_t i = 0; i < count; i++)
		ck_assert_ptr_nonnull(left[i]);
	if ((int)count > atomic_load(&scene->largest_group))
		atomic_store(&scene->largest_group, (int)count);
	atomic_fetch_add(&scene->groups, 1);
	atomic_fetch_add(&scene->written, (int)count);
}

static bool written(void *ctx, void *left)
{
	struct scene *scene = ctx;

	ck_assert_ptr_nonnull(left);
	if (scene->refuse == 0)
		return true;
	scene->refuse--;
	return false;
}

static void answer(void *ctx, struct exchange *exchange)
{
	struct scene *scene = ctx;

	if (!exchange) {
		scene->thrown_away++;
		return;
	}
	ck_assert_uint_lt(scene->answers, ANSWERS_MAX);
	scene->statuses[scene->answers++] = exchange->response.status;
	exchange_free(exchange);
}

static void scene_init(struct scene *scene, size_t write_queue)
{
	struct err err = ERR_INIT;

	log_open("test", LOG_LEVEL_ERROR);
	memset(scene, 0, sizeof(*scene));
	scene->server.limits.jobs_per_connection = 16;
	scene->server.budget.max = 1 << 20;
	scene->server.handle = handle;
	scene->server.write = write_group;
	scene->server.written = written;
	scene->server.handle_ctx = scene;
	ASSERT_OK(loop_new(&scene->server.loop, &err), &err);
	ASSERT_OK(jobs_new(scene->server.loop, 2, 64, &scene->server.jobs, &err), &err);
	ASSERT_OK(jobs_new_batched(scene->server.loop, write_queue, WORK_WRITES_MAX, work_write,
				   &scene->server, &scene->server.writes, &err),
		  &err);
	work_init(&scene->work, &scene->server, answer, scene);
}

/* As the gateway ends: no more requests first, then no more writes. */
static void scene_done(struct scene *scene)
{
	atomic_store(&scene->hold, 0);
	work_done(&scene->work);
	jobs_free(STEAL(scene->server.jobs, NULL));
	jobs_free(STEAL(scene->server.writes, NULL));
	loop_free(scene->server.loop);
	ck_assert_uint_eq(scene->server.in_work, 0);
	ck_assert_uint_eq(scene->server.budget.used, 0);
}

static struct exchange *add(struct scene *scene)
{
	struct exchange *exchange = exchange_new(&scene->server.budget, 2, "192.0.2.1:4000");

	exchange_complete(exchange);
	work_add(&scene->work, exchange);
	work_dispatch(&scene->work);
	return exchange;
}

static void stop(void *ctx)
{
	loop_stop(ctx);
}

static void turn(struct scene *scene)
{
	struct err err = ERR_INIT;

	(void)loop_timer_add(scene->server.loop, 1, stop, scene->server.loop);
	ASSERT_OK(loop_run(scene->server.loop, &err), &err);
}

static void turn_until_answered(struct scene *scene, size_t count)
{
	for (int i = 0; i < 3000 && scene->answers < count; i++)
		turn(scene);
	ck_assert_uint_eq(scene->answers, count);
}

static void turn_until_handled(struct scene *scene, int count)
{
	for (int i = 0; i < 3000 && atomic_load(&scene->handled) < count; i++)
		turn(scene);
	/* On its way from the worker to the queue of the writes. */
	for (int i = 0; i < 20; i++)
		turn(scene);
}

START_TEST(answers_leave_after_the_write_that_they_share)
{
	struct scene scene;

	scene_init(&scene, 64);
	atomic_store(&scene.hold, 1);
	for (int i = 0; i < 10; i++)
		(void)add(&scene);
	turn_until_handled(&scene, 10);
	ck_assert_uint_eq(scene.answers, 0);
	atomic_store(&scene.hold, 0);
	turn_until_answered(&scene, 10);
	ck_assert_int_eq(atomic_load(&scene.written), 10);
	ck_assert_int_gt(atomic_load(&scene.largest_group), 1);
	ck_assert_int_lt(atomic_load(&scene.groups), 10);
	ck_assert(work_is_empty(&scene.work));
	scene_done(&scene);
}
END_TEST

/* How often the store has changed meanwhile, and what becomes of the request. */
static const struct {
	int refuse, status, handled_max;
} outdated[] = {
	{0, 200, 1}, {2, 200, 3}, {1000, 400, 9}, /* it is told to wait */
};

START_TEST(what_is_outdated_is_handled_again_but_not_for_ever)
{
	for (size_t i = 0; i < ARRAY_LEN(outdated); i++) {
		struct scene scene;

		scene_init(&scene, 64);
		scene.refuse = outdated[i].refuse;
		(void)add(&scene);
		turn_until_answered(&scene, 1);
		ck_assert_int_eq(scene.statuses[0], outdated[i].status);
		ck_assert_int_le(atomic_load(&scene.handled), outdated[i].handled_max);
		scene_done(&scene);
	}
}
END_TEST

START_TEST(a_full_queue_of_writes_answers_at_once)
{
	struct scene scene;

	scene_init(&scene, 2);
	atomic_store(&scene.hold, 1);
	(void)add(&scene);
	turn_until_handled(&scene, 1); /* the writer has it */
	for (int i = 0; i < 4; i++)
		(void)add(&scene);
	turn_until_handled(&scene, 5);
	/* Two wait; `written` was asked about the other two, which nobody wrote. */
	ck_assert_uint_eq(scene.answers, 2);
	atomic_store(&scene.hold, 0);
	turn_until_answered(&scene, 5);
	ck_assert_int_eq(atomic_load(&scene.written), 3);
	scene_done(&scene);
}
END_TEST

START_TEST(who_went_away_gets_no_answer_and_is_written)
{
	struct scene scene;

	scene_init(&scene, 64);
	atomic_store(&scene.hold, 1);
	work_abandon(&scene.work, add(&scene));
	(void)add(&scene);
	turn_until_handled(&scene, 2);
	atomic_store(&scene.hold, 0);
	turn_until_answered(&scene, 1);
	for (int i = 0; i < 3000 && scene.thrown_away == 0; i++)
		turn(&scene);
	ck_assert_int_eq(scene.thrown_away, 1);
	ck_assert_int_eq(atomic_load(&scene.written), 2);
	scene_done(&scene);
}
END_TEST

START_TEST(an_end_frees_what_waits)
{
	struct scene scene;

	scene_init(&scene, 64);
	atomic_store(&scene.hold, 1);
	for (int i = 0; i < 5; i++)
		(void)add(&scene);
	turn_until_handled(&scene, 5);
	scene_done(&scene); /* asserts that nothing is left; ASan, that nothing leaks */
	ck_assert_uint_eq(scene.answers, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		answers_leave_after_the_write_that_they_share,
		what_is_outdated_is_handled_again_but_not_for_ever,
		a_full_queue_of_writes_answers_at_once,
		who_went_away_gets_no_answer_and_is_written,
		an_end_frees_what_waits,
	};

	return suite_run("gateway/work", tests, ARRAY_LEN(tests));
}
