/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What there is before the container's process, and what only when that is ready: its
 * terminal's ends come through a socket, and its buffer was filled by the process itself, so
 * that the pages are counted as the task's memory.
 */
#include "microvm/agent/output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>

#include "microvm/agent/boot.h"
#include "microvm/agent/mounts.h"
#include "microvm/agent/terminal.h"

#define STREAMS 2

void output_init(struct output *output, const struct output_options *options)
{
	*output = (struct output){
		.options = *options,
		.fds = {-1, -1},
		.terminal_socket = -1,
		.terminal_fd = -1,
		.buffer_fd = -1,
	};
}

/* Not a byte of it is there yet. */
static int make_buffer(struct output *output, struct err *err)
{
	int64_t bytes = output->options.spec->output_buffer_bytes;

	if (bytes == 0)
		return 0;
	if (bytes < WIRE_OUTPUT_BUFFER_MIN)
		return err_set(err, ERR_INVALID, "a buffer for output of %" PRId64 " bytes", bytes);
	output->buffer_fd = memfd_create("output", MFD_CLOEXEC);
	return output->buffer_fd < 0 ? err_sys(err, errno, "make a buffer for output") : 0;
}

static void on_forwarder_idle(void *ctx)
{
	struct output *output = ctx;

	output->options.on_drained(output->options.ctx);
}

static void make_forwarder(struct output *output)
{
	const struct wire_route *route = &output->options.spec->route;
	char folder[MOUNTS_VOLUME_PATH_SIZE];
	char path[MOUNTS_VOLUME_PATH_SIZE + 64];
	struct forwarder_options options = {
		.loop = output->options.loop,
		.socket = path,
		.route = route,
		.container_name = output->options.spec->name,
		.on_idle = on_forwarder_idle,
		.ctx = output,
	};

	(void)snprintf(path, sizeof(path), "%s/%s", mounts_volume_path(route->volume, folder),
		       route->socket);
	output->forwarder = forwarder_new(&options);
}

int output_make(struct output *output, struct err *err)
{
	if (shape_given(output->options.spec->route.tag) && !output->forwarder)
		make_forwarder(output);
	if (shape_given(output->options.spec->event_begin) && !output->joiner.pattern &&
	    joiner_init(&output->joiner, output->options.spec->event_begin, err) < 0)
		return err_wrap(err, "the pattern of lines that begin an event");
	return make_buffer(output, err);
}

void output_take_ends(struct output *output, struct pipes *pipes)
{
	output->fds[0] = STEAL(pipes->out[0], -1);
	output->fds[1] = STEAL(pipes->errors[0], -1);
	output->terminal_socket = STEAL(pipes->terminal[0], -1);
}

/* The container's process has filled it, so all pages are there and are its own. */
static void map_buffer(struct output *output)
{
	size_t size = (size_t)output->options.spec->output_buffer_bytes;
	struct err err = ERR_INIT;
	void *bytes;

	if (output->buffer_fd < 0)
		return;
	bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, output->buffer_fd, 0);
	if (bytes == MAP_FAILED) {
		(void)err_sys(&err, errno, "map a container's buffer");
		boot_give_up(err.text);
	}
	fd_closep(&output->buffer_fd);
	spool_init(&output->spool, bytes, size);
}

static void unmap_buffer(struct output *output)
{
	if (output->spool.size > 0)
		(void)munmap(output->spool.bytes, output->spool.size);
	output->spool.size = 0;
}

static void on_drained(void *ctx)
{
	struct output *output = ctx;

	output->drained++;
	if (output->forwarder && output->drained == STREAMS)
		forwarder_finish(output->forwarder);
	output->options.on_drained(output->options.ctx);
}

/* The ends were sent before it said that it is ready. */
static void take_terminal(struct output *output)
{
	struct err err = ERR_INIT;

	if (terminal_take(output->terminal_socket, &output->fds[0], &output->terminal_fd, &err) < 0)
		boot_give_up(err.text);
	fd_closep(&output->terminal_socket);
	output->drained = 1; /* there is no second stream */
}

void output_begin(struct output *output)
{
	bool terminal = output->options.spec->terminal;
	unsigned count = terminal ? 1 : STREAMS;

	map_buffer(output);
	joiner_renew(&output->joiner, count);
	if (output->forwarder)
		forwarder_renew(output->forwarder);
	if (terminal)
		take_terminal(output);
	for (unsigned i = 0; i < count; i++) {
		struct stream_options options = {
			.loop = output->options.loop,
			.session = output->options.session,
			.container = output->options.index,
			.stream = i + 1,
			.terminal = terminal,
			.spool = output->spool.size > 0 ? &output->spool : NULL,
			.joiner = output->joiner.pattern ? &output->joiner : NULL,
			.forwarder = output->forwarder,
			.on_drained = on_drained,
			.ctx = output,
		};

		output->streams[i] = stream_new(&options, STEAL(output->fds[i], -1));
	}
}

void output_go_on(struct output *output)
{
	for (int i = 0; i < STREAMS; i++) {
		if (output->streams[i])
			stream_go_on(output->streams[i]);
	}
}

void output_finish(struct output *output)
{
	for (int i = 0; i < STREAMS; i++) {
		if (output->streams[i])
			stream_finish(output->streams[i]);
	}
}

bool output_is_drained(const struct output *output)
{
	return output->drained == STREAMS &&
	       (!output->forwarder || forwarder_is_idle(output->forwarder));
}

void output_end(struct output *output)
{
	fd_closep(&output->terminal_fd);
	unmap_buffer(output);
}

void output_renew(struct output *output)
{
	for (int i = 0; i < STREAMS; i++) {
		fd_closep(&output->fds[i]);
		stream_free(STEAL(output->streams[i], NULL));
	}
	fd_closep(&output->buffer_fd);
	fd_closep(&output->terminal_socket);
	output->drained = 0;
}
