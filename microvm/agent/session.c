/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three queues go out through the port, a whole frame of one or of another at
 * a time: `urgent` holds what is said once (HELLO, PONG, STATS), `talk` what is about
 * commands, `reports` all that is numbered. Neither of the last two makes the other wait
 * for more than a frame. A report stays in its queue after it was sent:
 *
 *     reports:  [ acknowledged | sent, kept | not sent yet ]
 *                0              ^acked       ^sent         ^len
 *
 * RESUME means that another program is the host now, which has the reports up to
 * the number it names. What the old one had half received is lost or broken. So
 * everything in flight is forgotten, FRAME_RESYNC_SIZE zeros break whatever frame
 * was cut, then come HELLO and all reports behind that number.
 *
 * Before the first RESUME or other word a host gets what is there to send: the
 * one that booted us needs to say nothing to be told hello.
 *
 * Limits: output stops at SESSION_UNACKED_MAX (session_has_room); the few other
 * reports of a task have CONTROL_RESERVE on top, so an EXITED always finds room.
 */
#include "microvm/agent/session.h"

#include <assert.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "core/clock.h"
#include "microvm/agent/boot.h"
#include "microvm/agent/port.h"

/* Ten containers, each a STARTED and an EXITED with a text of at most
 * WIRE_TEXT_MAX (six bytes a character when escaped), and the phases. */
#define CONTROL_RESERVE (128u * 1024)
/* Acknowledged bytes are dropped when they are this many, so moving the rest is
 * paid for by as many bytes that went. */
#define COMPACT_AT	SESSION_UNACKED_MAX
/* Room that is worth waking readers for. */
#define ROOM_STEP	(128u * 1024)
#define URGENT_MAX	(FRAME_RESYNC_SIZE + 16u * 1024)
#define REPORTS_MAX	(COMPACT_AT + SESSION_UNACKED_MAX + CONTROL_RESERVE)

struct session {
	struct loop *loop;
	struct port *port;
	struct session_handlers handlers;
	const char *task;
	struct frame_decoder decoder;
	struct buf urgent;
	struct buf reports;
	size_t acked, sent; /* offsets in reports, see above */
	size_t frame_left;  /* bytes to send of the report that is half sent */
	uint64_t next_seq;
	bool room_wanted; /* somebody waits for it */
	struct buf talk;
	size_t talk_sent; /* offset in talk */
	size_t talk_left; /* bytes to send of the frame of it that is half sent */
	bool talk_wanted; /* somebody waits for room in it */
	bool muted;
	bool pump_posted;
};

/* An encoding that fails can only be our mistake: sizes are bounded above. */
static void must(int result, const struct err *err)
{
	if (result < 0)
		boot_give_up(err->text);
}

/* Follow with `sent` and `frame_left` what the port has taken. */
static void count_sent(struct session *session, size_t len)
{
	while (len > 0) {
		size_t step;

		if (session->frame_left == 0)
			session->frame_left = frame_size(session->reports.data + session->sent);
		step = len < session->frame_left ? len : session->frame_left;
		session->sent += step;
		session->frame_left -= step;
		len -= step;
	}
}

/* One frame of talk, or what is left of it; false if the port is full. */
static bool pump_talk(struct session *session)
{
	size_t put;

	if (session->talk_left == 0 && session->talk_sent < session->talk.len)
		session->talk_left = frame_size(session->talk.data + session->talk_sent);
	put = port_write(session->port, session->talk.data + session->talk_sent,
			 session->talk_left);
	session->talk_sent += put;
	session->talk_left -= put;
	return session->talk_left == 0;
}

/* The report that is half sent, or the next; all of them while there is no talk. */
static bool pump_reports(struct session *session)
{
	size_t len = session->frame_left;

	if (len == 0 && session->sent < session->reports.len)
		len = session->talk_sent < session->talk.len
			      ? frame_size(session->reports.data + session->sent)
			      : session->reports.len - session->sent;
	count_sent(session, port_write(session->port, session->reports.data + session->sent, len));
	return session->frame_left == 0;
}

static bool pump_urgent(struct session *session)
{
	buf_consume(&session->urgent,
		    port_write(session->port, session->urgent.data, session->urgent.len));
	return session->urgent.len == 0;
}

static void pump_all(struct session *session)
{
	if ((session->frame_left > 0 && !pump_reports(session)) ||
	    (session->talk_left > 0 && !pump_talk(session)) || !pump_urgent(session))
		return;
	while (session->talk_sent < session->talk.len || session->sent < session->reports.len) {
		size_t before = session->talk_sent + session->sent;

		if (!pump_talk(session) || !pump_reports(session) ||
		    before == session->talk_sent + session->sent)
			return;
	}
}

