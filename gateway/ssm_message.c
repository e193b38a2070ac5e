/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one oddity: an id is written with its last eight bytes first.
 */
#include "gateway/ssm_message.h"

#include <stdio.h>
#include <string.h>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/digest.h"
#include "core/ident.h"

#define AT_TYPE	    4
#define AT_SCHEMA   36
#define AT_CREATED  40
#define AT_SEQUENCE 48
#define AT_FLAGS    56
#define AT_ID	    64
#define AT_DIGEST   80
#define AT_KIND	    112
#define AT_LENGTH   116
#define TYPE_LEN    32
#define ID_LEN	    16

/* Padded with spaces or zeros. */
static void get_type(const uint8_t *at, char ret[SSM_TYPE_SIZE])
{
	size_t len = TYPE_LEN;

	while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\0'))
		len--;
	memcpy(ret, at, len);
	ret[len] = '\0';
}

static void get_id(const uint8_t *at, char ret[SSM_ID_SIZE])
{
	uint8_t id[ID_LEN];
	char hex[ID_LEN * 2 + 1];

	memcpy(id, at + ID_LEN / 2, ID_LEN / 2);
	memcpy(id + ID_LEN / 2, at, ID_LEN / 2);
	hex_encode(id, sizeof(id), hex);
	(void)snprintf(ret, SSM_ID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
		       hex + 16, hex + 20);
}

static void put_id(uint8_t *at, const char *text)
{
	char hex[SSM_ID_SIZE];
	uint8_t id[ID_LEN] = {0};
	struct err err;
	size_t len = 0;

	for (; *text != '\0'; text++) {
		if (*text != '-')
			hex[len++] = *text;
	}
	if (len == sizeof(id) * 2 && hex_decode(hex, len, id, &err) < 0)
		memset(id, 0, sizeof(id)); /* it is ours, or was read by get_id() */
	memcpy(at, id + ID_LEN / 2, ID_LEN / 2);
	memcpy(at + ID_LEN / 2, id, ID_LEN / 2);
}

int ssm_message_read(const uint8_t *bytes, size_t len, struct ssm_message *ret_message,
		     struct err *err)
{
	struct ssm_message message = {.sequence = 0};
	uint8_t digest[SHA256_SIZE];

	if (len < SSM_HEADER_SIZE || be32_get(bytes) != AT_LENGTH ||
	    be32_get(bytes + AT_LENGTH) != len - SSM_HEADER_SIZE)
		return err_set(err, ERR_INVALID, "a session message's lengths are wrong");
	get_type(bytes + AT_TYPE, message.type);
	message.sequence = (int64_t)be64_get(bytes + AT_SEQUENCE);
	message.flags = be64_get(bytes + AT_FLAGS);
	get_id(bytes + AT_ID, message.id);
	message.kind = be32_get(bytes + AT_KIND);
	message.payload = bytes + SSM_HEADER_SIZE;
	message.len = len - SSM_HEADER_SIZE;
	sha256(message.payload, message.len, digest);
	if (memcmp(digest, bytes + AT_DIGEST, sizeof(digest)) != 0)
		return err_set(err, ERR_INVALID, "a session message's digest is wrong");
	*ret_message = message;
	return 0;
}

int ssm_message_write(const struct ssm_message *message, struct buf *out, struct err *err)
{
	uint8_t header[SSM_HEADER_SIZE] = {0};
	char id[IDENT_UUID_SIZE];

	be32_put(header, AT_LENGTH);
	memset(header + AT_TYPE, ' ', TYPE_LEN);
	memcpy(header + AT_TYPE, message->type, strlen(message->type));
	be32_put(header + AT_SCHEMA, 1);
	be64_put(header + AT_CREATED, (uint64_t)clock_wall_ms());
	be64_put(header + AT_SEQUENCE, (uint64_t)message->sequence);
	be64_put(header + AT_FLAGS, message->flags);
	ident_uuid(id);
	put_id(header + AT_ID, message->id[0] != '\0' ? message->id : id);
	sha256(message->payload, message->len, header + AT_DIGEST);
	be32_put(header + AT_KIND, message->kind);
	be32_put(header + AT_LENGTH, (uint32_t)message->len);
	if (buf_append(out, header, sizeof(header), err) < 0)
		return -1;
	return buf_append(out, message->payload, message->len, err);
}
