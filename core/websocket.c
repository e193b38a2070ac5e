/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame is FIN, opcode and length in 2 to 10 bytes, a mask of four bytes if a client
 * sent it, and its payload. Strict: reserved bits, a length that is longer than it had
 * to be, fragments without a beginning, fragmented or long control frames, and a
 * mask that is missing or too many end the conversation. That a text is UTF-8 is left
 * to who reads it.
 */
#include "core/websocket.h"

#include <string.h>

#include "core/base64.h"
#include "core/bytes.h"
#include "core/digest.h"
#include "core/ident.h"

#define FIN	    0x80u
#define RESERVED    0x70u
#define OPCODE	    0x0fu
#define MASKED	    0x80u
#define LENGTH	    0x7fu
#define LENGTH_16   126
#define LENGTH_64   127
#define CONTROL_MAX 125
#define MASK_SIZE   4
#define KEY_BYTES   16
#define GUID	    "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" /* the standard's */

void websocket_init(struct websocket *websocket, enum websocket_role role)
{
	*websocket = (struct websocket){.role = role};
	buf_init(&websocket->in, WEBSOCKET_FEED_MAX + WEBSOCKET_MESSAGE_MAX + WEBSOCKET_HEADER_MAX);
	buf_init(&websocket->message, WEBSOCKET_MESSAGE_MAX);
}

void websocket_done(struct websocket *websocket)
{
	buf_done(&websocket->in);
	buf_done(&websocket->message);
}

int websocket_feed(struct websocket *websocket, const void *bytes, size_t len, struct err *err)
{
	buf_consume(&websocket->in, STEAL(websocket->taken, 0));
	return buf_append(&websocket->in, bytes, len, err);
}

struct frame {
	bool fin;
	enum websocket_opcode opcode;
	uint8_t *payload;
	size_t len, size; /* of the payload, of all */
};

/* The length's field: 0 if more bytes are needed; *ret_header is its end. */
static int read_length(const uint8_t *at, size_t have, size_t *ret_header, uint64_t *ret_len,
		       struct err *err)
{
	size_t bytes = (at[1] & LENGTH) == LENGTH_16 ? 2 : (at[1] & LENGTH) == LENGTH_64 ? 8 : 0;
	uint64_t len;

	*ret_header = 2 + bytes;
	*ret_len = at[1] & LENGTH;
	if (bytes == 0)
		return 1;
	if (have < 2 + bytes)
		return 0;
	len = bytes == 2 ? be16_get(at + 2) : be64_get(at + 2);
	if (len < (bytes == 2 ? LENGTH_16 : UINT64_C(0x10000)))
		return err_set(err, ERR_INVALID, "a websocket frame's length is not the shortest");
	*ret_len = len;
	return 1;
}

static int check_frame(const struct websocket *websocket, const uint8_t *at, uint64_t len,
		       struct err *err)
{
	unsigned opcode = at[0] & OPCODE;
	bool control = opcode >= WEBSOCKET_CLOSE;

	if (at[0] & RESERVED)
		return err_set(err, ERR_INVALID, "a websocket frame has reserved bits");
	if ((opcode > WEBSOCKET_BINARY && !control) || opcode > WEBSOCKET_PONG)
		return err_set(err, ERR_INVALID, "a websocket frame has opcode %u", opcode);
	if (((at[1] & MASKED) != 0) != (websocket->role == WEBSOCKET_SERVER))
		return err_set(err, ERR_INVALID, "a websocket frame is masked wrongly");
	if (control && (!(at[0] & FIN) || len > CONTROL_MAX))
		return err_set(err, ERR_INVALID, "a websocket control frame is long or in pieces");
	if (!control &&
	    (opcode == WEBSOCKET_CONTINUATION) != (websocket->fragment != WEBSOCKET_CONTINUATION))
		return err_set(err, ERR_INVALID, "a websocket fragment is out of place");
	if (len > WEBSOCKET_MESSAGE_MAX)
		return err_set(err, ERR_LIMIT, "a websocket message is too long");
	return 0;
}

