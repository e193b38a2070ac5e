/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pipe is watched only while the session has room for a piece. Else the watch
 * is taken away (a watch that wants nothing would still report the hang-up of an
 * ended pipe, in each turn), the pipe fills, and the container waits in write(2).
 * With a spool it is watched to its end: pieces wait there, and some are dropped.
 *
 * The end is the end of file, or what was in the pipe at stream_finish(): a
 * descriptor may have been passed to somebody who lives on (containers of a task
 * share a network, and so sockets), and must not keep a dead one from being reported.
 * A terminal does not know what it holds: its end is when nothing comes at once.
 */
#include "microvm/agent/stream.h"

#include <assert.h>
#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/clock.h"
#include "microvm/agent/boot.h"
#include "microvm/agent/lines.h"

#define READS_A_TURN  4	      /* then other streams and the host have their turn */
#define TERMINAL_REST 1048576 /* more than the kernel holds of one */

struct stream {
	struct stream_options options;
	int fd;
	struct loop_fd *watch;		 /* NULL while there is no room, and at the end */
	bool finishing;			 /* no writer of ours is left */
	size_t rest;			 /* then: bytes still to read */
	bool ended;			 /* all bytes were read */
	bool drained;			 /* and handed over */
	struct loop_timer *joined_timer; /* NULL unless it runs */
	bool joined_due;		 /* what is joined is held for want of room */
	struct lines lines;
};

static void on_readable(void *ctx, unsigned events);

static void watch(struct stream *stream)
{
	struct err err = ERR_INIT;

	if (stream->watch)
		return;
	if (loop_fd_add(stream->options.loop, stream->fd, LOOP_READ, on_readable, stream,
			&stream->watch, &err) < 0)
		boot_give_up(err.text);
}

static void unwatch(struct stream *stream)
{
	loop_fd_remove(stream->watch);
	stream->watch = NULL;
}

/* Hand over what waits, oldest first; false if the session has no room. */
static bool send_spooled(struct stream *stream)
{
	struct spool *spool = stream->options.spool;
	struct wire_output output;

	while (spool_next(spool, &output)) {
		output.container = stream->options.container;
		if (!session_has_room(stream->options.session, output.len))
			return false;
		session_output(stream->options.session, &output);
		spool_taken(spool);
	}
	return true;
}

/* Hand over one piece, or let it wait; false if it must stay where it is. */
static bool send_piece(struct stream *stream, const struct wire_output *output)
{
	struct spool *spool = stream->options.spool;
	bool room;

	if (stream->options.forwarder) {
		forwarder_take(stream->options.forwarder, output);
		return true;
	}
	room = (!spool || send_spooled(stream)) &&
	       session_has_room(stream->options.session, output->len);
	if (room)
		session_output(stream->options.session, output);
	else if (spool)
		spool_put(spool, output);
	return room || spool;
}

/* Hand over what is joined so far; false if it must stay. */
static bool send_joined(struct stream *stream)
{
	struct wire_output event;

	if (!joiner_held(stream->options.joiner, &event))
		return true;
	event.container = stream->options.container;
	if (!send_piece(stream, &event))
		return false;
	joiner_taken(stream->options.joiner);
	return true;
}

static void on_joined_long(void *ctx);

/* Hand over what is joined if it has waited long enough; else that is looked at again. */
static void send_joined_long(struct stream *stream)
{
	struct joiner *joiner = stream->options.joiner;
	struct wire_output event;
	int64_t left;

	stream->joined_due = false;
	if (!joiner_held(joiner, &event))
		return;
	left = JOINER_WAIT_MS - clock_ms_since(joiner->began_ns);
	if (left <= 0)
		stream->joined_due = !send_joined(stream);
	else if (!stream->joined_timer) /* it is a newer one */
		stream->joined_timer =
			loop_timer_add(stream->options.loop, left, on_joined_long, stream);
}

static void on_joined_long(void *ctx)
{
	struct stream *stream = ctx;

	stream->joined_timer = NULL;
	send_joined_long(stream);
}

/* Something is held now and nothing was before. */
static void begin_joining(struct stream *stream)
{
	stream->options.joiner->began_ns = clock_boot_ns();
	if (!stream->joined_timer)
		stream->joined_timer = loop_timer_add(stream->options.loop, JOINER_WAIT_MS,
						      on_joined_long, stream);
}

