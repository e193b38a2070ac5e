/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three numbers carry exactly-once:
 *
 *     taken     the last report that is durable (ACK, RESUME say it)
 *     received  the last report in the inbox or handed out; never behind `taken`
 *     a report is received only if its number is received + 1
 *
 * A smaller number is a repetition and is dropped. A greater one is a gap (bytes
 * were damaged or a frame was cut): it is dropped too, and a RESUME asks for everything after
 * `taken` again.
 *
 * Loss is told from a timer of no delay, never from inside a call of the owner.
 */
#include "provisioner/session.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "microvm/wire/event_part.h"

#define FEED_MAX      (64u * 1024)	 /* bytes between two looks for frames */
#define INBOX_HIGH    (2u * 1024 * 1024) /* pause the guest at this many bytes ... */
#define INBOX_LOW     (512u * 1024)	 /* ... and let it go on at this many */
#define REPORT_COST   64		 /* counted for each report beside its payload */
#define GARBAGE_MAX   (FRAME_RESYNC_SIZE + FRAME_PAYLOAD_MAX) /* slid over, for each RESUME */
#define GAP_RESUME_MS 1000	   /* at most one RESUME for gaps in this time */
#define MESSAGE_BYTES (64u * 1024) /* arena for reading one control message */

struct session {
	struct loop *loop;
	struct session_options options;
	struct session_events events;
	void *ctx;
	struct machine_channel *channel; /* NULL until session_attach() */
	struct frame_decoder decoder;
	uint64_t taken, received;
	struct report *first, **last;
	size_t inbox_bytes;
	bool paused, spoken, ended;
	uint64_t resumes; /* that were sent: each costs the agent's zeros and a cut frame */
	int64_t heard_ns, begun_ns, gap_ns;
	struct loop_timer *tick;   /* ping, deadlines */
	struct loop_timer *notice; /* tells the loss */
	struct err lost;
	bool *freed; /* set by session_free() while a callback runs */
};

void report_list_free(struct report *first)
{
	while (first) {
		struct report *next = first->next;

		free(first);
		first = next;
	}
}

static void tell_loss(void *ctx)
{
	struct session *session = ctx;

	session->notice = NULL;
	session->events.lost(session->ctx, &session->lost);
}

static void lose(struct session *session, enum err_code code, const char *text)
{
	if (session->ended)
		return;
	session->ended = true;
	(void)err_set(&session->lost, code, "%s", text); /* its result is the loss itself */
	session->notice = loop_timer_add(session->loop, 0, tell_loss, session);
}

static void send_bytes(struct session *session, const void *bytes, size_t len)
{
	struct err err = ERR_INIT;

	if (!session->channel || session->ended)
		return;
	if (machine_channel_send(session->channel, bytes, len, &err) < 0)
		lose(session, ERR_UNAVAILABLE, err.text);
}

void session_send(struct session *session, enum frame_type type)
{
	struct err err = ERR_INIT;
	AUTO(buf_done) struct buf out;

	buf_init(&out, FRAME_HEADER_SIZE);
	if (frame_encode(&out, type, 0, NULL, 0, &err) < 0)
		abort(); /* the buffer has exactly the room */
	send_bytes(session, out.data, out.len);
}

static void send_seq(struct session *session, enum frame_type type, bool fresh)
{
	struct wire_resume message = {.seq = (int64_t)session->taken, .fresh = fresh};
	struct err err = ERR_INIT;
	AUTO(buf_done) struct buf out;

	session->resumes += type == FRAME_RESUME;
	buf_init(&out, FRAME_HEADER_SIZE + 256);
	if (wire_write(&wire_resume_shape, &message, type, 0, &out, &err) < 0)
		abort(); /* one number fits */
	send_bytes(session, out.data, out.len);
}

int session_send_task(struct session *session, const struct wire_task *task, struct err *err)
{
	AUTO(buf_done) struct buf out;

	buf_init_secret(&out, FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX);
	if (wire_write(&wire_task_shape, task, FRAME_TASK, 0, &out, err) < 0)
		return err_wrap(err, "describe the task to its agent");
	send_bytes(session, out.data, out.len);
	return 0;
}

