/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command is a process in the namespaces of its container (enter.h) and in a cgroup
 * below the container's, so that all it has started ends with it:
 *
 *     STARTING -> RUNNING -> DRAINING -> gone, EXEC_EXIT was said
 *         |                     ^
 *         +---------------------+   it never became its program
 *
 * It ends when its first process does. What that has written is read to the last byte,
 * as far as the host takes it; then EXEC_EXIT is said.
 *
 * Its person may go away before: the ends of its pipes and terminal are closed, which
 * most programs understand, and END_MS later its group is killed.
 */
#include "microvm/agent/exec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "microvm/agent/boot.h"
#include "microvm/agent/cgroup.h"
#include "microvm/agent/enter.h"
#include "microvm/agent/exec_private.h"
#include "microvm/agent/exec_process.h"
#include "microvm/agent/terminal.h"
#include "microvm/wire/exec.h"

#define END_MS	       1000
#define ARENA_MAX      (256 * 1024) /* lists of one EXEC_START */
#define READS_A_TURN   4	    /* then others and the host have their turn */
#define EXIT_NOT_FOUND 127	    /* as shells have it */

struct execs *execs_new(const struct execs_options *options)
{
	struct execs *execs = xcalloc(1, sizeof(*execs));

	execs->options = *options;
	for (unsigned i = 0; i < SLOTS; i++) {
		execs->slots[i].execs = execs;
		execs->slots[i].slot = i;
	}
	return execs;
}

struct exec *exec_find(struct execs *execs, int64_t id)
{
	for (size_t i = 0; i < SLOTS; i++) {
		if (execs->slots[i].state != EXEC_FREE && execs->slots[i].id == id)
			return &execs->slots[i];
	}
	return NULL;
}

void exec_tell(struct execs *execs, const struct shape *shape, const void *message,
	       enum frame_type type)
{
	struct err err = ERR_INIT;
	AUTO(buf_done) struct buf out;

	buf_init(&out, SESSION_TALK_PIECE);
	if (wire_write(shape, message, type, 0, &out, &err) < 0)
		boot_give_up(err.text); /* sizes are bounded by the shape */
	session_talk(execs->options.session, out.data, out.len);
}

/* --- the end ------------------------------------------------------------- */

static void close_source(struct exec_source *source)
{
	loop_fd_remove(STEAL(source->watch, NULL));
	fd_closep(&source->fd);
}

static void close_setup(struct exec *exec)
{
	loop_fd_remove(STEAL(exec->setup_watch, NULL));
	fd_closep(&exec->setup_fd);
	fd_closep(&exec->terminal_socket);
}

static void close_all(struct exec *exec)
{
	close_setup(exec);
	exec_close_input(exec);
	close_source(&exec->sources[0]);
	close_source(&exec->sources[1]);
}

static bool is_ready(const struct exec *exec)
{
	return exec->setup.len > 0 && exec->setup.data[0] == CHILD_READY;
}

static void say_exit(struct execs *execs, int64_t id, int exit_code, const char *error)
{
	struct wire_exec_exit message = {.id = id, .exit_code = exit_code};
	char text[WIRE_TEXT_MAX / 2]; /* twice as long when it is escaped */

	(void)snprintf(text, sizeof(text), "%s", error);
	text[utf8_cut(text, strlen(text))] = '\0';
	message.error = text;
	exec_tell(execs, &wire_exec_exit_shape, &message, FRAME_EXEC_EXIT);
}

/* It has ended, and what it wrote was sent. */
static void finish(struct exec *exec)
{
	const char *why = "";

	if (!session_talk_has_room(exec->execs->options.session))
		return; /* execs_go_on() comes here again */
	if (!is_ready(exec)) {
		why = exec->setup.len > 0 ? buf_text(&exec->setup) : "its process ended early";
		exec->exit_code = EXIT_NOT_FOUND;
	}
	say_exit(exec->execs, exec->id, exec->exit_code, why);
	cgroup_remove_exec(exec->container, exec->slot);
	buf_done(&exec->setup);
	exec->state = EXEC_FREE;
}

static void on_kill(void *ctx)
{
	struct exec *exec = ctx;

	exec->kill_timer = NULL;
	cgroup_kill_exec(exec->container, exec->slot);
}

static void abandon(struct exec *exec)
{
	if (exec->abandoned)
		return;
	exec->abandoned = true;
	close_all(exec);
	if (exec->state == EXEC_DRAINING)
		finish(exec);
	else
		exec->kill_timer = loop_timer_add(exec->execs->options.loop, END_MS, on_kill, exec);
}

void execs_end_all(struct execs *execs)
{
	for (size_t i = 0; i < SLOTS; i++) {
		if (execs->slots[i].state != EXEC_FREE)
			abandon(&execs->slots[i]);
	}
}

/* --- output -------------------------------------------------------------- */

static void on_readable(void *ctx, unsigned events);