/* 1 and a whole frame, 0, -1. */
static int next_frame(struct websocket *websocket, struct frame *ret_frame, struct err *err)
{
	uint8_t *at = websocket->in.data + websocket->taken;
	size_t have = websocket->in.len - websocket->taken;
	size_t header;
	uint64_t len;
	int result;

	if (have < 2)
		return 0;
	result = read_length(at, have, &header, &len, err);
	if (result <= 0)
		return result;
	if (check_frame(websocket, at, len, err) < 0)
		return -1;
	if (at[1] & MASKED)
		header += MASK_SIZE;
	if (have < header + len)
		return 0;
	*ret_frame = (struct frame){
		.fin = (at[0] & FIN) != 0,
		.opcode = at[0] & OPCODE,
		.payload = at + header,
		.len = (size_t)len,
		.size = header + (size_t)len,
	};
	for (size_t i = 0; at[1] & MASKED && i < ret_frame->len; i++)
		ret_frame->payload[i] ^= at[header - MASK_SIZE + i % MASK_SIZE];
	return 1;
}

int websocket_next(struct websocket *websocket, struct websocket_message *ret_message,
		   struct err *err)
{
	struct frame frame;
	int result;

	/* The message that was handed out last is done with. */
	if (websocket->fragment == WEBSOCKET_CONTINUATION)
		buf_clear(&websocket->message);
	while ((result = next_frame(websocket, &frame, err)) == 1) {
		websocket->taken += frame.size;
		if (frame.opcode >= WEBSOCKET_CLOSE ||
		    (frame.fin && frame.opcode != WEBSOCKET_CONTINUATION)) {
			*ret_message =
				(struct websocket_message){frame.opcode, frame.payload, frame.len};
			return 1;
		}
		if (frame.opcode != WEBSOCKET_CONTINUATION)
			websocket->fragment = frame.opcode;
		if (buf_append(&websocket->message, frame.payload, frame.len, err) < 0)
			return -1;
		if (!frame.fin)
			continue;
		*ret_message = (struct websocket_message){
			websocket->fragment, websocket->message.data, websocket->message.len};
		websocket->fragment = WEBSOCKET_CONTINUATION;
		return 1;
	}
	return result;
}

static size_t put_header(uint8_t *header, enum websocket_role role, enum websocket_opcode opcode,
			 size_t len)
{
	size_t bytes = len < LENGTH_16 ? 0 : len < 0x10000 ? 2 : 8;

	header[0] = (uint8_t)(FIN | opcode);
	header[1] = (uint8_t)((role == WEBSOCKET_CLIENT ? MASKED : 0) | (bytes == 0   ? len
									 : bytes == 2 ? LENGTH_16
										      : LENGTH_64));
	if (bytes == 2)
		be16_put(header + 2, (uint16_t)len);
	else if (bytes == 8)
		be64_put(header + 2, len);
	return 2 + bytes;
}

int websocket_write(struct buf *out, enum websocket_role role, enum websocket_opcode opcode,
		    const void *bytes, size_t len, struct err *err)
{
	uint8_t header[WEBSOCKET_HEADER_MAX];
	size_t size = put_header(header, role, opcode, len);
	uint8_t mask[MASK_SIZE] = {0};
	const uint8_t *from = bytes;
	uint8_t *room;

	if (role == WEBSOCKET_CLIENT) {
		ident_random(mask, sizeof(mask));
		memcpy(header + size, mask, sizeof(mask));
		size += sizeof(mask);
	}
	if (buf_reserve(out, size + len, &room, err) < 0)
		return -1;
	memcpy(room, header, size);
	for (size_t i = 0; i < len; i++)
		room[size + i] = from[i] ^ mask[i % MASK_SIZE];
	buf_added(out, size + len);
	return 0;
}

void websocket_accept(const char *key, char ret[WEBSOCKET_ACCEPT_SIZE])
{
	AUTO(freep) char *text = xasprintf("%s" GUID, key);
	uint8_t digest[SHA1_SIZE];

	sha1(text, strlen(text), digest);
	base64_encode(digest, sizeof(digest), ret);
}

void websocket_key(char ret[WEBSOCKET_KEY_SIZE])
{
	uint8_t bytes[KEY_BYTES];

	ident_random(bytes, sizeof(bytes));
	base64_encode(bytes, sizeof(bytes), ret);
}
