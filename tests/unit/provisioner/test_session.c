/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One side of the conversation is the session, the other is this test: it gives
 * bytes as they would come from a guest, and decodes what was sent.
 */
#include "tests/support/suite.h"

#include "microvm/wire/event_part.h"
#include "provisioner/session.h"

#define OUT_MAX (4u * 1024 * 1024)

struct machine_channel {
	struct buf sent;
	size_t waiting;
	bool paused, closed, broken;
};

static struct machine_channel channel;
static struct loop *loop;
static struct session *session;
static struct err err;
static unsigned hellos, losses;
static struct session_hello last_hello;
static struct err last_loss;

int machine_channel_send(struct machine_channel *to, const void *bytes, size_t len,
			 struct err *ret_err)
{
	if (to->broken)
		return err_set(ret_err, ERR_LIMIT, "the queue is full");
	return buf_append(&to->sent, bytes, len, ret_err);
}

size_t machine_channel_waiting(struct machine_channel *from)
{
	return from->waiting;
}

void machine_channel_pause(struct machine_channel *to, bool pause)
{
	to->paused = pause;
}

void machine_channel_close(struct machine_channel *to)
{
	if (to)
		to->closed = true;
}

static void on_hello(void *ctx, const struct session_hello *hello)
{
	(void)ctx;
	hellos++;
	last_hello = *hello;
}

static void on_reports(void *ctx)
{
	(void)ctx;
}

static void on_lost(void *ctx, const struct err *loss)
{
	(void)ctx;
	losses++;
	last_loss = *loss;
	loop_stop(loop);
}

static struct wire_stats last_stats;

static void on_stats(void *ctx, const struct wire_stats *stats)
{
	(void)ctx;
	last_stats = *stats;
}

static const struct session_events events = {
	.hello = on_hello, .reports = on_reports, .lost = on_lost, .stats = on_stats};

static void open_session(void)
{
	struct session_options options = {.hello_ms = 100, .ping_ms = 20, .silence_ms = 100};

	hellos = losses = 0;
	memset(&channel, 0, sizeof(channel));
	buf_init(&channel.sent, OUT_MAX);
	ASSERT_OK(loop_new(&loop, &err), &err);
	session = session_new(loop, &options, &events, NULL, 0);
}

static void close_session(void)
{
	session_free(session);
	loop_free(loop);
	buf_done(&channel.sent);
}

static void give(enum frame_type type, uint64_t seq, const char *payload)
{
	AUTO(buf_done) struct buf out;

	buf_init(&out, OUT_MAX);
	ASSERT_OK(frame_encode(&out, type, seq, payload, strlen(payload), &err), &err);
	session_bytes(session, out.data, out.len);
}

static void give_hello(const char *task, unsigned next_seq)
{
	AUTO(freep)
	char *text = xasprintf("{\"version\":1,\"task\":\"%s\",\"next_seq\":%u,\"memory_kib\":1,"
			       "\"cpus\":1,\"uptime_ms\":5,\"kernel\":\"k\"}",
			       task, next_seq);

	give(FRAME_HELLO, 0, text);
}

/* How often @type was sent; the last one's payload starts in @ret_payload if not NULL. */
static unsigned count_sent(enum frame_type type, char *ret_payload)
{
	struct frame_decoder decoder;
	struct frame frame;
	unsigned count = 0;

	frame_decoder_init(&decoder);
	for (size_t at = 0; at < channel.sent.len; at += 4096) {
		size_t part = channel.sent.len - at < 4096 ? channel.sent.len - at : 4096;

		ASSERT_OK(frame_feed(&decoder, channel.sent.data + at, part, &err), &err);
		while (frame_next(&decoder, &frame)) {
			if (frame.type != type)
				continue;
			count++;
			if (ret_payload)
				(void)snprintf(ret_payload, 64, "%.*s", (int)frame.len,
					       (const char *)frame.payload);
		}
	}
	frame_decoder_done(&decoder);
	return count;
}

static size_t take_all(uint64_t *ret_last)
{
	size_t count = 0;
	struct report *list;

	while ((list = session_take(session))) {
		for (struct report *report = list; report; report = report->next) {
			count++;
			*ret_last = report->seq;
		}
		report_list_free(list);
	}
	return count;
}

static void run_ms(int64_t ms)
{
	loop_timer_add(loop, ms, (loop_fn *)loop_stop, loop);
	ASSERT_OK(loop_run(loop, &err), &err);
}

START_TEST(reports_come_in_order_and_once)
{
	uint64_t last = 0;

	session_attach(session, &channel, SESSION_BOOTED);
	give_hello("", 1);
	give(FRAME_OUTPUT, 1, "a");
	give(FRAME_OUTPUT, 2, "b");
	give(FRAME_OUTPUT, 1, "a");
	give(FRAME_OUTPUT, 2, "b");
	give(FRAME_OUTPUT, 3, "c");
	ck_assert_uint_eq(take_all(&last), 3);
	ck_assert_uint_eq(last, 3);
	ck_assert_uint_eq(hellos, 1);
}
END_TEST

