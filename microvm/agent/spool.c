/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring of records, each a header and its bytes in one piece. A record that does
 * not fit behind the newest goes to the begin of the memory:
 *
 *     [ free | oldest ... newest | free ]          wrap == 0
 *     [ ... newest | free | oldest ... | unused ]  wrap == begin of unused
 *
 * When a piece finds no room, it and all that follow are dropped until a quarter
 * is free again: one long gap, and one line that says how long, are easier to
 * read than a thousand short ones. That line takes its place among the pieces.
 */
#include "microvm/agent/spool.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ALIGNMENT     sizeof(struct record)
#define FREE_SHARE    4 /* one part in so many ends a gap */
#define NOTICE_SIZE   128
#define NOTICE_STREAM 2 /* stderr */

struct record {
	int64_t wall_ms;
	uint32_t len;
	uint8_t stream, flags;
	uint16_t unused;
};

void spool_init(struct spool *spool, void *bytes, size_t size)
{
	assert(size >= SPOOL_SIZE_MIN && (uintptr_t)bytes % _Alignof(struct record) == 0);
	*spool = (struct spool){.bytes = bytes, .size = size};
}

static bool has_records(const struct spool *spool)
{
	return spool->end != spool->first || spool->wrap > 0;
}

static size_t record_size(size_t len)
{
	return sizeof(struct record) + (len + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static size_t free_size(const struct spool *spool)
{
	if (spool->wrap > 0)
		return spool->first - spool->end;
	return spool->size - spool->end + spool->first;
}

/* Where a record of @size may lie; false if nowhere. */
static bool find_room(const struct spool *spool, size_t size, size_t *ret_at)
{
	if (spool->wrap > 0) {
		*ret_at = spool->end;
		return spool->first - spool->end >= size;
	}
	*ret_at = spool->size - spool->end >= size ? spool->end : 0;
	return *ret_at == spool->end || spool->first >= size;
}

static bool put(struct spool *spool, const struct wire_output *output)
{
	struct record record = {
		.wall_ms = output->wall_ms,
		.len = (uint32_t)output->len,
		.stream = (uint8_t)output->stream,
		.flags = (uint8_t)output->flags,
	};
	size_t size = record_size(output->len);
	size_t at;

	if (!find_room(spool, size, &at))
		return false;
	if (at < spool->end && spool->wrap == 0)
		spool->wrap = spool->end;
	memcpy(spool->bytes + at, &record, sizeof(record));
	memcpy(spool->bytes + at + sizeof(record), output->bytes, output->len);
	spool->end = at + size;
	return true;
}

/* The line that stands for what was dropped. */
static bool put_notice(struct spool *spool, int64_t wall_ms)
{
	char text[NOTICE_SIZE];
	int len = snprintf(text, sizeof(text),
			   "[slipway] %" PRIu64 " bytes of output were dropped here: the buffer "
			   "(max-buffer-size) was full\n",
			   spool->dropped);
	struct wire_output notice = {
		.stream = NOTICE_STREAM,
		.wall_ms = wall_ms,
		.bytes = (const uint8_t *)text,
		.len = (size_t)len,
	};

	if (!put(spool, &notice))
		return false;
	spool->dropped = 0;
	spool->dropping = false;
	return true;
}

void spool_put(struct spool *spool, const struct wire_output *output)
{
	if (spool->dropping && free_size(spool) >= spool->size / FREE_SHARE)
		(void)put_notice(spool, output->wall_ms); /* else the gap goes on */
	if (spool->dropping || !put(spool, output)) {
		spool->dropping = true;
		spool->dropped += output->len;
		spool->dropped_ms = output->wall_ms;
	}
}

bool spool_next(struct spool *spool, struct wire_output *ret_output)
{
	struct record record;

	if (!has_records(spool) && spool->dropping)
		(void)put_notice(spool, spool->dropped_ms); /* there is room for it */
	if (!has_records(spool))
		return false;
	memcpy(&record, spool->bytes + spool->first, sizeof(record));
	*ret_output = (struct wire_output){
		.stream = record.stream,
		.flags = record.flags,
		.wall_ms = record.wall_ms,
		.bytes = spool->bytes + spool->first + sizeof(record),
		.len = record.len,
	};
	return true;
}

void spool_taken(struct spool *spool)
{
	struct record record;

	assert(has_records(spool));
	memcpy(&record, spool->bytes + spool->first, sizeof(record));
	spool->first += record_size(record.len);
	if (spool->first == spool->wrap) {
		spool->first = 0;
		spool->wrap = 0;
	}
	if (spool->wrap == 0 && spool->first == spool->end)
		spool->first = spool->end = 0; /* the most room in one piece */
}

bool spool_is_empty(const struct spool *spool)
{
	return !has_records(spool) && !spool->dropping;
}
