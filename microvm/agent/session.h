/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conversation with whatever program is the host now. Reports are numbered
 * and kept until a host has acknowledged them; hosts come and go.
 */
#ifndef SLIPWAY_MICROVM_AGENT_SESSION_H
#define SLIPWAY_MICROVM_AGENT_SESSION_H

#include "core/loop.h"
#include "microvm/wire/message.h"

/* Reports that no host has acknowledged yet: at this size containers' pipes are not
 * read any more, until it is less. Enough for some tenths of a second of the fastest
 * output; and what a container can write before it waits, when no host is there. */
#define SESSION_UNACKED_MAX (1024u * 1024)

/* Frames of commands in containers that wait for the port; of them one has this size at most. */
#define SESSION_TALK_MAX   (256u * 1024)
#define SESSION_TALK_PIECE (16u * 1024)

struct session;

struct session_handlers {
	void (*on_task)(void *ctx, const struct frame *frame);
	void (*on_prepare)(void *ctx);
	void (*on_credentials)(void *ctx, const struct frame *frame);
	void (*on_event_part)(void *ctx, const struct frame *frame);
	void (*on_stop)(void *ctx);
	void (*on_poweroff)(void *ctx);
	void (*on_room)(void *ctx);			       /* output may go on */
	void (*on_exec)(void *ctx, const struct frame *frame); /* EXEC_... */
	void (*on_talk_room)(void *ctx);		       /* talk may go on */
	void (*on_new_host)(void *ctx);			       /* it knows of no command */
	void *ctx;
};

/* Open the port and say hello. Lives as long as the machine. */
int session_open(struct loop *loop, const struct session_handlers *handlers,
		 struct session **ret_session, struct err *err) MUST_CHECK;

/* While muted, reports and output are dropped as if they had never been said. */
void session_mute(struct session *session, bool mute);

/* The task's id for further hellos; borrowed for ever. */
void session_set_task(struct session *session, const char *task);

/* Send a report, numbered and kept. */
void session_report(struct session *session, const struct shape *shape, const void *message,
		    enum frame_type type);
/* Send a message that the next one replaces: dropped while no host listens. */
void session_tell(struct session *session, const struct shape *shape, const void *message,
		  enum frame_type type);
/* PREPARED. */
void session_prepared(struct session *session);
/* The PHASE report for now. */
void session_phase(struct session *session, const char *name);

/* Whether @len bytes of output may be sent now. If not, on_room is called once when
 * there is room again. */
bool session_has_room(struct session *session, size_t len);
/* Call only with room for it. */
void session_output(struct session *session, const struct wire_output *output);

/* Frames about commands, which are neither numbered nor kept. Whether one more may be sent; if
 * not, on_talk_room is called once when there is room again. */
bool session_talk_has_room(struct session *session);
/* One encoded frame; dropped without room. */
void session_talk(struct session *session, const uint8_t *frame, size_t len);

#endif
