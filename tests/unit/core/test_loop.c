/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <pthread.h>
#include <signal.h>

#include "core/clock.h"
#include "core/loop.h"

static struct loop *loop;
static struct err err;
static char trace[256];

static void setup_loop(void)
{
	trace[0] = '\0';
	ASSERT_OK(loop_new(&loop, &err), &err);
}

static void note(const char *word)
{
	ck_assert_uint_lt(strlen(trace) + strlen(word), sizeof(trace));
	strcat(trace, word);
}

static void run(void)
{
	ASSERT_OK(loop_run(loop, &err), &err);
	loop_free(loop);
}

/* Contexts are not const; these are only read. */
static void *word(const char *text)
{
	return (void *)(uintptr_t)text;
}

static void note_text(void *ctx)
{
	note(ctx);
}

static void stop(void *ctx)
{
	(void)ctx;
	loop_stop(loop);
}

START_TEST(timers_fire_in_order_of_time_then_of_adding)
{
	setup_loop();
	loop_timer_add(loop, 30, stop, NULL);
	loop_timer_add(loop, 20, note_text, word("d"));
	loop_timer_add(loop, 10, note_text, word("b"));
	loop_timer_add(loop, 10, note_text, word("c"));
	loop_timer_add(loop, -5, note_text, word("a"));
	run();
	ck_assert_str_eq(trace, "abcd");
}
END_TEST

static int count;

static void again(void *ctx)
{
	(void)ctx;
	count++;
	loop_timer_add(loop, 0, again, NULL);
}

START_TEST(a_timer_without_delay_does_not_starve_others)
{
	setup_loop();
	loop_timer_add(loop, 0, again, NULL);
	loop_timer_add(loop, 20, stop, NULL);
	run();
	ck_assert_int_gt(count, 1);
}
END_TEST

START_TEST(cancelled_timers_do_not_fire)
{
	struct loop_timer *timers[100];

	setup_loop();
	for (int i = 0; i < 100; i++)
		timers[i] = loop_timer_add(loop, (i * 37) % 10, note_text, word("x"));
	for (int i = 0; i < 100; i += 2)
		loop_timer_cancel(timers[i]);
	loop_timer_cancel(NULL);
	loop_timer_add(loop, 30, stop, NULL);
	run();
	ck_assert_uint_eq(strlen(trace), 50);
}
END_TEST

START_TEST(timers_of_any_number_keep_their_order)
{
	static char words[200][2];

	setup_loop();
	clock_fake(0, 0);
	for (int i = 0; i < 200; i++) {
		words[i][0] = (char)('0' + (i * 61) % 64);
		loop_timer_add(loop, (i * 61) % 64, note_text, words[i]);
	}
	loop_timer_add(loop, 64, stop, NULL);
	clock_fake(0, 1000000000);
	run();
	clock_real();
	ck_assert_uint_eq(strlen(trace), 200);
	for (int i = 1; i < 200; i++)
		ck_assert_int_le(trace[i - 1], trace[i]);
}
END_TEST

static int pipes[2][2];
static struct loop_fd *watches[2];

/* Whichever of the two comes first removes both; the other must not be called. */
static void remove_both(void *ctx, unsigned events)
{
	(void)ctx;
	ck_assert_uint_eq(events, LOOP_READ);
	note("r");
	for (int i = 0; i < 2; i++) {
		loop_fd_remove(watches[i]);
		loop_fd_remove(watches[i]);
		watches[i] = NULL;
	}
	loop_timer_add(loop, 10, stop, NULL);
}

START_TEST(a_watch_removed_in_a_callback_is_not_called_any_more)
{
	setup_loop();
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(pipe(pipes[i]), 0);
		ck_assert_int_eq(write(pipes[i][1], "x", 1), 1);
		ASSERT_OK(loop_fd_add(loop, pipes[i][0], LOOP_READ, remove_both, NULL, &watches[i],
				      &err),
			  &err);
	}
	run();
	ck_assert_str_eq(trace, "r");
	loop_fd_remove(NULL);
}
END_TEST

