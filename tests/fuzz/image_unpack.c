/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compressed bytes, given whole and given in the pieces that the first byte says: both
 * ways the same must come out, and every step must get somewhere.
 */
#include <assert.h>
#include <string.h>

#include "core/digest.h"
#include "provisioner/image/image_unpack.h"

#define OUT_MAX (1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 0, with what came out hashed; -1: refused; 1: more than is wanted here. */
static int unpack(const uint8_t *data, size_t size, size_t piece, char hex[SHA256_HEX_SIZE])
{
	AUTO(image_unpack_freep) struct image_unpack *unpacker = image_unpack_new();
	AUTO(sha256_stream_freep) struct sha256_stream *stream = sha256_stream_new();
	struct image_unpack_io io = {.in = data};
	struct err err = ERR_INIT;
	uint8_t out[4096];
	size_t total = 0;
	bool end = false;

	while (!end) {
		size_t before;

		if (io.in_len == 0 && size > 0) {
			io.in_len = size < piece ? size : piece;
			size -= io.in_len;
		}
		io.last = size == 0;
		io.out = out;
		io.out_room = sizeof(out);
		before = io.in_len;
		if (image_unpack_step(unpacker, &io, &end, &err) < 0) {
			assert(err.code != ERR_NONE && err.text[0]);
			return -1;
		}
		assert(end || io.out_room < sizeof(out) || io.in_len < before || !io.last);
		sha256_stream_add(stream, out, sizeof(out) - io.out_room);
		total += sizeof(out) - io.out_room;
		if (total > OUT_MAX)
			return 1;
	}
	sha256_stream_hex(stream, hex);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char whole[SHA256_HEX_SIZE];
	char pieces[SHA256_HEX_SIZE];
	int result;

	if (size == 0)
		return 0;
	result = unpack(data + 1, size - 1, size, whole);
	assert(unpack(data + 1, size - 1, IMAGE_UNPACK_FIRST + data[0], pieces) == result);
	assert(result != 0 || strcmp(whole, pieces) == 0);
	return 0;
}