static void on_talk_room(void *ctx)
{
	struct session *session = ctx;

	session->handlers.on_talk_room(session->handlers.ctx);
}

static void pump(struct session *session)
{
	pump_all(session);
	buf_consume(&session->talk, STEAL(session->talk_sent, 0));
	if (session->talk_wanted && session->talk.len <= SESSION_TALK_MAX / 2) {
		session->talk_wanted = false;
		/* From the loop: who waits may be at work. */
		loop_post(session->loop, on_talk_room, session);
	}
}

static void on_pump(void *ctx)
{
	struct session *session = ctx;

	session->pump_posted = false;
	pump(session);
}

/* What one turn of the loop has to say goes out together: the port's queue holds
 * few writes, however small they are. */
static void pump_soon(struct session *session)
{
	if (session->pump_posted)
		return;
	session->pump_posted = true;
	loop_post(session->loop, on_pump, session);
}

static size_t unacknowledged(const struct session *session)
{
	return session->reports.len - session->acked;
}

static void compact(struct session *session)
{
	if (session->acked < COMPACT_AT)
		return;
	buf_consume(&session->reports, session->acked);
	session->sent -= session->acked;
	session->acked = 0;
}

static void say_hello(struct session *session)
{
	struct err err = ERR_INIT;
	struct sysinfo info;
	struct utsname names;
	cpu_set_t cpus;
	struct wire_hello hello = {
		.version = WIRE_VERSION,
		.task = session->task,
		.next_seq = (int64_t)session->next_seq,
		.uptime_ms = clock_boot_ms(),
	};

	(void)sysinfo(&info); /* neither fails with a valid pointer */
	(void)uname(&names);
	hello.memory_kib = (int64_t)(info.totalram * info.mem_unit / 1024);
	hello.kernel = names.release;
	CPU_ZERO(&cpus);
	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		hello.cpus = CPU_COUNT(&cpus);
	must(wire_write(&wire_hello_shape, &hello, FRAME_HELLO, 0, &session->urgent, &err), &err);
}

/* Reports up to @seq are the host's. One that is half sent cannot be. */
static void acknowledge(struct session *session, uint64_t seq)
{
	while (session->acked < session->sent) {
		const uint8_t *frame = session->reports.data + session->acked;

		if (frame_seq(frame) > seq || session->acked + frame_size(frame) > session->sent)
			break;
		session->acked += frame_size(frame);
	}
	compact(session);
	if (session->room_wanted && unacknowledged(session) + ROOM_STEP <= SESSION_UNACKED_MAX) {
		session->room_wanted = false;
		session->handlers.on_room(session->handlers.ctx);
	}
}

static void resume(struct session *session, uint64_t seq, bool fresh)
{
	static const uint8_t zeros[FRAME_RESYNC_SIZE];
	struct err err = ERR_INIT;

	/* All that was ever sent counts as sent, so that it can be acknowledged. */
	session->sent += session->frame_left;
	session->frame_left = 0;
	acknowledge(session, seq);
	session->sent = session->acked;
	buf_clear(&session->urgent);
	buf_clear(&session->talk);
	session->talk_left = 0;
	if (!fresh)
		session->handlers.on_new_host(session->handlers.ctx);
	if (!fresh)
		must(buf_append(&session->urgent, zeros, sizeof(zeros), &err), &err);
	say_hello(session);
}

/* A RESUME or ACK; false for a damaged one, which is ignored. */
static bool read_seq(const struct frame *frame, struct wire_resume *ret_message)
{
	struct err err = ERR_INIT;
	AUTO(arena_freep) struct arena *arena = arena_new(4096);
	AUTO(json_decrefp) json_t *json = NULL;

	return wire_read(&wire_resume_shape, frame, arena, ret_message, &json, &err) == 0;
}

