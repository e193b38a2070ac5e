/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session against a port made of two buffers: what was written, and how much
 * more it will take. A second decoder plays the host.
 */
#include "tests/support/suite.h"

#include "microvm/agent/boot.h"
#include "microvm/agent/port.h"
#include "microvm/agent/session.h"

#define WIRE_MAX (16u * 1024 * 1024)

struct port {
	port_bytes_fn *on_bytes;
	loop_fn *on_writable;
	void *ctx;
	struct buf out;
	size_t room; /* bytes that it takes before it is full */
};

static struct port port;
static struct loop *loop;
static struct session *session;
static struct session *all_sessions[1024]; /* they live as long as their machine: no leak */
static size_t session_count;
static unsigned room_calls, task_calls, prepare_calls, stop_calls, poweroff_calls, exec_calls,
	talk_room_calls, new_host_calls;

int port_open(struct loop *on, port_bytes_fn *on_bytes, loop_fn *on_writable, void *ctx,
	      struct port **ret_port, struct err *err)
{
	(void)on;
	(void)err;
	port.on_bytes = on_bytes;
	port.on_writable = on_writable;
	port.ctx = ctx;
	*ret_port = &port;
	return 0;
}

size_t port_write(struct port *to, const void *bytes, size_t len)
{
	struct err err = ERR_INIT;
	size_t take = len < to->room ? len : to->room;

	ASSERT_OK(buf_append(&to->out, bytes, take, &err), &err);
	to->room -= take;
	return take;
}

_Noreturn void boot_give_up(const char *why)
{
	ck_abort_msg("gave up: %s", why);
	abort();
}

_Noreturn void boot_poweroff(void)
{
	ck_abort_msg("powered off");
	abort();
}

static void on_task(void *ctx, const struct frame *frame)
{
	(void)ctx;
	ck_assert_uint_eq(frame->len, 2);
	task_calls++;
}

static void count(void *ctx)
{
	++*(unsigned *)ctx;
}

static void on_stop(void *ctx)
{
	(void)ctx;
	count(&stop_calls);
}

static void on_prepare(void *ctx)
{
	(void)ctx;
	count(&prepare_calls);
}

static void on_poweroff(void *ctx)
{
	(void)ctx;
	count(&poweroff_calls);
}

static void on_room(void *ctx)
{
	(void)ctx;
	count(&room_calls);
}

static void on_exec(void *ctx, const struct frame *frame)
{
	(void)ctx;
	(void)frame;
	count(&exec_calls);
}

static void on_talk_room(void *ctx)
{
	(void)ctx;
	count(&talk_room_calls);
}

static void on_new_host(void *ctx)
{
	(void)ctx;
	count(&new_host_calls);
}

static void stop_loop(void *ctx)
{
	loop_stop(ctx);
}

/* Let everything that was posted happen. */
static void turn(void)
{
	struct err err = ERR_INIT;

	loop_post(loop, stop_loop, loop);
	ASSERT_OK(loop_run(loop, &err), &err);
}

static void begin(size_t room)
{
	static const struct session_handlers handlers = {
		.on_task = on_task,
		.on_prepare = on_prepare,
		.on_credentials = on_task,
		.on_stop = on_stop,
		.on_poweroff = on_poweroff,
		.on_room = on_room,
		.on_exec = on_exec,
		.on_talk_room = on_talk_room,
		.on_new_host = on_new_host,
	};
	struct err err = ERR_INIT;

	buf_init(&port.out, WIRE_MAX);
	port.room = room;
	ASSERT_OK(loop_new(&loop, &err), &err);
	ASSERT_OK(session_open(loop, &handlers, &session, &err), &err);
	all_sessions[session_count++ % ARRAY_LEN(all_sessions)] = session;
}

static void hear(enum frame_type type, const char *payload)
{
	AUTO(buf_done) struct buf frame;
	struct err err = ERR_INIT;

	buf_init(&frame, WIRE_MAX);
	ASSERT_OK(frame_encode(&frame, type, 0, payload, strlen(payload), &err), &err);
	port.on_bytes(port.ctx, frame.data, frame.len);
}

