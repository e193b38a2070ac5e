/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three have a say in headers and query: we, the target, the connection. The later one's value
 * takes the place of the earlier one's; the last word is ours again with what authorizes the
 * request and what tells its receiver that it is the same one. In the body the connection's
 * parameters take the place of the event's members.
 *
 * Values out of the event are a foreigner's: in a URL they are escaped to the last character, and
 * no step of a path may mean the folder above.
 */
#include "events/webhook_request.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base64.h"
#include "core/json_write.h"
#include "events/event_path.h"
#include "events/json_text.h"

#define HEADERS_MAX (2 * WEBHOOK_PARAMETERS_MAX + 8)
#define URL_MAX	    (64u * 1024)
#define SCRATCH_MAX (8u << 20) /* values of a transformer */
#define AGENT	    "Slipway/" SLIPWAY_VERSION " EventBridge/ApiDestinations"
#define FORM	    "application/x-www-form-urlencoded"

/* A request while it is made. */
struct draft {
	struct arena *arena;
	struct webhook_header headers[HEADERS_MAX];
	size_t header_count;
	struct webhook_header query[HEADERS_MAX]; /* names and values */
	size_t query_count;
};

static int too_large(struct err *err)
{
	return err_set(err, ERR_LIMIT, "the request is too large");
}

static bool same_name(const char *a, const char *b, bool fold)
{
	return fold ? strcasecmp(a, b) == 0 : strcmp(a, b) == 0;
}

/* Room is for all that the shapes let in; names of headers are the same in either case. */
static void put(struct webhook_header *list, size_t *count, bool fold, const char *name,
		const char *value)
{
	for (size_t i = 0; i < *count; i++) {
		if (same_name(list[i].name, name, fold)) {
			list[i] = (struct webhook_header){name, value};
			return;
		}
	}
	if (*count < HEADERS_MAX)
		list[(*count)++] = (struct webhook_header){name, value};
}

static void put_header(struct draft *draft, const char *name, const char *value)
{
	put(draft->headers, &draft->header_count, true, name, value);
}

static void put_query(struct draft *draft, const char *name, const char *value)
{
	put(draft->query, &draft->query_count, false, name, value);
}

/* --- values --- */

/* A value as it is, or what a path of the event leads to: strings without quotes. */
static int resolve(struct draft *draft, const char *value, struct json_slice event,
		   const char **ret_text, struct err *err)
{
	struct event_path *path;
	struct json_slice found;
	size_t len;

	*ret_text = value;
	if (strncmp(value, "$.", 2) != 0)
		return 0;
	if (event_path_parse(value, draft->arena, &path, err) < 0 ||
	    event_path_value(path, event, draft->arena, &found, err) < 0)
		return -1;
	if (found.len == 0)
		return err_set(err, ERR_INVALID, "nothing is at %.256s of the event", value);
	if (json_slice_kind(found) == '"') {
		if (json_slice_string(found, draft->arena, ret_text, &len, err) < 0)
			return -1;
		if (strlen(*ret_text) != len)
			return err_set(err, ERR_INVALID, "there is a zero at %.256s", value);
		return 0;
	}
	*ret_text = arena_strndup(draft->arena, found.text, found.len);
	return *ret_text ? 0 : too_large(err);
}

static int escape(const char *text, struct buf *out, struct err *err)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~";

	for (const char *at = text; *at;) {
		size_t len = strspn(at, plain);

		if (buf_append(out, at, len, err) < 0)
			return -1;
		at += len;
		if (*at && buf_printf(out, err, "%%%02X", (unsigned)(unsigned char)*at++) < 0)
			return -1;
	}
	return 0;
}

/* --- the URL --- */

static int put_path_value(struct draft *draft, const struct webhook_order *order, size_t i,
			  struct buf *url, struct err *err)
{
	const char *const *values = order->target->http.path.items;
	const char *value;

	if (i >= order->target->http.path.count)
		return err_set(err, ERR_INVALID,
			       "the endpoint has more wildcards than the target has values");
	if (resolve(draft, values[i], order->event, &value, err) < 0)
		return -1;
	if (value[0] == '\0' || strcmp(value, ".") == 0 || strcmp(value, "..") == 0)
		return err_set(err, ERR_INVALID, "value %zu of the path is no part of a path",
			       i + 1);
	return escape(value, url, err);
}

static int put_endpoint(struct draft *draft, const struct webhook_order *order, struct buf *url,
			struct err *err)
{
	size_t wildcards = 0;

