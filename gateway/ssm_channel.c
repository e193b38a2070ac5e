/* SPDX-License-Identifier: Apache-2.0 */
/*
 *     client                                   service
 *     text: the token                    ->
 *                                        <-    output 0: handshake request
 *     input 0: handshake response        ->
 *                                        <-    output 1: handshake complete
 *     input n: bytes, sizes, flags       ->
 *                                        <-    output n: bytes
 *                                        <-    channel_closed
 *
 * Every input is acknowledged; one that comes again (the client was not patient) is
 * acknowledged again and passed over. Outputs are not sent again: the channel is
 * one connection from its beginning to its end, which loses nothing that the client
 * could wait for, and does not resume.
 */
#include "gateway/ssm_channel.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/ident.h"
#include "core/shape.h"
#include "core/websocket.h"

#define AGENT_VERSION "3.3.0.0" /* what clients compare with what they can do */
#define PAYLOAD_MAX   (16u * 1024)
#define JSON_ARENA    8192
#define FLAG_ACK      3
#define TOKEN_LEN     64

static int send_message(const struct ssm_message *message, struct buf *out, struct err *err)
{
	AUTO(buf_done) struct buf bytes;

	buf_init(&bytes, SSM_HEADER_SIZE + PAYLOAD_MAX);
	if (ssm_message_write(message, &bytes, err) < 0)
		return -1;
	return websocket_write(out, WEBSOCKET_SERVER, WEBSOCKET_BINARY, bytes.data, bytes.len, err);
}

static int send_output(struct ssm_channel *channel, enum ssm_kind kind, const void *payload,
		       size_t len, struct buf *out, struct err *err)
{
	struct ssm_message message = {
		.type = SSM_OUTPUT,
		.sequence = channel->out_sequence++,
		.flags = 0,
		.kind = kind,
		.payload = payload,
		.len = len,
	};

	return send_message(&message, out, err);
}

int ssm_channel_begin(struct ssm_channel *channel, struct buf *out, struct err *err)
{
	static const char request[] =
		"{\"AgentVersion\":\"" AGENT_VERSION "\",\"RequestedClientActions\":["
		"{\"ActionType\":\"SessionType\",\"ActionParameters\":"
		"{\"SessionType\":\"Standard_Stream\",\"Properties\":null}}]}";

	*channel = (struct ssm_channel){.asked_ms = clock_boot_ms()};
	return send_output(channel, SSM_KIND_HANDSHAKE_REQUEST, request, strlen(request), out, err);
}

static int acknowledge(const struct ssm_message *message, struct buf *out, struct err *err)
{
	char text[256];
	int len = snprintf(text, sizeof(text),
			   "{\"AcknowledgedMessageType\":\"%s\",\"AcknowledgedMessageId\":\"%s\","
			   "\"AcknowledgedMessageSequenceNumber\":%" PRId64
			   ",\"IsSequentialMessage\":true}",
			   SSM_INPUT, message->id, message->sequence);
	struct ssm_message answer = {
		.type = SSM_ACKNOWLEDGE,
		.flags = FLAG_ACK,
		.payload = (const uint8_t *)text,
		.len = (size_t)len,
	};

	return send_message(&answer, out, err);
}

struct action {
	const char *type;
	int64_t status;
};
struct handshake {
	struct shape_list actions; /* struct action */
};
static const struct shape_field action_fields[] = {
	TEXT(struct action, type, "ActionType", 0, 256, SHAPE_REQUIRED),
	INT(struct action, status, "ActionStatus", 0, 0, SHAPE_REQUIRED),
};
static const struct shape action_shape = SHAPE_OF(struct action, action_fields);
static const struct shape_field handshake_fields[] = {
	LIST(struct handshake, actions, "ProcessedClientActions", &action_shape, 0, 8, 0),
};
static const struct shape handshake_shape = SHAPE_OF(struct handshake, handshake_fields);

struct size {
	int64_t rows, columns;
};
static const struct shape_field size_fields[] = {
	INT(struct size, rows, "rows", 0, UINT32_MAX, SHAPE_REQUIRED),
	INT(struct size, columns, "cols", 0, UINT32_MAX, SHAPE_REQUIRED),
};
static const struct shape size_shape = SHAPE_OF(struct size, size_fields);

struct opening {
	const char *token;
};
static const struct shape_field opening_fields[] = {
	TEXT(struct opening, token, "TokenValue", TOKEN_LEN, TOKEN_LEN, SHAPE_REQUIRED),
};
static const struct shape opening_shape = SHAPE_OF(struct opening, opening_fields);

static int read_json(const struct shape *shape, const uint8_t *bytes, size_t len,
		     struct arena *arena, void *target, json_t **ret_json, struct err *err)
{
	AUTO(json_decrefp) json_t *json = NULL;

	if (shape_parse((const char *)bytes, len, &json, err) < 0 ||
	    shape_fill(shape, json, arena, target, err) < 0)
		return -1;
	*ret_json = STEAL(json, NULL);
	return 0;
}

int ssm_channel_read_token(const uint8_t *bytes, size_t len, char ret_token[65], struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(JSON_ARENA);
	AUTO(json_decrefp) json_t *json = NULL;
	struct opening opening;

	if (read_json(&opening_shape, bytes, len, arena, &opening, &json, err) < 0)
		return -1;
	if (!exec_link_is_hex(opening.token, TOKEN_LEN))
		return err_set(err, ERR_INVALID, "TokenValue is no token");
	(void)snprintf(ret_token, TOKEN_LEN + 1, "%s", opening.token);
	return 0;
}

