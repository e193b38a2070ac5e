/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A webhook that there is not, one of another bus, and a signature that is wrong have one answer,
 * and the same work is done for it: a decoy's secret is opened and compared as that of a webhook
 * is. Nothing is written or logged of it; a counter says how often it happened.
 */
#include "gateway/api_event_sender.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/ident.h"
#include "gateway/api_keys.h"
#include "gateway/events/bus_name.h"
#include "gateway/metrics.h"
#include "gateway/query_form.h"
#include "store/webhook.h"

#define BEARER	      "Bearer "
#define SECRET_ARENA  (64u * 1024)
#define DECOY_DIGITS  64 /* as many as a secret of ours has */
#define UNKNOWN_ERROR "UnauthorizedException"

static int refuse(struct call *call, int status, const char *type, const char *message)
{
	call_set_error(call, type, "%s", message);
	call->error.status = status;
	return -1;
}

static int refuse_webhook(struct call *call)
{
	metric_add(METRIC_webhooks_refused_total, 1);
	return refuse(call, 401, UNKNOWN_ERROR,
		      "There is no such webhook, or the request is not signed with its secret.");
}

/* access_token of the query (RFC 6750, section 2.3); NULL: none. */
static const char *query_token(struct call *call)
{
	const char *query = call->request->query;
	struct err ignored = ERR_INIT;
	json_t *form;

	if (!strstr(query, "access_token") ||
	    query_form_parse(query, strlen(query), &form, &ignored) < 0)
		return NULL;
	call_keep(call, form);
	return json_string_value(json_object_get(form, "access_token"));
}

struct webhook_message api_event_message(struct call *call)
{
	const struct request *request = call->request;

	return (struct webhook_message){
		.headers = request->headers,
		.header_count = request->header_count,
		.access_token = query_token(call),
		.body = request->body,
		.body_len = request->body_len,
		.now_s = call->now_ms / 1000,
	};
}

/* The webhook that a token names, in the arena; NULL: there is no token, or it names none. */
static const char *named_by_token(struct call *call, const struct webhook_message *message)
{
	const char *token = message->access_token;
	const char *header = request_header(call->request, "authorization");
	const char *dot;

	if (!token && header && strncasecmp(header, BEARER, strlen(BEARER)) == 0) {
		token = header + strlen(BEARER);
		token += strspn(token, " ");
	}
	if (!token)
		return NULL;
	dot = strchr(token, '.');
	return arena_strndup(call->arena, token, dot ? (size_t)(dot - token) : 0);
}

/* The way to sign that the request seems to have. */
static enum webhook_style guess_style(const struct request *request)
{
	static const struct {
		const char *header;
		enum webhook_style style;
	} marks[] = {
		{"x-hub-signature-256", WEBHOOK_GITHUB},
		{"stripe-signature", WEBHOOK_STRIPE},
		{"webhook-signature", WEBHOOK_STANDARD},
		{"x-gitlab-token", WEBHOOK_GITLAB},
	};

	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		if (request_header(request, marks[i].header))
			return marks[i].style;
	}
	return WEBHOOK_BEARER;
}

/* What a webhook would cost. */
static void check_decoy(struct call *call, const struct webhook_message *message)
{
	struct webhook_secret secret = {.style = guess_style(call->request),
					.tolerance_s = WEBHOOK_TOLERANCE_S};
	char digits[DECOY_DIGITS + 1];
	struct err ignored = ERR_INIT;
	AUTO(buf_done) struct buf sealed;

	buf_init(&sealed, sizeof(digits) + SEAL_BYTES_MORE);
	ident_base64(digits, DECOY_DIGITS);
	secret.secret = digits;
	if (call->options->secret_key)
		(void)!seal_close(call->options->secret_key, "decoy", digits, DECOY_DIGITS, &sealed,
				  &ignored);
	(void)!webhook_signature_check(&secret, message, &ignored);
}

/* 0, or 1 if it is not signed by it. */
static int check(const struct webhook *webhook, const struct event_address *address,
		 const struct webhook_message *message, enum webhook_style *ret_style)
{
	struct webhook_secret secret = {.secret = webhook->secret,
					.tolerance_s = WEBHOOK_TOLERANCE_S};
	struct err ignored = ERR_INIT;

	if (!webhook_style_find(webhook->kind, &secret.style) ||
	    webhook_signature_check(&secret, message, &ignored) < 0 ||
	    strcmp(webhook->bus, address->bus) != 0)
		return 1;
	*ret_style = secret.style;
	return 0;
}

/* Keep what is known of it, without its secret. */
static int take(struct call *call, const struct webhook *webhook, enum webhook_style style,
		struct event_sender *ret_sender)
{
	struct caller *caller = &call->caller;
	const char *source = arena_strdup(call->arena, webhook->source);
	const char *type = arena_strdup(call->arena, webhook->type);

	if (!source || !type)
		return refuse(call, 413, "RequestEntityTooLargeException",
			      "The request is too large.");
	(void)snprintf(caller->account, sizeof(caller->account), "%s", webhook->account);
	(void)snprintf(caller->user, sizeof(caller->user), "%s", webhook->name);
	*ret_sender = (struct event_sender){
		.is_webhook = true,
		.origin = {.style = style, .source = source, .type = type[0] ? type : NULL},
	};
	return 0;
}

static int find_webhook(struct call *call, const char *id, const struct event_address *address,
			const struct webhook_message *message, struct event_sender *ret_sender)
{
	AUTO(arena_freep) struct arena *secrets = arena_new_secret(SECRET_ARENA);
	enum webhook_style style;
	struct err err = ERR_INIT;
	struct webhook webhook;

	if (webhook_find(call->state, call->options->secret_key, id, secrets, &webhook, &err) < 0) {
		if (err.code != ERR_NOT_FOUND)
			return call_fail_server(call, &err);
		check_decoy(call, message);
		return refuse_webhook(call);
	}
	if (check(&webhook, address, message, &style) != 0)
		return refuse_webhook(call);
	return take(call, &webhook, style, ret_sender);
}

static int find_caller(struct call *call, const struct event_address *address,
		       struct signing_keys *signing)
{
	if (api_check_caller(call, "events", signing) < 0) {
		if (call->error.status < 500)
			call->error.status = 401;
		return -1;
	}
	if (call_check_role(call, "events", "PutEvents", event_bus_arn(call, address->bus).text) ==
	    0)
		return 0;
	call->error.status = 403;
	return -1;
}

int api_event_find_sender(struct call *call, const struct event_address *address,
			  struct signing_keys *signing, struct event_sender *ret_sender)
{
	const struct webhook_message message = api_event_message(call);
	const char *webhook = address->webhook;

	if (!webhook)
		webhook = named_by_token(call, &message);
	if (webhook)
		return find_webhook(call, webhook, address, &message, ret_sender);
	*ret_sender = (struct event_sender){.is_webhook = false};
	return find_caller(call, address, signing);
}
