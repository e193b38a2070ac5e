/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output that waits for a host, of a container that does not: both of its streams
 * in the order they were read, up to so many bytes. What finds no room is dropped
 * and counted. Pure: pieces in, pieces out, in memory that somebody else has.
 */
#ifndef SLIPWAY_MICROVM_AGENT_SPOOL_H
#define SLIPWAY_MICROVM_AGENT_SPOOL_H

#include "microvm/wire/message.h"

/* The smallest size: holds every piece that there is. */
#define SPOOL_SIZE_MIN WIRE_OUTPUT_BUFFER_MIN

struct spool {
	uint8_t *bytes;
	size_t size;
	size_t first, end;  /* offsets of the oldest record, and behind the newest */
	size_t wrap;	    /* where records end while newer ones lie before the oldest; else 0 */
	uint64_t dropped;   /* bytes since the last notice */
	int64_t dropped_ms; /* when the last of them came */
	bool dropping;
};

/* @bytes: @size of them, borrowed as long as the spool is used. */
void spool_init(struct spool *spool, void *bytes, size_t size);

/* Keep a piece, or drop it. Its container is not kept. */
void spool_put(struct spool *spool, const struct wire_output *output);

/* The oldest piece, borrowed until spool_taken(); false if there is none. What was
 * dropped stands in its place, as a line of ours. */
bool spool_next(struct spool *spool, struct wire_output *ret_output);
/* It was sent. */
void spool_taken(struct spool *spool);

/* Nothing is kept, and nothing that was dropped is still to be told. */
bool spool_is_empty(const struct spool *spool);

#endif
