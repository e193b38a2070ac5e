/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams between real pipes and a session that keeps what it is given and has
 * as much room as the test says.
 */
#include "tests/support/suite.h"

#include <fcntl.h>
#include <signal.h>

#include "core/clock.h"
#include "microvm/agent/boot.h"
#include "microvm/agent/stream.h"

#define OUTPUT_MAX (4u * 1024 * 1024)

struct session {
	struct buf out;
	size_t room;
	unsigned refused;
	unsigned last_flags;
};

static struct session session;
static struct loop *loop;
static struct stream *stream;
static int writer;
static unsigned drained;

bool session_has_room(struct session *of, size_t len)
{
	if (len <= of->room)
		return true;
	of->refused++;
	return false;
}

void session_output(struct session *to, const struct wire_output *output)
{
	struct err err = ERR_INIT;

	ck_assert_uint_eq(output->container, 3);
	ck_assert_uint_eq(output->stream, 2);
	ASSERT_OK(buf_append(&to->out, output->bytes, output->len, &err), &err);
	to->room -= output->len;
	to->last_flags = output->flags;
}

_Noreturn void boot_give_up(const char *why)
{
	ck_abort_msg("gave up: %s", why);
	abort();
}

static void on_drained(void *ctx)
{
	(void)ctx;
	drained++;
}

static void stop_loop(void *ctx)
{
	loop_stop(ctx);
}

/* Let the loop do what it can in some milliseconds. */
static void turn(void)
{
	struct err err = ERR_INIT;

	(void)loop_timer_add(loop, 20, stop_loop, loop);
	ASSERT_OK(loop_run(loop, &err), &err);
}

static void begin_joined(size_t room, struct spool *spool, struct joiner *joiner)
{
	struct stream_options options = {.session = &session,
					 .container = 3,
					 .stream = 2,
					 .spool = spool,
					 .joiner = joiner,
					 .on_drained = on_drained};
	struct err err = ERR_INIT;
	int fds[2];

	(void)signal(SIGPIPE, SIG_IGN);
	buf_init(&session.out, OUTPUT_MAX);
	session.room = room;
	ASSERT_OK(loop_new(&loop, &err), &err);
	options.loop = loop;
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	writer = fds[1];
	stream = stream_new(&options, fds[0]);
}

static void begin_with(size_t room, struct spool *spool)
{
	begin_joined(room, spool, NULL);
}

static void begin(size_t room)
{
	begin_with(room, NULL);
}

/* A stream whose container never waits. */
static struct spool *begin_spooled(size_t room)
{
	static _Alignas(16) uint8_t memory[SPOOL_SIZE_MIN];
	static struct spool spool;

	spool_init(&spool, memory, sizeof(memory));
	begin_with(room, &spool);
	return &spool;
}

static void say(const char *text)
{
	ck_assert_int_eq(write(writer, text, strlen(text)), (ssize_t)strlen(text));
}

static void assert_heard(const char *text)
{
	ck_assert_str_eq(buf_text(&session.out), text);
}

START_TEST(lines_are_handed_over_as_they_come)
{
	begin(OUTPUT_MAX);
	say("one\ntw");
	turn();
	assert_heard("one\n");
	say("o\n");
	turn();
	assert_heard("one\ntwo\n");
	ck_assert_uint_eq(drained, 0);
	say("end");
	close(writer);
	turn();
	assert_heard("one\ntwo\nend");
	ck_assert_uint_eq(session.last_flags, WIRE_OUTPUT_NO_NEWLINE);
	ck_assert_uint_eq(drained, 1);
	stream_finish(stream);
	turn();
	ck_assert_uint_eq(drained, 1);
}
END_TEST

START_TEST(an_empty_stream_drains)
{
	begin(0);
	close(writer);
	turn();
	ck_assert_uint_eq(drained, 1);
	ck_assert_uint_eq(session.out.len, 0);
}
END_TEST

START_TEST(a_full_session_stops_reading_and_loses_nothing)
{
	char line[] = "0123456789abcde\n";
	size_t written = 0;
	size_t before;

	begin(1000);
	while (write(writer, line, 16) == 16)
		written += 16;
	turn();
	ck_assert_uint_gt(session.refused, 0);
	before = session.refused;
	/* It does not ask over and over. */
	turn();
	ck_assert_uint_eq(session.refused, before);
	while (write(writer, line, 16) == 16)
		written += 16;
	ck_assert_uint_lt(written, 1024u * 1024);
	close(writer);
	for (int i = 0; drained == 0; i++) {
		ck_assert_int_lt(i, 100);
		session.room = 40000;
		stream_go_on(stream);
		turn();
	}
	ck_assert_uint_eq(session.out.len, written);
	ck_assert_uint_eq(drained, 1);
}
END_TEST

START_TEST(a_dead_container_ends_though_somebody_holds_its_pipe)
{
	begin(OUTPUT_MAX);
	say("last\nwords");
	stream_finish(stream);
	turn();
	assert_heard("last\nwords");
	ck_assert_uint_eq(drained, 1);
}
END_TEST

START_TEST(the_rest_of_a_dead_container_waits_for_room)
{
	char line[64];
	size_t written = 0;

	memset(line, 'x', sizeof(line));
	line[63] = '\n';
	begin(0);
	while (write(writer, line, 64) == 64)
		written += 64;
	stream_finish(stream);
	turn();
	ck_assert_uint_eq(drained, 0);
	/* Somebody else writes on: that is not the container's any more. */
	for (int i = 0; drained == 0; i++) {
		ck_assert_int_lt(i, 100);
		session.room = 33000;
		stream_go_on(stream);
		turn();
		(void)!write(writer, line, 64);
	}
	ck_assert_uint_eq(session.out.len, written);
}
END_TEST