START_TEST(a_gap_is_dropped_and_asked_for_again_from_what_is_durable)
{
	char payload[64];
	uint64_t last = 0;

	session_attach(session, &channel, SESSION_BOOTED);
	give_hello("", 1);
	give(FRAME_OUTPUT, 1, "a");
	give(FRAME_OUTPUT, 3, "c");
	give(FRAME_OUTPUT, 4, "d");
	ck_assert_uint_eq(take_all(&last), 1);
	ck_assert_uint_eq(count_sent(FRAME_RESUME, payload), 1);
	ck_assert_ptr_nonnull(strstr(payload, "\"seq\":0"));
	give(FRAME_OUTPUT, 1, "a");
	give(FRAME_OUTPUT, 2, "b");
	give(FRAME_OUTPUT, 3, "c");
	ck_assert_uint_eq(take_all(&last), 2);
	ck_assert_uint_eq(last, 3);
}
END_TEST

START_TEST(nothing_is_acknowledged_before_it_is_durable)
{
	char payload[64];
	uint64_t last = 0;

	session_attach(session, &channel, SESSION_BOOTED);
	give_hello("", 1);
	give(FRAME_OUTPUT, 1, "a");
	ck_assert(session_has_reports(session));
	(void)take_all(&last);
	ck_assert_uint_eq(count_sent(FRAME_ACK, NULL), 0);
	session_taken(session, 1);
	ck_assert_uint_eq(count_sent(FRAME_ACK, payload), 1);
	ck_assert_ptr_nonnull(strstr(payload, "\"seq\":1"));
	ck_assert(!session_has_reports(session));
}
END_TEST

START_TEST(a_batch_holds_one_kind_only)
{
	struct report *list;

	session_attach(session, &channel, SESSION_BOOTED);
	give_hello("", 1);
	give(FRAME_OUTPUT, 1, "a");
	give(FRAME_OUTPUT, 2, "b");
	give(FRAME_PHASE, 3, "{}");
	give(FRAME_OUTPUT, 4, "c");
	list = session_take(session);
	ck_assert_uint_eq(list->next->seq, 2);
	ck_assert_ptr_null(list->next->next);
	report_list_free(list);
	list = session_take(session);
	ck_assert_int_eq(list->type, FRAME_PHASE);
	ck_assert_ptr_null(list->next);
	report_list_free(list);
}
END_TEST

START_TEST(an_adopted_stream_begins_with_zeros_and_a_resume)
{
	char payload[64];

	session_free(session);
	session = session_new(
		loop, &(struct session_options){.hello_ms = 100, .ping_ms = 20, .silence_ms = 100},
		&events, NULL, 41);
	session_attach(session, &channel, SESSION_ADOPTED);
	ck_assert_uint_gt(channel.sent.len, FRAME_RESYNC_SIZE);
	for (size_t i = 0; i < FRAME_RESYNC_SIZE; i++)
		ck_assert_uint_eq(channel.sent.data[i], 0);
	ck_assert_uint_eq(count_sent(FRAME_RESUME, payload), 1);
	ck_assert_ptr_nonnull(strstr(payload, "\"seq\":41"));
	give_hello("0123456789abcdef0123456789abcdef", 43);
	ck_assert_str_eq(last_hello.task, "0123456789abcdef0123456789abcdef");
	give(FRAME_OUTPUT, 41, "old");
	give(FRAME_OUTPUT, 42, "new");
	ck_assert_uint_eq(session_received(session), 42);
}
END_TEST

START_TEST(an_agent_that_never_speaks_is_lost)
{
	session_attach(session, &channel, SESSION_BOOTED);
	run_ms(1000);
	ck_assert_uint_eq(losses, 1);
	ck_assert_int_eq(last_loss.code, ERR_TIMEOUT);
	ck_assert_ptr_nonnull(strstr(last_loss.text, "hello"));
}
END_TEST

START_TEST(an_agent_that_falls_silent_is_pinged_and_lost)
{
	session_attach(session, &channel, SESSION_BOOTED);
	give_hello("", 1);
	run_ms(1000);
	ck_assert_uint_eq(losses, 1);
	ck_assert_int_eq(last_loss.code, ERR_TIMEOUT);
	ck_assert_uint_ge(count_sent(FRAME_PING, NULL), 2);
}
END_TEST

START_TEST(an_agent_that_answers_is_kept)
{
	session_attach(session, &channel, SESSION_BOOTED);
	give_hello("", 1);
	for (int i = 0; i < 10; i++) {
		run_ms(30);
		give(FRAME_PONG, 0, "");
	}
	ck_assert_uint_eq(losses, 0);
}
END_TEST

