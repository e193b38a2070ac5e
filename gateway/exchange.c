/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building requests and answers. Names and values live in the request's arena;
 * the number and the bytes of headers are counted here for both protocols, so
 * that their limits cannot differ.
 */
#include "gateway/exchange.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/ident.h"

struct exchange *exchange_new(struct body_memory *budget, int http_major, const char *peer)
{
	struct exchange *exchange = xcalloc(1, sizeof(*exchange));
	struct request *request = &exchange->request;

	exchange->budget = budget;
	exchange->started_ms = clock_boot_ms();
	exchange->phase_ms = exchange->started_ms;
	buf_init_secret(&exchange->body, REQUEST_BODY_MAX);
	buf_init_secret(&exchange->response.body, RESPONSE_BODY_MAX);
	request->arena = arena_new_secret(REQUEST_ARENA_MAX);
	request->method = "";
	request->path = "";
	request->query = "";
	request->body = (const uint8_t *)"";
	request->http_major = http_major;
	ident_uuid(request->id);
	(void)snprintf(request->peer, sizeof(request->peer), "%s", peer);
	return exchange;
}

void exchange_free(struct exchange *exchange)
{
	if (!exchange)
		return;
	exchange->budget->used -= exchange->body.len;
	buf_done(&exchange->body);
	buf_done(&exchange->response.body);
	arena_free(exchange->request.arena);
	free(exchange);
}

void exchange_freep(struct exchange **exchange)
{
	exchange_free(*exchange);
	*exchange = NULL;
}

/* Count @len bytes of the head: false once there are too many. */
static bool head_has_room(struct exchange *exchange, size_t len)
{
	if (len > REQUEST_HEADER_BYTES_MAX - exchange->header_bytes)
		return false;
	exchange->header_bytes += len;
	return true;
}

static int no_memory(struct exchange *exchange)
{
	exchange_throttle(exchange);
	return -1;
}

int exchange_set_method(struct exchange *exchange, const char *text, size_t len)
{
	if (!head_has_room(exchange, len)) {
		exchange_fail(exchange, 431, ERROR_HEADERS_TOO_BIG, "The method is too long.");
		return -1;
	}
	exchange->request.method = arena_strndup(exchange->request.arena, text, len);
	return exchange->request.method ? 0 : no_memory(exchange);
}

int exchange_set_target(struct exchange *exchange, const char *text, size_t len)
{
	struct request *request = &exchange->request;
	const char *mark = memchr(text, '?', len);
	size_t path_len = mark ? (size_t)(mark - text) : len;

	if (!head_has_room(exchange, len)) {
		exchange_fail(exchange, 414, ERROR_URI_TOO_LONG, "The request target is too long.");
		return -1;
	}
	if (path_len == 0 || (text[0] != '/' && !(path_len == 1 && text[0] == '*'))) {
		exchange_fail(exchange, 400, ERROR_BAD_REQUEST,
			      "The request target must begin with a slash.");
		return -1;
	}
	request->path = arena_strndup(request->arena, text, path_len);
	request->query = mark ? arena_strndup(request->arena, mark + 1, len - path_len - 1) : "";
	if (!request->path || !request->query) {
		request->path = request->query = "";
		return no_memory(exchange);
	}
	return 0;
}

static int too_many_headers(struct exchange *exchange)
{
	char message[96];

	(void)snprintf(message, sizeof(message),
		       "The request headers exceed %d fields or %u bytes.", REQUEST_HEADERS_MAX,
		       REQUEST_HEADER_BYTES_MAX);
	exchange_fail(exchange, 431, ERROR_HEADERS_TOO_BIG, message);
	return -1;
}

int exchange_add_header(struct exchange *exchange, const char *name, size_t name_len,
			const char *value, size_t value_len)
{
	struct request *request = &exchange->request;
	char *lower;
	char *copy;

	if (request->header_count == REQUEST_HEADERS_MAX ||
	    !head_has_room(exchange, name_len + value_len))
		return too_many_headers(exchange);
	if (!request->headers)
		request->headers = arena_alloc(request->arena,
					       REQUEST_HEADERS_MAX * sizeof(*request->headers));
	lower = arena_strndup(request->arena, name, name_len);
	copy = arena_strndup(request->arena, value, value_len);
	if (!request->headers || !lower || !copy)
		return no_memory(exchange);
	for (char *p = lower; *p; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	}
	request->headers[request->header_count++] = (struct header){lower, copy};
	return 0;
}