static void take_more(size_t room)
{
	port.room = room;
	port.on_writable(port.ctx);
}

static void report(int index)
{
	struct wire_started started = {.container = index};

	session_report(session, &wire_started_shape, &started, FRAME_STARTED);
}

static void output(size_t len)
{
	AUTO(freep) uint8_t *bytes = xcalloc(1, len);

	ck_assert(session_has_room(session, len));
	session_output(session, &(struct wire_output){.stream = 1, .bytes = bytes, .len = len});
}

/* A host that begins with the bytes from @from on: which frames it gets. */
struct seen {
	unsigned hellos, pongs, stats;
	uint64_t seqs[4096];
	size_t count;
};

static void look(size_t from, struct seen *seen)
{
	AUTO(frame_decoder_done) struct frame_decoder decoder;
	struct err err = ERR_INIT;
	struct frame frame;

	*seen = (struct seen){0};
	frame_decoder_init(&decoder);
	for (size_t at = from; at < port.out.len; at += 1000) {
		size_t left = port.out.len - at;

		ASSERT_OK(frame_feed(&decoder, port.out.data + at, left < 1000 ? left : 1000, &err),
			  &err);
		while (frame_next(&decoder, &frame)) {
			seen->hellos += frame.type == FRAME_HELLO;
			seen->pongs += frame.type == FRAME_PONG;
			seen->stats += frame.type == FRAME_STATS;
			if (frame.type == FRAME_HELLO)
				ck_assert_ptr_nonnull(
					memmem(frame.payload, frame.len, "\"version\":1", 11));
			if (frame.seq > 0)
				seen->seqs[seen->count++] = frame.seq;
		}
	}
}

static void assert_seqs(const struct seen *seen, uint64_t first, uint64_t last)
{
	ck_assert_uint_eq(seen->count, last - first + 1);
	for (size_t i = 0; i < seen->count; i++)
		ck_assert_uint_eq(seen->seqs[i], first + i);
}

START_TEST(hello_is_said_unasked_and_reports_are_numbered)
{
	struct seen seen;

	begin(WIRE_MAX);
	look(0, &seen);
	ck_assert_uint_eq(seen.hellos, 1);
	for (int i = 0; i < 5; i++)
		report(i);
	turn();
	look(0, &seen);
	ck_assert_uint_eq(seen.hellos, 1);
	assert_seqs(&seen, 1, 5);
}
END_TEST

START_TEST(hello_waits_for_a_host)
{
	struct seen seen;

	begin(0);
	report(0);
	turn();
	ck_assert_uint_eq(port.out.len, 0);
	take_more(WIRE_MAX);
	look(0, &seen);
	ck_assert_uint_eq(seen.hellos, 1);
	assert_seqs(&seen, 1, 1);
}
END_TEST

START_TEST(words_of_the_host_reach_their_handlers)
{
	struct seen seen;

	begin(WIRE_MAX);
	hear(FRAME_TASK, "{}");
	hear(FRAME_PREPARE, "");
	hear(FRAME_STOP, "");
	hear(FRAME_PING, "");
	hear(FRAME_POWEROFF, "");
	hear(FRAME_EXEC_START, "{}");
	hear(FRAME_EXEC_END, "{}");
	hear(FRAME_RESUME, "not json");
	hear(FRAME_ACK, "{\"seq\":-1}");
	hear(FRAME_HELLO, "{}");
	ck_assert_uint_eq(task_calls, 1);
	ck_assert_uint_eq(prepare_calls, 1);
	ck_assert_uint_eq(stop_calls, 1);
	ck_assert_uint_eq(poweroff_calls, 1);
	ck_assert_uint_eq(exec_calls, 2);
	look(0, &seen);
	ck_assert_uint_eq(seen.pongs, 1);
	ck_assert_uint_eq(seen.hellos, 1);
}
END_TEST