START_TEST(the_end_of_the_channel_is_a_loss_and_keeps_what_came)
{
	uint64_t last = 0;

	session_attach(session, &channel, SESSION_BOOTED);
	give_hello("", 1);
	give(FRAME_OUTPUT, 1, "a");
	session_bytes(session, NULL, 0);
	run_ms(1000);
	ck_assert_uint_eq(losses, 1);
	ck_assert_int_eq(last_loss.code, ERR_UNAVAILABLE);
	ck_assert_uint_eq(take_all(&last), 1);
}
END_TEST

static const struct {
	enum frame_type type;
	const char *payload;
} nonsense[] = {
	{FRAME_HELLO, "{"},
	{FRAME_HELLO, "{\"version\":2,\"task\":\"\",\"next_seq\":1,\"memory_kib\":1,\"cpus\":1,"
		      "\"uptime_ms\":5,\"kernel\":\"k\"}"},
	{FRAME_STATS, "[]"},
	{FRAME_TASK, "{}"},
	{FRAME_ACK, "{\"seq\":1}"},
	{FRAME_POWEROFF, ""},
};

START_TEST(what_a_guest_says_of_its_use_is_told)
{
	session_attach(session, &channel, SESSION_BOOTED);
	give_hello("", 1);
	give(FRAME_STATS, 0,
	     "{\"cpu_us\":1,\"memory_bytes\":2,\"memory_peak_bytes\":3,\"receive_bytes\":4,"
	     "\"transmit_bytes\":5,\"read_bytes\":6,\"write_bytes\":7,"
	     "\"scratch_used_bytes\":8}");
	ck_assert_int_eq(last_stats.cpu_us, 1);
	ck_assert_int_eq(last_stats.memory_peak_bytes, 3);
	ck_assert_int_eq(last_stats.write_bytes, 7);
	ck_assert_uint_eq(losses, 0);
}
END_TEST

START_TEST(nonsense_is_a_loss)
{
	session_attach(session, &channel, SESSION_BOOTED);
	give(nonsense[_i].type, 0, nonsense[_i].payload);
	run_ms(1000);
	ck_assert_uint_eq(losses, 1);
	ck_assert_int_eq(last_loss.code, ERR_INVALID);
}
END_TEST

START_TEST(bytes_that_are_no_frames_are_a_loss_when_they_are_many)
{
	AUTO(freep) char *bytes = xcalloc(1, FRAME_PAYLOAD_MAX);

	session_attach(session, &channel, SESSION_BOOTED);
	give_hello("", 1);
	memset(bytes, 'x', FRAME_PAYLOAD_MAX);
	session_bytes(session, bytes, FRAME_PAYLOAD_MAX);
	give(FRAME_PONG, 0, "");
	ck_assert_uint_eq(losses, 0);
	for (int i = 0; i < 4; i++)
		session_bytes(session, bytes, FRAME_PAYLOAD_MAX);
	run_ms(1000);
	ck_assert_uint_eq(losses, 1);
}
END_TEST

START_TEST(a_flood_pauses_the_guest_until_it_is_written)
{
	AUTO(freep) char *text = xcalloc(1, 65536);
	uint64_t seq = 0, last = 0;

	memset(text, 'y', 65535);
	session_attach(session, &channel, SESSION_BOOTED);
	give_hello("", 1);
	while (!channel.paused && seq < 1000)
		give(FRAME_OUTPUT, ++seq, text);
	ck_assert_uint_lt(seq, 100);
	(void)take_all(&last);
	ck_assert(!channel.paused);
}
END_TEST

START_TEST(a_channel_that_takes_nothing_is_a_loss)
{
	channel.broken = true;
	session_attach(session, &channel, SESSION_ADOPTED);
	run_ms(1000);
	ck_assert_uint_eq(losses, 1);
}
END_TEST

