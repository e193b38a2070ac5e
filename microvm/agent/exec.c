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

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "core/log.h"
#include "microvm/agent/boot.h"
#include "microvm/agent/cgroup.h"
#include "microvm/agent/enter.h"
#include "microvm/agent/terminal.h"
#include "microvm/wire/exec.h"

/* More than the host starts: some that were abandoned are ending yet. */
#define SLOTS	       (2 * WIRE_EXECS_MAX)
#define END_MS	       1000
#define ARENA_MAX      (256 * 1024) /* lists of one EXEC_START */
#define READS_A_TURN   4	    /* then others and the host have their turn */
#define EXIT_NOT_FOUND 127	    /* as shells have it */
#define TERMINAL_EOF   "\x04"	    /* what a person types for the end of input */

enum exec_state { EXEC_FREE, EXEC_STARTING, EXEC_RUNNING, EXEC_DRAINING };

/* Where output comes from. */
struct exec_source {
	struct exec *exec;
	enum wire_exec_stream stream;
	int fd; /* -1: none, or read to its end */
	struct loop_fd *watch;
};

struct exec {
	struct execs *execs;
	enum exec_state state;
	unsigned slot;
	uint32_t id;
	unsigned container;
	bool terminal;
	int64_t rows, columns;
	pid_t pid;
	int exit_code;
	int setup_fd, terminal_socket; /* until it runs */
	struct loop_fd *setup_watch;
	struct buf setup; /* what its process told */
	struct exec_source sources[2];
	int in_fd; /* of a terminal: a second one of sources[0]'s, while it is waited for */
	struct loop_fd *in_watch;
	struct buf in; /* that it has not read */
	bool in_ended;
	size_t room_owed;  /* bytes of input taken that the host was not told of */
	size_t out_window; /* bytes of output that may be sent */
	bool abandoned;	   /* nobody wants its output */
	struct loop_timer *kill_timer;
};

struct execs {
	struct execs_options options;
	struct exec slots[SLOTS];
};

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

static struct exec *find(struct execs *execs, int64_t id)
{
	for (size_t i = 0; i < SLOTS; i++) {
		if (execs->slots[i].state != EXEC_FREE && execs->slots[i].id == id)
			return &execs->slots[i];
	}
	return NULL;
}

static void tell(struct execs *execs, const struct shape *shape, const void *message,
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

static void close_input(struct exec *exec)
{
	loop_fd_remove(STEAL(exec->in_watch, NULL));
	fd_closep(&exec->in_fd);
	buf_done(&exec->in);
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
	close_input(exec);
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
	tell(execs, &wire_exec_exit_shape, &message, FRAME_EXEC_EXIT);
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

/* --- input --------------------------------------------------------------- */

static void say_room(struct exec *exec)
{
	struct wire_exec_count message = {.id = exec->id, .bytes = (int64_t)exec->room_owed};

	if (exec->room_owed == 0 || !session_talk_has_room(exec->execs->options.session))
		return;
	exec->room_owed = 0;
	tell(exec->execs, &wire_exec_count_shape, &message, FRAME_EXEC_ROOM);
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
		close_input(exec);
	exec->in_ended = false;
}

static void write_input(struct exec *exec)
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
	say_room(exec);
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
	write_input(ctx);
}

static void take_input(struct execs *execs, const struct frame *frame)
{
	struct wire_exec_bytes input;
	struct err err = ERR_INIT;
	struct exec *exec;

	if (wire_exec_bytes_read(frame, &input, &err) < 0)
		return;
	exec = find(execs, input.id);
	if (!exec || exec->abandoned || exec->state == EXEC_DRAINING)
		return;
	/* A host that keeps to its window finds room. */
	if (input.len == 0)
		exec->in_ended = true;
	else if (buf_append(&exec->in, input.bytes, input.len, &err) < 0)
		return;
	if (exec->state == EXEC_RUNNING)
		write_input(exec);
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
	write_input(exec);
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

/* Both ends of all that goes between the agent and the command. */
struct ends {
	int in[2], out[2], errors[2], setup[2], terminal[2];
};

static void ends_done(struct ends *ends)
{
	for (int i = 0; i < 2; i++) {
		fd_closep(&ends->in[i]);
		fd_closep(&ends->out[i]);
		fd_closep(&ends->errors[i]);
		fd_closep(&ends->setup[i]);
		fd_closep(&ends->terminal[i]);
	}
}

static int make_ends(struct ends *ends, bool terminal, struct err *err)
{
	if (pipe2(ends->setup, O_CLOEXEC) < 0 || fcntl(ends->setup[0], F_SETFL, O_NONBLOCK) < 0)
		return err_sys(err, errno, "make pipes");
	if (terminal)
		return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends->terminal) < 0
			       ? err_sys(err, errno, "make a socket")
			       : 0;
	/* Only our ends: a command expects its own to block. */
	if (pipe2(ends->in, O_CLOEXEC) < 0 || pipe2(ends->out, O_CLOEXEC) < 0 ||
	    pipe2(ends->errors, O_CLOEXEC) < 0 || fcntl(ends->in[1], F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(ends->out[0], F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(ends->errors[0], F_SETFL, O_NONBLOCK) < 0)
		return err_sys(err, errno, "make pipes");
	return 0;
}

static int clone_command(struct exec *exec, const struct shape_list *args, const struct ends *ends,
			 struct err *err)
{
	const struct execs_options *options = &exec->execs->options;
	pid_t container = options->container_pid(options->ctx, exec->container);
	AUTO(fd_closep) int group = -1;
	AUTO(fd_closep) int target = -1;
	struct enter enter = {
		.child = {.task = options->task,
			  .index = exec->container,
			  .filter = options->filter},
		.args = args,
		.ends = {ends->in[0], ends->out[1], ends->errors[1], ends->terminal[1],
			 ends->setup[1]},
	};
	struct clone_args clone = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD};
	long pid;

	if (container <= 0)
		return err_set(err, ERR_NOT_FOUND, "the container does not run");
	target = (int)syscall(SYS_pidfd_open, container, 0);
	if (target < 0)
		return err_sys(err, errno, "find the container");
	if (cgroup_make_exec(exec->container, exec->slot, &group, err) < 0)
		return -1;
	enter.target = target;
	clone.cgroup = (uint64_t)group;
	pid = syscall(SYS_clone3, &clone, sizeof(clone));
	if (pid == 0)
		enter_run(&enter);
	if (pid < 0)
		return err_sys(err, errno, "make the command's process");
	exec->pid = (pid_t)pid;
	return 0;
}

static int start(struct exec *exec, const struct shape_list *args, struct err *err)
{
	AUTO(ends_done) struct ends ends = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};

	if (make_ends(&ends, exec->terminal, err) < 0 ||
	    loop_fd_add(exec->execs->options.loop, ends.setup[0], LOOP_READ, on_setup, exec,
			&exec->setup_watch, err) < 0)
		return -1;
	exec->setup_fd = STEAL(ends.setup[0], -1);
	exec->terminal_socket = STEAL(ends.terminal[0], -1);
	exec->in_fd = STEAL(ends.in[1], -1);
	exec->sources[0].fd = STEAL(ends.out[0], -1);
	exec->sources[1].fd = STEAL(ends.errors[0], -1);
	return clone_command(exec, args, &ends, err);
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
	    find(execs, words.id))
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
	struct exec *exec = find(execs, words->id);

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
	struct exec *exec = find(execs, words->id);

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
		take_input(execs, frame);
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
	close_input(exec);
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
		say_room(exec);
		if (exec->state >= EXEC_RUNNING)
			read_all(exec);
	}
}