static void watch(struct exec_source *source)
{
	struct err err = ERR_INIT;

	if (!source->watch && loop_fd_add(source->exec->execs->options.loop, source->fd, LOOP_READ,
					  on_readable, source, &source->watch, &err) < 0)
		boot_give_up(err.text);
}

static void send_piece(struct exec_source *source, const uint8_t *bytes, size_t len)
{
	struct wire_exec_bytes piece = {
		.id = source->exec->id, .stream = source->stream, .bytes = bytes, .len = len};
	struct err err = ERR_INIT;
	AUTO(buf_done) struct buf out;

	buf_init(&out, SESSION_TALK_PIECE);
	if (wire_exec_bytes_write(&piece, &out, &err) < 0)
		boot_give_up(err.text); /* the piece has a bounded size */
	session_talk(source->exec->execs->options.session, out.data, out.len);
	source->exec->out_window -= len;
}

/* One read; false if there is to be none now. */
static bool read_some(struct exec_source *source)
{
	struct exec *exec = source->exec;
	uint8_t bytes[WIRE_EXEC_PIECE];
	size_t room = exec->out_window < sizeof(bytes) ? exec->out_window : sizeof(bytes);
	ssize_t got;

	if (room == 0 || !session_talk_has_room(exec->execs->options.session)) {
		/* A watch that wants nothing would still tell of a hang-up in each turn. */
		loop_fd_remove(STEAL(source->watch, NULL));
		return false;
	}
	got = read(source->fd, bytes, room);
	if (got > 0) {
		send_piece(source, bytes, (size_t)got);
		return true;
	}
	/* Behind the end of its process an empty pipe stays empty. */
	if (got < 0 && errno == EAGAIN && exec->state != EXEC_DRAINING)
		watch(source);
	else
		close_source(source);
	return false;
}

static void read_source(struct exec_source *source)
{
	for (int i = 0; source->fd >= 0; i++) {
		if (i == READS_A_TURN && source->exec->state != EXEC_DRAINING) {
			watch(source);
			return;
		}
		if (!read_some(source))
			return;
	}
}

static void read_all(struct exec *exec)
{
	read_source(&exec->sources[0]);
	read_source(&exec->sources[1]);
	if (exec->state == EXEC_DRAINING && exec->sources[0].fd < 0 && exec->sources[1].fd < 0)
		finish(exec);
}

static void on_readable(void *ctx, unsigned events)
{
	const struct exec_source *source = ctx;

	(void)events; /* reading tells */
	read_all(source->exec);
}

/* --- starting ------------------------------------------------------------ */

static void become_running(struct exec *exec)
{
	struct err err = ERR_INIT;

	if (exec->terminal) {
		if (terminal_take(exec->terminal_socket, &exec->sources[0].fd, NULL, &err) < 0) {
			abandon(exec);
			return;
		}
		terminal_resize(exec->sources[0].fd, exec->rows, exec->columns);
	}
	fd_closep(&exec->terminal_socket);
	exec->state = EXEC_RUNNING;
	exec_write_input(exec);
	read_all(exec);
}

/* Read what its process has told; at the end of it, act. */
static void on_setup(void *ctx, unsigned events)
{
	struct exec *exec = ctx;
	struct err err = ERR_INIT;
	char bytes[512];
	ssize_t got;

	(void)events; /* reading tells */
	while ((got = read(exec->setup_fd, bytes, sizeof(bytes))) > 0) {
		if (buf_append(&exec->setup, bytes, (size_t)got, &err) < 0)
			break; /* the text of an error is not that long */
	}
	if (got < 0 && errno == EAGAIN)
		return;
	loop_fd_remove(STEAL(exec->setup_watch, NULL));
	fd_closep(&exec->setup_fd);
	if (is_ready(exec))
		become_running(exec);
	/* Else it is about to die, and execs_process_ended() goes on. */
}

static int start(struct exec *exec, const struct shape_list *args, struct err *err)
{
	const struct execs_options *options = &exec->execs->options;
	const struct exec_process_words words = {
		.task = options->task,
		.filter = options->filter,
		.container = options->container_pid(options->ctx, exec->container),
		.index = exec->container,
		.slot = exec->slot,
		.terminal = exec->terminal,
		.args = args,
	};
	struct exec_process process;

	if (exec_process_start(&words, &process, err) < 0)
		return -1;
	exec->pid = process.pid;
	exec->setup_fd = process.setup_fd;
	exec->terminal_socket = process.terminal_socket;
	exec->in_fd = process.in_fd;
	exec->sources[0].fd = process.out_fd;
	exec->sources[1].fd = process.errors_fd;
	if (loop_fd_add(options->loop, exec->setup_fd, LOOP_READ, on_setup, exec,
			&exec->setup_watch, err) < 0)
		boot_give_up(err->text);
	return 0;
}

static struct exec *take_slot(struct execs *execs, const struct wire_exec_start *words)
{
	struct exec *exec = NULL;

