/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of MessagePack five things are needed: small arrays and maps, texts, and the protocol's own time
 * (extension 0: seconds and nanoseconds). A text's length is written in the shortest form.
 */
#include "microvm/agent/fluent.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FIX_ARRAY 0x90
#define FIX_MAP	  0x80
#define FIX_TEXT  0xa0
#define TEXT_8	  0xd9
#define TEXT_16	  0xda
#define FIX_EXT_8 0xd7
#define EXT_TIME  0

#define MEMBERS	     4
#define MEMBERS_PART 4 /* more */

static void put_be32(uint8_t *to, uint32_t value)
{
	for (int i = 3; i >= 0; i--, value >>= 8)
		to[i] = (uint8_t)value;
}

static int put_byte(struct buf *out, unsigned byte, struct err *err)
{
	uint8_t value = (uint8_t)byte;

	return buf_append(out, &value, 1, err);
}

static int put_text(struct buf *out, const void *text, size_t len, struct err *err)
{
	uint8_t head[3] = {TEXT_16, (uint8_t)(len >> 8), (uint8_t)len};
	size_t size = sizeof(head);

	assert(len <= UINT16_MAX);
	if (len < 32) {
		head[0] = (uint8_t)(FIX_TEXT | len);
		size = 1;
	} else if (len <= UINT8_MAX) {
		head[0] = TEXT_8;
		head[1] = (uint8_t)len;
		size = 2;
	}
	if (buf_append(out, head, size, err) < 0)
		return -1;
	return buf_append(out, text, len, err);
}

static int put_member(struct buf *out, const char *name, const char *value, struct err *err)
{
	if (put_text(out, name, strlen(name), err) < 0)
		return -1;
	return put_text(out, value, strlen(value), err);
}

static int put_time(struct buf *out, int64_t wall_ms, struct err *err)
{
	uint8_t bytes[10] = {FIX_EXT_8, EXT_TIME};

	put_be32(bytes + 2, (uint32_t)(wall_ms / 1000));
	put_be32(bytes + 6, (uint32_t)(wall_ms % 1000 * 1000000));
	return buf_append(out, bytes, sizeof(bytes), err);
}

/* @last: the line ends with this part. */
static int put_part(struct buf *out, const struct fluent *fluent, const struct fluent_line *line,
		    bool last, struct err *err)
{
	char id[128], ordinal[16];

	(void)snprintf(id, sizeof(id), "%.100s-%u", fluent->container_id, line->cut);
	(void)snprintf(ordinal, sizeof(ordinal), "%u", line->ordinal);
	if (put_member(out, "partial_message", "true", err) < 0 ||
	    put_member(out, "partial_id", id, err) < 0 ||
	    put_member(out, "partial_ordinal", ordinal, err) < 0)
		return -1;
	return put_member(out, "partial_last", last ? "true" : "false", err);
}

static int put_message(const struct fluent *fluent, const struct fluent_line *line,
		       const struct wire_output *text, bool last, struct buf *out, struct err *err)
{
	unsigned members = MEMBERS + (line->cut ? MEMBERS_PART : 0);

	if (put_byte(out, FIX_ARRAY | 3, err) < 0 ||
	    put_text(out, fluent->tag, strlen(fluent->tag), err) < 0 ||
	    put_time(out, text->wall_ms, err) < 0 || put_byte(out, FIX_MAP | members, err) < 0 ||
	    put_member(out, "source", text->stream == 1 ? "stdout" : "stderr", err) < 0 ||
	    put_text(out, "log", 3, err) < 0 || put_text(out, text->bytes, text->len, err) < 0 ||
	    put_member(out, "container_id", fluent->container_id, err) < 0 ||
	    put_member(out, "container_name", fluent->container_name, err) < 0)
		return -1;
	return line->cut ? put_part(out, fluent, line, last, err) : 0;
}

int fluent_say(struct fluent *fluent, struct wire_output *piece, struct buf *out, struct err *err)
{
	struct fluent_line *line = &fluent->lines[piece->stream == 1 ? 0 : 1];
	const uint8_t *newline = memchr(piece->bytes, '\n', piece->len);
	struct wire_output text = *piece;
	struct fluent_line before = *line;
	size_t len = out->len;
	bool last = !(piece->flags & WIRE_OUTPUT_PARTIAL);

	if (newline)
		text.len = (size_t)(newline - piece->bytes);
	if (!last && !line->cut)
		*line = (struct fluent_line){.cut = fluent->lines_cut + 1, .ordinal = 1};
	if (put_message(fluent, line, &text, last, out, err) < 0) {
		*line = before;
		out->len = len;
		return -1;
	}
	if (line->cut > fluent->lines_cut)
		fluent->lines_cut = line->cut;
	line->ordinal++;
	if (last)
		line->cut = 0;
	text.len += newline != NULL;
	piece->bytes += text.len;
	piece->len -= text.len;
	return 0;
}