int session_send_event(struct session *session, const char *text, size_t len, struct err *err)
{
	AUTO(buf_done) struct buf out;
	struct wire_event_part part = {.offset = 0};

	buf_init(&out, SIZE_MAX / 4); /* parts have a maximum */
	for (; part.offset < len; part.offset += part.len) {
		part.bytes = (const uint8_t *)text + part.offset;
		part.len =
			len - part.offset < WIRE_EVENT_PIECE ? len - part.offset : WIRE_EVENT_PIECE;
		if (wire_event_part_write(&part, &out, err) < 0)
			return err_wrap(err, "tell the agent the task's event");
	}
	send_bytes(session, out.data, out.len);
	return 0;
}

static int send_talk(struct session *session, const struct buf *out, struct err *err)
{
	if (session->channel && !session->ended &&
	    machine_channel_waiting(session->channel) + out->len > SESSION_TALK_MAX)
		return err_set(err, ERR_LIMIT, "the task's machine takes too little");
	send_bytes(session, out->data, out->len);
	return 0;
}

int session_send_message(struct session *session, const struct shape *shape, const void *message,
			 enum frame_type type, struct err *err)
{
	AUTO(buf_done) struct buf out;

	buf_init(&out, FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX);
	if (wire_write(shape, message, type, 0, &out, err) < 0)
		return -1;
	return send_talk(session, &out, err);
}

int session_send_bytes(struct session *session, const struct wire_exec_bytes *bytes,
		       struct err *err)
{
	AUTO(buf_done) struct buf out;

	buf_init(&out, FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX);
	if (wire_exec_bytes_write(bytes, &out, err) < 0)
		return -1;
	return send_talk(session, &out, err);
}

void session_send_count(struct session *session, const struct wire_exec_count *count,
			enum frame_type type)
{
	struct err err = ERR_INIT;
	AUTO(buf_done) struct buf out;

	buf_init(&out, FRAME_HEADER_SIZE + 256);
	if (wire_write(&wire_exec_count_shape, count, type, 0, &out, &err) < 0)
		abort(); /* two numbers fit */
	send_bytes(session, out.data, out.len);
}

int session_send_credentials(struct session *session, const struct wire_credentials *credentials,
			     struct err *err)
{
	AUTO(buf_done) struct buf out;

	buf_init(&out, FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX);
	if (wire_write(&wire_credentials_shape, credentials, FRAME_CREDENTIALS, 0, &out, err) < 0)
		return err_wrap(err, "tell the agent the keys of the task's role");
	send_bytes(session, out.data, out.len);
	return 0;
}

static void tick(void *ctx)
{
	struct session *session = ctx;

	session->tick = NULL;
	if (session->ended)
		return;
	if (!session->spoken) {
		if (clock_ms_since(session->begun_ns) >= session->options.hello_ms) {
			lose(session, ERR_TIMEOUT, "the agent did not say hello in time");
			return;
		}
	} else if (!session->paused) { /* while paused, silence is our own doing */
		if (clock_ms_since(session->heard_ns) >= session->options.silence_ms) {
			lose(session, ERR_TIMEOUT, "the agent fell silent");
			return;
		}
		session_send(session, FRAME_PING);
	}
	session->tick = loop_timer_add(session->loop, session->options.ping_ms, tick, session);
}

struct session *session_new(struct loop *loop, const struct session_options *options,
			    const struct session_events *events, void *ctx, uint64_t taken)
{
	struct session *session = xcalloc(1, sizeof(*session));

	session->loop = loop;
	session->options = *options;
	session->events = *events;
	session->ctx = ctx;
	session->taken = taken;
	session->received = taken;
	session->last = &session->first;
	session->gap_ns = INT64_MIN / 2;
	frame_decoder_init(&session->decoder);
	return session;
}

