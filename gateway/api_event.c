/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The road of an event that is posted: who sends it is found out before anything else, as a
 * stranger is to learn nothing; then its bus, then what it says. All of a batch is taken, or
 * nothing of it. It joins the writes of others (api_write.h), so 202 says that it is durable with
 * a delivery for each target that wants it.
 *
 * The specification of CloudEvents' webhooks asks receivers to agree to a sender first: OPTIONS is
 * answered with yes whoever asks and wherever he points, since a sender gets no further without a
 * secret.
 *
 *     202 taken     400 the event is none     401 not signed     403 may not      404 no such bus
 *     405 no POST   413 too large             415 no JSON        429 too many at once, or too much
 * is held
 */
#include "gateway/api_event.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "events/event_cloud.h"
#include "gateway/api_answer.h"
#include "gateway/api_call.h"
#include "gateway/api_event_sender.h"
#include "gateway/events/accept.h"
#include "gateway/events/bus_name.h"
#include "gateway/events/room.h"
#include "gateway/exchange.h"
#include "gateway/metrics.h"

#define ORIGIN_MAX 512 /* characters */
#define RATE_ANY   "*" /* without a limit there is none to tell */
#define SENDER_MAX 256 /* characters of two names and an account */
#define METHODS	   "POST, OPTIONS"

bool api_event_is(const struct request *request)
{
	return strncmp(request->path, REQUEST_EVENTS_PATH, strlen(REQUEST_EVENTS_PATH)) == 0;
}

static int refuse(struct call *call, int status, const char *type, const char *message)
{
	call_set_error(call, type, "%s", message);
	call->error.status = status;
	return -1;
}

static int too_large(struct call *call)
{
	return refuse(call, 413, ERROR_TOO_LARGE, "The request is too large.");
}

static void put_header(struct response *response, const char *name, const char *value)
{
	response->headers[response->header_count++] = (struct header){name, value};
}

/* In whole seconds. */
static const char *retry_after(const struct api_call *failed)
{
	const char *text = arena_printf(failed->call.arena, "%lld",
					(long long)(failed->retry_ms + 999) / 1000);

	return text && failed->retry_ms > 0 ? text : "1";
}

static void answer_error(struct api_call *failed)
{
	struct api_error *error = &failed->call.error;
	struct response *response = failed->response;

	if (strcmp(error->type, ERROR_THROTTLED) == 0)
		error->status = 429;
	api_answer_error(NULL, failed->call.request, error, NULL, response);
	response->content_type = "application/json";
	if (error->status == 401)
		put_header(response, "www-authenticate", "Bearer");
	else if (error->status == 405)
		put_header(response, "allow", METHODS);
	else if (error->status == 429)
		put_header(response, "retry-after", retry_after(failed));
}

/* --- the handshake --- */

/* What a sender may call itself: printable, so that it can be said back. */
static bool is_origin(const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len > ORIGIN_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] <= ' ' || text[i] >= 0x7f)
			return false;
	}
	return true;
}

/* Requests a minute. */
static const char *allowed_rate(const struct call *call)
{
	int64_t rate = event_intake_rate(call->options->intake);
	const char *text = arena_printf(call->arena, "%lld", (long long)rate * 60);

	return rate > 0 && text ? text : RATE_ANY;
}

static int agree(struct call *call, struct response *response)
{
	const char *origin = request_header(call->request, "webhook-request-origin");

	if (origin && !is_origin(origin))
		return refuse(call, 400, ERROR_BAD_REQUEST,
			      "webhook-request-origin is not the name of a sender.");
	response->status = 200;
	put_header(response, "allow", METHODS);
	if (!origin)
		return 0;
	put_header(response, "webhook-allowed-origin", origin);
	put_header(response, "webhook-allowed-rate", allowed_rate(call));
	return 0;
}

/* --- what is posted --- */

