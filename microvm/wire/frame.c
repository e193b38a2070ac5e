/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing and finding frames. The decoder looks for the magic's first byte, then
 * checks header, then payload; each byte is summed at most once as payload, and a
 * candidate header costs 24 bytes of summing, so a hostile stream costs little
 * more than an honest one. Bytes are moved only when more are fed, never for each
 * frame.
 */
#include "microvm/wire/frame.h"

#include <string.h>

#include "core/bytes.h"
#include "microvm/wire/crc32.h"

/* Where the header's fields stand. */
enum {
	AT_MAGIC = 0,
	AT_TYPE = 4,
	AT_FLAGS = 6,
	AT_LENGTH = 8,
	AT_PAYLOAD_SUM = 12,
	AT_SEQ = 16,
	AT_HEADER_SUM = 24,
};

#define FRAME_AS_NAME(name, number) [FRAME_##name] = #name,
static const char *const type_names[] = {FRAME_TYPES(FRAME_AS_NAME)};

/* NULL for numbers that are no type. */
static const char *known_name(unsigned type)
{
	return type < ARRAY_LEN(type_names) ? type_names[type] : NULL;
}

const char *frame_type_name(enum frame_type type)
{
	const char *name = known_name(type);

	return name ? name : "?";
}

int frame_encode(struct buf *out, enum frame_type type, uint64_t seq, const void *payload,
		 size_t len, struct err *err)
{
	uint8_t *room;

	if (len > FRAME_PAYLOAD_MAX)
		return err_set(err, ERR_LIMIT, "a %s frame of %zu bytes is over the limit of %u",
			       frame_type_name(type), len, FRAME_PAYLOAD_MAX);
	if (buf_reserve(out, FRAME_HEADER_SIZE + len, &room, err) < 0)
		return err_wrap(err, "frame %s", frame_type_name(type));
	le32_put(room + AT_MAGIC, FRAME_MAGIC);
	le16_put(room + AT_TYPE, (uint16_t)type);
	le16_put(room + AT_FLAGS, 0);
	le32_put(room + AT_LENGTH, (uint32_t)len);
	le32_put(room + AT_PAYLOAD_SUM, crc32(payload, len));
	le64_put(room + AT_SEQ, seq);
	le32_put(room + AT_HEADER_SUM, crc32(room, AT_HEADER_SUM));
	if (len > 0)
		memcpy(room + FRAME_HEADER_SIZE, payload, len);
	buf_added(out, FRAME_HEADER_SIZE + len);
	return 0;
}

size_t frame_size(const uint8_t header[FRAME_HEADER_SIZE])
{
	return FRAME_HEADER_SIZE + (size_t)le32_get(header + AT_LENGTH);
}

uint64_t frame_seq(const uint8_t header[FRAME_HEADER_SIZE])
{
	return le64_get(header + AT_SEQ);
}

void frame_decoder_init(struct frame_decoder *decoder)
{
	buf_init(&decoder->in, FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX + FRAME_FEED_MAX);
	decoder->taken = 0;
	decoder->skipped = 0;
}

void frame_decoder_done(struct frame_decoder *decoder)
{
	buf_done(&decoder->in);
}

void frame_decoder_reset(struct frame_decoder *decoder)
{
	buf_clear(&decoder->in);
	decoder->taken = 0;
}

int frame_feed(struct frame_decoder *decoder, const void *bytes, size_t len, struct err *err)
{
	buf_consume(&decoder->in, decoder->taken);
	decoder->taken = 0;
	return buf_append(&decoder->in, bytes, len, err);
}

static bool header_is_whole(const uint8_t *header)
{
	return le32_get(header + AT_MAGIC) == FRAME_MAGIC && le16_get(header + AT_FLAGS) == 0 &&
	       le32_get(header + AT_LENGTH) <= FRAME_PAYLOAD_MAX &&
	       le32_get(header + AT_HEADER_SUM) == crc32(header, AT_HEADER_SUM);
}

static void skip(struct frame_decoder *decoder, size_t len)
{
	decoder->taken += len;
	decoder->skipped += len;
}

bool frame_next(struct frame_decoder *decoder, struct frame *ret_frame)
{
	while (decoder->taken < decoder->in.len) {
		const uint8_t *at = decoder->in.data + decoder->taken;
		size_t left = decoder->in.len - decoder->taken;
		const uint8_t *magic = memchr(at, FRAME_MAGIC & 0xff, left);
		size_t size;

		if (magic != at) {
			skip(decoder, magic ? (size_t)(magic - at) : left);
			continue;
		}
		if (left < FRAME_HEADER_SIZE)
			return false;
		if (!header_is_whole(at)) {
			skip(decoder, 1);
			continue;
		}
		size = frame_size(at);
		if (left < size)
			return false;
		if (crc32(at + FRAME_HEADER_SIZE, size - FRAME_HEADER_SIZE) !=
			    le32_get(at + AT_PAYLOAD_SUM) ||
		    !known_name(le16_get(at + AT_TYPE))) {
			skip(decoder, size);
			continue;
		}
		decoder->taken += size;
		*ret_frame = (struct frame){
			.type = (enum frame_type)le16_get(at + AT_TYPE),
			.seq = frame_seq(at),
			.payload = at + FRAME_HEADER_SIZE,
			.len = size - FRAME_HEADER_SIZE,
		};
		return true;
	}
	return false;
}