static void on_write(void *ctx, unsigned events)
{
	(void)ctx;
	if (events & LOOP_WRITE)
		note("w");
	if (events & LOOP_ERROR)
		note("e");
	if (events & LOOP_ERROR) {
		loop_stop(loop);
		return;
	}
	/* Nothing more is wanted: only the hang-up is still reported. */
	loop_fd_want(watches[0], 0);
	loop_timer_add(loop, 10, note_text, word("t"));
	close(pipes[0][0]);
}

START_TEST(what_is_wanted_can_change_and_errors_always_come)
{
	setup_loop();
	ck_assert_int_eq(pipe(pipes[0]), 0);
	ASSERT_OK(loop_fd_add(loop, pipes[0][1], 0, on_write, NULL, &watches[0], &err), &err);
	loop_fd_want(watches[0], LOOP_WRITE);
	run();
	ck_assert_str_eq(trace, "we");
}
END_TEST

START_TEST(a_descriptor_that_cannot_be_watched_is_an_error)
{
	struct loop_fd *watch = NULL;

	setup_loop();
	ck_assert_int_eq(loop_fd_add(loop, 999, LOOP_READ, on_write, NULL, &watch, &err), -1);
	ck_assert_ptr_null(watch);
	loop_free(loop);
}
END_TEST

static void post_more(void *ctx)
{
	note(ctx);
	loop_post(loop, note_text, word("3"));
	loop_post(loop, stop, NULL);
}

static void *poster(void *ctx)
{
	(void)ctx;
	for (int i = 0; i < 100; i++)
		loop_post(loop, note_text, word("p"));
	loop_post(loop, stop, NULL);
	return NULL;
}

START_TEST(posts_come_in_order_also_from_posts)
{
	setup_loop();
	loop_post(loop, note_text, word("1"));
	loop_post(loop, post_more, word("2"));
	run();
	ck_assert_str_eq(trace, "123");
}
END_TEST

START_TEST(posts_of_other_threads_arrive)
{
	pthread_t thread;

	setup_loop();
	ck_assert_int_eq(pthread_create(&thread, NULL, poster, NULL), 0);
	ASSERT_OK(loop_run(loop, &err), &err);
	pthread_join(thread, NULL);
	loop_post(loop, note_text, word("never"));
	loop_free(loop);
	ck_assert_uint_eq(strlen(trace), 100);
}
END_TEST

static void on_signal(void *ctx, int signo)
{
	note(ctx);
	if (signo == SIGTERM)
		loop_stop(loop);
}

START_TEST(signals_are_calls)
{
	setup_loop();
	ASSERT_OK(loop_signal_add(loop, SIGHUP, on_signal, word("h"), &err), &err);
	ASSERT_OK(loop_signal_add(loop, SIGTERM, on_signal, word("t"), &err), &err);
	ck_assert_int_eq(loop_signal_add(loop, 0, on_signal, word("x"), &err), -1);
	ck_assert_int_eq(loop_signal_add(loop, 65, on_signal, word("x"), &err), -1);
	ck_assert_int_eq(kill(getpid(), SIGHUP), 0);
	ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
	run();
	ck_assert_str_eq(trace, "ht");
}
END_TEST

START_TEST(a_stop_before_the_run_counts_once)
{
	setup_loop();
	loop_stop(loop);
	ASSERT_OK(loop_run(loop, &err), &err);
	loop_timer_add(loop, 5, stop, NULL);
	run();
	loop_free(NULL);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		timers_fire_in_order_of_time_then_of_adding,
		a_timer_without_delay_does_not_starve_others,
		cancelled_timers_do_not_fire,
		timers_of_any_number_keep_their_order,
		a_watch_removed_in_a_callback_is_not_called_any_more,
		what_is_wanted_can_change_and_errors_always_come,
		a_descriptor_that_cannot_be_watched_is_an_error,
		posts_come_in_order_also_from_posts,
		posts_of_other_threads_arrive,
		signals_are_calls,
		a_stop_before_the_run_counts_once,
	};

	return suite_run("core/loop", tests, ARRAY_LEN(tests));
}