int exchange_add_body(struct exchange *exchange, const uint8_t *bytes, size_t len)
{
	struct body_memory *budget = exchange->budget;
	struct err err;
	char message[80];

	if (len > REQUEST_BODY_MAX - exchange->body.len) {
		(void)snprintf(message, sizeof(message), "The request body exceeds %u bytes.",
			       REQUEST_BODY_MAX);
		exchange_fail(exchange, 413, ERROR_TOO_LARGE, message);
		return -1;
	}
	if (len > budget->max - budget->used || buf_append(&exchange->body, bytes, len, &err) < 0) {
		exchange_throttle(exchange);
		return -1;
	}
	budget->used += len;
	return 0;
}

void exchange_complete(struct exchange *exchange)
{
	exchange->complete = true;
	if (exchange->body.len == 0)
		return;
	exchange->request.body = exchange->body.data;
	exchange->request.body_len = exchange->body.len;
}

bool exchange_host_is_valid(const char *host)
{
	return host[0] != '\0' &&
	       host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789-._~:[]%")] == '\0';
}

void response_fail(struct response *response, int status, const char *type, const char *message)
{
	struct err err;

	buf_clear(&response->body);
	response->status = status;
	response->content_type = "application/x-amz-json-1.1";
	response->headers[0] = (struct header){"x-amzn-errortype", type};
	response->header_count = 1;
	/* Messages here hold nothing to escape. Without memory the header has to do. */
	if (buf_printf(&response->body, &err, "{\"__type\":\"%s\",\"message\":\"%s\"}", type,
		       message) < 0)
		buf_clear(&response->body);
}

void exchange_fail(struct exchange *exchange, int status, const char *type, const char *message)
{
	exchange->failed = true;
	response_fail(&exchange->response, status, type, message);
}

void exchange_throttle(struct exchange *exchange)
{
	struct response *response = &exchange->response;

	exchange_fail(exchange, 400, ERROR_THROTTLED, "Rate exceeded");
	if (strncmp(exchange->request.path, REQUEST_EVENTS_PATH, strlen(REQUEST_EVENTS_PATH)) != 0)
		return;
	response->status = 429;
	response->headers[response->header_count++] = (struct header){"retry-after", "1"};
}

/* A value with a control character would be a header that we did not mean to send. */
static bool value_is_clean(const char *value)
{
	for (const unsigned char *p = (const unsigned char *)value; *p; p++) {
		if ((*p < 0x20 && *p != '\t') || *p == 0x7f)
			return false;
	}
	return true;
}

static void put(struct exchange_headers *headers, const char *name, const char *value)
{
	if (value_is_clean(value) && headers->count < EXCHANGE_HEADERS_MAX)
		headers->list[headers->count++] = (struct header){name, value};
}

void exchange_answer_headers(const struct exchange *exchange, struct exchange_headers *ret_headers)
{
	const struct response *response = &exchange->response;
	time_t now = (time_t)(clock_wall_ms() / 1000);
	bool has_id = false;
	struct tm tm;

	ret_headers->count = 0;
	(void)gmtime_r(&now, &tm);
	(void)strftime(ret_headers->date, sizeof(ret_headers->date), "%a, %d %b %Y %H:%M:%S GMT",
		       &tm);
	(void)snprintf(ret_headers->length, sizeof(ret_headers->length), "%zu", response->body.len);
	put(ret_headers, "date", ret_headers->date);
	if (response->content_type)
		put(ret_headers, "content-type", response->content_type);
	put(ret_headers, "content-length", ret_headers->length);
	for (size_t i = 0; i < response->header_count; i++) {
		const struct header *header = &response->headers[i];

		if (strcmp(header->name, "x-amzn-requestid") == 0)
			has_id = true;
		put(ret_headers, header->name, header->value);
	}
	if (!has_id)
		put(ret_headers, "x-amzn-requestid", exchange->request.id);
}

bool exchange_answer_has_body(const struct exchange *exchange)
{
	return strcmp(exchange->request.method, "HEAD") != 0;
}
