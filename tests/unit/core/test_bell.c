/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is rung is told, once for many rings, and may come and go.
 */
#include "tests/support/suite.h"

#include "core/bell.h"
#include "core/file.h"
#include "store/doorbell.h"

static const char name[] = "the bell of the test";

static void stop(void *ctx)
{
	loop_stop(ctx);
}

static void turn(struct loop *loop)
{
	struct err err = ERR_INIT;

	(void)loop_timer_add(loop, 20, stop, loop);
	ASSERT_OK(loop_run(loop, &err), &err);
}

static void count(void *ctx)
{
	++*(int *)ctx;
}

START_TEST(many_rings_are_one_and_another_life_is_rung_as_well)
{
	AUTO(loop_freep) struct loop *loop = NULL;
	AUTO(freep) char *path = NULL;
	struct err err = ERR_INIT;
	struct doorbell *doorbell;
	struct bell *bell;
	char folder[64];
	int rung = 0;

	path = xasprintf("%s/bell", suite_folder(folder, sizeof(folder)));
	ASSERT_OK(loop_new(&loop, &err), &err);
	ASSERT_OK(doorbell_open(path, &doorbell, &err), &err);
	doorbell_ring(doorbell); /* nobody is there: nothing happens */
	for (int life = 1; life <= 2; life++) {
		ASSERT_OK(bell_open(loop, &(struct bell_place){path, name}, count, &rung, &bell,
				    &err),
			  &err);
		for (int i = 0; i < 3; i++)
			doorbell_ring(doorbell);
		turn(loop);
		ck_assert_int_eq(rung, life);
		turn(loop);
		ck_assert_int_eq(rung, life);
		bell_free(bell);
	}
	doorbell_free(doorbell);
	ASSERT_OK(file_remove_tree(folder, &err), &err);
}
END_TEST

START_TEST(a_path_that_is_too_long_is_named)
{
	AUTO(loop_freep) struct loop *loop = NULL;
	struct err err = ERR_INIT;
	struct bell *bell;
	char path[200] = "/tmp/";

	memset(path + 5, 'x', sizeof(path) - 6);
	ASSERT_OK(loop_new(&loop, &err), &err);
	ck_assert_int_eq(
		bell_open(loop, &(struct bell_place){path, name}, count, NULL, &bell, &err), -1);
	ck_assert_ptr_nonnull(
		strstr(err.text, "the path of the bell of the test is too long: /tmp"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		many_rings_are_one_and_another_life_is_rung_as_well,
		a_path_that_is_too_long_is_named,
	};

	return suite_run("core/bell", tests, ARRAY_LEN(tests));
}
