/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection of the gateway is one session:
 *
 *     OPENING -> LOOKING -> RUNNING -> ENDED -> gone
 *
 * OPENING waits for the message with session and token; LOOKING is a job in the
 * store, which alone says which command of whom this is, and that it was not begun yet; RUNNING
 * passes bytes on between the gateway and the agent; ENDED sends what is left.
 * The other end closes at any time: then the command is ended too.
 *
 * Nothing grows: the gateway's messages are read only while the agent has room for
 * input; what came from the agent and the gateway has not taken waits here, and the
 * agent is told that it was taken only then. An agent that sends more than its
 * window is cut off.
 *
 * Each session is told in the log when it begins and ends, and stands in the store.
 */
#include "provisioner/exec_door.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "core/acceptor.h"
#include "core/clock.h"
#include "core/local_socket.h"
#include "core/log.h"
#include "provisioner/exec_agent.h"
#include "provisioner/exec_record.h"
#include "provisioner/flow_private.h"

#define BACKLOG	     64
#define LINKS_MAX    256  /* in all, of all tasks */
#define OPENING_MS   5000 /* for the first message */
#define READS_A_TURN 8
/* What may wait for the gateway: the agent's window, were it all in single bytes. */
#define WAITING_MAX  (WIRE_EXEC_WINDOW * 4u)
#define END_MS	     10000 /* for the end to be read */
#define GONE	     "its client went away"
#define NO_EXIT_CODE 255 /* for a command that did not end by itself */

enum link_state { LINK_OPENING, LINK_LOOKING, LINK_RUNNING, LINK_ENDED };

struct link {
	struct link *next;
	struct exec_door *door;
	enum link_state state;
	int fd;
	struct loop_fd *watch;
	unsigned wanted;	  /* of the watch */
	struct loop_timer *timer; /* for the first message, then for idleness, then for the end */
	struct exec_link_open open;
	struct exec_agent agent; /* from RUNNING on */
	struct buf waiting;	 /* messages for the gateway, each behind its length u16 */
	bool unread;		 /* output waited when it ended */
	bool moved;		 /* some of them were taken since the timer began */
	int64_t begun_ns, active_ns;
};

struct exec_door {
	struct flow *flow;
	struct acceptor *acceptor;
	struct link *links;
	size_t count;
};

/* --- the end --------------------------------------------------------------- */

static void link_free(struct link *link)
{
	struct link **at = &link->door->links;

	while (*at != link)
		at = &(*at)->next;
	*at = link->next;
	link->door->count--;
	loop_fd_remove(link->watch);
	loop_timer_cancel(link->timer);
	exec_agent_done(&link->agent);
	fd_closep(&link->fd);
	buf_done(&link->waiting);
	free(link);
}

/* It has ended: for the log and the store. */
static void record_end(const struct link *link, int64_t exit_code, const char *reason)
{
	log_info("exec=%s task=%s ended exit_code=%" PRId64 " took_ms=%" PRId64 " why=\"%s\"",
		 link->open.id, link->agent.task, exit_code, clock_ms_since(link->begun_ns),
		 reason);
	exec_record_end(link->door->flow, link->open.id, exit_code, reason);
}

/* Its gateway is gone, or is of no more use. */
static void link_drop(struct link *link, const char *why)
{
	if (link->state == LINK_RUNNING) {
		exec_agent_end(&link->agent);
		record_end(link, NO_EXIT_CODE, why);
	}
	link_free(link);
}

/* --- to the gateway -------------------------------------------------------- */

static void want(struct link *link, unsigned events)
{
	if (link->wanted != events)
		loop_fd_want(link->watch, events);
	link->wanted = events;
}

static void choose_events(struct link *link)
{
	bool reads = link->state == LINK_OPENING ||
		     (link->state == LINK_RUNNING && link->agent.room >= EXEC_LINK_PIECE);

	want(link, (reads ? LOOP_READ : 0) | (link->waiting.len > 0 ? LOOP_WRITE : 0));
}

/* Somebody reads, which is as good as typing. */
static void link_has_moved(struct link *link)
{
	link->moved = true;
	link->active_ns = clock_boot_ns();
}