/* How many frames of @type the port has taken. */
static unsigned count_frames(enum frame_type type)
{
	AUTO(frame_decoder_done) struct frame_decoder decoder;
	struct err err = ERR_INIT;
	struct frame frame;
	unsigned found = 0;

	frame_decoder_init(&decoder);
	for (size_t at = 0; at < port.out.len; at += FRAME_FEED_MAX) {
		size_t left = port.out.len - at;

		ASSERT_OK(frame_feed(&decoder, port.out.data + at,
				     left < FRAME_FEED_MAX ? left : FRAME_FEED_MAX, &err),
			  &err);
		while (frame_next(&decoder, &frame))
			found += frame.type == type;
	}
	return found;
}

START_TEST(talk_is_bounded_goes_beside_reports_and_ends_with_its_host)
{
	static const uint8_t bytes[8000];
	AUTO(buf_done) struct buf frame;
	struct err err = ERR_INIT;
	unsigned said = 0;

	begin(0);
	buf_init(&frame, SESSION_TALK_PIECE);
	ASSERT_OK(frame_encode(&frame, FRAME_EXEC_OUTPUT, 0, bytes, sizeof(bytes), &err), &err);
	while (session_talk_has_room(session)) {
		session_talk(session, frame.data, frame.len);
		session_phase(session, "beside");
		said++;
	}
	ck_assert_uint_le(said, SESSION_TALK_MAX / sizeof(bytes) + 1);
	ck_assert_uint_eq(talk_room_calls, 0);
	port.room = frame.len * 5;
	hear(FRAME_PING, "");
	ck_assert_uint_ge(count_frames(FRAME_EXEC_OUTPUT), 3);
	ck_assert_uint_ge(count_frames(FRAME_PHASE), 3);
	port.room = WIRE_MAX;
	hear(FRAME_PING, "");
	turn();
	ck_assert_uint_eq(talk_room_calls, 1);
	ck_assert_uint_eq(count_frames(FRAME_EXEC_OUTPUT), said);
	ck_assert_uint_eq(count_frames(FRAME_PHASE), said);
	/* What is said and not sent when another host comes is not for that one. */
	port.room = 0;
	session_talk(session, frame.data, frame.len);
	port.room = WIRE_MAX;
	hear(FRAME_RESUME, "{\"seq\":0}");
	ck_assert_uint_eq(new_host_calls, 1);
	ck_assert_uint_eq(count_frames(FRAME_EXEC_OUTPUT), said);
}
END_TEST

/* A host that has the reports up to @had comes; bytes from @cut on are new to it,
 * and it may see some that were on their way to the old one. */
static void resume_and_look(size_t cut, uint64_t had)
{
	char resume[32];
	struct seen seen;

	(void)snprintf(resume, sizeof(resume), "{\"seq\":%d}", (int)had);
	port.room = WIRE_MAX;
	hear(FRAME_RESUME, resume);
	look(cut > 50 ? cut - 50 : 0, &seen);
	ck_assert_uint_eq(seen.hellos, 1);
	assert_seqs(&seen, had + 1, 6);
}

/* The port takes any number of bytes, then the next host comes: it gets hello and
 * everything that it does not have, and nothing else that it could mistake. */
START_TEST(a_new_host_gets_what_it_lacks_wherever_the_old_one_was_cut)
{
	size_t whole;

	begin(WIRE_MAX);
	for (int i = 0; i < 6; i++)
		report(i);
	turn();
	whole = port.out.len;
	buf_done(&port.out);
	for (size_t cut = 0; cut <= whole; cut += 3) {
		struct seen old;

		begin(cut);
		for (int i = 0; i < 6; i++)
			report(i);
		turn();
		look(0, &old);
		/* One that read less than was sent, and one after it that has read on. */
		resume_and_look(cut, old.count / 2);
		resume_and_look(port.out.len, old.count);
		buf_done(&port.out);
		loop_free(loop);
	}
}
END_TEST

START_TEST(what_was_acknowledged_is_not_sent_again)
{
	struct seen seen;
	size_t from;

	begin(WIRE_MAX);
	for (int i = 0; i < 9; i++)
		report(i);
	turn();
	hear(FRAME_ACK, "{\"seq\":4}");
	hear(FRAME_ACK, "{\"seq\":2}"); /* an older one takes nothing back */
	from = port.out.len;
	hear(FRAME_RESUME, "{\"seq\":0}");
	look(from, &seen);
	ck_assert_uint_eq(seen.hellos, 1);
	assert_seqs(&seen, 5, 9);
}
END_TEST

