/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A forwarder and a router at a real socket, which listens when the test says.
 */
#include "tests/support/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "core/buf.h"
#include "core/clock.h"
#include "microvm/agent/boot.h"
#include "microvm/agent/forwarder.h"

#define BUFFER (64 * 1024)

static struct loop *loop;
static struct forwarder *forwarder;
static struct wire_route route = {.tag = "t", .container_id = "i", .buffer_bytes = BUFFER};
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static unsigned idle;

_Noreturn void boot_give_up(const char *why)
{
	ck_abort_msg("gave up: %s", why);
	abort();
}

static void on_idle(void *ctx)
{
	(void)ctx;
	idle++;
}

static void begin(void)
{
	static char folder[64];
	struct forwarder_options options = {.socket = address.sun_path,
					    .route = &route,
					    .container_name = "n",
					    .on_idle = on_idle};
	struct err err = ERR_INIT;

	ASSERT_OK(loop_new(&loop, &err), &err);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/fluent.sock",
		       suite_folder(folder, sizeof(folder)));
	options.loop = loop;
	forwarder = forwarder_new(&options);
}

static void stop_loop(void *ctx)
{
	loop_stop(ctx);
}

static void turn(int64_t ms)
{
	struct err err = ERR_INIT;

	(void)loop_timer_add(loop, ms, stop_loop, loop);
	ASSERT_OK(loop_run(loop, &err), &err);
}

static int listen_there(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	(void)unlink(address.sun_path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 4), 0);
	return fd;
}

/* The connection that comes within a second. */
static int take_connection(int listener)
{
	for (int i = 0; i < 100; i++) {
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0)
			return fd;
		turn(10);
	}
	ck_abort_msg("nobody connects");
	return -1;
}

static void say(const char *text)
{
	struct wire_output piece = {
		.stream = 1, .wall_ms = 1000, .bytes = (const uint8_t *)text, .len = strlen(text)};

	forwarder_take(forwarder, &piece);
}

/* Read all that comes, until nothing does. */
static void hear(int fd, struct buf *heard)
{
	struct err err = ERR_INIT;

	for (int quiet = 0; quiet < 10;) {
		uint8_t bytes[65536];
		ssize_t got = read(fd, bytes, sizeof(bytes));

		if (got > 0) {
			ASSERT_OK(buf_append(heard, bytes, (size_t)got, &err), &err);
			quiet = 0;
		} else {
			quiet++;
		}
		turn(5);
	}
}

static size_t count(const struct buf *heard, const char *text)
{
	const uint8_t *at = heard->data;
	size_t found = 0;

	while ((at = memmem(at, heard->len - (size_t)(at - heard->data), text, strlen(text)))) {
		found++;
		at++;
	}
	return found;
}

START_TEST(what_is_said_before_the_router_listens_is_kept)
{
	AUTO(fd_closep) int listener = -1;
	AUTO(fd_closep) int peer = -1;
	AUTO(buf_done) struct buf heard;

	buf_init(&heard, 1 << 20);
	begin();
	say("one\ntwo\n");
	turn(300);
	listener = listen_there();
	peer = take_connection(listener);
	say("three\n");
	hear(peer, &heard);
	ck_assert_uint_eq(count(&heard, "\x93\xa1t\xd7"), 3);
	ck_assert_uint_eq(count(&heard, "three"), 1);
	ck_assert_uint_eq(idle, 0);
	forwarder_finish(forwarder);
	ck_assert_uint_eq(idle, 0); /* from the loop */
	turn(5);
	ck_assert_uint_eq(idle, 1);
	ck_assert(forwarder_is_idle(forwarder));
}
END_TEST

START_TEST(a_router_that_comes_back_hears_the_rest_in_whole_messages)
{
	AUTO(fd_closep) int listener = -1;
	AUTO(fd_closep) int peer = -1;
	AUTO(fd_closep) int again = -1;
	AUTO(buf_done) struct buf heard;

	buf_init(&heard, 1 << 20);
	begin();
	listener = listen_there();
	say("one\n");
	peer = take_connection(listener);
	fd_closep(&peer);
	say("two\n");
	again = take_connection(listener);
	hear(again, &heard);
	ck_assert_int_eq(memcmp(heard.data, "\x93\xa1t\xd7", 4), 0);
	ck_assert_uint_eq(count(&heard, "two"), 1);
}
END_TEST

