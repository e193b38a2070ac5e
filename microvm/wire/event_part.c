/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes as they are behind a small fixed header: an event is not escaped a second time.
 */
#include "microvm/wire/event_part.h"

#include <string.h>

#include "core/bytes.h"

static bool is_allowed(size_t offset, size_t len)
{
	return len >= 1 && len <= WIRE_EVENT_PIECE && offset <= WIRE_EVENT_SIZE_MAX - len;
}

int wire_event_part_read(const struct frame *frame, struct wire_event_part *ret_part,
			 struct err *err)
{
	size_t offset;
	size_t len;

	if (frame->len < WIRE_EVENT_HEADER_SIZE)
		return err_set(err, ERR_INVALID, "message %s has %zu bytes",
			       frame_type_name(frame->type), frame->len);
	offset = le32_get(frame->payload);
	len = frame->len - WIRE_EVENT_HEADER_SIZE;
	if (!is_allowed(offset, len))
		return err_set(err, ERR_INVALID, "message %s of %zu bytes at %zu",
			       frame_type_name(frame->type), len, offset);
	*ret_part = (struct wire_event_part){
		.offset = offset, .bytes = frame->payload + WIRE_EVENT_HEADER_SIZE, .len = len};
	return 0;
}

int wire_event_part_write(const struct wire_event_part *part, struct buf *out, struct err *err)
{
	uint8_t payload[WIRE_EVENT_HEADER_SIZE + WIRE_EVENT_PIECE];

	if (!is_allowed(part->offset, part->len))
		return err_set(err, ERR_LIMIT, "%zu bytes of an event at %zu", part->len,
			       part->offset);
	le32_put(payload, (uint32_t)part->offset);
	memcpy(payload + WIRE_EVENT_HEADER_SIZE, part->bytes, part->len);
	return frame_encode(out, FRAME_EVENT_PART, 0, payload, WIRE_EVENT_HEADER_SIZE + part->len,
			    err);
}
