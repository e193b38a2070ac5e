/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is typed for a command, on its way into its pipe or terminal. As much waits here as the
 * host has a window for; it is told when some was taken.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "microvm/agent/boot.h"
#include "microvm/agent/exec_private.h"

#define TERMINAL_EOF "\x04" /* what a person types for the end of input */

void exec_close_input(struct exec *exec)
{
	loop_fd_remove(STEAL(exec->in_watch, NULL));
	fd_closep(&exec->in_fd);
	buf_done(&exec->in);
}

void exec_say_room(struct exec *exec)
{
	struct wire_exec_count message = {.id = exec->id, .bytes = (int64_t)exec->room_owed};

	if (exec->room_owed == 0 || !session_talk_has_room(exec->execs->options.session))
		return;
	exec->room_owed = 0;
	exec_tell(exec->execs, &wire_exec_count_shape, &message, FRAME_EXEC_ROOM);
}

static void on_writable(void *ctx, unsigned events);

static void wait_to_write(struct exec *exec)
{
	struct err err = ERR_INIT;

	/* A descriptor is watched once; a terminal is read as well. */
	if (exec->in_watch)
		return;
	if (exec->terminal)
		exec->in_fd = fcntl(exec->sources[0].fd, F_DUPFD_CLOEXEC, 0);
	if (exec->in_fd < 0 || loop_fd_add(exec->execs->options.loop, exec->in_fd, LOOP_WRITE,
					   on_writable, exec, &exec->in_watch, &err) < 0)
		boot_give_up("watch a command's input");
}

static void stop_waiting(struct exec *exec)
{
	if (!exec->in_watch)
		return;
	loop_fd_remove(STEAL(exec->in_watch, NULL));
	if (exec->terminal)
		fd_closep(&exec->in_fd);
}

static int input_of(const struct exec *exec)
{
	return exec->terminal ? exec->sources[0].fd : exec->in_fd;
}

static void end_input(struct exec *exec)
{
	if (exec->terminal)
		(void)!write(input_of(exec), TERMINAL_EOF, 1);
	else
		exec_close_input(exec);
	exec->in_ended = false;
}

void exec_write_input(struct exec *exec)
{
	while (exec->in.len > 0) {
		ssize_t put = input_of(exec) < 0
				      ? (ssize_t)exec->in.len /* nobody will read it */
				      : write(input_of(exec), exec->in.data, exec->in.len);

		if (put < 0 && errno == EAGAIN)
			break;
		if (put < 0)
			put = (ssize_t)exec->in.len;
		exec->room_owed += (size_t)put;
		buf_consume(&exec->in, (size_t)put);
	}
	exec_say_room(exec);
	if (exec->in.len > 0) {
		wait_to_write(exec);
		return;
	}
	stop_waiting(exec);
	if (exec->in_ended && input_of(exec) >= 0)
		end_input(exec);
}

static void on_writable(void *ctx, unsigned events)
{
	(void)events; /* writing tells */
	exec_write_input(ctx);
}

void exec_take_input(struct execs *execs, const struct frame *frame)
{
	struct wire_exec_bytes input;
	struct err err = ERR_INIT;
	struct exec *exec;

	if (wire_exec_bytes_read(frame, &input, &err) < 0)
		return;
	exec = exec_find(execs, input.id);
	if (!exec || exec->abandoned || exec->state == EXEC_DRAINING)
		return;
	/* A host that keeps to its window finds room. */
	if (input.len == 0)
		exec->in_ended = true;
	else if (buf_append(&exec->in, input.bytes, input.len, &err) < 0)
		return;
	if (exec->state == EXEC_RUNNING)
		exec_write_input(exec);
}