/* Both parts of the path; one that can be neither is a webhook that there is not. */
static int read_address(struct call *call, struct event_address *ret_address)
{
	const char *rest = call->request->path + strlen(REQUEST_EVENTS_PATH);
	const char *slash = strchr(rest, '/');
	size_t len = slash ? (size_t)(slash - rest) : strlen(rest);

	*ret_address = (struct event_address){.bus = arena_strndup(call->arena, rest, len),
					      .webhook = slash ? slash + 1 : NULL};
	return ret_address->bus ? 0 : too_large(call);
}

static int require_bus(struct call *call, const char *name)
{
	struct err err = ERR_INIT;
	struct event_bus bus;

	if (event_bus_find(call->state, call->caller.account, name, call->arena, &bus, &err) == 0)
		return 0;
	if (err.code != ERR_NOT_FOUND)
		return call_fail_server(call, &err);
	(void)event_bus_missing(call, name);
	call->error.status = 404;
	return -1;
}

/* What is wrong with an event is its sender's to know. */
static int refuse_event(struct call *call, const struct err *err)
{
	static const struct {
		enum err_code code;
		int status;
		const char *type;
	} answers[] = {
		{ERR_INVALID, 400, "ValidationException"},
		{ERR_DENIED, 403, "NotAuthorizedForSourceException"},
		{ERR_LIMIT, 413, ERROR_TOO_LARGE},
		{ERR_UNSUPPORTED, 415, "UnsupportedMediaTypeException"},
	};

	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		if (answers[i].code == err->code)
			return refuse(call, answers[i].status, answers[i].type, err->text);
	}
	return call_fail_server(call, err);
}

static int read_events(struct call *call, const struct event_sender *sender,
		       struct cloudevents *ret_events)
{
	const struct request *request = call->request;
	struct err err = ERR_INIT;
	struct webhook_message message;

	if (!sender->is_webhook || webhook_is_cloudevent(request->headers, request->header_count)) {
		if (cloudevents_read(request->headers, request->header_count, request->body,
				     request->body_len, call->arena, ret_events, &err) < 0)
			return refuse_event(call, &err);
		return 0;
	}
	message = api_event_message(call);
	*ret_events = (struct cloudevents){
		.events = arena_alloc(call->arena, sizeof(struct cloudevent)), .count = 1};
	if (!ret_events->events)
		return too_large(call);
	if (webhook_event_read(&sender->origin, &message, call->arena, ret_events->events, &err) <
	    0)
		return refuse_event(call, &err);
	return 0;
}

/* --- the way into the bus --- */

/* Those of a request. */
struct posted {
	struct event_entering *entering;
	size_t count;
	int64_t depth; /* of all */
};

static int enter(struct call *call, const char *bus, const struct cloudevent *from,
		 const struct posted *posted, struct err *err)
{
	struct event_entering *entering = &posted->entering[posted->count];
	const struct event_place place = {.account = call->caller.account,
					  .region = call->options->region,
					  .now_ms = call->now_ms};
	char *id = arena_alloc(call->arena, IDENT_UUID_SIZE);
	AUTO(buf_done) struct buf text;
	const char *body;

	buf_init(&text, EVENT_TEXT_MAX);
	if (event_from_cloudevent(from, &place, call->arena, &text, err) < 0)
		return -1;
	body = arena_strndup(call->arena, (const char *)text.data, text.len);
	if (!id || !body)
		return err_set(err, ERR_LIMIT, "the request is too large");
	event_cloud_id(from->source, from->id, id);
	*entering = (struct event_entering){.event = {.account = call->caller.account,
						      .bus = bus,
						      .id = id,
						      .received_ms = call->now_ms,
						      .body = body,
						      .depth = posted->depth},
					    .named = true};
	if (event_enter_match(call->options->events, call->state, call->arena, entering, err) == 0)
		return 0;
	if (err->code == ERR_LIMIT) /* too costly to match, which is no size */
		err->code = ERR_INVALID;
	return -1;
}

static enum call_written write_events(struct call *call, void *ctx)
{
	const struct posted *posted = ctx;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < posted->count; i++) {
		if (event_enter_write(call->state, &posted->entering[i], &err) == 0)
			continue;
		if (err.code == ERR_CONFLICT)
			return CALL_OUTDATED;
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	return CALL_WRITTEN;
}

