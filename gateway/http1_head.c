/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two stages. http1_scan_add() looks at each byte as it comes and takes only what
 * RFC 9112 takes: lines end with CR LF, no line begins with a space (obs-fold), no
 * control character stands anywhere. That is what libhttp-parser is lenient about,
 * and doing it while receiving answers a bad client at once instead of after the
 * deadline. A head that passed is given to libhttp-parser as a whole, and what it
 * found is checked for everything that request smuggling is made of: Host,
 * Content-Length and Transfer-Encoding, each at most once and never two framings.
 */
#include "gateway/http1_head.h"

#include <http_parser.h>
#include <string.h>
#include <strings.h>

/* Old clients send an empty line behind a body; more than two is nonsense. */
#define EMPTY_LINES_MAX 2

void http1_scan_init(struct http1_scan *scan)
{
	*scan = (struct http1_scan){.line_start = 0};
	buf_init(&scan->bytes, HTTP1_HEAD_MAX);
}

void http1_scan_done(struct http1_scan *scan)
{
	buf_done(&scan->bytes);
}

void http1_scan_clear(struct http1_scan *scan)
{
	/* Idle connections should hold no buffers. */
	buf_done(&scan->bytes);
	scan->line_start = 0;
	scan->empty = 0;
}

/* Why @byte may not follow what is there; NULL if it may. */
static const char *byte_fault(const struct http1_scan *scan, uint8_t byte)
{
	size_t len = scan->bytes.len;
	bool after_cr = len > 0 && scan->bytes.data[len - 1] == '\r';

	if (byte == '\n')
		return after_cr ? NULL : "A line ends with a bare line feed.";
	if (after_cr)
		return "A carriage return stands alone.";
	if (len == scan->line_start && len > 0 && (byte == ' ' || byte == '\t'))
		return "A header line is folded.";
	if ((byte < 0x20 && byte != '\t' && byte != '\r') || byte == 0x7f)
		return "A control character stands in the request head.";
	return NULL;
}

enum http1_scan_result http1_scan_add(struct http1_scan *scan, const uint8_t *bytes, size_t len,
				      size_t *ret_taken, const char **ret_why)
{
	struct err err;

	for (size_t i = 0; i < len; i++) {
		const char *why = byte_fault(scan, bytes[i]);
		size_t line_len;

		*ret_taken = i + 1;
		if (why) {
			*ret_why = why;
			return HTTP1_SCAN_BAD;
		}
		if (buf_append(&scan->bytes, &bytes[i], 1, &err) < 0)
			return HTTP1_SCAN_LONG;
		if (bytes[i] != '\n')
			continue;
		line_len = scan->bytes.len - scan->line_start;
		scan->line_start = scan->bytes.len;
		if (line_len > 2)
			continue;
		if (scan->bytes.len > 2)
			return HTTP1_SCAN_COMPLETE;
		buf_clear(&scan->bytes);
		scan->line_start = 0;
		if (++scan->empty > EMPTY_LINES_MAX) {
			*ret_why = "Empty lines stand before the request line.";
			return HTTP1_SCAN_BAD;
		}
	}
	*ret_taken = len;
	return HTTP1_SCAN_MORE;
}

/* What the parser's callbacks gather: slices of the head. */
struct parse {
	struct exchange *exchange;
	const char *target;
	size_t target_len;
	const char *name, *value;
	size_t name_len, value_len;
};

static int refuse(struct exchange *exchange, const char *message)
{
	exchange_fail(exchange, 400, ERROR_BAD_REQUEST, message);
	return -1;
}

/* RFC 9110's token; the parser also takes spaces. */
static bool is_token(const char *text, size_t len)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      (c && strchr(others, c))))
			return false;
	}
	return len > 0;
}

static int put_field(struct parse *parse)
{
	if (!parse->name)
		return 0;
	if (!is_token(parse->name, parse->name_len))
		return refuse(parse->exchange, "A header name is malformed.");
	/* The parser leaves the optional white space behind a value. */
	while (parse->value_len > 0 && (parse->value[parse->value_len - 1] == ' ' ||
					parse->value[parse->value_len - 1] == '\t'))
		parse->value_len--;
	if (exchange_add_header(parse->exchange, parse->name, parse->name_len,
				parse->value ? parse->value : "", parse->value_len) < 0)
		return -1;
	parse->name = parse->value = NULL;
	parse->name_len = parse->value_len = 0;
	return 0;
}

static int on_target(http_parser *parser, const char *at, size_t len)
{
	struct parse *parse = parser->data;

	parse->target = parse->target ? parse->target : at;
	parse->target_len += len;
	return 0;
}

static int on_name(http_parser *parser, const char *at, size_t len)
{
	struct parse *parse = parser->data;

	if (parse->value && put_field(parse) < 0)
		return -1;
	parse->name = parse->name ? parse->name : at;
	parse->name_len += len;
	return 0;
}

static int on_value(http_parser *parser, const char *at, size_t len)
{
	struct parse *parse = parser->data;

	parse->value = parse->value ? parse->value : at;
	parse->value_len += len;
	return 0;
}

static int on_head_end(http_parser *parser)
{
	/* 1 and 2 mean "no body follows": our own reader takes the body. */
	return put_field(parser->data) < 0 ? -1 : 1;
}

