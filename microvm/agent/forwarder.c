/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages are kept one behind the other, each with its length before it. A connection is tried
 * until there is one; when it breaks in a message, the whole message is said again on the next.
 * What was said counts as taken, as with Docker's driver: nobody acknowledges.
 *
 * When a line finds no room it is dropped and counted, and a line of ours tells how many bytes
 * were, as soon as there is room for it.
 */
#include "microvm/agent/forwarder.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "core/clock.h"
#include "microvm/agent/boot.h"
#include "microvm/agent/fluent.h"

#define RETRY_MS    250
#define NOTICE_SIZE 160

struct forwarder {
	struct forwarder_options options;
	struct sockaddr_un address;
	struct fluent fluent;
	struct buf kept;    /* length u32, message, length u32, ... */
	struct buf message; /* that is being made */
	size_t sent;	    /* of the first message */
	uint64_t dropped;   /* bytes, that were not told of */
	int fd;		    /* -1: not connected */
	struct loop_fd *watch;
	struct loop_timer *retry, *grace; /* NULL unless they run */
	bool finishing, idle;
};

static void go_on(struct forwarder *forwarder);

struct forwarder *forwarder_new(const struct forwarder_options *options)
{
	struct forwarder *forwarder = xcalloc(1, sizeof(*forwarder)); /* as long as the machine */

	forwarder->options = *options;
	forwarder->address.sun_family = AF_UNIX;
	(void)snprintf(forwarder->address.sun_path, sizeof(forwarder->address.sun_path), "%s",
		       options->socket);
	forwarder->fluent = (struct fluent){.tag = options->route->tag,
					    .container_id = options->route->container_id,
					    .container_name = options->container_name};
	forwarder->fd = -1;
	buf_init(&forwarder->kept, (size_t)options->route->buffer_bytes);
	buf_init(&forwarder->message, WIRE_LINE_MAX + FLUENT_OVERHEAD);
	return forwarder;
}

/* --- what is kept ------------------------------------------------------- */

/* The first message; false if there is none. */
static bool first(const struct forwarder *forwarder, const uint8_t **ret_bytes, uint32_t *ret_len)
{
	if (forwarder->kept.len == 0)
		return false;
	memcpy(ret_len, forwarder->kept.data, sizeof(*ret_len));
	*ret_bytes = forwarder->kept.data + sizeof(*ret_len);
	return true;
}

/* The message of @piece's first line, which goes on behind it; false: there is no room, or there
 * was none for what comes before it (@after_gap). */
static bool keep_line(struct forwarder *forwarder, bool after_gap, struct wire_output *piece)
{
	struct buf *kept = &forwarder->kept;
	struct err err = ERR_INIT;
	uint32_t len;

	buf_clear(&forwarder->message);
	if (fluent_say(&forwarder->fluent, piece, &forwarder->message, &err) < 0)
		boot_give_up(err.text); /* a line always fits */
	len = (uint32_t)forwarder->message.len;
	if (after_gap || kept->max - kept->len < sizeof(len) + len)
		return false;
	if (buf_append(kept, &len, sizeof(len), &err) < 0 ||
	    buf_append(kept, forwarder->message.data, len, &err) < 0)
		boot_give_up(err.text);
	return true;
}

/* The line that stands for what was dropped; the parts of another go on behind it. */
static bool keep_notice(struct forwarder *forwarder)
{
	char text[NOTICE_SIZE];
	int len = snprintf(text, sizeof(text),
			   "[slipway] %" PRIu64 " bytes of output were dropped here: the buffer "
			   "(log-driver-buffer-limit) was full\n",
			   forwarder->dropped);
	struct wire_output notice = {
		.stream = 2,
		.wall_ms = clock_wall_ms(),
		.bytes = (const uint8_t *)text,
		.len = (size_t)len,
	};

	struct fluent_line *line = &forwarder->fluent.lines[1];
	struct fluent_line cut = STEAL(*line, (struct fluent_line){0});
	bool kept = keep_line(forwarder, false, &notice);

	*line = cut;
	if (kept)
		forwarder->dropped = 0;
	return kept;
}

void forwarder_take(struct forwarder *forwarder, const struct wire_output *piece)
{
	struct wire_output rest = *piece;

	while (rest.len > 0) {
		size_t before = rest.len;
		bool gap = forwarder->dropped > 0 && !keep_notice(forwarder);

		if (!keep_line(forwarder, gap, &rest))
			forwarder->dropped += before - rest.len;
	}
	go_on(forwarder);
}