START_TEST(output_waits_when_too_much_is_unacknowledged)
{
	struct seen seen;
	uint64_t sent = 0;
	char ack[32];

	begin(WIRE_MAX);
	while (session_has_room(session, 32768)) {
		output(32768);
		sent++;
	}
	ck_assert_uint_ge(sent, 30);
	ck_assert_uint_le(sent, SESSION_UNACKED_MAX / 32768);
	turn();
	/* Reports of other kinds still find room. */
	report(0);
	hear(FRAME_ACK, "{\"seq\":1}");
	ck_assert_uint_eq(room_calls, 0);
	hear(FRAME_ACK, "{\"seq\":6}");
	ck_assert_uint_eq(room_calls, 1);
	ck_assert(session_has_room(session, 32768));
	(void)snprintf(ack, sizeof(ack), "{\"seq\":%d}", (int)sent + 1);
	turn();
	hear(FRAME_ACK, ack);
	/* Nobody had asked again. */
	ck_assert_uint_eq(room_calls, 1);
	look(0, &seen);
	assert_seqs(&seen, 1, sent + 1);
}
END_TEST

START_TEST(long_talks_keep_their_memory)
{
	struct seen seen;
	size_t from = 0;
	uint64_t seq = 0;

	begin(WIRE_MAX);
	for (int round = 0; round < 40; round++) {
		char ack[32];

		for (int i = 0; i < 20; i++) {
			output(20000);
			seq++;
		}
		turn();
		(void)snprintf(ack, sizeof(ack), "{\"seq\":%d}", (int)seq - 3);
		hear(FRAME_ACK, ack);
		buf_clear(&port.out);
		port.room = WIRE_MAX;
	}
	from = port.out.len;
	hear(FRAME_RESUME, "{\"seq\":0}");
	look(from, &seen);
	assert_seqs(&seen, seq - 2, seq);
}
END_TEST

START_TEST(what_is_replaced_is_not_queued)
{
	struct wire_stats stats = {0};
	struct seen seen;

	begin(0);
	for (int i = 0; i < 1000; i++)
		session_tell(session, &wire_stats_shape, &stats, FRAME_STATS);
	for (int i = 0; i < 100000; i++)
		hear(FRAME_PING, "");
	take_more(WIRE_MAX);
	look(0, &seen);
	ck_assert_uint_eq(seen.hellos, 1);
	ck_assert_uint_eq(seen.stats, 0);
}
END_TEST

START_TEST(frames_are_never_mixed_however_little_the_port_takes)
{
	struct wire_stats stats = {0};
	struct seen seen;
	unsigned state = 1;

	begin(0);
	for (int i = 0; i < 2000; i++) {
		if (i % 5 == 0)
			report(i % 10);
		if (i % 7 == 0)
			session_tell(session, &wire_stats_shape, &stats, FRAME_STATS);
		if (i % 11 == 0)
			hear(FRAME_PING, "");
		state = state * 1103515245u + 12345u;
		take_more((state >> 16) % 61);
		turn();
	}
	take_more(WIRE_MAX);
	look(0, &seen);
	assert_seqs(&seen, 1, 400);
	ck_assert_uint_eq(seen.hellos, 1);
	ck_assert_uint_gt(seen.pongs, 0);
	ck_assert_uint_gt(seen.stats, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		hello_is_said_unasked_and_reports_are_numbered,
		hello_waits_for_a_host,
		words_of_the_host_reach_their_handlers,
		talk_is_bounded_goes_beside_reports_and_ends_with_its_host,
		a_new_host_gets_what_it_lacks_wherever_the_old_one_was_cut,
		what_was_acknowledged_is_not_sent_again,
		output_waits_when_too_much_is_unacknowledged,
		long_talks_keep_their_memory,
		what_is_replaced_is_not_queued,
		frames_are_never_mixed_however_little_the_port_takes,
	};

	return suite_run("session", tests, ARRAY_LEN(tests));
}
