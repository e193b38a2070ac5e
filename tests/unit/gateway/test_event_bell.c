/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who rings the gateway's bell wakes whoever waits at the hub.
 */
#include "tests/support/suite.h"

#include "core/clock.h"
#include "core/file.h"
#include "gateway/event_bell.h"
#include "store/doorbell.h"

#define PATIENCE_MS 30000

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

START_TEST(a_ring_ends_the_wait_at_the_hub)
{
	AUTO(event_hub_freep) struct event_hub *hub = event_hub_new();
	AUTO(loop_freep) struct loop *loop = NULL;
	AUTO(freep) char *path = NULL;
	struct err err = ERR_INIT;
	struct doorbell *doorbell;
	struct event_bell *bell;
	int64_t start_ms;
	char folder[64];

	path = xasprintf("%s/event-bell", suite_folder(folder, sizeof(folder)));
	ASSERT_OK(loop_new(&loop, &err), &err);
	ASSERT_OK(doorbell_open(path, &doorbell, &err), &err);
	doorbell_ring(doorbell); /* nobody is there: nothing happens */
	ASSERT_OK(event_bell_open(loop, path, hub, &bell, &err), &err);
	for (int i = 0; i < 3; i++)
		doorbell_ring(doorbell);
	turn(loop);
	start_ms = clock_boot_ms();
	ck_assert(event_hub_wait(hub, PATIENCE_MS));
	ck_assert_int_lt(clock_boot_ms() - start_ms, PATIENCE_MS / 2);
	/* Three rings were one. */
	start_ms = clock_boot_ms();
	ck_assert(event_hub_wait(hub, 30));
	ck_assert_int_ge(clock_boot_ms() - start_ms, 29);
	event_bell_free(bell);
	doorbell_free(doorbell);
	ASSERT_OK(file_remove_tree(folder, &err), &err);
}
END_TEST

START_TEST(a_path_that_is_too_long_is_named)
{
	AUTO(event_hub_freep) struct event_hub *hub = event_hub_new();
	AUTO(loop_freep) struct loop *loop = NULL;
	struct err err = ERR_INIT;
	struct event_bell *bell;
	char path[200] = "/tmp/";

	memset(path + 5, 'x', sizeof(path) - 6);
	ASSERT_OK(loop_new(&loop, &err), &err);
	ck_assert_int_eq(event_bell_open(loop, path, hub, &bell, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "the path of the bell of events is too long: /tmp"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_ring_ends_the_wait_at_the_hub,
		a_path_that_is_too_long_is_named,
	};

	return suite_run("gateway/event_bell", tests, ARRAY_LEN(tests));
}
