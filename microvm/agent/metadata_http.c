/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whoever speaks may be hostile, and the head is judged while it comes: a byte that can
 * stand nowhere, a bare line feed or a folded line end the talk at once, and nothing is
 * looked at twice. The whole head is then split at the line ends that were already
 * checked. Of the headers only those matter that say that a body comes, which none may.
 */
#include "microvm/agent/metadata_http.h"

#include <string.h>
#include <strings.h>

static const struct {
	int status;
	const char *words;
} statuses[] = {
	{200, "OK"},
	{400, "Bad Request"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{408, "Request Timeout"},
	{413, "Content Too Large"},
	{414, "URI Too Long"},
	{429, "Too Many Requests"},
	{431, "Request Header Fields Too Large"},
	{500, "Internal Server Error"},
	{505, "HTTP Version Not Supported"},
};

static const char *words_of(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		if (statuses[i].status == status)
			return statuses[i].words;
	}
	return "Error";
}

int metadata_http_answer(struct buf *out, int status, const char *type, const char *body,
			 struct err *err)
{
	return buf_printf(out, err,
			  "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
			  "%sConnection: close\r\n\r\n%s",
			  status, words_of(status), type, strlen(body),
			  status == 405 ? "Allow: GET\r\n" : "", body);
}

/* Whether @byte may follow what is there. */
static bool may_follow(const struct metadata_http *http, uint8_t byte)
{
	bool after_cr = http->len > 0 && http->head[http->len - 1] == '\r';

	if (byte == '\n')
		return after_cr;
	if (after_cr)
		return false;
	if (http->len == http->line && (byte == ' ' || byte == '\t'))
		return false;
	return (byte >= 0x20 && byte != 0x7f) || byte == '\t' || byte == '\r';
}

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

/* One header's line, ended by a zero. 200, or what is wrong. */
static int read_header(char *line, unsigned *hosts)
{
	char *colon = strchr(line, ':');
	const char *value;

	if (!colon || !is_token(line, (size_t)(colon - line)))
		return 400;
	*colon = '\0';
	value = colon + 1 + strspn(colon + 1, " \t");
	if (strcasecmp(line, "Host") == 0)
		return ++*hosts > 1 ? 400 : 200;
	if (strcasecmp(line, "Transfer-Encoding") == 0)
		return 413;
	if (strcasecmp(line, "Content-Length") == 0 && strcmp(value, "0") != 0)
		return 413;
	return 200;
}

/* "GET /path HTTP/1.1", ended by a zero. */
static int read_request_line(char *line, const char **ret_path, bool *ret_old)
{
	char *target = strchr(line, ' ');
	char *version = target ? strchr(target + 1, ' ') : NULL;
	size_t len;

	if (!version || !is_token(line, (size_t)(target - line)))
		return 400;
	*target++ = '\0';
	*version++ = '\0';
	if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
		return strncmp(version, "HTTP/", 5) == 0 ? 505 : 400;
	if (strcmp(line, "GET") != 0)
		return 405;
	if (*target != '/')
		return 400;
	len = strcspn(target, "?");
	if (len > METADATA_PATH_MAX)
		return 414;
	target[len] = '\0';
	*ret_path = target;
	*ret_old = version[7] == '0';
	return 200;
}

/* The head is whole, and each of its lines ends with CR LF. */
static int read_head(struct metadata_http *http, const char **ret_path)
{
	char *line = http->head;
	const char *path = NULL;
	unsigned hosts = 0;
	bool old = false;
	int status = 200;

	http->head[http->len - 2] = '\0'; /* the empty line */
	for (bool first = true; *line && status == 200; first = false) {
		char *end = strstr(line, "\r\n");

		*end = '\0';
		status = first ? read_request_line(line, &path, &old) : read_header(line, &hosts);
		line = end + 2;
	}
	if (status != 200)
		return status;
	if (!path || (hosts == 0 && !old))
		return 400;
	*ret_path = path;
	return 200;
}

int metadata_http_feed(struct metadata_http *http, const void *bytes, size_t len,
		       const char **ret_path)
{
	const uint8_t *in = bytes;

	for (size_t i = 0; i < len; i++) {
		size_t line_len;

		if (!may_follow(http, in[i]))
			return 400;
		if (http->len == METADATA_HEAD_MAX)
			return http->line == 0 ? 414 : 431;
		http->head[http->len++] = (char)in[i];
		if (in[i] != '\n')
			continue;
		line_len = http->len - http->line;
		http->line = http->len;
		if (line_len == 2)
			return read_head(http, ret_path);
	}
	return 0;
}