/* 1: all that was asked for is done by the client. */
static int take_handshake(const struct ssm_message *message, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(JSON_ARENA);
	AUTO(json_decrefp) json_t *json = NULL;
	struct handshake handshake;
	const struct action *actions;

	if (read_json(&handshake_shape, message->payload, message->len, arena, &handshake, &json,
		      err) < 0)
		return -1;
	actions = handshake.actions.items;
	for (size_t i = 0; i < handshake.actions.count; i++) {
		if (strcmp(actions[i].type, "SessionType") == 0 && actions[i].status == 1)
			return 0;
	}
	return err_set(err, ERR_UNSUPPORTED, "the client has no sessions of Standard_Stream");
}

static int complete_handshake(struct ssm_channel *channel, struct buf *out, struct err *err)
{
	char text[128];
	int len = snprintf(text, sizeof(text),
			   "{\"HandshakeTimeToComplete\":%" PRId64 ",\"CustomerMessage\":\"\"}",
			   (clock_boot_ms() - channel->asked_ms) * 1000000);

	channel->ready = true;
	return send_output(channel, SSM_KIND_HANDSHAKE_COMPLETE, text, (size_t)len, out, err);
}

static unsigned side_of(int64_t value)
{
	return value < EXEC_LINK_SIDE_MAX ? (unsigned)value : EXEC_LINK_SIDE_MAX;
}

static int take_size(const struct ssm_message *message, struct ssm_event *event, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(JSON_ARENA);
	AUTO(json_decrefp) json_t *json = NULL;
	struct size size;

	if (read_json(&size_shape, message->payload, message->len, arena, &size, &json, err) < 0)
		return -1;
	event->kind = SSM_EVENT_SIZE;
	event->size = (struct exec_link_size){side_of(size.rows), side_of(size.columns)};
	return 0;
}

static bool is_terminate(const struct ssm_message *message)
{
	static const uint8_t terminate[4] = {0, 0, 0, SSM_FLAG_TERMINATE};

	return message->len == sizeof(terminate) &&
	       memcmp(message->payload, terminate, sizeof(terminate)) == 0;
}

static int take_input(struct ssm_channel *channel, const struct ssm_message *message,
		      struct ssm_event *event, struct buf *out, struct err *err)
{
	switch (message->kind) {
	case SSM_KIND_HANDSHAKE_RESPONSE:
		if (channel->ready)
			return 0;
		if (take_handshake(message, err) < 0)
			return -1;
		event->kind = SSM_EVENT_READY;
		return complete_handshake(channel, out, err);
	case SSM_KIND_OUTPUT:
		if (channel->ready && message->len > 0)
			*event = (struct ssm_event){.kind = SSM_EVENT_INPUT,
						    .bytes = message->payload,
						    .len = message->len};
		return 0;
	case SSM_KIND_SIZE:
		return channel->ready ? take_size(message, event, err) : 0;
	case SSM_KIND_FLAG:
		if (is_terminate(message))
			event->kind = SSM_EVENT_END;
		return 0;
	default:
		return 0; /* of no interest here */
	}
}

int ssm_channel_take(struct ssm_channel *channel, const uint8_t *bytes, size_t len,
		     struct ssm_event *ret_event, struct buf *out, struct err *err)
{
	struct ssm_event event = {.kind = SSM_EVENT_NONE};
	struct ssm_message message;

	if (ssm_message_read(bytes, len, &message, err) < 0)
		return -1;
	*ret_event = event;
	/* Acknowledgements, and words of the service to its own agents. */
	if (strcmp(message.type, SSM_INPUT) != 0 || message.sequence > channel->in_sequence)
		return 0;
	if (acknowledge(&message, out, err) < 0)
		return -1;
	if (message.sequence < channel->in_sequence)
		return 0;
	channel->in_sequence++;
	if (take_input(channel, &message, &event, out, err) < 0)
		return -1;
	*ret_event = event;
	return 0;
}

int ssm_channel_output(struct ssm_channel *channel, const uint8_t *bytes, size_t len,
		       struct buf *out, struct err *err)
{
	return send_output(channel, SSM_KIND_OUTPUT, bytes, len, out, err);
}

int ssm_channel_end(const char *session, const char *why, struct buf *out, struct err *err)
{
	char id[IDENT_UUID_SIZE];
	AUTO(json_decrefp) json_t *json = NULL;
	AUTO(buf_done) struct buf text;
	struct ssm_message message = {.type = SSM_CHANNEL_CLOSED};
	uint8_t *room;

	buf_init(&text, PAYLOAD_MAX);
	ident_uuid(id);
	json = json_pack("{s:s, s:I, s:s, s:s, s:i, s:s, s:s}", "MessageId", id, "CreatedDate",
			 (json_int_t)clock_wall_ms(), "MessageType", SSM_CHANNEL_CLOSED,
			 "DestinationId", session, "SchemaVersion", 1, "SessionId", session,
			 "Output", why);
	if (!json)
		return err_set(err, ERR_INVALID, "the end of a session has no text");
	message.len = json_dumpb(json, NULL, 0, JSON_COMPACT);
	if (buf_reserve(&text, message.len, &room, err) < 0)
		return -1;
	message.len = json_dumpb(json, (char *)room, message.len, JSON_COMPACT);
	message.payload = room;
	return send_message(&message, out, err);
}
