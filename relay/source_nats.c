/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream of NATS JetStream, read by a durable consumer that pulls: a message stays the server's
 * until it is acknowledged, and is so only once it is durable here. The acknowledgement is itself
 * confirmed before the mark goes. A message is known by its sequence in the stream and the time
 * of its storage, so a stream that was made anew begins anew.
 *
 * The consumer is slipway-NAME, and is made if it is not there; one that the operator has made is
 * used as it is, provided that it is acknowledged explicitly. The stream is the operator's to make.
 *
 * The library has threads of its own; its calls block this source's thread alone. It does not
 * reconnect by itself: a lost connection ends the round, as every other error does.
 */
#include <ctype.h>
#include <inttypes.h>
#include <nats/nats.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "relay/source.h"

#define TIMEOUT_MS   5000  /* of connecting, and of requests */
#define PING_MS	     20000 /* a server that does not answer two of these is gone */
#define NS_PER_MS    INT64_C(1000000)
#define ACK_WAIT_NS  (10000 * NS_PER_MS) /* what was not acknowledged by then comes again */
#define HEADERS_MAX  64
#define DURABLE_SIZE 96

struct stream {
	const struct source_options *options;
	int wake_fd;
	char durable[DURABLE_SIZE];
	natsConnection *connection;
	jsCtx *context;
	natsSubscription *subscription;
	natsMsgList messages; /* of the batch */
};

static int fail(natsStatus status, const char *what, struct err *err)
{
	const char *more = nats_GetLastError(NULL);

	return err_set(err, ERR_UNAVAILABLE, "%s: %s%s%s", what, natsStatus_GetText(status),
		       more && more[0] ? ": " : "", more ? more : "");
}

/* --- the connection --- */

static natsStatus set_options(const struct source_options *options, natsOptions *nats)
{
	natsStatus status = natsOptions_SetURL(nats, options->url);

	if (status == NATS_OK)
		status = natsOptions_SetName(nats, "slipway-relay");
	if (status == NATS_OK)
		status = natsOptions_SetAllowReconnect(nats, false);
	if (status == NATS_OK)
		status = natsOptions_SetTimeout(nats, TIMEOUT_MS);
	if (status == NATS_OK)
		status = natsOptions_SetPingInterval(nats, PING_MS);
	if (status == NATS_OK && options->credentials[0])
		status = natsOptions_SetUserCredentialsFromFiles(nats, options->credentials, NULL);
	return status;
}

static int connect_to(struct stream *stream, struct err *err)
{
	natsOptions *nats = NULL;
	natsStatus status = natsOptions_Create(&nats);

	if (status == NATS_OK)
		status = set_options(stream->options, nats);
	if (status == NATS_OK)
		status = natsConnection_Connect(&stream->connection, nats);
	natsOptions_Destroy(nats);
	return status == NATS_OK ? 0 : fail(status, "connect", err);
}

static int stream_begin(void *source, struct err *err)
{
	struct stream *stream = source;
	const struct source_options *options = stream->options;
	jsSubOptions wanted;
	natsStatus status;
	jsErrCode code = 0;

	if (connect_to(stream, err) < 0)
		return -1;
	status = natsConnection_JetStream(&stream->context, stream->connection, NULL);
	if (status == NATS_OK)
		status = jsSubOptions_Init(&wanted);
	if (status != NATS_OK)
		return fail(status, "JetStream", err);
	wanted.Stream = options->stream;
	wanted.Config.AckPolicy = js_AckExplicit;
	wanted.Config.AckWait = ACK_WAIT_NS;
	status = js_PullSubscribe(&stream->subscription, stream->context,
				  options->subject[0] ? options->subject : ">", stream->durable,
				  NULL, &wanted, &code);
	return status == NATS_OK ? 0 : fail(status, "subscribe to the stream", err);
}

static void release_messages(struct stream *stream)
{
	natsMsgList_Destroy(&stream->messages);
	stream->messages = (natsMsgList){0};
}

static void stream_end(void *source)
{
	struct stream *stream = source;

	release_messages(stream);
	natsSubscription_Destroy(STEAL(stream->subscription, NULL));
	jsCtx_Destroy(STEAL(stream->context, NULL));
	natsConnection_Destroy(STEAL(stream->connection, NULL));
}

/* --- messages --- */

/* In lower case; those beyond HEADERS_MAX are no CloudEvent's. */
static int add_headers(natsMsg *message, struct arena *arena, struct source_item *item,
		       struct err *err)
{
	struct header *headers;
	const char **keys = NULL;
	int count = 0;
	natsStatus status = natsMsgHeader_Keys(message, &keys, &count);

	if (status == NATS_NOT_FOUND)
		return 0;
	if (status != NATS_OK)
		return fail(status, "headers of a message", err);
	headers = arena_alloc(arena, HEADERS_MAX * sizeof(*headers));
	for (int i = 0; headers && i < count && i < HEADERS_MAX; i++) {
		const char *value = "";
		char *name = arena_strdup(arena, keys[i]);

		(void)natsMsgHeader_Get(message, keys[i], &value);
		for (char *at = name; at && *at; at++)
			*at = (char)tolower((unsigned char)*at); /* of the C locale */
		headers[i] = (struct header){name, arena_strdup(arena, value ? value : "")};
		item->header_count++;
		if (!headers[i].name || !headers[i].value)
			headers = NULL;
	}
	free((void *)keys);
	item->headers = headers;
	return headers ? 0 : err_set(err, ERR_LIMIT, "the headers of a message are too large");
}