static void on_frame(struct session *session, const struct frame *frame)
{
	struct err err = ERR_INIT;
	struct wire_resume message;

	switch (frame->type) {
	case FRAME_RESUME:
		if (read_seq(frame, &message))
			resume(session, (uint64_t)message.seq, message.fresh);
		break;
	case FRAME_ACK:
		if (read_seq(frame, &message))
			acknowledge(session, (uint64_t)message.seq);
		break;
	case FRAME_PING:
		/* A host that pings and does not read gets no more than fits. */
		(void)!frame_encode(&session->urgent, FRAME_PONG, 0, NULL, 0, &err);
		break;
	case FRAME_TASK:
		session->handlers.on_task(session->handlers.ctx, frame);
		break;
	case FRAME_PREPARE:
		session->handlers.on_prepare(session->handlers.ctx);
		break;
	case FRAME_CREDENTIALS:
		session->handlers.on_credentials(session->handlers.ctx, frame);
		break;
	case FRAME_EVENT_PART:
		session->handlers.on_event_part(session->handlers.ctx, frame);
		break;
	case FRAME_STOP:
		session->handlers.on_stop(session->handlers.ctx);
		break;
	case FRAME_POWEROFF:
		session->handlers.on_poweroff(session->handlers.ctx);
		break;
	case FRAME_EXEC_START:
	case FRAME_EXEC_INPUT:
	case FRAME_EXEC_RESIZE:
	case FRAME_EXEC_TAKEN:
	case FRAME_EXEC_END:
		session->handlers.on_exec(session->handlers.ctx, frame);
		break;
	default:
		break; /* the agent's own types: no host says them */
	}
}

static void on_bytes(void *ctx, const void *bytes, size_t len)
{
	struct session *session = ctx;
	struct err err = ERR_INIT;
	struct frame frame;

	must(frame_feed(&session->decoder, bytes, len, &err), &err);
	while (frame_next(&session->decoder, &frame))
		on_frame(session, &frame);
	pump(session);
}

static void on_writable(void *ctx)
{
	pump(ctx);
}

int session_open(struct loop *loop, const struct session_handlers *handlers,
		 struct session **ret_session, struct err *err)
{
	struct session *session = xcalloc(1, sizeof(*session));

	session->loop = loop;
	session->handlers = *handlers;
	session->task = "";
	session->next_seq = 1;
	frame_decoder_init(&session->decoder);
	buf_init(&session->urgent, URGENT_MAX);
	buf_init(&session->reports, REPORTS_MAX);
	buf_init(&session->talk, SESSION_TALK_MAX + SESSION_TALK_PIECE);
	if (port_open(loop, on_bytes, on_writable, session, &session->port, err) < 0)
		return -1;
	say_hello(session);
	pump(session);
	*ret_session = session;
	return 0;
}

void session_mute(struct session *session, bool mute)
{
	session->muted = mute;
}

void session_prepared(struct session *session)
{
	struct err err = ERR_INIT;

	/* A host that asks and does not read gets no more than fits. */
	(void)!frame_encode(&session->urgent, FRAME_PREPARED, 0, NULL, 0, &err);
	pump_soon(session);
}

void session_set_task(struct session *session, const char *task)
{
	session->task = task;
}

void session_report(struct session *session, const struct shape *shape, const void *message,
		    enum frame_type type)
{
	struct err err = ERR_INIT;

	if (session->muted)
		return;
	must(wire_write(shape, message, type, session->next_seq++, &session->reports, &err), &err);
	pump_soon(session);
}

void session_tell(struct session *session, const struct shape *shape, const void *message,
		  enum frame_type type)
{
	struct err err = ERR_INIT;

	if (session->urgent.len > 0)
		return; /* nobody has taken the last words yet */
	must(wire_write(shape, message, type, 0, &session->urgent, &err), &err);
	pump_soon(session);
}

void session_phase(struct session *session, const char *name)
{
	struct wire_phase phase = {.name = name, .uptime_us = clock_boot_ns() / 1000};

	session_report(session, &wire_phase_shape, &phase, FRAME_PHASE);
}

bool session_has_room(struct session *session, size_t len)
{
	if (unacknowledged(session) + len <= SESSION_UNACKED_MAX)
		return true;
	session->room_wanted = true;
	return false;
}

void session_output(struct session *session, const struct wire_output *output)
{
	struct err err = ERR_INIT;

	assert(output->len <= FRAME_PAYLOAD_MAX - WIRE_OUTPUT_HEADER_SIZE);
	if (session->muted)
		return;
	must(wire_output_write(output, session->next_seq++, &session->reports, &err), &err);
	pump_soon(session);
}

bool session_talk_has_room(struct session *session)
{
	if (session->talk.len < SESSION_TALK_MAX)
		return true;
	session->talk_wanted = true;
	return false;
}

void session_talk(struct session *session, const uint8_t *frame, size_t len)
{
	struct err err = ERR_INIT;

	if (session->muted)
		return;
	(void)!buf_append(&session->talk, frame, len, &err); /* who asked for room has it */
	pump_soon(session);
}
