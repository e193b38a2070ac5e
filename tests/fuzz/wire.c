/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a guest may send: bytes through the decoder in pieces of every size, and
 * each frame that comes out through every message's shape. The first byte chooses
 * how the input is made: a raw stream, or a payload that is put into a frame with
 * right sums, since no fuzzer finds those by itself. What can be read must be
 * possible to write, and to read again.
 */
#include <string.h>

#include "microvm/wire/event_part.h"
#include "microvm/wire/exec.h"

#define FUZZ_ARENA_MAX (8u << 20)
#define FUZZ_OUT_MAX   (4u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct shape *const shapes[] = {
	&wire_resume_shape,	&wire_hello_shape,	&wire_task_shape,
	&wire_phase_shape,	&wire_started_shape,	&wire_exited_shape,
	&wire_stats_shape,	&wire_failed_shape,	&wire_health_shape,
	&wire_restarted_shape,	&wire_exec_start_shape, &wire_exec_resize_shape,
	&wire_exec_count_shape, &wire_exec_exit_shape,	&wire_credentials_shape,
};

static union {
	struct wire_resume resume;
	struct wire_hello hello;
	struct wire_task task;
	struct wire_phase phase;
	struct wire_started started;
	struct wire_exited exited;
	struct wire_stats stats;
	struct wire_failed failed;
	struct wire_exec_start exec_start;
	struct wire_exec_resize exec_resize;
	struct wire_exec_count exec_count;
	struct wire_exec_exit exec_exit;
	struct wire_credentials credentials;
} message, again;

static void write_again(const struct shape *shape, struct arena *arena)
{
	AUTO(buf_done) struct buf out;
	AUTO(json_decrefp) json_t *json = NULL;
	struct err err = ERR_INIT;
	struct frame frame = {.type = FRAME_HELLO};

	buf_init(&out, FUZZ_OUT_MAX);
	if (wire_write(shape, &message, FRAME_HELLO, 1, &out, &err) < 0) {
		/* Escapes may make it longer than a frame holds. */
		if (err.code != ERR_LIMIT)
			abort();
		return;
	}
	frame.payload = out.data + FRAME_HEADER_SIZE;
	frame.len = out.len - FRAME_HEADER_SIZE;
	if (wire_read(shape, &frame, arena, &again, &json, &err) < 0 && err.code != ERR_LIMIT)
		abort();
}

static void read_event_part(const struct frame *frame)
{
	struct wire_event_part part;
	struct err err = ERR_INIT;
	AUTO(buf_done) struct buf out;

	buf_init(&out, FUZZ_OUT_MAX);
	if (wire_event_part_read(frame, &part, &err) < 0)
		return;
	if (part.offset + part.len > WIRE_EVENT_SIZE_MAX ||
	    wire_event_part_write(&part, &out, &err) < 0 ||
	    out.len != FRAME_HEADER_SIZE + frame->len ||
	    memcmp(out.data + FRAME_HEADER_SIZE, frame->payload, frame->len) != 0)
		abort();
}

static void read_all(const struct frame *frame)
{
	struct wire_exec_bytes exec_bytes;
	struct wire_output output;
	struct err err = ERR_INIT;
	uint8_t sum = 0;

	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		AUTO(arena_freep) struct arena *arena = arena_new(FUZZ_ARENA_MAX);
		AUTO(json_decrefp) json_t *json = NULL;

		if (wire_read(shapes[i], frame, arena, &message, &json, &err) == 0)
			write_again(shapes[i], arena);
	}
	read_event_part(frame);
	if (wire_exec_bytes_read(frame, &exec_bytes, &err) == 0) {
		for (size_t i = 0; i < exec_bytes.len; i++)
			sum ^= exec_bytes.bytes[i];
		if (exec_bytes.len > WIRE_EXEC_PIECE)
			abort();
	}
	if (wire_output_read(frame, &output, &err) == 0) {
		for (size_t i = 0; i < output.len; i++)
			sum ^= output.bytes[i];
		/* The sum is looked at only so that each byte is. */
		if (output.container >= WIRE_CONTAINERS_MAX || (output.len == 0 && sum != 0))
			abort();
	}
}

/* Returns how many frames came out. */
static size_t decode(const uint8_t *bytes, size_t size, size_t step)
{
	AUTO(frame_decoder_done) struct frame_decoder decoder;
	struct err err = ERR_INIT;
	struct frame frame;
	size_t used = 0;
	size_t count = 0;

	frame_decoder_init(&decoder);
	for (size_t at = 0; at < size; at += step) {
		if (frame_feed(&decoder, bytes + at, size - at < step ? size - at : step, &err) < 0)
			abort();
		while (frame_next(&decoder, &frame)) {
			read_all(&frame);
			used += FRAME_HEADER_SIZE + frame.len;
			count++;
		}
	}
	if (used + decoder.skipped > size)
		abort();
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf_done) struct buf stream;
	struct err err = ERR_INIT;

	buf_init(&stream, FUZZ_OUT_MAX);
	if (size == 0)
		return 0;
	if (data[0] == 'P') {
		if (size - 1 > FRAME_PAYLOAD_MAX)
			return 0;
		if (frame_encode(&stream, FRAME_HELLO, 1, data + 1, size - 1, &err) < 0)
			abort();
		if (decode(stream.data, stream.len, stream.len) != 1)
			abort();
		return 0;
	}
	if (decode(data, size, size < FRAME_FEED_MAX ? size : FRAME_FEED_MAX) !=
	    decode(data, size, 1 + data[0] % 64))
		abort();
	return 0;
}