/* Header @name may come once at most: *ret_value is NULL if it did not come. */
static int single(struct exchange *exchange, const char *name, const char **ret_value)
{
	const char *value = NULL;

	for (size_t i = 0; i < exchange->request.header_count; i++) {
		const struct header *header = &exchange->request.headers[i];

		if (strcmp(header->name, name) != 0)
			continue;
		if (value)
			return -1;
		value = header->value;
	}
	*ret_value = value;
	return 0;
}

static int check_host(struct exchange *exchange, bool required)
{
	const char *host;

	if (single(exchange, "host", &host) < 0)
		return refuse(exchange, "The Host header is given more than once.");
	if (!host)
		return required ? refuse(exchange, "The Host header is missing.") : 0;
	if (!exchange_host_is_valid(host))
		return refuse(exchange, "The Host header is not a host and port.");
	return 0;
}

static int check_framing(struct exchange *exchange, const http_parser *parser,
			 struct http1_head *head)
{
	const char *length;
	const char *encoding;
	char *end;

	if (single(exchange, "content-length", &length) < 0)
		return refuse(exchange, "The Content-Length header is given more than once.");
	if (single(exchange, "transfer-encoding", &encoding) < 0)
		return refuse(exchange, "The Transfer-Encoding header is given more than once.");
	if (length && encoding)
		return refuse(exchange, "Content-Length and Transfer-Encoding exclude each other.");
	if (encoding && parser->http_minor == 0)
		return refuse(exchange, "HTTP/1.0 has no Transfer-Encoding.");
	if (encoding && strcasecmp(encoding, "chunked") != 0)
		return refuse(exchange, "The only supported Transfer-Encoding is chunked.");
	head->chunked = encoding != NULL;
	if (!length)
		return 0;
	if (length[0] == '\0' || length[strspn(length, "0123456789")] != '\0')
		return refuse(exchange, "The Content-Length header is not a number.");
	/* Saturates at ULLONG_MAX, which is as much too large. */
	head->content_length = strtoull(length, &end, 10);
	if (head->content_length > REQUEST_BODY_MAX) {
		exchange_fail(exchange, 413, ERROR_TOO_LARGE,
			      "The request body exceeds the largest size that is accepted.");
		return -1;
	}
	return 0;
}

static int check_expectation(struct exchange *exchange, struct http1_head *head)
{
	const char *expect;

	if (single(exchange, "expect", &expect) < 0 ||
	    (expect && strcasecmp(expect, "100-continue") != 0)) {
		exchange_fail(exchange, 417, ERROR_EXPECTATION,
			      "The only supported expectation is 100-continue.");
		return -1;
	}
	head->expects_continue = expect != NULL;
	return 0;
}

/* "http://host/path" becomes "/path"; its host must be that of the Host header. */
static int set_target(struct exchange *exchange, const struct parse *parse)
{
	const char *text = parse->target ? parse->target : "";
	size_t len = parse->target_len;
	const char *host = request_header(&exchange->request, "host");
	const char *path;
	size_t skip;

	if (len >= 7 && strncasecmp(text, "http://", 7) == 0)
		skip = 7;
	else if (len >= 8 && strncasecmp(text, "https://", 8) == 0)
		skip = 8;
	else
		return exchange_set_target(exchange, text, len);
	path = memchr(text + skip, '/', len - skip);
	if (!path)
		return refuse(exchange, "The request target has no path.");
	if (!host || strlen(host) != (size_t)(path - text) - skip ||
	    strncasecmp(host, text + skip, strlen(host)) != 0)
		return refuse(exchange, "The request target names another host than Host.");
	return exchange_set_target(exchange, path, len - (size_t)(path - text));
}

int http1_head_parse(const struct http1_scan *scan, struct exchange *exchange,
		     struct http1_head *ret_head)
{
	struct parse parse = {.exchange = exchange};
	struct http1_head head = {.keep_alive = false};
	http_parser_settings settings;
	http_parser parser;
	const char *method;

	http_parser_settings_init(&settings);
	settings.on_url = on_target;
	settings.on_header_field = on_name;
	settings.on_header_value = on_value;
	settings.on_headers_complete = on_head_end;
	http_parser_init(&parser, HTTP_REQUEST);
	parser.data = &parse;
	/* The framing headers are ours to judge, with messages of ours. */
	parser.allow_chunked_length = 1;
	if (http_parser_execute(&parser, &settings, (const char *)scan->bytes.data,
				scan->bytes.len) != scan->bytes.len ||
	    HTTP_PARSER_ERRNO(&parser) != HPE_OK)
		return exchange->failed ? -1 : refuse(exchange, "The request head is malformed.");
	if (parser.http_major != 1 || parser.http_minor > 1)
		return refuse(exchange, "The HTTP version is not 1.0 or 1.1.");
	if (parser.method == HTTP_CONNECT)
		return refuse(exchange, "CONNECT is not supported.");
	method = http_method_str((enum http_method)parser.method);
	if (exchange_set_method(exchange, method, strlen(method)) < 0 ||
	    check_host(exchange, parser.http_minor == 1) < 0 ||
	    check_framing(exchange, &parser, &head) < 0 || check_expectation(exchange, &head) < 0 ||
	    set_target(exchange, &parse) < 0)
		return -1;
	/* HTTP/1.0 clients that keep connections alive are not worth a second rule. */
	head.keep_alive = parser.http_minor == 1 && http_should_keep_alive(&parser) != 0;
	*ret_head = head;
	return 0;
}