START_TEST(a_spooled_stream_is_read_on_while_the_session_is_full)
{
	char line[] = "0123456789abcde\n";
	size_t written = 0;

	(void)begin_spooled(0);
	/* More than the spool and the pipe hold together. */
	while (written < 2 * SPOOL_SIZE_MIN) {
		while (write(writer, line, 16) == 16)
			written += 16;
		turn();
	}
	ck_assert_uint_eq(session.out.len, 0);
	session.room = OUTPUT_MAX;
	stream_go_on(stream);
	ck_assert_uint_gt(session.out.len, SPOOL_SIZE_MIN / 2);
	ck_assert_uint_lt(session.out.len, SPOOL_SIZE_MIN);
	ck_assert_ptr_nonnull(strstr(buf_text(&session.out), "bytes of output were dropped"));
	/* And on as if nothing had been. */
	buf_clear(&session.out);
	say("after\n");
	turn();
	assert_heard("after\n");
	close(writer);
	turn();
	ck_assert_uint_eq(drained, 1);
}
END_TEST

START_TEST(the_end_of_a_spooled_stream_waits_until_all_is_handed_over)
{
	struct spool *spool = begin_spooled(0);

	say("one\ntwo\n");
	turn();
	say("three");
	close(writer);
	turn();
	ck_assert_uint_eq(drained, 0);
	ck_assert(!spool_is_empty(spool));
	session.room = 10;
	stream_go_on(stream);
	ck_assert_uint_eq(drained, 0);
	session.room = OUTPUT_MAX;
	stream_go_on(stream);
	assert_heard("one\ntwo\nthree");
	ck_assert_uint_eq(session.last_flags, WIRE_OUTPUT_NO_NEWLINE);
	ck_assert_uint_eq(drained, 1);
	ck_assert(spool_is_empty(spool));
}
END_TEST

static void init_joiner(struct joiner *joiner)
{
	struct err err = ERR_INIT;

	ASSERT_OK(joiner_init(joiner, "^E", &err), &err);
	joiner_renew(joiner, 1);
}

START_TEST(joined_events_wait_for_room_and_for_their_end)
{
	AUTO(joiner_done) struct joiner joiner;

	init_joiner(&joiner);
	begin_joined(0, NULL, &joiner);
	say("E 1\n at\nE 2\n");
	turn();
	assert_heard("");
	ck_assert_uint_eq(session.refused, 1);
	session.room = 8;
	stream_go_on(stream);
	assert_heard("E 1\n at\n");
	ck_assert_uint_eq(session.last_flags, WIRE_OUTPUT_EVENT);
	say("E 3\nrest");
	close(writer);
	session.room = 4;
	turn();
	assert_heard("E 1\n at\nE 2\n");
	ck_assert_uint_eq(drained, 0);
	session.room = OUTPUT_MAX;
	stream_go_on(stream);
	assert_heard("E 1\n at\nE 2\nE 3\nrest\n");
	ck_assert_uint_eq(drained, 1);
}
END_TEST

START_TEST(an_event_of_which_no_more_comes_is_handed_over)
{
	AUTO(joiner_done) struct joiner joiner;
	int64_t began = clock_boot_ns();

	init_joiner(&joiner);
	begin_joined(OUTPUT_MAX, NULL, &joiner);
	say("E 1\n");
	for (int i = 0; i < 500 && session.out.len == 0; i++)
		turn();
	assert_heard("E 1\n");
	ck_assert_int_ge(clock_ms_since(began), JOINER_WAIT_MS);
	say("E 2\n"); /* and of the next one, if there is no room */
	turn();
	session.room = 0;
	for (int i = 0; i < 500 && session.refused == 0; i++)
		turn();
	ck_assert_uint_eq(session.refused, 1);
	session.room = OUTPUT_MAX;
	stream_go_on(stream);
	assert_heard("E 1\nE 2\n");
	say("E 3\n"); /* but not of one that came later */
	turn();
	session.room = 0;
	for (int i = 0; i < 500 && session.refused == 1; i++)
		turn();
	session.room = OUTPUT_MAX;
	say("E 4\n");
	turn();
	assert_heard("E 1\nE 2\nE 3\n");
	stream_go_on(stream);
	assert_heard("E 1\nE 2\nE 3\n");
	for (int i = 0; i < 500 && session.out.len < 16; i++)
		turn();
	assert_heard("E 1\nE 2\nE 3\nE 4\n");
}
END_TEST

START_TEST(joined_events_are_kept_while_the_session_is_full)
{
	static _Alignas(16) uint8_t memory[SPOOL_SIZE_MIN];
	AUTO(joiner_done) struct joiner joiner;
	struct spool spool;

	init_joiner(&joiner);
	spool_init(&spool, memory, sizeof(memory));
	begin_joined(0, &spool, &joiner);
	say("E 1\nE 2\nE 3\n");
	close(writer);
	turn();
	ck_assert_uint_eq(drained, 0);
	session.room = OUTPUT_MAX;
	stream_go_on(stream);
	assert_heard("E 1\nE 2\nE 3\n");
	ck_assert_uint_eq(drained, 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		lines_are_handed_over_as_they_come,
		an_empty_stream_drains,
		a_full_session_stops_reading_and_loses_nothing,
		a_dead_container_ends_though_somebody_holds_its_pipe,
		the_rest_of_a_dead_container_waits_for_room,
		a_spooled_stream_is_read_on_while_the_session_is_full,
		the_end_of_a_spooled_stream_waits_until_all_is_handed_over,
		joined_events_wait_for_room_and_for_their_end,
		an_event_of_which_no_more_comes_is_handed_over,
		joined_events_are_kept_while_the_session_is_full,
	};

	return suite_run("stream", tests, ARRAY_LEN(tests));
}
