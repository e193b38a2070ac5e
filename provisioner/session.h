/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conversation with the agent of one machine. The session turns bytes into
 * reports that come in order and exactly once, keeps them until their owner has made
 * them durable, and acknowledges them only then. It pings, and says when the agent did not
 * speak at all, fell silent, or speaks nonsense.
 *
 * All calls are made on the loop's thread. The guest is not trusted: what it can
 * make grow (the inbox) has a limit, at which the channel is paused.
 */
#ifndef SLIPWAY_PROVISIONER_SESSION_H
#define SLIPWAY_PROVISIONER_SESSION_H

#include "core/loop.h"
#include "microvm/wire/exec.h"
#include "provisioner/machine.h"

/* One report of the agent, as it came. */
struct report {
	struct report *next;
	enum frame_type type; /* PHASE, STARTED, OUTPUT, EXITED, FAILED */
	uint64_t seq;
	int64_t wall_ms; /* when it came */
	size_t len;
	uint8_t payload[];
};
void report_list_free(struct report *first);

struct session_hello {
	char task[33];	      /* that the agent has, "" for none */
	int64_t boot_wall_us; /* when the guest's kernel began, by our clock */
	int64_t wall_us;      /* when the hello came, by our clock */
	int64_t memory_kib;
};

struct session_options {
	int64_t hello_ms;   /* the agent must have spoken by then */
	int64_t ping_ms;    /* between pings */
	int64_t silence_ms; /* without a word the agent counts as dead */
};

/* What the owner is told. A callback may free the session. */
struct session_events {
	void (*hello)(void *ctx, const struct session_hello *hello); /* each time it comes */
	void (*reports)(void *ctx);				     /* session_take() has some */
	/* No more use; TIMEOUT: never said hello or fell silent; UNAVAILABLE: the channel
	 * ended; INVALID: nonsense. Said once. */
	void (*lost)(void *ctx, const struct err *err);
	/* What the guest says it has used: checked in form only. May not free the session; NULL: of
	 * no interest. */
	void (*stats)(void *ctx, const struct wire_stats *stats);
	/* PONG or PREPARED came; NULL: of no interest. */
	void (*answered)(void *ctx, enum frame_type type);
	/* EXEC_OUTPUT, EXEC_ROOM or EXEC_EXIT, unread; NULL: the agent has ended all commands,
	 * as its frames were damaged. May not free the session. */
	void (*exec)(void *ctx, const struct frame *frame);
};

struct session;

/* @taken: the last report that is durable. @events and @options are copied. */
struct session *session_new(struct loop *loop, const struct session_options *options,
			    const struct session_events *events, void *ctx, uint64_t taken);
/* Closes the channel. Takes NULL. */
void session_free(struct session *session);

/* To be given to machine_channel_open(), with the session as its context; bytes
 * may come before session_attach(). */
void session_bytes(void *ctx, const void *bytes, size_t len);
enum session_start {
	SESSION_BOOTED,	  /* the agent says hello by itself */
	SESSION_RESTORED, /* it waits in a restored machine, and has not been spoken to */
	SESSION_ADOPTED,  /* another program may have broken off in the middle of a frame, and
			   * the agent may be in the middle of its task */
};
/* Takes the channel. */
void session_attach(struct session *session, struct machine_channel *channel,
		    enum session_start start);
/* From here on it is its new owner's, which frees it. What was not told yet is told to that one. */
void session_hand_over(struct session *session, const struct session_events *events, void *ctx);

/* Take the reports that wait as a list (the caller's): all of one kind, OUTPUT or not,
 * since the two are made durable in different places; at most SESSION_BATCH_BYTES. NULL for
 * none. */
#define SESSION_BATCH_BYTES (512u * 1024)
struct report *session_take(struct session *session);
/* What was taken up to @seq is durable. */
void session_taken(struct session *session, uint64_t seq);

/* Frames to the agent. */
/* Before TASK, which says that it comes: @len is at most WIRE_EVENT_SIZE_MAX. */
int session_send_event(struct session *session, const char *text, size_t len, struct err *err)
	MUST_CHECK;
int session_send_task(struct session *session, const struct wire_task *task, struct err *err)
	MUST_CHECK;
int session_send_credentials(struct session *session, const struct wire_credentials *credentials,
			     struct err *err) MUST_CHECK;
void session_send(struct session *session, enum frame_type type); /* one without payload */
/* About commands, what a client can bring about: one message by its shape, or bytes of input.
 * ERR_LIMIT if it is too long for a frame, or so much waits for the agent already that the rest
 * of the room is for what the task needs (SESSION_TALK_MAX). */
#define SESSION_TALK_MAX (512u * 1024)
int session_send_message(struct session *session, const struct shape *shape, const void *message,
			 enum frame_type type, struct err *err) MUST_CHECK;
int session_send_bytes(struct session *session, const struct wire_exec_bytes *bytes,
		       struct err *err) MUST_CHECK;
/* EXEC_TAKEN and EXEC_END, which follow something that was limited: they always go. */
void session_send_count(struct session *session, const struct wire_exec_count *count,
			enum frame_type type);

/* Some reports that came are not durable yet. */
bool session_has_reports(const struct session *session);
/* The number of the last report that came. */
uint64_t session_received(const struct session *session);

#endif
