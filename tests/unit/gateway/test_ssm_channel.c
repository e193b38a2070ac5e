/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/gateway/ssm_peer.h"

#include "gateway/ssm_channel.h"

#define TOKEN "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

struct talk {
	struct ssm_channel channel;
	struct websocket client;
	struct buf out, last;
	struct ssm_event event;
	struct err err;
};

static void talk_done(struct talk *talk)
{
	websocket_done(&talk->client);
	buf_done(&talk->out);
	buf_done(&talk->last);
}

/* What was sent goes to the client. */
static void deliver(struct talk *talk)
{
	ASSERT_OK(websocket_feed(&talk->client, talk->out.data, talk->out.len, &talk->err),
		  &talk->err);
	buf_clear(&talk->out);
}

static void begin(struct talk *talk)
{
	memset(talk, 0, sizeof(*talk));
	websocket_init(&talk->client, WEBSOCKET_CLIENT);
	buf_init(&talk->out, 1u << 20);
	ASSERT_OK(ssm_channel_begin(&talk->channel, &talk->out, &talk->err), &talk->err);
	deliver(talk);
}

static int say(struct talk *talk, enum ssm_kind kind, int64_t sequence, const char *text)
{
	int result;

	buf_done(&talk->last);
	ssm_input(&talk->last, kind, sequence, text, strlen(text));
	result = ssm_channel_take(&talk->channel, talk->last.data, talk->last.len, &talk->event,
				  &talk->out, &talk->err);
	deliver(talk);
	return result;
}

static void assert_answer(struct talk *talk, const char *type, int64_t sequence, enum ssm_kind kind,
			  const char *part)
{
	struct ssm_message message;
	AUTO(freep) char *text = NULL;

	ck_assert(ssm_answer(&talk->client, &message));
	text = xstrndup((const char *)message.payload, message.len);
	ck_assert_str_eq(message.type, type);
	ck_assert_int_eq(message.sequence, sequence);
	ck_assert_uint_eq(message.kind, kind);
	ck_assert_msg(strstr(text, part) != NULL, "%s", text);
}

START_TEST(a_session_goes_as_the_plugin_has_it)
{
	AUTO(talk_done) struct talk talk;

	begin(&talk);
	assert_answer(&talk, SSM_OUTPUT, 0, SSM_KIND_HANDSHAKE_REQUEST, "Standard_Stream");
	ck_assert_int_eq(say(&talk, SSM_KIND_HANDSHAKE_RESPONSE, 0, SSM_HANDSHAKE), 0);
	ck_assert_int_eq(talk.event.kind, SSM_EVENT_READY);
	assert_answer(&talk, SSM_ACKNOWLEDGE, 0, SSM_KIND_NONE,
		      "\"AcknowledgedMessageSequenceNumber\":0");
	assert_answer(&talk, SSM_OUTPUT, 1, SSM_KIND_HANDSHAKE_COMPLETE, "TimeToComplete");
	ck_assert_int_eq(say(&talk, SSM_KIND_SIZE, 1, "{\"cols\":132,\"rows\":43}"), 0);
	ck_assert_int_eq(talk.event.kind, SSM_EVENT_SIZE);
	ck_assert_uint_eq(talk.event.size.rows, 43);
	ck_assert_uint_eq(talk.event.size.columns, 132);
	ck_assert_int_eq(say(&talk, SSM_KIND_OUTPUT, 2, "ls\r"), 0);
	ck_assert_int_eq(talk.event.kind, SSM_EVENT_INPUT);
	ck_assert_mem_eq(talk.event.bytes, "ls\r", 3);
	/* The same again is acknowledged, and nothing else; one too early is not. */
	ck_assert_int_eq(say(&talk, SSM_KIND_OUTPUT, 2, "ls\r"), 0);
	ck_assert_int_eq(talk.event.kind, SSM_EVENT_NONE);
	ck_assert_int_eq(say(&talk, SSM_KIND_OUTPUT, 4, "x"), 0);
	ck_assert_int_eq(talk.event.kind, SSM_EVENT_NONE);
	for (int64_t i = 0; i < 3; i++)
		assert_answer(&talk, SSM_ACKNOWLEDGE, 0, SSM_KIND_NONE, i == 0 ? ":1," : ":2,");
	ASSERT_OK(
		ssm_channel_output(&talk.channel, (const uint8_t *)"out", 3, &talk.out, &talk.err),
		&talk.err);
	ASSERT_OK(ssm_channel_end("session", "it \"is\" over", &talk.out, &talk.err), &talk.err);
	deliver(&talk);
	assert_answer(&talk, SSM_OUTPUT, 2, SSM_KIND_OUTPUT, "out");
	assert_answer(&talk, SSM_CHANNEL_CLOSED, 0, SSM_KIND_NONE, "it \\\"is\\\" over");
}
END_TEST

START_TEST(nothing_counts_before_the_handshake_and_nonsense_is_refused)
{
	AUTO(talk_done) struct talk talk;

	begin(&talk);
	ck_assert_int_eq(say(&talk, SSM_KIND_OUTPUT, 0, "ls\r"), 0);
	ck_assert_int_eq(talk.event.kind, SSM_EVENT_NONE);
	ck_assert_int_eq(say(&talk, SSM_KIND_HANDSHAKE_RESPONSE, 1, "{}"), -1);
	ck_assert_int_eq(say(&talk, SSM_KIND_HANDSHAKE_RESPONSE, 2, SSM_HANDSHAKE), 0);
	ck_assert_int_eq(say(&talk, SSM_KIND_SIZE, 3, "{\"cols\":\"x\"}"), -1);
	ck_assert_int_eq(ssm_channel_take(&talk.channel, (const uint8_t *)"x", 1, &talk.event,
					  &talk.out, &talk.err),
			 -1);
}
END_TEST

START_TEST(a_token_is_64_hex_digits_in_an_object)
{
	static const char *const wrong[] = {"",
					    "{}",
					    "[]",
					    "{\"TokenValue\":\"\"}",
					    "{\"TokenValue\":7}",
					    "{\"TokenValue\":\"abc\"}"};
	struct err err = ERR_INIT;
	char token[65];
	const char *right = "{\"TokenValue\":\"" TOKEN "\",\"ClientId\":\"x\"}";

	ASSERT_OK(ssm_channel_read_token((const uint8_t *)right, strlen(right), token, &err), &err);
	ck_assert_str_eq(token, TOKEN);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		ck_assert_int_eq(ssm_channel_read_token((const uint8_t *)wrong[i], strlen(wrong[i]),
							token, &err),
				 -1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_session_goes_as_the_plugin_has_it,
		nothing_counts_before_the_handshake_and_nonsense_is_refused,
		a_token_is_64_hex_digits_in_an_object,
	};

	return suite_run("gateway/ssm_channel", tests, ARRAY_LEN(tests));
}