static int add(natsMsg *message, struct source_batch *batch, struct err *err)
{
	struct source_item *item = &batch->items[batch->count];
	size_t len = (size_t)natsMsg_GetDataLength(message);
	jsMsgMetaData *meta = NULL;
	natsStatus status = natsMsg_GetMetaData(&meta, message);

	if (status != NATS_OK)
		return fail(status, "a message of the stream", err);
	*item = (struct source_item){
		.name = arena_printf(batch->arena, "%" PRIu64, meta->Sequence.Stream),
		.value = arena_printf(batch->arena, "%" PRId64, meta->Timestamp),
		.time_ms = meta->Timestamp / NS_PER_MS,
		/* One that is too large for an event is told by its length. */
		.data = arena_strndup(batch->arena, len > 0 ? natsMsg_GetData(message) : "",
				      len <= SOURCE_DATA_MAX ? len : 0),
		.len = len,
		.own = message,
	};
	jsMsgMetaData_Destroy(meta);
	if (!item->name || !item->value || !item->data)
		return err_set(err, ERR_LIMIT, "a batch of messages needs too much memory");
	batch->count++;
	return add_headers(message, batch->arena, item, err);
}

static int add_all(struct stream *stream, struct source_batch *batch, struct err *err)
{
	for (int i = 0; i < stream->messages.Count; i++) {
		if (add(stream->messages.Msgs[i], batch, err) < 0)
			return -1;
	}
	return 0;
}

static bool is_stopped(const struct stream *stream)
{
	struct pollfd wake = {.fd = stream->wake_fd, .events = POLLIN};

	return poll(&wake, 1, 0) > 0;
}

/* What is there, or with a @wait_ms the first that comes. The request ends on the server as well:
 * natsSubscription_Fetch() leaves some there for ever. */
static natsStatus fetch(struct stream *stream, int batch, int64_t wait_ms)
{
	jsFetchRequest request;

	(void)jsFetchRequest_Init(&request);
	request.Batch = batch;
	request.NoWait = wait_ms == 0;
	request.Expires = wait_ms > 0 ? wait_ms * NS_PER_MS : TIMEOUT_MS * NS_PER_MS;
	return natsSubscription_FetchRequest(&stream->messages, stream->subscription, &request);
}

static int stream_take(void *source, struct source_batch *batch, struct err *err)
{
	struct stream *stream = source;
	natsStatus status;

	release_messages(stream);
	if (is_stopped(stream))
		return 0;
	status = fetch(stream, SOURCE_BATCH_MAX, 0);
	if (status == NATS_TIMEOUT || status == NATS_NOT_FOUND) {
		status = fetch(stream, 1, SOURCE_WAIT_MS);
		batch->all = status == NATS_TIMEOUT || status == NATS_NOT_FOUND;
	}
	if (status != NATS_OK && status != NATS_TIMEOUT && status != NATS_NOT_FOUND)
		return fail(status, "fetch", err);
	return add_all(stream, batch, err);
}

static int stream_acknowledge(void *source, struct source_batch *batch, struct err *err)
{
	(void)source;
	for (size_t i = 0; i < batch->count; i++) {
		natsStatus status = natsMsg_AckSync(batch->items[i].own, NULL, NULL);

		if (status != NATS_OK)
			return fail(status, "acknowledge", err);
	}
	return 0;
}

/* What was not acknowledged for sure comes again after ACK_WAIT_NS. */
static int stream_may_return(void *source, const char *item_name, bool *ret_may, struct err *err)
{
	const struct stream *stream = source;
	jsConsumerInfo *info = NULL;
	natsStatus status;

	*ret_may = false;
	if (stream->messages.Count > 0)
		return 0;
	status = js_GetConsumerInfo(&info, stream->context, stream->options->stream,
				    stream->durable, NULL, NULL);
	if (status != NATS_OK)
		return fail(status, "look at the consumer", err);
	*ret_may = strtoull(item_name, NULL, 10) > info->AckFloor.Stream;
	jsConsumerInfo_Destroy(info);
	return 0;
}

/* --- life --- */

static void stream_close(void *source)
{
	struct stream *stream = source;

	if (!stream)
		return;
	stream_end(stream);
	free(stream);
}

static int stream_open(const struct source_options *options, int wake_fd, void **ret_source,
		       struct err *err)
{
	struct stream *stream;

	if (strncmp(options->url, "nats://", 7) != 0 && strncmp(options->url, "tls://", 6) != 0)
		return err_set(err, ERR_INVALID, "source.%s.url must begin with nats:// or tls://",
			       options->name);
	stream = xcalloc(1, sizeof(*stream));
	stream->options = options;
	stream->wake_fd = wake_fd;
	(void)snprintf(stream->durable, sizeof(stream->durable), "slipway-%s", options->name);
	*ret_source = stream;
	return 0;
}

const struct source_kind source_nats = {
	.name = "nats",
	.type = "Message Received",
	.advice =
		"see that the server runs at this url, knows the stream and takes the credentials",
	.open = stream_open,
	.begin = stream_begin,
	.take = stream_take,
	.acknowledge = stream_acknowledge,
	.may_return = stream_may_return,
	.end = stream_end,
	.close = stream_close,
};