START_TEST(what_finds_no_room_is_dropped_and_told_of_once)
{
	AUTO(fd_closep) int listener = -1;
	AUTO(fd_closep) int peer = -1;
	AUTO(buf_done) struct buf heard;

	buf_init(&heard, 1 << 20);
	begin();
	for (int i = 0; i < 5000; i++)
		say("a line that takes some of the room\n");
	listener = listen_there();
	peer = take_connection(listener);
	hear(peer, &heard);
	ck_assert_uint_le(heard.len, BUFFER);
	ck_assert_uint_gt(heard.len, BUFFER - 4096);
	say("last\n");
	hear(peer, &heard);
	ck_assert_uint_eq(count(&heard, "bytes of output were dropped here"), 1);
	ck_assert_uint_eq(count(&heard, "last"), 1);
	ck_assert_uint_eq(count(&heard, "a line that") * 35 +
				  strtoul(strstr((const char *)memmem(heard.data, heard.len,
								      "[slipway] ", 10),
						 " ") +
						  1,
					  NULL, 10),
			  5000u * 35);
}
END_TEST

static void say_error(const char *text, unsigned flags)
{
	struct wire_output piece = {.stream = 2,
				    .flags = flags,
				    .wall_ms = 1000,
				    .bytes = (const uint8_t *)text,
				    .len = strlen(text)};

	forwarder_take(forwarder, &piece);
}

START_TEST(what_was_dropped_is_told_between_the_parts_of_a_line)
{
	AUTO(fd_closep) int listener = -1;
	AUTO(fd_closep) int peer = -1;
	AUTO(buf_done) struct buf heard;
	const uint8_t *notice, *rest, *end;

	buf_init(&heard, 1 << 20);
	begin();
	say_error("begin", WIRE_OUTPUT_PARTIAL);
	for (int i = 0; i < 5000; i++)
		say("a line that takes some of the room\n");
	listener = listen_there();
	peer = take_connection(listener);
	hear(peer, &heard);
	say_error("rest", 0);
	hear(peer, &heard);
	end = heard.data + heard.len;
	notice = memmem(heard.data, heard.len, "[slipway] ", 10);
	rest = memmem(heard.data, heard.len, "rest", 4);
	ck_assert_ptr_nonnull(notice);
	ck_assert(rest > notice);
	ck_assert_ptr_null(memmem(notice, (size_t)(rest - notice), "partial", 7));
	ck_assert_ptr_nonnull(memmem(rest, (size_t)(end - rest),
				     "partial_ordinal\xa1"
				     "2",
				     17));
}
END_TEST

START_TEST(without_a_router_the_end_comes_all_the_same)
{
	int64_t before;

	begin();
	say("nobody hears this\n");
	before = clock_boot_ns();
	forwarder_finish(forwarder);
	for (int i = 0; i < 1000 && idle == 0; i++)
		turn(20);
	ck_assert_uint_eq(idle, 1);
	ck_assert_int_ge(clock_ms_since(before), FORWARDER_GRACE_MS - 100);
}
END_TEST

START_TEST(a_silent_container_ends_at_once_and_another_run_begins)
{
	AUTO(fd_closep) int listener = -1;
	AUTO(fd_closep) int peer = -1;
	AUTO(buf_done) struct buf heard;

	buf_init(&heard, 1 << 20);
	begin();
	forwarder_finish(forwarder);
	turn(5);
	ck_assert_uint_eq(idle, 1);
	forwarder_renew(forwarder);
	listener = listen_there();
	say("again\n");
	peer = take_connection(listener);
	hear(peer, &heard);
	ck_assert_uint_eq(count(&heard, "again"), 1);
	forwarder_finish(forwarder);
	turn(5);
	ck_assert_uint_eq(idle, 2);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_is_said_before_the_router_listens_is_kept,
		a_router_that_comes_back_hears_the_rest_in_whole_messages,
		what_finds_no_room_is_dropped_and_told_of_once,
		what_was_dropped_is_told_between_the_parts_of_a_line,
		without_a_router_the_end_comes_all_the_same,
		a_silent_container_ends_at_once_and_another_run_begins,
	};

	return suite_run("forwarder", tests, ARRAY_LEN(tests));
}