static int require_room(struct call *call)
{
	struct err err = ERR_INIT;
	bool room;

	if (event_room_find(call->options, call->state, call->caller.account, &room, &err) < 0)
		return call_fail_server(call, &err);
	return room ? 0 : refuse(call, 429, ERROR_THROTTLED, EVENT_NO_ROOM);
}

static int enter_all(struct call *call, const char *bus, const struct cloudevents *events)
{
	struct posted *posted = arena_alloc(call->arena, sizeof(*posted));
	struct err err = ERR_INIT;

	if (!posted)
		return too_large(call);
	posted->entering =
		arena_alloc(call->arena, (events->count + 1) * sizeof(*posted->entering));
	if (!posted->entering)
		return too_large(call);
	if (require_room(call) < 0 || event_enter_depth(call, &posted->depth) < 0)
		return -1;
	for (; posted->count < events->count; posted->count++) {
		if (enter(call, bus, &events->events[posted->count], posted, &err) == 0)
			continue;
		if (events->mode == CLOUDEVENT_BATCHED)
			(void)err_wrap(&err, "event %zu of the batch", posted->count + 1);
		return refuse_event(call, &err);
	}
	if (posted->count > 0)
		call_write(call, write_events, posted);
	return 0;
}

/* --- how much at once --- */

static int too_many(struct call *call, const char *message)
{
	metric_add(METRIC_events_throttled_total, 1);
	return refuse(call, 429, ERROR_THROTTLED, message);
}

/* The same name as caller and as webhook are two senders. */
static int admit(struct api_call *pending, const struct event_sender *sender)
{
	struct call *call = &pending->call;
	char name[SENDER_MAX];

	(void)snprintf(name, sizeof(name), "%c/%s/%s/%s", sender->is_webhook ? 'w' : 'c',
		       call->caller.account, call->caller.user, call->caller.role);
	pending->retry_ms =
		event_intake_enter(call->options->intake, name, clock_boot_ms(), &pending->held);
	if (pending->retry_ms > 0)
		return too_many(call, "Rate exceeded");
	if (!event_intake_hold(&pending->held, call->request->body_len))
		return too_many(call, "Too much is posted at once");
	return 0;
}

/* All that was made of it stays until it is durable. */
static int hold(struct api_call *pending)
{
	struct call *call = &pending->call;

	if (!event_intake_hold(&pending->held, arena_used(call->arena)))
		return too_many(call, "Too much is posted at once");
	return 0;
}

static int post(struct api_call *pending, struct signing_keys *signing)
{
	struct call *call = &pending->call;
	struct event_address address;
	struct event_sender sender;
	struct cloudevents events;
	struct err err = ERR_INIT;

	if (read_address(call, &address) < 0)
		return -1;
	if (db_begin_read(call->state, &err) < 0)
		return call_fail_server(call, &err);
	if (api_event_find_sender(call, &address, signing, &sender) < 0 ||
	    admit(pending, &sender) < 0 || require_bus(call, address.bus) < 0 ||
	    read_events(call, &sender, &events) < 0 || enter_all(call, address.bus, &events) < 0 ||
	    hold(pending) < 0)
		return -1;
	pending->response->status = 202;
	return 0;
}

struct api_call *api_event_begin(const struct api_worker *worker, struct api_call *pending)
{
	struct call *call = &pending->call;
	struct response *response = pending->response;
	const char *method = call->request->method;
	int result;

	pending->answer_error = answer_error;
	buf_clear(&response->body);
	response->content_type = NULL;
	response->header_count = 0;
	if (strcmp(method, "POST") == 0)
		result = post(pending, worker->signing);
	else if (strcmp(method, "OPTIONS") == 0)
		result = agree(call, response);
	else
		result = refuse(call, 405, "MethodNotAllowedException",
				"Events are sent with POST.");
	db_rollback(worker->state);
	if (result < 0)
		answer_error(pending);
	if (result == 0 && call->write)
		return pending;
	api_call_done(pending);
	return NULL;
}
