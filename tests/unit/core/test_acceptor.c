/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "core/acceptor.h"

static struct loop *loop;
static struct acceptor *acceptor;
static struct err err;
static int listen_fd, taken;
static struct sockaddr_un address;
static socklen_t address_len;

static void on_taken(void *ctx, int fd)
{
	ck_assert_ptr_null(ctx);
	close(fd);
	taken++;
	loop_stop(loop);
}

static void stop(void *ctx)
{
	(void)ctx;
	loop_stop(loop);
}

static void set_up(void)
{
	address = (struct sockaddr_un){.sun_family = AF_UNIX};
	address_len = sizeof(sa_family_t);
	taken = 0;
	listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* The kernel finds a name. */
	ck_assert_int_eq(bind(listen_fd, (struct sockaddr *)&address, address_len), 0);
	address_len = sizeof(address);
	ck_assert_int_eq(getsockname(listen_fd, (struct sockaddr *)&address, &address_len), 0);
	ck_assert_int_eq(listen(listen_fd, 8), 0);
	ASSERT_OK(loop_new(&loop, &err), &err);
	ASSERT_OK(acceptor_new(loop, listen_fd, on_taken, NULL, &acceptor, &err), &err);
}

static void tear_down(void)
{
	acceptor_free(acceptor);
	loop_free(loop);
}

static int come(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, address_len), 0);
	return fd;
}

static void run_for(int64_t ms)
{
	struct loop_timer *timer = loop_timer_add(loop, ms, stop, NULL);
	int before = taken;

	ASSERT_OK(loop_run(loop, &err), &err);
	if (taken != before)
		loop_timer_cancel(timer);
}

START_TEST(who_comes_is_taken_and_waits_while_it_is_paused)
{
	AUTO(fd_closep) int client = -1;

	set_up();
	acceptor_pause(acceptor, true);
	client = come();
	run_for(50);
	ck_assert_int_eq(taken, 0);
	acceptor_pause(acceptor, false);
	run_for(5000);
	ck_assert_int_eq(taken, 1);
	tear_down();
}
END_TEST

START_TEST(without_descriptors_it_rests_and_tries_again)
{
	AUTO(fd_closep) int client = -1;
	struct rlimit limit, none;
	clock_t begun;

	set_up();
	client = come();
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){.rlim_cur = 3, .rlim_max = limit.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	begun = clock();
	run_for(500);
	ck_assert_int_eq(taken, 0);
	/* Each turn would find somebody waiting: it spins, or rests. */
	ck_assert_int_lt(clock() - begun, CLOCKS_PER_SEC / 4);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	run_for(5000);
	ck_assert_int_eq(taken, 1);
	tear_down();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		who_comes_is_taken_and_waits_while_it_is_paused,
		without_descriptors_it_rests_and_tries_again,
	};

	return suite_run("core/acceptor", tests, ARRAY_LEN(tests));
}
