/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of one container joined to events: a line that holds the pattern begins one, and all
 * until the next such line belong to it, of both streams. Pure: lines in, events out.
 */
#ifndef SLIPWAY_MICROVM_AGENT_JOINER_H
#define SLIPWAY_MICROVM_AGENT_JOINER_H

#include "core/buf.h"
#include "core/line_pattern.h"
#include "microvm/wire/message.h"

/* So long after its first line an event is handed over, whatever may follow. */
#define JOINER_WAIT_MS 5000

struct joiner {
	struct line_pattern *pattern;
	struct buf event; /* what is held; empty: nothing */
	unsigned stream;  /* of its first line */
	int64_t wall_ms;  /* the same */
	unsigned unended; /* the stream of which the last line has not ended; 0: none */
	bool told;	  /* that a line was too costly */
	unsigned writers; /* streams that are not drained */
	int64_t began_ns; /* of the clock of durations */
};

/* ERR_INVALID: @pattern cannot be understood. */
int joiner_init(struct joiner *joiner, const char *pattern, struct err *err) MUST_CHECK;
void joiner_done(struct joiner *joiner); /* takes one of zeros, and one that is done */
/* Hold nothing: another run of the container begins, with so many streams. */
void joiner_renew(struct joiner *joiner, unsigned writers);

/* Take the lines of a piece, which is left with what was not taken: false if what is held
 * must be handed over before that. */
bool joiner_take(struct joiner *joiner, struct wire_output *piece);

/* What is held, borrowed until joiner_taken(); without its container. False: nothing. */
bool joiner_held(const struct joiner *joiner, struct wire_output *ret_event);
/* It was handed over. */
void joiner_taken(struct joiner *joiner);

#endif
