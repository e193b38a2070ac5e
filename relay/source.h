/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a source of events must do. Each has a thread of its own (carrier.h), which calls these
 * functions one after the other:
 *
 *     open                                once, before the program locks itself in; one that
 *                                         fails is tried again behind the lock
 *     begin, (take, acknowledge)..., end  again and again: an error ends the round, and after a
 *                                         while another begins
 *     close                               once
 *
 * What take() gives is made durable here before acknowledge() is called with it; what was not
 * acknowledged is offered again by a later take(). Marks (store/event_mark.h) see to it that what
 * is offered twice is one event.
 */
#ifndef SLIPWAY_RELAY_SOURCE_H
#define SLIPWAY_RELAY_SOURCE_H

#include "core/arena.h"
#include "core/err.h"
#include "core/header.h"

#define SOURCE_BATCH_MAX 64	       /* items that share a durable write */
#define SOURCE_ROOM_MAX	 (96u << 20)   /* of their texts: 64 of 1 MiB, and what is beside them */
#define SOURCE_DATA_MAX	 (1024 * 1024) /* bytes of one item's data */
#define SOURCE_WAIT_MS	 1000	       /* that take() waits for something */

struct source_kind;

/* All borrowed, until the program ends; "" where nothing is configured. */
struct source_options {
	const char *name;
	const struct source_kind *kind;
	const char *account_name;		  /* as configured: a name or an id */
	char account[13];			  /* its id; "": it is not known yet */
	const char *region, *bus, *source, *type; /* of its events */
	const char *folder;
	bool move_done;
	int64_t content_bytes; /* of the largest file whose content goes along */
	const char *connection, *table, *channel;
	const char *url, *stream, *subject, *credentials;
};

/* One event as the source has it; all in the batch's arena. */
struct source_item {
	const char *name;  /* the source's own, no other has it at the time */
	const char *value; /* under another one it is another event */
	int64_t time_ms;   /* wall; 0: now */
	const char *data;  /* with a zero behind it */
	size_t len;
	const struct header *headers; /* names in lower case */
	size_t header_count;
	bool is_detail; /* the data is the event's detail, and no CloudEvent */
	bool left_out;	/* it is gone meanwhile, or comes again: no event, not acknowledged */
	void *own;	/* the source's */
};

struct source_batch {
	struct arena *arena;
	struct source_item items[SOURCE_BATCH_MAX];
	size_t count;
	bool all; /* there is no more for now: whatever else was marked may be asked about */
};

struct source_kind {
	const char *name, *type; /* of a configuration; of its events, if that says none */
	const char *advice;	 /* what helps if it cannot be opened or read */

	/* Check the options, and open what could not be opened later. ERR_INVALID: the options are
	 * wrong. @wake_fd becomes readable when take() shall return. *ret_source is the caller's.
	 */
	int (*open)(const struct source_options *options, int wake_fd, void **ret_source,
		    struct err *err);
	int (*begin)(void *source, struct err *err);
	/* What there is, in its order; waits SOURCE_WAIT_MS at most. */
	int (*take)(void *source, struct source_batch *batch, struct err *err);
	/* One that was not accepted before: its data. NULL: take() has given it. */
	int (*fill)(void *source, struct source_batch *batch, struct source_item *item,
		    struct err *err);
	/* All of the batch but what is left out is durable. */
	int (*acknowledge)(void *source, struct source_batch *batch, struct err *err);
	/* Whether it may be offered again, though it was acknowledged. */
	int (*may_return)(void *source, const char *item_name, bool *ret_may, struct err *err);
	void (*end)(void *source);   /* also after a begin() that failed */
	void (*close)(void *source); /* takes NULL */
};

extern const struct source_kind source_folder, source_postgresql, source_nats;

#endif
