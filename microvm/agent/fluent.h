/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container's output in the forward protocol of fluentd, as Docker's fluentd driver says it:
 * a message a line, in MessagePack:
 *     [tag, time, {"log", "source", "container_id", "container_name"}]
 * Parts of a line that is longer than WIRE_LINE_MAX say so, in members of their own. Pure.
 */
#ifndef SLIPWAY_MICROVM_AGENT_FLUENT_H
#define SLIPWAY_MICROVM_AGENT_FLUENT_H

#include "core/buf.h"
#include "microvm/wire/message.h"

/* What a message has beside its line. */
#define FLUENT_OVERHEAD 2048

struct fluent {
	const char *tag, *container_id, *container_name; /* borrowed */
	unsigned lines_cut;				 /* so far */
	struct fluent_line {
		unsigned cut;	  /* the number of the cut line whose parts come; 0: none */
		unsigned ordinal; /* of the next part, from 1 */
	} lines[2];		  /* one a stream */
};

/* Append the message of the first line of @piece, which is left with the rest. ERR_LIMIT if
 * @out takes no more: then @piece is as it was. */
int fluent_say(struct fluent *fluent, struct wire_output *piece, struct buf *out, struct err *err)
	MUST_CHECK;

#endif