	for (const char *at = order->endpoint; *at; at++) {
		if ((*at == '*' ? put_path_value(draft, order, wildcards++, url, err)
				: buf_append(url, at, 1, err)) < 0)
			return -1;
	}
	return 0;
}

static int put_pairs(const struct draft *draft, struct buf *out, struct err *err)
{
	for (size_t i = 0; i < draft->query_count; i++) {
		if ((i > 0 && buf_append_text(out, "&", err) < 0) ||
		    escape(draft->query[i].name, out, err) < 0 ||
		    buf_append_text(out, "=", err) < 0 ||
		    escape(draft->query[i].value, out, err) < 0)
			return -1;
	}
	return 0;
}

/* The query behind what @url has of its own. */
static int put_url_query(const struct draft *draft, const char *endpoint, struct buf *url,
			 struct err *err)
{
	if (draft->query_count == 0)
		return 0;
	if (buf_append_text(url, strchr(endpoint, '?') ? "&" : "?", err) < 0)
		return -1;
	return put_pairs(draft, url, err);
}

static int keep(struct arena *arena, const struct buf *text, const char **ret_text, struct err *err)
{
	*ret_text = arena_strndup(arena, text->len > 0 ? (const char *)text->data : "", text->len);
	return *ret_text ? 0 : too_large(err);
}

/* --- parameters of target and connection --- */

static int take_target(struct draft *draft, const struct webhook_order *order, struct err *err)
{
	const struct webhook_http *http = &order->target->http;
	const struct shape_pair *headers = http->headers.items;
	const struct shape_pair *query = http->query.items;
	const char *value;

	for (size_t i = 0; i < http->headers.count; i++) {
		if (resolve(draft, headers[i].value, order->event, &value, err) < 0)
			return -1;
		if (!connection_header_value_ok(value))
			return err_set(err, ERR_INVALID,
				       "the value of header %.128s has characters that are not "
				       "printable",
				       headers[i].key);
		put_header(draft, headers[i].key, value);
	}
	for (size_t i = 0; i < http->query.count; i++) {
		if (resolve(draft, query[i].value, order->event, &value, err) < 0)
			return -1;
		put_query(draft, query[i].key, value);
	}
	return 0;
}

static void take_connection(struct draft *draft, const struct connection_http *http)
{
	const struct connection_parameter *headers = http->headers.items;
	const struct connection_parameter *query = http->query.items;

	for (size_t i = 0; i < http->headers.count; i++)
		put_header(draft, headers[i].key, headers[i].value);
	for (size_t i = 0; i < http->query.count; i++)
		put_query(draft, query[i].key, query[i].value);
}

static int put_basic(struct draft *draft, const char *user, const char *password, struct err *err)
{
	char *pair = arena_printf(draft->arena, "%s:%s", user, password);
	char *encoded = pair ? arena_alloc(draft->arena, BASE64_SIZE(strlen(pair))) : NULL;
	char *value;

	if (!encoded)
		return too_large(err);
	base64_encode(pair, strlen(pair), encoded);
	value = arena_printf(draft->arena, "Basic %s", encoded);
	if (!value)
		return too_large(err);
	put_header(draft, "Authorization", value);
	return 0;
}

static int authorize(struct draft *draft, const struct webhook_order *order, struct err *err)
{
	const struct connection *connection = order->connection;
	char *value;

	if (connection->has_basic)
		return put_basic(draft, connection->basic.user, connection->basic.password, err);
	if (connection->has_key) {
		put_header(draft, connection->key.name, connection->key.value);
		return 0;
	}
	value = arena_printf(draft->arena, "Bearer %s", order->token ? order->token : "");
	if (!value)
		return too_large(err);
	put_header(draft, "Authorization", value);
	return 0;
}

/* --- the body --- */

static int make_input(const struct webhook_order *order, struct arena *arena, struct buf *out,
		      struct err *err)
{
	const struct webhook_target *target = order->target;
	const struct target_input_request request = {
		.target = {.id = target->id, .number = 1},
		.input = target->input,
		.input_path = target->input_path,
		.input_template = target->template,
		.paths = target->paths.items,
		.path_count = target->paths.count,
	};
	AUTO(arena_freep) struct arena *scratch = arena_new(SCRATCH_MAX);
	struct target_input *input;

