/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a source's item is on the bus. A CloudEvent (by its headers, or JSON in the structured mode)
 * is that event; a JSON object is the detail; other JSON and text are {"data": ...}, all other
 * bytes {"data_base64": ...}.
 */
#ifndef SLIPWAY_RELAY_PAYLOAD_H
#define SLIPWAY_RELAY_PAYLOAD_H

#include "core/buf.h"
#include "core/ident.h"
#include "relay/source.h"

/*
 * Append the envelope to @out. @ret_id is of source and item, or of a CloudEvent's source and id.
 * ERR_INVALID, ERR_LIMIT or ERR_DENIED: no event can be made of it; nothing else is wrong.
 */
int payload_event(const struct source_options *source, const struct source_item *item,
		  int64_t now_ms, struct arena *arena, char ret_id[IDENT_UUID_SIZE],
		  struct buf *out, struct err *err) MUST_CHECK;

/* The same for one of which no event can be made, as far as it fits: for its dead letter. */
int payload_dead(const struct source_options *source, const struct source_item *item,
		 int64_t now_ms, char ret_id[IDENT_UUID_SIZE], struct buf *out, struct err *err)
	MUST_CHECK;

#endif