	for (unsigned i = 0; i < SLOTS && !exec; i++) {
		if (execs->slots[i].state == EXEC_FREE)
			exec = &execs->slots[i];
	}
	if (!exec)
		return NULL;
	*exec = (struct exec){
		.execs = execs,
		.state = EXEC_STARTING,
		.slot = exec->slot,
		.id = (uint32_t)words->id,
		.container = (unsigned)words->container,
		.terminal = words->terminal,
		.rows = words->rows,
		.columns = words->columns,
		.setup_fd = -1,
		.terminal_socket = -1,
		.in_fd = -1,
		.sources = {{exec, WIRE_EXEC_OUT, -1, NULL}, {exec, WIRE_EXEC_ERRORS, -1, NULL}},
		.out_window = WIRE_EXEC_WINDOW,
	};
	buf_init(&exec->in, WIRE_EXEC_WINDOW);
	buf_init(&exec->setup, ERR_TEXT_MAX + 1);
	return exec;
}

static void take_start(struct execs *execs, const struct frame *frame)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	AUTO(json_decrefp) json_t *json = NULL;
	struct wire_exec_start words;
	struct err err = ERR_INIT;
	struct exec *exec;

	if (wire_read(&wire_exec_start_shape, frame, arena, &words, &json, &err) < 0 ||
	    exec_find(execs, words.id))
		return;
	exec = take_slot(execs, &words);
	if (!exec) { /* the host counts as well */
		say_exit(execs, words.id, EXIT_NOT_FOUND, "too many commands at once");
		return;
	}
	if (start(exec, &words.args, &err) == 0)
		return;
	close_all(exec);
	buf_clear(&exec->setup);
	(void)!buf_append_text(&exec->setup, err.text, &err); /* it has that much room */
	exec->state = EXEC_DRAINING;
	finish(exec);
}

/* --- from outside -------------------------------------------------------- */

static void take_resize(struct execs *execs, const struct wire_exec_resize *words)
{
	struct exec *exec = exec_find(execs, words->id);

	if (!exec)
		return;
	exec->rows = words->rows;
	exec->columns = words->columns;
	if (exec->terminal && exec->sources[0].fd >= 0)
		terminal_resize(exec->sources[0].fd, words->rows, words->columns);
}

static void take_count(struct execs *execs, enum frame_type type,
		       const struct wire_exec_count *words)
{
	struct exec *exec = exec_find(execs, words->id);

	if (!exec)
		return;
	if (type == FRAME_EXEC_END) {
		abandon(exec);
		return;
	}
	exec->out_window += (size_t)words->bytes;
	if (exec->out_window > WIRE_EXEC_WINDOW)
		exec->out_window = WIRE_EXEC_WINDOW;
	if (exec->state >= EXEC_RUNNING && !exec->abandoned)
		read_all(exec);
}

void execs_take(struct execs *execs, const struct frame *frame)
{
	AUTO(arena_freep) struct arena *arena = NULL;
	AUTO(json_decrefp) json_t *json = NULL;
	struct err err = ERR_INIT;
	union {
		struct wire_exec_resize resize;
		struct wire_exec_count count;
	} words;
	bool resize = frame->type == FRAME_EXEC_RESIZE;

	if (frame->type == FRAME_EXEC_START) {
		take_start(execs, frame);
		return;
	}
	if (frame->type == FRAME_EXEC_INPUT) {
		exec_take_input(execs, frame);
		return;
	}
	arena = arena_new(4096);
	if (wire_read(resize ? &wire_exec_resize_shape : &wire_exec_count_shape, frame, arena,
		      &words, &json, &err) < 0)
		return;
	if (resize)
		take_resize(execs, &words.resize);
	else
		take_count(execs, frame->type, &words.count);
}

static void end_process(struct exec *exec, const siginfo_t *info)
{
	exec->pid = 0;
	exec->exit_code = info->si_code == CLD_EXITED ? info->si_status : 128 + info->si_status;
	loop_timer_cancel(STEAL(exec->kill_timer, NULL));
	/* Its end may be seen before what it told. */
	if (exec->setup_fd >= 0)
		on_setup(exec, LOOP_READ);
	/* Nothing of it stays behind. */
	cgroup_kill_exec(exec->container, exec->slot);
	exec->state = EXEC_DRAINING;
	close_setup(exec);
	exec_close_input(exec);
	read_all(exec);
}

bool execs_process_ended(struct execs *execs, const siginfo_t *info)
{
	for (size_t i = 0; i < SLOTS; i++) {
		struct exec *exec = &execs->slots[i];

		if (exec->state != EXEC_FREE && exec->pid > 0 && exec->pid == info->si_pid) {
			end_process(exec, info);
			return true;
		}
	}
	return false;
}

void execs_go_on(struct execs *execs)
{
	for (size_t i = 0; i < SLOTS; i++) {
		struct exec *exec = &execs->slots[i];

		if (exec->state == EXEC_FREE)
			continue;
		exec_say_room(exec);
		if (exec->state >= EXEC_RUNNING)
			read_all(exec);
	}
}