void session_free(struct session *session)
{
	if (!session)
		return;
	if (session->freed)
		*session->freed = true;
	machine_channel_close(session->channel);
	loop_timer_cancel(session->tick);
	loop_timer_cancel(session->notice);
	report_list_free(session->first);
	frame_decoder_done(&session->decoder);
	free(session);
}

void session_hand_over(struct session *session, const struct session_events *events, void *ctx)
{
	session->events = *events;
	session->ctx = ctx;
}

void session_attach(struct session *session, struct machine_channel *channel,
		    enum session_start start)
{
	session->channel = channel;
	session->begun_ns = clock_boot_ns();
	session->heard_ns = session->begun_ns;
	if (start == SESSION_RESTORED)
		send_seq(session, FRAME_RESUME, true);
	if (start == SESSION_ADOPTED) {
		AUTO(freep) void *zeros = xcalloc(1, FRAME_RESYNC_SIZE);

		send_bytes(session, zeros, FRAME_RESYNC_SIZE);
		send_seq(session, FRAME_RESUME, false);
	}
	session->tick = loop_timer_add(session->loop, session->options.ping_ms, tick, session);
}

static void set_pause(struct session *session)
{
	bool pause = session->paused ? session->inbox_bytes > INBOX_LOW
				     : session->inbox_bytes > INBOX_HIGH;

	if (pause == session->paused)
		return;
	session->paused = pause;
	session->heard_ns = clock_boot_ns(); /* silence counts from here */
	if (session->channel)
		machine_channel_pause(session->channel, pause);
}

static void on_gap(struct session *session)
{
	if (clock_ms_since(session->gap_ns) < GAP_RESUME_MS)
		return;
	session->gap_ns = clock_boot_ns();
	send_seq(session, FRAME_RESUME, false);
	if (session->events.exec)
		session->events.exec(session->ctx, NULL);
}

static void on_report(struct session *session, const struct frame *frame)
{
	struct report *report;

	if (frame->seq <= session->received)
		return;
	if (frame->seq != session->received + 1) {
		on_gap(session);
		return;
	}
	report = xcalloc(1, sizeof(*report) + frame->len); /* at most FRAME_PAYLOAD_MAX */
	report->type = frame->type;
	report->seq = frame->seq;
	report->wall_ms = clock_wall_ms();
	report->len = frame->len;
	memcpy(report->payload, frame->payload, frame->len);
	*session->last = report;
	session->last = &report->next;
	session->received = frame->seq;
	session->inbox_bytes += frame->len + REPORT_COST;
}

/* The agent numbers its reports from 1; those it has dropped cannot come again. */
static bool hello_fits(struct session *session, const struct wire_hello *hello)
{
	if (hello->version != WIRE_VERSION) {
		lose(session, ERR_INVALID, "the agent speaks another version of the protocol");
		return false;
	}
	if ((uint64_t)hello->next_seq <= session->taken) {
		lose(session, ERR_INVALID, "the agent has forgotten its reports");
		return false;
	}
	return true;
}

static void on_hello(struct session *session, const struct frame *frame)
{
	struct err err = ERR_INIT;
	struct wire_hello hello;
	AUTO(arena_freep) struct arena *arena = arena_new(MESSAGE_BYTES);
	AUTO(json_decrefp) json_t *json = NULL;
	struct session_hello said = {.wall_us = clock_wall_us()};

	if (wire_read(&wire_hello_shape, frame, arena, &hello, &json, &err) < 0) {
		lose(session, ERR_INVALID, err.text);
		return;
	}
	if (!hello_fits(session, &hello))
		return;
	(void)snprintf(said.task, sizeof(said.task), "%s", hello.task);
	said.boot_wall_us = said.wall_us;
	if (hello.uptime_ms < said.wall_us / 1000) /* a guest can say anything */
		said.boot_wall_us -= hello.uptime_ms * 1000;
	said.memory_kib = hello.memory_kib;
	session->spoken = true;
	session->events.hello(session->ctx, &said);
}