/* --- the connection ----------------------------------------------------- */

static void disconnect(struct forwarder *forwarder)
{
	loop_fd_remove(STEAL(forwarder->watch, NULL));
	fd_closep(&forwarder->fd);
	forwarder->sent = 0;
}

static void on_retry(void *ctx)
{
	struct forwarder *forwarder = ctx;

	forwarder->retry = NULL;
	go_on(forwarder);
}

static void try_later(struct forwarder *forwarder)
{
	disconnect(forwarder);
	if (!forwarder->retry)
		forwarder->retry =
			loop_timer_add(forwarder->options.loop, RETRY_MS, on_retry, forwarder);
}

static bool is_connected(struct forwarder *forwarder)
{
	if (forwarder->fd >= 0)
		return true;
	if (forwarder->retry)
		return false;
	forwarder->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (forwarder->fd >= 0 &&
	    connect(forwarder->fd, (const struct sockaddr *)&forwarder->address,
		    sizeof(forwarder->address)) == 0)
		return true;
	try_later(forwarder);
	return false;
}

static void on_writable(void *ctx, unsigned events)
{
	(void)events; /* writing tells */
	go_on(ctx);
}

/* Wait until the router reads. */
static void wait_for_room(struct forwarder *forwarder)
{
	struct err err = ERR_INIT;

	if (!forwarder->watch && loop_fd_add(forwarder->options.loop, forwarder->fd, LOOP_WRITE,
					     on_writable, forwarder, &forwarder->watch, &err) < 0)
		boot_give_up(err.text);
}

/* Say what is kept, as far as the router reads it. */
static void say(struct forwarder *forwarder)
{
	const uint8_t *bytes;
	size_t done = 0;
	uint32_t len;

	while (done < forwarder->kept.len) {
		ssize_t put;

		memcpy(&len, forwarder->kept.data + done, sizeof(len));
		bytes = forwarder->kept.data + done + sizeof(len);
		put = send(forwarder->fd, bytes + forwarder->sent, len - forwarder->sent,
			   MSG_NOSIGNAL);
		if (put < 0)
			break;
		forwarder->sent += (size_t)put;
		if (forwarder->sent < len)
			continue;
		forwarder->sent = 0;
		done += sizeof(len) + len;
	}
	buf_consume(&forwarder->kept, done);
	if (first(forwarder, &bytes, &len)) {
		if (errno == EAGAIN)
			wait_for_room(forwarder);
		else
			try_later(forwarder);
	} else {
		loop_fd_remove(STEAL(forwarder->watch, NULL));
	}
}

static void tell_idle(void *ctx)
{
	struct forwarder *forwarder = ctx;

	forwarder->options.on_idle(forwarder->options.ctx);
}

static void become_idle(struct forwarder *forwarder)
{
	forwarder->idle = true;
	loop_timer_cancel(STEAL(forwarder->grace, NULL));
	loop_timer_cancel(STEAL(forwarder->retry, NULL));
	buf_done(&forwarder->kept);
	buf_init(&forwarder->kept, (size_t)forwarder->options.route->buffer_bytes);
	disconnect(forwarder);
	loop_post(forwarder->options.loop, tell_idle, forwarder);
}

static void go_on(struct forwarder *forwarder)
{
	if (forwarder->kept.len > 0 && is_connected(forwarder))
		say(forwarder);
	if (forwarder->finishing && !forwarder->idle && forwarder->kept.len == 0) {
		if (forwarder->dropped > 0 && keep_notice(forwarder))
			go_on(forwarder);
		else
			become_idle(forwarder);
	}
}

/* --- the end ------------------------------------------------------------ */

static void on_grace_over(void *ctx)
{
	struct forwarder *forwarder = ctx;

	forwarder->grace = NULL;
	become_idle(forwarder);
}

void forwarder_finish(struct forwarder *forwarder)
{
	if (forwarder->finishing)
		return;
	forwarder->finishing = true;
	forwarder->grace = loop_timer_add(forwarder->options.loop, FORWARDER_GRACE_MS,
					  on_grace_over, forwarder);
	go_on(forwarder);
}

bool forwarder_is_idle(const struct forwarder *forwarder)
{
	return forwarder->idle;
}

void forwarder_renew(struct forwarder *forwarder)
{
	assert(forwarder->idle || !forwarder->finishing);
	forwarder->finishing = false;
	forwarder->idle = false;
	forwarder->dropped = 0;
	memset(forwarder->fluent.lines, 0, sizeof(forwarder->fluent.lines));
}
