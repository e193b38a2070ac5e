/* SPDX-License-Identifier: Apache-2.0 */
/* Turns of threads and of programs, one that is killed included. */
#include "tests/unit/store/place.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "core/clock.h"
#include "store/write_turn.h"

#define LONG_MS 30000
#define TURNS	5

struct world {
	struct place place;
	struct write_turn *turn;
	atomic_int ended, order[TURNS];
};

static void world_init(struct world *world)
{
	memset(world, 0, sizeof(*world));
	place_init(&world->place, "turn");
	suite_write(world->place.path, "");
	ASSERT_OK(write_turn_open(world->place.path, &world->turn, &world->place.err),
		  &world->place.err);
}

static void world_done(struct world *world)
{
	write_turn_close(world->turn);
	place_done(&world->place);
}

static void take(struct write_turn *turn)
{
	struct err err = ERR_INIT;

	ASSERT_OK(write_turn_take(turn, LONG_MS, &err), &err);
}

struct taker {
	struct world *world;
	int number;
	pthread_t thread;
};

static void *take_once(void *ctx)
{
	const struct taker *taker = ctx;
	struct world *world = taker->world;

	take(world->turn);
	write_turn_pass(world->turn);
	atomic_store(&world->order[atomic_fetch_add(&world->ended, 1)], taker->number);
	write_turn_end(world->turn);
	return NULL;
}

START_TEST(threads_have_their_turns_in_the_order_in_which_they_came)
{
	AUTO(world_done) struct world world;
	struct taker takers[TURNS];

	world_init(&world);
	take(world.turn);
	for (int i = 0; i < TURNS; i++) {
		takers[i] = (struct taker){.world = &world, .number = i};
		ck_assert_int_eq(pthread_create(&takers[i].thread, NULL, take_once, &takers[i]), 0);
		clock_pause_ms(50); /* it stands in line by then */
	}
	ck_assert_int_eq(atomic_load(&world.ended), 0);
	write_turn_end(world.turn);
	for (int i = 0; i < TURNS; i++)
		ck_assert_int_eq(pthread_join(takers[i].thread, NULL), 0);
	for (int i = 0; i < TURNS; i++)
		ck_assert_int_eq(atomic_load(&world.order[i]), i);
}
END_TEST

/* Again and again without a pause, until the other has had its turn. */
static void *take_always(void *ctx)
{
	struct world *world = ctx;
	int64_t until_ms = clock_boot_ms() + LONG_MS;

	while (atomic_load(&world->ended) == 0 && clock_boot_ms() < until_ms) {
		take(world->turn);
		write_turn_pass(world->turn);
		write_turn_end(world->turn);
	}
	return NULL;
}

START_TEST(who_takes_turns_without_a_pause_does_not_keep_others_out)
{
	AUTO(world_done) struct world world;
	struct taker taker = {.world = &world};
	int64_t begun_ms = clock_boot_ms();
	pthread_t always;

	world_init(&world);
	ck_assert_int_eq(pthread_create(&always, NULL, take_always, &world), 0);
	take_once(&taker);
	ck_assert_int_eq(pthread_join(always, NULL), 0);
	ck_assert_int_lt(clock_boot_ms() - begun_ms, LONG_MS);
}
END_TEST

START_TEST(a_turn_that_does_not_come_is_an_error_and_leaves_the_line)
{
	AUTO(world_done) struct world world;
	struct taker taker = {.world = &world};
	struct err err = ERR_INIT;

	world_init(&world);
	take(world.turn);
	ASSERT_FAILS(write_turn_take(world.turn, 10, &err), ERR_UNAVAILABLE, &err);
	write_turn_end(world.turn);
	take_once(&taker);
	ck_assert_int_eq(atomic_load(&world.ended), 1);
}
END_TEST

/* Another program that holds the turnstile until it is killed. */
static pid_t hold_in_another(const char *path)
{
	int ready[2];
	pid_t child;
	char byte;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
		int fd = open(path, O_RDWR | O_CLOEXEC);

		if (fd < 0 || fcntl(fd, F_OFD_SETLK, &lock) < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return child;
}

START_TEST(a_program_that_is_killed_in_the_turnstile_leaves_it_free)
{
	AUTO(world_done) struct world world;
	struct err err = ERR_INIT;
	pid_t other;

	world_init(&world);
	other = hold_in_another(world.place.path);
	ASSERT_FAILS(write_turn_take(world.turn, 20, &err), ERR_UNAVAILABLE, &err);
	ck_assert_int_eq(kill(other, SIGKILL), 0);
	ck_assert_int_eq(waitpid(other, NULL, 0), other);
	take(world.turn);
	write_turn_end(world.turn);
}
END_TEST

START_TEST(openings_of_one_path_share_the_line)
{
	AUTO(world_done) struct world world;
	struct write_turn *again;
	struct err err = ERR_INIT;

	world_init(&world);
	ASSERT_OK(write_turn_open(world.place.path, &again, &err), &err);
	ck_assert_ptr_eq(again, world.turn);
	write_turn_close(again);
	ASSERT_FAILS(write_turn_open("/no/such/turn", &again, &err), ERR_NOT_FOUND, &err);
	write_turn_close(NULL);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		threads_have_their_turns_in_the_order_in_which_they_came,
		who_takes_turns_without_a_pause_does_not_keep_others_out,
		a_turn_that_does_not_come_is_an_error_and_leaves_the_line,
		a_program_that_is_killed_in_the_turnstile_leaves_it_free,
		openings_of_one_path_share_the_line,
	};

	return suite_run("store/write_turn", tests, ARRAY_LEN(tests));
}