/* Who speaks nonsense here is not believed elsewhere. */
static void on_stats(struct session *session, const struct frame *frame)
{
	struct err err = ERR_INIT;
	AUTO(arena_freep) struct arena *arena = arena_new(MESSAGE_BYTES);
	AUTO(json_decrefp) json_t *json = NULL;
	struct wire_stats stats;

	if (wire_read(&wire_stats_shape, frame, arena, &stats, &json, &err) < 0)
		lose(session, ERR_INVALID, err.text);
	else if (session->events.stats)
		session->events.stats(session->ctx, &stats);
}

static void on_frame(struct session *session, const struct frame *frame)
{
	switch (frame->type) {
	case FRAME_HELLO:
		on_hello(session, frame);
		break;
	case FRAME_PONG:
	case FRAME_PREPARED:
		if (session->events.answered)
			session->events.answered(session->ctx, frame->type);
		break;
	case FRAME_EXEC_OUTPUT:
	case FRAME_EXEC_ROOM:
	case FRAME_EXEC_EXIT:
		if (session->events.exec)
			session->events.exec(session->ctx, frame);
		break;
	case FRAME_STATS:
		on_stats(session, frame);
		break;
	case FRAME_PHASE:
	case FRAME_STARTED:
	case FRAME_OUTPUT:
	case FRAME_EXITED:
	case FRAME_FAILED:
	case FRAME_HEALTH:
	case FRAME_RESTARTED:
		on_report(session, frame);
		break;
	case FRAME_RESUME:
	case FRAME_TASK:
	case FRAME_STOP:
	case FRAME_ACK:
	case FRAME_PING:
	case FRAME_POWEROFF:
	case FRAME_PREPARE:
	case FRAME_EXEC_START:
	case FRAME_EXEC_INPUT:
	case FRAME_EXEC_RESIZE:
	case FRAME_EXEC_TAKEN:
	case FRAME_EXEC_END:
	case FRAME_CREDENTIALS:
	case FRAME_EVENT_PART:
		lose(session, ERR_INVALID, "the agent said what only its host may say");
		break;
	}
}

void session_bytes(void *ctx, const void *bytes, size_t len)
{
	struct session *session = ctx;
	const uint8_t *at = bytes;
	struct err err = ERR_INIT;
	struct frame frame;
	bool freed = false;

	if (session->ended)
		return;
	if (len == 0) {
		lose(session, ERR_UNAVAILABLE, "the channel to the agent ended");
		return;
	}
	session->heard_ns = clock_boot_ns();
	session->freed = &freed;
	while (len > 0 && !session->ended) {
		size_t part = len < FEED_MAX ? len : FEED_MAX;

		if (frame_feed(&session->decoder, at, part, &err) < 0) {
			lose(session, ERR_INVALID, err.text);
			break;
		}
		at += part;
		len -= part;
		while (!session->ended && frame_next(&session->decoder, &frame)) {
			on_frame(session, &frame);
			if (freed)
				return;
		}
	}
	if (session->decoder.skipped > (1 + session->resumes) * GARBAGE_MAX)
		lose(session, ERR_INVALID, "the agent sends bytes that are no frames");
	set_pause(session);
	if (session->first)
		session->events.reports(session->ctx);
	if (!freed)
		session->freed = NULL;
}

struct report *session_take(struct session *session)
{
	struct report *first = session->first;
	struct report **end = &session->first;
	size_t bytes = 0;

	while (*end && bytes < SESSION_BATCH_BYTES &&
	       ((*end)->type == FRAME_OUTPUT) == (first->type == FRAME_OUTPUT)) {
		bytes += (*end)->len + REPORT_COST;
		end = &(*end)->next;
	}
	if (!first)
		return NULL;
	session->inbox_bytes -= bytes;
	session->first = *end;
	*end = NULL;
	if (!session->first)
		session->last = &session->first;
	set_pause(session);
	return first;
}

void session_taken(struct session *session, uint64_t seq)
{
	session->taken = seq;
	send_seq(session, FRAME_ACK, false);
}

bool session_has_reports(const struct session *session)
{
	return session->received != session->taken;
}

uint64_t session_received(const struct session *session)
{
	return session->received;
}