	if (!target->input && !target->input_path && !target->template)
		return buf_append(out, order->event.text, order->event.len, err);
	if (target_input_make(&request, arena, &input, err) < 0)
		return -1;
	return target_input_apply(input, order->event, &order->facts, scratch, out, err);
}

static bool is_parameter(const struct connection_http *http, struct json_slice name,
			 struct arena *arena)
{
	const struct connection_parameter *items = http->body.items;
	struct err ignored = ERR_INIT;
	const char *text;
	size_t len;

	if (json_slice_string(name, arena, &text, &len, &ignored) < 0)
		return false;
	for (size_t i = 0; i < http->body.count; i++) {
		if (strcmp(items[i].key, text) == 0)
			return true;
	}
	return false;
}

static int put_member(struct buf *out, bool *first, struct err *err)
{
	bool was_first = *first;

	*first = false;
	return was_first ? 0 : buf_append_text(out, ",", err);
}

/* @input with the connection's parameters as members. */
static int merge_body(const struct connection_http *http, struct json_slice input,
		      struct arena *arena, struct buf *out, struct err *err)
{
	const struct connection_parameter *items = http->body.items;
	struct json_walk walk = json_walk_of(input);
	struct json_slice name;
	struct json_slice value;
	bool first = true;

	if (buf_append_text(out, "{", err) < 0)
		return -1;
	while (json_walk_next(&walk, &name, &value)) {
		if (is_parameter(http, name, arena))
			continue;
		if (put_member(out, &first, err) < 0 ||
		    buf_append(out, name.text, name.len, err) < 0 ||
		    buf_append_text(out, ":", err) < 0 ||
		    buf_append(out, value.text, value.len, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < http->body.count; i++) {
		if (put_member(out, &first, err) < 0 ||
		    json_write_text(out, items[i].key, strlen(items[i].key), err) < 0 ||
		    buf_append_text(out, ":", err) < 0 ||
		    json_write_text(out, items[i].value, strlen(items[i].value), err) < 0)
			return -1;
	}
	return buf_append_text(out, "}", err);
}

static bool has_body(const char *method)
{
	return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0 &&
	       strcmp(method, "OPTIONS") != 0;
}

static int make_body(const struct webhook_order *order, struct arena *arena,
		     struct webhook_request *request, struct err *err)
{
	const struct connection_http *http = &order->connection->http;
	AUTO(buf_done) struct buf input;
	AUTO(buf_done) struct buf minified;
	AUTO(buf_done) struct buf merged;

	buf_init(&input, 2 * INPUT_SIZE_MAX);
	buf_init(&minified, 2 * INPUT_SIZE_MAX);
	buf_init(&merged, 3 * INPUT_SIZE_MAX);
	if (!has_body(order->method)) {
		if (http->body.count == 0)
			return 0;
		return err_set(err, ERR_INVALID,
			       "the connection has parameters of a body, which %s requests do not "
			       "have",
			       order->method);
	}
	if (make_input(order, arena, &input, err) < 0)
		return -1;
	if (http->body.count == 0) {
		request->body_len = input.len;
		return keep(arena, &input, &request->body, err);
	}
	if (json_text_minify((const char *)input.data, input.len, &minified, err) < 0 ||
	    minified.data[0] != '{')
		return err_set(err, ERR_INVALID,
			       "the connection has parameters of a body, and the target's input is "
			       "no JSON object");
	const struct json_slice whole = {(const char *)minified.data, minified.len};

	if (merge_body(http, whole, arena, &merged, err) < 0)
		return -1;
	request->body_len = merged.len;
	return keep(arena, &merged, &request->body, err);
}

/* --- whole requests --- */

static int finish(struct draft *draft, const struct buf *url, struct webhook_request *request,
		  struct err *err)
{
	struct webhook_header *headers =
		arena_alloc(draft->arena, (draft->header_count + 1) * sizeof(*headers));

	if (!headers || keep(draft->arena, url, &request->url, err) < 0)
		return headers ? -1 : too_large(err);
	memcpy(headers, draft->headers, draft->header_count * sizeof(*headers));
	request->headers = headers;
	request->header_count = draft->header_count;
	return 0;
}

int webhook_request_make(const struct webhook_order *order, struct arena *arena,
			 struct webhook_request *ret_request, struct err *err)
{
	AUTO(freep) struct draft *draft = xcalloc(1, sizeof(*draft));
	struct webhook_request request = {.method = order->method};
	AUTO(buf_done) struct buf url;

	buf_init(&url, URL_MAX);
	draft->arena = arena;
	put_header(draft, "User-Agent", AGENT);
	if (make_body(order, arena, &request, err) < 0)
		return -1;
	if (request.body)
		put_header(draft, "Content-Type", "application/json; charset=utf-8");
	if (take_target(draft, order, err) < 0)
		return -1;
	take_connection(draft, &order->connection->http);
	if (authorize(draft, order, err) < 0 || put_endpoint(draft, order, &url, err) < 0 ||
	    put_url_query(draft, order->endpoint, &url, err) < 0)
		return -1;
	put_header(draft, "Idempotency-Key", order->key);
	if (finish(draft, &url, &request, err) < 0)
		return -1;
	*ret_request = request;
	return 0;
}

/* The parameters of the body are those of the form; with GET there is no other place for them
 * than the query. */
static void take_form(struct draft *draft, const struct connection_http *http)
{
	const struct connection_parameter *items = http->body.items;

	put_query(draft, "grant_type", "client_credentials");
	for (size_t i = 0; i < http->body.count; i++)
		put_query(draft, items[i].key, items[i].value);
}

static int make_form(struct draft *draft, const struct connection_http *http,
		     struct webhook_request *request, struct err *err)
{
	AUTO(buf_done) struct buf form;

	buf_init(&form, URL_MAX);
	take_form(draft, http);
	if (put_pairs(draft, &form, err) < 0 || keep(draft->arena, &form, &request->body, err) < 0)
		return -1;
	request->body_len = form.len;
	draft->query_count = 0;
	put_header(draft, "Content-Type", FORM);
	return 0;
}

int webhook_token_request_make(const struct connection_oauth *oauth, struct arena *arena,
			       struct webhook_request *ret_request, struct err *err)
{
	AUTO(freep) struct draft *draft = xcalloc(1, sizeof(*draft));
	struct webhook_request request = {.method = connection_token_methods[oauth->method]};
	AUTO(buf_done) struct buf url;

	buf_init(&url, URL_MAX);
	draft->arena = arena;
	put_header(draft, "User-Agent", AGENT);
	put_header(draft, "Accept", "application/json");
	if (!has_body(request.method))
		take_form(draft, &oauth->http);
	else if (make_form(draft, &oauth->http, &request, err) < 0)
		return -1;
	if (put_basic(draft, oauth->client.id, oauth->client.secret, err) < 0)
		return -1;
	take_connection(draft, &oauth->http);
	if (buf_append_text(&url, oauth->endpoint, err) < 0 ||
	    put_url_query(draft, oauth->endpoint, &url, err) < 0 ||
	    finish(draft, &url, &request, err) < 0)
		return -1;
	*ret_request = request;
	return 0;
}

/* --- the token --- */

struct token_answer {
	const char *token, *type;
	json_t *life;
};
static const struct shape_field token_fields[] = {
	TEXT(struct token_answer, token, "access_token", 1, WEBHOOK_TOKEN_MAX, SHAPE_REQUIRED),
	TEXT(struct token_answer, type, "token_type", 0, 64, 0),
	JSON(struct token_answer, life, "expires_in", 0),
};
static const struct shape token_shape = SHAPE_OF(struct token_answer, token_fields);

int webhook_token_read(const char *answer, size_t len, struct arena *arena, const char **ret_token,
		       int64_t *ret_life_s, struct err *err)
{
	AUTO(json_decrefp) json_t *object = NULL;
	struct token_answer filled;
	double life_s = 0;

	if (shape_parse(answer, len, &object, err) < 0 ||
	    shape_fill(&token_shape, object, arena, &filled, err) < 0)
		return -1;
	if (filled.type && filled.type[0] && strcasecmp(filled.type, "Bearer") != 0)
		return err_set(err, ERR_INVALID, "tokens of type %.64s are not supported",
			       filled.type);
	if (!connection_header_value_ok(filled.token))
		return err_set(err, ERR_INVALID, "the token has characters that no header has");
	if (json_is_number(filled.life))
		life_s = json_number_value(filled.life);
	else if (json_is_string(filled.life))
		life_s = strtod(json_string_value(filled.life), NULL);
	*ret_token = arena_strdup(arena, filled.token);
	*ret_life_s = life_s > 0 && life_s < 1e9 ? (int64_t)life_s : 0;
	return *ret_token ? 0 : too_large(err);
}