/* Hand over the events of a piece but the last; false if one of them must stay, and what
 * follows it. *ret_taken: bytes of the piece that are done with. */
static bool join_piece(struct stream *stream, const struct wire_output *piece, size_t *ret_taken)
{
	struct joiner *joiner = stream->options.joiner;
	struct wire_output rest = *piece;
	bool all = false;
	bool sent = true;

	while (!all && sent) {
		struct wire_output event;
		bool held = joiner_held(joiner, &event);

		all = joiner_take(joiner, &rest);
		if (!held)
			begin_joining(stream);
		sent = all || send_joined(stream);
	}
	*ret_taken = piece->len - rest.len;
	return all;
}

/* The last event ends with the last stream. */
static bool send_last_joined(struct stream *stream)
{
	struct joiner *joiner = stream->options.joiner;

	return !stream->ended || !joiner || joiner->writers > 1 || send_joined(stream);
}

/* Hand over every piece; false if the session has no room for what must be next. */
static bool send_pieces(struct stream *stream)
{
	struct lines_piece piece;

	while (lines_next(&stream->lines, stream->ended, &piece)) {
		struct wire_output output = {
			.container = stream->options.container,
			.stream = stream->options.stream,
			.flags = piece.flags,
			.wall_ms = clock_wall_ms(),
			.bytes = piece.bytes,
			.len = piece.len,
		};

		size_t taken = piece.len;
		bool sent = stream->options.joiner ? join_piece(stream, &output, &taken)
						   : send_piece(stream, &output);

		if (stream->options.joiner || sent)
			lines_taken(&stream->lines, taken);
		if (!sent)
			return false;
	}
	if (!send_last_joined(stream))
		return false;
	/* The end waits for what is kept. */
	return !stream->options.spool || send_spooled(stream) || !stream->ended;
}

/* One read: false when nothing more can be had now. */
static bool read_some(struct stream *stream)
{
	size_t room;
	uint8_t *bytes = lines_room(&stream->lines, &room);
	ssize_t got;

	if (stream->finishing && room > stream->rest)
		room = stream->rest;
	got = room > 0 ? read(stream->fd, bytes, room) : 0;
	if (got <= 0) {
		stream->ended = got == 0 || errno != EAGAIN ||
				(stream->finishing && stream->options.terminal);
		return stream->ended;
	}
	lines_added(&stream->lines, (size_t)got);
	if (stream->finishing)
		stream->rest -= (size_t)got;
	return true;
}

static void end(struct stream *stream)
{
	unwatch(stream);
	close(stream->fd);
	if (stream->options.joiner)
		stream->options.joiner->writers--;
	stream->drained = true;
	stream->options.on_drained(stream->options.ctx);
}

/* Read and send until the pipe is empty, the session full, or others are due. */
static void work(struct stream *stream)
{
	for (int reads = 0; !stream->drained; reads++) {
		if (!send_pieces(stream)) {
			unwatch(stream);
			return;
		}
		if (stream->ended) {
			end(stream);
			return;
		}
		if (reads == READS_A_TURN || !read_some(stream)) {
			watch(stream);
			return;
		}
	}
}

static void on_readable(void *ctx, unsigned events)
{
	(void)events; /* reading tells */
	work(ctx);
}

struct stream *stream_new(const struct stream_options *options, int fd)
{
	struct stream *stream = xcalloc(1, sizeof(*stream));

	stream->options = *options;
	stream->fd = fd;
	watch(stream);
	return stream;
}

void stream_free(struct stream *stream)
{
	assert(!stream || stream->drained);
	if (stream)
		loop_timer_cancel(stream->joined_timer);
	free(stream);
}

void stream_go_on(struct stream *stream)
{
	if (stream->options.spool)
		(void)send_spooled(stream); /* if there is no room yet, we are called again */
	if (stream->joined_due)
		send_joined_long(stream);
	if (!stream->watch && !stream->drained)
		work(stream);
}

static void on_finish(void *ctx)
{
	work(ctx);
}

void stream_finish(struct stream *stream)
{
	int rest = 0;

	if (stream->drained)
		return;
	if (stream->options.terminal)
		rest = TERMINAL_REST;
	else
		(void)ioctl(stream->fd, FIONREAD, &rest); /* a pipe always knows its fill */
	stream->finishing = true;
	stream->rest = (size_t)rest;
	/* From the loop, so that on_drained never comes out of this call. */
	loop_post(stream->options.loop, on_finish, stream);
}