/* Send what waits. false: the link is gone. */
static bool flush(struct link *link)
{
	size_t sent = 0;
	size_t taken = 0;

	while (link->waiting.len - sent > 0) {
		const uint8_t *at = link->waiting.data + sent;
		size_t len = (size_t)at[0] << 8 | at[1];
		ssize_t put = send(link->fd, at + 2, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (put < 0) {
			link_drop(link, GONE);
			return false;
		}
		sent += 2 + len;
		taken += len - 1;
	}
	buf_consume(&link->waiting, sent);
	if (sent > 0)
		link_has_moved(link);
	if (link->state == LINK_RUNNING && taken > 0)
		exec_agent_taken(&link->agent, taken);
	if (link->state == LINK_ENDED && link->waiting.len == 0) {
		link_free(link);
		return false;
	}
	choose_events(link);
	return true;
}

static int64_t idle_left(const struct link *link)
{
	return link->door->flow->options.exec_idle_ms - clock_ms_since(link->active_ns);
}

static int put_message(struct link *link, enum exec_link_type type, const void *bytes, size_t len,
		       struct err *err)
{
	uint8_t head[3] = {(uint8_t)((len + 1) >> 8), (uint8_t)(len + 1), (uint8_t)type};

	if (buf_append(&link->waiting, head, sizeof(head), err) < 0 ||
	    buf_append(&link->waiting, bytes, len, err) < 0)
		return -1;
	return 0;
}

static void on_unread(void *ctx);

/* Who reads slowly may do so for as long as who types slowly; who was idle for that long, or
 * has missed nothing but the end, only shortly. */
static void wait_for_reader(struct link *link)
{
	int64_t left = link->unread ? idle_left(link) : 0;

	link->moved = false;
	loop_timer_cancel(STEAL(link->timer, NULL));
	link->timer = loop_timer_add(link->door->flow->options.loop, left > END_MS ? left : END_MS,
				     on_unread, link);
}

static void on_unread(void *ctx)
{
	struct link *link = ctx;

	link->timer = NULL;
	if (link->moved)
		wait_for_reader(link);
	else
		link_drop(link, "");
}

/* The last word to the gateway; @link may be gone afterwards. */
static void link_end(struct link *link, int64_t exit_code, const char *why)
{
	uint8_t message[1 + WIRE_TEXT_MAX];
	size_t len = strlen(why) < WIRE_TEXT_MAX ? strlen(why) : WIRE_TEXT_MAX;
	struct err err = ERR_INIT;

	if (link->state == LINK_RUNNING)
		record_end(link, exit_code, why);
	link->state = LINK_ENDED;
	link->unread = link->waiting.len > 0;
	exec_agent_done(&link->agent);
	wait_for_reader(link);
	message[0] = (uint8_t)exit_code;
	memcpy(message + 1, why, len);
	if (put_message(link, EXEC_LINK_EXIT, message, 1 + len, &err) < 0)
		link_free(link); /* so much waits already that nobody reads */
	else
		(void)flush(link);
}

/* The command ends, since it is of no more use. */
static void give_up(struct link *link, const char *why)
{
	exec_agent_end(&link->agent);
	link_end(link, NO_EXIT_CODE, why);
}

/* --- idleness -------------------------------------------------------------- */

static void on_idle(void *ctx)
{
	struct link *link = ctx;
	int64_t left = idle_left(link);

	link->timer = NULL;
	if (left > 0) {
		link->timer = loop_timer_add(link->door->flow->options.loop, left, on_idle, link);
		return;
	}
	give_up(link, "the session was idle for too long");
}

static void on_opening_late(void *ctx)
{
	struct link *link = ctx;

	link->timer = NULL;
	link_drop(link, "");
}

/* --- from the gateway ------------------------------------------------------ */

static int take_size(struct link *link, const uint8_t *message, size_t len, struct err *err)
{
	struct exec_link_size size;

	if (exec_link_read_resize(message, len, &size, err) < 0)
		return -1;
	exec_agent_resize(&link->agent, size);
	return 0;
}

static int take_message(struct link *link, const uint8_t *message, size_t len, struct err *err)
{
	link->active_ns = clock_boot_ns();
	switch (message[0]) {
	case EXEC_LINK_INPUT:
		return exec_agent_input(&link->agent, message + 1, len - 1, err);
	case EXEC_LINK_END_INPUT:
		return exec_agent_end_input(&link->agent, err);
	case EXEC_LINK_RESIZE:
		return take_size(link, message, len, err);
	default:
		return 0;
	}
}

/* --- beginning ------------------------------------------------------------- */

/* Those that run, and those whose output waits for who does not read it: each holds a place that
 * is everybody's. */
static unsigned count_of_task(const struct exec_door *door, const char *task)
{
	unsigned count = 0;

	for (const struct link *link = door->links; link; link = link->next) {
		bool holds =
			link->state == LINK_RUNNING || (link->state == LINK_ENDED && link->unread);

		count += holds && strcmp(link->agent.task, task) == 0;
	}
	return count;
}

/* The run of the session's task, if a command may run in it now. */
static struct run *find_run(const struct link *link, const struct exec_look *look, struct err *err)
{
	struct run *run = flow_find(link->door->flow, look->session.task);

	if (!run || !run->session || run->lost || run->view.state != TASK_RUNNING ||
	    look->session.container < 0 ||
	    (size_t)look->session.container >= run->spec.containers.count) {
		(void)err_set(err, ERR_UNAVAILABLE, "the task does not run");
		return NULL;
	}
	/* The gateway has looked at that; it is not the one to decide. */
	if (!run->task.exec_enabled) {
		(void)err_set(err, ERR_DENIED, "the task was not run for commands");
		return NULL;
	}
	if (count_of_task(link->door, run->id) >= WIRE_EXECS_MAX) {
		(void)err_set(err, ERR_LIMIT,
			      "%d commands run in this task already, or have output "
			      "that nobody reads",
			      WIRE_EXECS_MAX);
		return NULL;
	}
	return run;
}

static void start(struct link *link, const struct exec_look *look)
{
	struct wire_exec_start message = {
		.container = look->session.container,
		.terminal = link->open.terminal,
		.rows = link->open.size.rows,
		.columns = link->open.size.columns,
		.args = {.items = look->words, .count = look->word_count},
	};
	struct err err = ERR_INIT;
	struct run *run = find_run(link, look, &err);

	if (!run || exec_agent_start(&link->agent, run, &message, &err) < 0) {
		exec_record_end(link->door->flow, link->open.id, NO_EXIT_CODE, err.text);
		link_end(link, NO_EXIT_CODE, err.text);
		return;
	}
	link->begun_ns = link->active_ns = clock_boot_ns();
	link->state = LINK_RUNNING;
	link->timer = loop_timer_add(run->flow->options.loop, run->flow->options.exec_idle_ms,
				     on_idle, link);
	log_info("exec=%s task=%s container=%" PRId64
		 " account=%s access_key=%s terminal=%d command=\"%s\"",
		 link->open.id, link->agent.task, look->session.container, look->session.account,
		 look->session.access_key, link->open.terminal, look->session.command);
	choose_events(link);
}

static struct link *find_looking(const struct exec_door *door, const struct exec_look *look)
{
	for (struct link *link = door->links; link; link = link->next) {
		if (link == look->asker && link->state == LINK_LOOKING &&
		    strcmp(link->open.id, look->id) == 0)
			return link;
	}
	return NULL;
}

static void on_looked(struct flow *flow, const struct exec_look *look)
{
	struct link *link = flow->closing ? NULL : find_looking(flow->exec_door, look);

	if (link && look->result < 0)
		link_end(link, NO_EXIT_CODE, look->err.text);
	else if (link)
		start(link, look);
	else if (look->result == 0 && !flow->closing) /* at a stop exec_record_end_open() does it */
		exec_record_end(flow, look->id, NO_EXIT_CODE, GONE);
}

static void take_open(struct link *link, const uint8_t *message, size_t len)
{
	struct err err = ERR_INIT;

	if (message[0] != EXEC_LINK_OPEN ||
	    exec_link_read_open(message, len, &link->open, &err) < 0) {
		link_drop(link, "");
		return;
	}
	loop_timer_cancel(STEAL(link->timer, NULL));
	link->state = LINK_LOOKING;
	choose_events(link);
	if (exec_look_begin(link->door->flow, &link->open, link, on_looked, &err) < 0)
		link_end(link, NO_EXIT_CODE, err.text);
}

/* One message; false: the link is gone, or nothing is to be read now. */
static bool read_one(struct link *link)
{
	uint8_t message[EXEC_LINK_MAX];
	ssize_t got = recv(link->fd, message, sizeof(message), MSG_DONTWAIT | MSG_TRUNC);
	struct err err = ERR_INIT;

	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return false;
	if (got <= 0 || (size_t)got > sizeof(message)) {
		link_drop(link, GONE);
		return false;
	}
	if (link->state == LINK_OPENING) {
		take_open(link, message, (size_t)got);
		return false;
	}
	if (take_message(link, message, (size_t)got, &err) < 0) {
		give_up(link, err.text);
		return false;
	}
	if (link->agent.room >= EXEC_LINK_PIECE)
		return true;
	choose_events(link);
	return false;
}

static void on_link(void *ctx, unsigned events)
{
	struct link *link = ctx;

	if ((events & LOOP_WRITE) && !flush(link))
		return;
	if (link->wanted & LOOP_READ) {
		for (int i = 0; i < READS_A_TURN && read_one(link); i++)
			;
	} else if (events & LOOP_ERROR) {
		link_drop(link, GONE);
	}
}

static void on_door(void *ctx, int fd)
{
	struct exec_door *door = ctx;
	struct err err = ERR_INIT;
	struct link *link;

	if (door->count == LINKS_MAX) {
		close(fd);
		return;
	}
	link = xcalloc(1, sizeof(*link));
	link->door = door;
	link->fd = fd;
	link->wanted = LOOP_READ;
	buf_init(&link->waiting, WAITING_MAX);
	link->next = door->links;
	door->links = link;
	door->count++;
	link->timer = loop_timer_add(door->flow->options.loop, OPENING_MS, on_opening_late, link);
	if (loop_fd_add(door->flow->options.loop, fd, LOOP_READ, on_link, link, &link->watch,
			&err) < 0)
		link_free(link);
}

/* --- from the agent -------------------------------------------------------- */

static struct link *find(struct exec_door *door, const struct run *run, int64_t id)
{
	for (struct link *link = door->links; link; link = link->next) {
		if (link->state == LINK_RUNNING && link->agent.id == id &&
		    strcmp(link->agent.task, run->id) == 0)
			return link;
	}
	return NULL;
}

static void take_output(struct exec_door *door, const struct run *run, const struct frame *frame)
{
	struct err err = ERR_INIT;
	struct wire_exec_bytes output;
	struct link *link;

	if (wire_exec_bytes_read(frame, &output, &err) < 0)
		return;
	link = find(door, run, output.id);
	if (!link)
		return;
	link->active_ns = clock_boot_ns();
	if (put_message(link,
			output.stream == WIRE_EXEC_ERRORS ? EXEC_LINK_ERRORS : EXEC_LINK_OUTPUT,
			output.bytes, output.len, &err) < 0)
		link_drop(link, "the agent sends more than there is room for");
	else
		(void)flush(link);
}

static void take_room(struct exec_door *door, const struct run *run,
		      const struct wire_exec_count *words)
{
	struct link *link = find(door, run, words->id);

	if (!link)
		return;
	exec_agent_has_room(&link->agent, (size_t)words->bytes);
	choose_events(link);
}

static void take_exit(struct exec_door *door, const struct run *run,
		      const struct wire_exec_exit *words)
{
	struct link *link = find(door, run, words->id);

	if (link)
		link_end(link, words->exit_code, words->error);
}

void exec_door_take(struct exec_door *door, struct run *run, const struct frame *frame)
{
	AUTO(arena_freep) struct arena *arena = NULL;
	AUTO(json_decrefp) json_t *json = NULL;
	struct err err = ERR_INIT;
	union {
		struct wire_exec_count count;
		struct wire_exec_exit exit;
	} words;
	bool exits = frame && frame->type == FRAME_EXEC_EXIT;

	if (!frame) {
		exec_door_end_task(door, run);
		return;
	}
	if (frame->type == FRAME_EXEC_OUTPUT) {
		take_output(door, run, frame);
		return;
	}
	arena = arena_new(4096);
	if (wire_read(exits ? &wire_exec_exit_shape : &wire_exec_count_shape, frame, arena, &words,
		      &json, &err) < 0)
		return;
	if (exits)
		take_exit(door, run, &words.exit);
	else
		take_room(door, run, &words.count);
}

void exec_door_end_task(struct exec_door *door, const struct run *run)
{
	struct link *next;

	if (!door)
		return;
	for (struct link *link = door->links; link; link = next) {
		next = link->next;
		if (link->state == LINK_RUNNING && strcmp(link->agent.task, run->id) == 0)
			link_end(link, NO_EXIT_CODE, "the task or its machine has ended");
	}
}

/* --- life ------------------------------------------------------------------ */

/* Whoever may enter the folder may come: without a token nothing follows. */
static int open_socket(const char *path, int *ret_fd, struct err *err)
{
	AUTO(fd_closep) int fd = -1;

	if (local_socket_bind(path, SOCK_SEQPACKET, "a socket", &fd, err) < 0)
		return -1;
	if (listen(fd, BACKLOG) < 0)
		return err_sys(err, errno, "listen at %s", path);
	*ret_fd = STEAL(fd, -1);
	return 0;
}

int exec_door_open(struct flow *flow, struct exec_door **ret_door, struct err *err)
{
	AUTO(freep) struct exec_door *door = xcalloc(1, sizeof(*door));
	AUTO(fd_closep) int fd = -1;

	door->flow = flow;
	if (exec_record_end_open(flow, err) < 0 ||
	    open_socket(flow->options.exec_socket, &fd, err) < 0 ||
	    acceptor_new(flow->options.loop, fd, on_door, door, &door->acceptor, err) < 0)
		return -1;
	(void)STEAL(fd, -1); /* the acceptor has it */
	*ret_door = STEAL(door, NULL);
	return 0;
}

void exec_door_close(struct exec_door *door)
{
	struct link *next;

	if (!door)
		return;
	for (struct link *link = door->links; link; link = next) {
		next = link->next;
		link_free(link);
	}
	exec_record_end_now(door->flow);
	acceptor_free(door->acceptor);
	free(door);
}
