/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing and finding frames. The decoder looks for the magic's first byte, then
 * checks header, then payload; each byte is summed at most once as payload, and a
 * candidate header costs 24 bytes of summing, so a hostile stream costs little
 * more than an honest one. Bytes are moved only when more are fed, never for each
 * frame.
 */
#include "microvm/wire/frame.h"

#include <endian.h>
#include <string.h>

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

static void put16(uint8_t *to, uint16_t value)
{
	value = htole16(value);
	memcpy(to, &value, sizeof(value));
}

static void put32(uint8_t *to, uint32_t value)
{
	value = htole32(value);
	memcpy(to, &value, sizeof(value));
}

static void put64(uint8_t *to, uint64_t value)
{
	value = htole64(value);
	memcpy(to, &value, sizeof(value));
}

static uint16_t get16(const uint8_t *from)
{
	uint16_t value;

	memcpy(&value, from, sizeof(value));
	return le16toh(value);
}

static uint32_t get32(const uint8_t *from)
{
	uint32_t value;

	memcpy(&value, from, sizeof(value));
	return le32toh(value);
}

static uint64_t get64(const uint8_t *from)
{
	uint64_t value;

	memcpy(&value, from, sizeof(value));
	return le64toh(value);
}

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
	put32(room + AT_MAGIC, FRAME_MAGIC);
	put16(room + AT_TYPE, (uint16_t)type);
	put16(room + AT_FLAGS, 0);
	put32(room + AT_LENGTH, (uint32_t)len);
	put32(room + AT_PAYLOAD_SUM, crc32(payload, len));
	put64(room + AT_SEQ, seq);
	put32(room + AT_HEADER_SUM, crc32(room, AT_HEADER_SUM));
	if (len > 0)
		memcpy(room + FRAME_HEADER_SIZE, payload, len);
	buf_added(out, FRAME_HEADER_SIZE + len);
	return 0;
}

size_t frame_size(const uint8_t header[FRAME_HEADER_SIZE])
{
	return FRAME_HEADER_SIZE + (size_t)get32(header + AT_LENGTH);
}

uint64_t frame_seq(const uint8_t header[FRAME_HEADER_SIZE])
{
	return get64(header + AT_SEQ);
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
	return get32(header + AT_MAGIC) == FRAME_MAGIC && get16(header + AT_FLAGS) == 0 &&
	       get32(header + AT_LENGTH) <= FRAME_PAYLOAD_MAX &&
	       get32(header + AT_HEADER_SUM) == crc32(header, AT_HEADER_SUM);
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
			    get32(at + AT_PAYLOAD_SUM) ||
		    !known_name(get16(at + AT_TYPE))) {
			skip(decoder, size);
			continue;
		}
		decoder->taken += size;
		*ret_frame = (struct frame){
			.type = (enum frame_type)get16(at + AT_TYPE),
			.seq = frame_seq(at),
			.payload = at + FRAME_HEADER_SIZE,
			.len = size - FRAME_HEADER_SIZE,
		};
		return true;
	}
	return false;
}