START_TEST(words_about_commands_leave_room_for_the_task)
{
	struct wire_exec_count count = {.id = 1};
	struct wire_exec_resize size = {.id = 1, .rows = 1, .columns = 1};
	struct wire_exec_bytes input = {.id = 1, .stream = WIRE_EXEC_IN};

	session_attach(session, &channel, SESSION_BOOTED);
	ASSERT_OK(session_send_bytes(session, &input, &err), &err);
	channel.waiting = SESSION_TALK_MAX;
	ck_assert_int_eq(session_send_bytes(session, &input, &err), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	ck_assert_int_eq(session_send_message(session, &wire_exec_resize_shape, &size,
					      FRAME_EXEC_RESIZE, &err),
			 -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	/* What the task needs, and the ends of commands, go all the same. */
	session_send(session, FRAME_STOP);
	session_send_count(session, &count, FRAME_EXEC_END);
	ck_assert_uint_eq(count_sent(FRAME_EXEC_INPUT, NULL), 1);
	ck_assert_uint_eq(count_sent(FRAME_EXEC_RESIZE, NULL), 0);
	ck_assert_uint_eq(count_sent(FRAME_STOP, NULL), 1);
	ck_assert_uint_eq(count_sent(FRAME_EXEC_END, NULL), 1);
	ck_assert_uint_eq(losses, 0);
}
END_TEST

START_TEST(a_command_that_no_frame_holds_is_an_error_and_no_loss)
{
	AUTO(freep) char *word = xcalloc(64 * 1024 + 1, 1);
	const char *words[] = {word};
	struct wire_exec_start start = {
		.id = 1, .rows = 1, .columns = 1, .args = {.items = words, .count = 1}};

	session_attach(session, &channel, SESSION_BOOTED);
	memset(word, 'x', 64 * 1024);
	ASSERT_OK(session_send_message(session, &wire_exec_start_shape, &start, FRAME_EXEC_START,
				       &err),
		  &err);
	memset(word, '\x01', 64 * 1024); /* six bytes each in JSON */
	ck_assert_int_eq(session_send_message(session, &wire_exec_start_shape, &start,
					      FRAME_EXEC_START, &err),
			 -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	run_ms(10);
	ck_assert_uint_eq(losses, 0);
	ck_assert_uint_eq(count_sent(FRAME_EXEC_START, NULL), 1);
}
END_TEST

/* Its pieces, put together. */
static void collect_event(struct buf *ret_event)
{
	struct frame_decoder decoder;
	struct frame frame;

	frame_decoder_init(&decoder);
	for (size_t at = 0; at < channel.sent.len; at += 4096) {
		size_t part = channel.sent.len - at < 4096 ? channel.sent.len - at : 4096;

		ASSERT_OK(frame_feed(&decoder, channel.sent.data + at, part, &err), &err);
		while (frame_next(&decoder, &frame)) {
			struct wire_event_part piece;

			ck_assert_int_eq(frame.type, FRAME_EVENT_PART);
			ASSERT_OK(wire_event_part_read(&frame, &piece, &err), &err);
			ck_assert_uint_eq(piece.offset, ret_event->len);
			ASSERT_OK(buf_append(ret_event, piece.bytes, piece.len, &err), &err);
		}
	}
	frame_decoder_done(&decoder);
}

START_TEST(an_event_of_any_size_goes_in_pieces_byte_for_byte)
{
	AUTO(freep) char *text = xcalloc(1, WIRE_EVENT_SIZE_MAX + 1);
	AUTO(buf_done) struct buf event;
	size_t len = _i == 0 ? WIRE_EVENT_SIZE_MAX : (size_t)_i * WIRE_EVENT_PIECE + (_i - 1);

	for (size_t i = 0; i < len; i++)
		text[i] = (char)(i * 7 % 251);
	buf_init(&event, WIRE_EVENT_SIZE_MAX);
	session_attach(session, &channel, SESSION_BOOTED);
	ASSERT_OK(session_send_event(session, text, len, &err), &err);
	collect_event(&event);
	ck_assert_uint_eq(event.len, len);
	ck_assert_mem_eq(event.data, text, len);
	ck_assert_int_eq(session_send_event(session, text, WIRE_EVENT_SIZE_MAX + 1, &err), -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provisioner/session");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, open_session, close_session);
	tcase_add_test(all, reports_come_in_order_and_once);
	tcase_add_test(all, a_gap_is_dropped_and_asked_for_again_from_what_is_durable);
	tcase_add_test(all, nothing_is_acknowledged_before_it_is_durable);
	tcase_add_test(all, a_batch_holds_one_kind_only);
	tcase_add_test(all, an_adopted_stream_begins_with_zeros_and_a_resume);
	tcase_add_test(all, an_agent_that_never_speaks_is_lost);
	tcase_add_test(all, an_agent_that_falls_silent_is_pinged_and_lost);
	tcase_add_test(all, an_agent_that_answers_is_kept);
	tcase_add_test(all, the_end_of_the_channel_is_a_loss_and_keeps_what_came);
	tcase_add_test(all, what_a_guest_says_of_its_use_is_told);
	tcase_add_loop_test(all, nonsense_is_a_loss, 0, ARRAY_LEN(nonsense));
	tcase_add_test(all, bytes_that_are_no_frames_are_a_loss_when_they_are_many);
	tcase_add_test(all, a_flood_pauses_the_guest_until_it_is_written);
	tcase_add_test(all, a_channel_that_takes_nothing_is_a_loss);
	tcase_add_test(all, words_about_commands_leave_room_for_the_task);
	tcase_add_loop_test(all, an_event_of_any_size_goes_in_pieces_byte_for_byte, 0, 3);
	tcase_add_test(all, a_command_that_no_frame_holds_is_an_error_and_no_loss);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
