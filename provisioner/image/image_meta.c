/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A piece is closed as soon as it is full, so a place never points behind its end.
 */
#include "provisioner/image/image_meta.h"

#include <lz4.h>
#include <string.h>

#define PLAIN 0x8000u /* in a piece's length: it is not compressed */

void image_meta_init(struct image_meta *meta, size_t max)
{
	buf_init(&meta->out, max);
	buf_init(&meta->starts, max);
	meta->len = 0;
}

void image_meta_done(struct image_meta *meta)
{
	buf_done(&meta->out);
	buf_done(&meta->starts);
}

int image_meta_flush(struct image_meta *meta, struct err *err)
{
	char packed[LZ4_COMPRESSBOUND(IMAGE_META_BYTES)];
	uint64_t start = meta->out.len;
	struct image_record_bytes head = {.len = 0};
	const void *bytes = meta->piece;
	size_t len = meta->len;
	int packed_len;

	if (len == 0)
		return 0;
	packed_len = LZ4_compress_default((const char *)meta->piece, packed, (int)len,
					  (int)sizeof(packed));
	if (packed_len > 0 && (size_t)packed_len < len) {
		bytes = packed;
		len = (size_t)packed_len;
		image_put16(&head, (uint32_t)len);
	} else {
		image_put16(&head, (uint32_t)len | PLAIN);
	}
	meta->len = 0;
	if (buf_append(&meta->starts, &start, sizeof(start), err) < 0 ||
	    buf_append(&meta->out, head.bytes, head.len, err) < 0 ||
	    buf_append(&meta->out, bytes, len, err) < 0)
		return err_wrap(err, "tables of the image");
	return 0;
}

int image_meta_add(struct image_meta *meta, const void *bytes, size_t len, struct err *err)
{
	const uint8_t *from = bytes;

	while (len > 0) {
		size_t room = IMAGE_META_BYTES - meta->len;
		size_t piece = len < room ? len : room;

		memcpy(meta->piece + meta->len, from, piece);
		meta->len += piece;
		from += piece;
		len -= piece;
		if (meta->len == IMAGE_META_BYTES && image_meta_flush(meta, err) < 0)
			return -1;
	}
	return 0;
}

uint64_t image_meta_place(const struct image_meta *meta)
{
	return (uint64_t)meta->out.len << 16 | meta->len;
}

static void put(struct image_record_bytes *record, uint64_t number, size_t len)
{
	if (record->len + len > sizeof(record->bytes))
		abort(); /* the records below are shorter */
	for (size_t i = 0; i < len; i++)
		record->bytes[record->len++] = (uint8_t)(number >> (8 * i));
}

void image_put16(struct image_record_bytes *record, uint32_t number)
{
	put(record, number & 0xffff, 2);
}

void image_put32(struct image_record_bytes *record, uint32_t number)
{
	put(record, number, 4);
}

void image_put64(struct image_record_bytes *record, uint64_t number)
{
	put(record, number, 8);
}
