/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 with kept connections: what is fetched is a few large things, and each gets a
 * connection of its own. libcurl counts header bytes only in newer versions, so we do.
 *
 * Failures are said in the words that users of container tools know.
 */
#include "provisioner/image/image_http.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/clock.h"

#define REDIRECTS_MAX	 5
#define HEADER_BYTES_MAX (64 * 1024) /* of all answers of one call */
#define CONNECT_S	 20
#define SILENCE_S	 30
#define READ_BYTES	 (256L * 1024) /* handed over at once */
#define CONNECTIONS_KEPT 16L
#define URL_MAX		 8192

struct image_http {
	CURLM *multi;
};

struct image_http_call {
	struct image_http *http;
	struct image_http_request request;
	struct image_http_answer answer;
	CURL *easy;
	struct curl_slist *headers;
	char detail[CURL_ERROR_SIZE];
	size_t header_bytes, refusal_len;
	int64_t skip; /* bytes of the body that lie before the request's offset; -1: not known */
	int64_t part; /* where the part begins that the server says it gives; -1: it says nothing */
	bool ended;
	CURLcode code;
	struct err inner; /* of a callback */
};

int image_http_open(struct image_http **ret_http, struct err *err)
{
	struct image_http *http = xcalloc(1, sizeof(*http));

	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		http->multi = curl_multi_init();
	if (!http->multi) {
		free(http);
		return err_set(err, ERR_NO_SPACE, "no memory for connections");
	}
	(void)curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
	(void)curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT);
	*ret_http = http;
	return 0;
}

void image_http_close(struct image_http *http)
{
	if (!http)
		return;
	(void)curl_multi_cleanup(http->multi);
	curl_global_cleanup();
	free(http);
}

/* --- what comes --- */

/* The value of header @name in @line, or NULL. */
static const char *value_of(const char *line, size_t len, const char *name, size_t *ret_len)
{
	size_t name_len = strlen(name);

	if (len <= name_len || strncasecmp(line, name, name_len) != 0 || line[name_len] != ':')
		return NULL;
	line += name_len + 1;
	len -= name_len + 1;
	while (len > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n'))
		len--;
	*ret_len = len;
	return line;
}

/* "bytes 100-199/200" -> 100, else -1. */
static int64_t part_start(const char *value, size_t len)
{
	static const char unit[] = "bytes ";
	char text[64];
	char *end;
	long long start;

	(void)snprintf(text, sizeof(text), "%.*s", (int)len, value);
	if (strncasecmp(text, unit, strlen(unit)) != 0)
		return -1;
	errno = 0;
	start = strtoll(text + strlen(unit), &end, 10);
	return errno == 0 && end > text + strlen(unit) && *end == '-' && start >= 0 ? start : -1;
}

static void add_challenge(struct image_http_call *call, const char *value, size_t len)
{
	size_t have = strlen(call->answer.challenge);

	/* One that is too long for all that registries say is none. */
	if (have + 2 + len >= sizeof(call->answer.challenge))
		return;
	(void)snprintf(call->answer.challenge + have, sizeof(call->answer.challenge) - have,
		       "%s%.*s", have ? ", " : "", (int)len, value);
}

static size_t on_header(char *bytes, size_t size, size_t count, void *ctx)
{
	struct image_http_call *call = ctx;
	size_t len = size * count;
	const char *value;
	size_t value_len;

	call->header_bytes += len;
	if (call->header_bytes > HEADER_BYTES_MAX) {
		(void)err_set(&call->inner, ERR_LIMIT, "the registry's headers do not end");
		return 0;
	}
	if (len >= 5 && strncmp(bytes, "HTTP/", 5) == 0) { /* another answer begins */
		call->answer.challenge[0] = '\0';
		call->part = -1;
		call->skip = -1;
	}
	value = value_of(bytes, len, "WWW-Authenticate", &value_len);
	if (value)
		add_challenge(call, value, value_len);
	value = value_of(bytes, len, "Content-Range", &value_len);
	if (value)
		call->part = part_start(value, value_len);
	return len;
}

static void keep_refusal(struct image_http_call *call, const char *bytes, size_t len)
{
	size_t room = sizeof(call->answer.refusal) - 1 - call->refusal_len;

	if (len > room)
		len = room;
	memcpy(call->answer.refusal + call->refusal_len, bytes, len);
	call->refusal_len += len;
}

/* A server may give the whole where a part was asked for. */
static int find_start(struct image_http_call *call, long status)
{
	int64_t start = status == 206 ? call->part : 0;

	if (call->skip >= 0)
		return 0;
	if (start < 0 || start > call->request.offset)
		return err_set(&call->inner, ERR_CORRUPT,
			       "the registry gives another part than it was asked for");
	call->skip = call->request.offset - start;
	return 0;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *ctx)
{
	struct image_http_call *call = ctx;
	size_t len = size * count;
	const char *from = bytes;
	size_t left = len;
	long status = 0;

	(void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200 && status != 206) {
		keep_refusal(call, bytes, len);
		return len;
	}
	if (find_start(call, status) < 0)
		return 0;
	if (call->skip > 0) {
		size_t skipped = (int64_t)left < call->skip ? left : (size_t)call->skip;

		call->skip -= (int64_t)skipped;
		from += skipped;
		left -= skipped;
	}
	if (left > 0 && call->request.take(call->request.ctx, from, left, &call->inner) < 0)
		return 0;
	return len;
}

/* --- calls --- */

static bool add_header(struct image_http_call *call, const char *name, const char *value)
{
	AUTO(freep) char *line = xasprintf("%s: %s", name, value);
	struct curl_slist *headers = curl_slist_append(call->headers, line);

	explicit_bzero(line, strlen(line));
	if (headers)
		call->headers = headers;
	return headers != NULL;
}

static bool set_headers(struct image_http_call *call)
{
	const struct image_http_request *request = &call->request;
	AUTO(freep) char *range = xasprintf("bytes=%lld-", (long long)request->offset);

	return (!request->accept || add_header(call, "Accept", request->accept)) &&
	       (!request->authorization ||
		add_header(call, "Authorization", request->authorization)) &&
	       (request->offset == 0 || add_header(call, "Range", range));
}

/* Which certificates are trusted; an operator may say. */
static void set_trust(CURL *easy)
{
	const char *file = getenv("SSL_CERT_FILE");
	const char *dir = getenv("SSL_CERT_DIR");

	if (file && *file)
		(void)curl_easy_setopt(easy, CURLOPT_CAINFO, file);
	if (dir && *dir)
		(void)curl_easy_setopt(easy, CURLOPT_CAPATH, dir);
}

/* libcurl reads the other variables by itself. A registry on this machine is not the proxy's. */
static void set_proxy(CURL *easy)
{
	static const char here[] = "localhost,127.0.0.0/8,::1";
	const char *listed = getenv("no_proxy");
	AUTO(freep) char *both = NULL;

	if (!listed)
		listed = getenv("NO_PROXY");
	if (listed && strcmp(listed, "*") == 0)
		return;
	both = xasprintf("%s%s%s", here, listed ? "," : "", listed ? listed : "");
	(void)curl_easy_setopt(easy, CURLOPT_NOPROXY, both);
}

static void set_options(struct image_http_call *call)
{
	const char *protocols = call->request.plain ? "http,https" : "https";
	int64_t left_ms = (call->request.end_ns - clock_boot_ns()) / 1000000;
	CURL *easy = call->easy;

	(void)curl_easy_setopt(easy, CURLOPT_URL, call->request.url);
	(void)curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
	(void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->detail);
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "slipway-image/" SLIPWAY_VERSION);
	(void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols);
	(void)curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
	(void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
	(void)curl_easy_setopt(easy, CURLOPT_UNRESTRICTED_AUTH, 0L);
	(void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
	(void)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)SILENCE_S);
	(void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, left_ms > 0 ? (long)left_ms : 1L);
	(void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, READ_BYTES);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
	(void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
	set_trust(easy);
	set_proxy(easy);
}

int image_http_start(struct image_http *http, const struct image_http_request *request,
		     struct image_http_call **ret_call, struct err *err)
{
	struct image_http_call *call;

	if (strlen(request->url) >= URL_MAX)
		return err_set(err, ERR_LIMIT, "an address is too long");
	call = xcalloc(1, sizeof(*call));
	call->http = http;
	call->request = *request;
	call->part = -1;
	call->skip = -1;
	call->easy = curl_easy_init();
	if (!call->easy || !set_headers(call)) {
		image_http_free(call);
		return err_set(err, ERR_NO_SPACE, "no memory for a connection");
	}
	set_options(call);
	if (curl_multi_add_handle(http->multi, call->easy) != CURLM_OK) {
		image_http_free(call);
		return err_set(err, ERR_NO_SPACE, "no memory for a connection");
	}
	*ret_call = call;
	return 0;
}

void image_http_free(struct image_http_call *call)
{
	if (!call)
		return;
	if (call->easy) {
		(void)curl_multi_remove_handle(call->http->multi, call->easy);
		curl_easy_cleanup(call->easy);
	}
	for (struct curl_slist *line = call->headers; line; line = line->next)
		explicit_bzero(line->data, strlen(line->data)); /* one may be a password */
	curl_slist_free_all(call->headers);
	free(call);
}

/* Mark the calls that have ended; true if there is one. */
static bool take_ended(struct image_http *http)
{
	bool any = false;
	int left;

	for (;;) {
		CURLMsg *message = curl_multi_info_read(http->multi, &left);
		struct image_http_call *call = NULL;

		if (!message)
			return any;
		if (message->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
		call->ended = true;
		call->code = message->data.result;
		any = true;
	}
}

int image_http_work(struct image_http *http, int fd, int wait_ms, bool *ret_readable,
		    struct err *err)
{
	struct curl_waitfd extra = {.fd = fd, .events = CURL_WAIT_POLLIN};
	unsigned count = fd >= 0 ? 1 : 0;
	int running;

	*ret_readable = false;
	if (curl_multi_perform(http->multi, &running) != CURLM_OK)
		return err_set(err, ERR_SYSTEM, "connections broke down");
	if (take_ended(http))
		return 0;
	if (curl_multi_poll(http->multi, &extra, count, wait_ms, NULL) != CURLM_OK ||
	    curl_multi_perform(http->multi, &running) != CURLM_OK)
		return err_set(err, ERR_SYSTEM, "connections broke down");
	(void)take_ended(http);
	*ret_readable = count > 0 && extra.revents != 0;
	return 0;
}

/* --- how it ended --- */

/* "host:port" of the call's address. */
static void name_host(const struct image_http_call *call, char *ret, size_t size)
{
	char *url = NULL;
	const char *host;

	(void)curl_easy_getinfo(call->easy, CURLINFO_EFFECTIVE_URL, &url);
	host = url ? strstr(url, "://") : NULL;
	host = host ? host + 3 : "";
	(void)snprintf(ret, size, "%.*s", (int)strcspn(host, "/?#"), host);
}

static int connect_failed(const struct image_http_call *call, const char *host, struct err *err)
{
	long number = 0;

	(void)curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &number);
	if (number == ECONNREFUSED)
		return err_set(err, ERR_UNAVAILABLE, "dial tcp %s: connect: connection refused",
			       host);
	if (number == EHOSTUNREACH)
		return err_set(err, ERR_UNAVAILABLE, "dial tcp %s: connect: no route to host",
			       host);
	if (number == ENETUNREACH)
		return err_set(err, ERR_UNAVAILABLE, "dial tcp %s: connect: network is unreachable",
			       host);
	return err_set(err, ERR_UNAVAILABLE, "dial tcp %s: %s", host, call->detail);
}

static int timed_out(const struct image_http_call *call, const char *host, bool *ret_transient,
		     struct err *err)
{
	*ret_transient = call->request.end_ns - clock_boot_ns() > 1000000;
	if (!*ret_transient)
		return err_set(err, ERR_TIMEOUT, "context deadline exceeded");
	return err_set(err, ERR_TIMEOUT, "%s: i/o timeout", host);
}

static int explain(const struct image_http_call *call, bool *ret_transient, struct err *err)
{
	const char *detail = call->detail[0] ? call->detail : curl_easy_strerror(call->code);
	char host[512];

	name_host(call, host, sizeof(host));
	*ret_transient = false;
	switch (call->code) {
	case CURLE_COULDNT_RESOLVE_HOST: /* or a name server had a bad moment */
		*ret_transient = true;
		return err_set(err, ERR_UNAVAILABLE, "dial tcp: lookup %s: no such host", host);
	case CURLE_COULDNT_CONNECT:
		*ret_transient = true;
		return connect_failed(call, host, err);
	case CURLE_OPERATION_TIMEDOUT:
		return timed_out(call, host, ret_transient, err);
	case CURLE_SSL_CONNECT_ERROR:
		if (strstr(detail, "wrong version number") || strstr(detail, "packet length"))
			return err_set(err, ERR_UNAVAILABLE,
				       "server gave HTTP response to HTTPS client");
		return err_set(err, ERR_UNAVAILABLE, "%s: %s", host, detail);
	case CURLE_PEER_FAILED_VERIFICATION:
		return err_set(err, ERR_UNAVAILABLE, "%s: x509: %s", host, detail);
	case CURLE_TOO_MANY_REDIRECTS:
		return err_set(err, ERR_LIMIT, "%s: stopped after %d redirects", host,
			       REDIRECTS_MAX);
	case CURLE_UNSUPPORTED_PROTOCOL:
		return err_set(err, ERR_DENIED, "redirect to an address without TLS");
	case CURLE_OUT_OF_MEMORY:
		return err_set(err, ERR_NO_SPACE, "no memory for a connection");
	default:
		*ret_transient = true;
		return err_set(err, ERR_UNAVAILABLE, "%s: unexpected EOF: %s", host, detail);
	}
}

bool image_http_ended(struct image_http_call *call, const struct image_http_answer **ret_answer,
		      int *ret_result, struct err *err)
{
	if (!call->ended)
		return false;
	*ret_answer = &call->answer;
	*ret_result = 0;
	if (call->inner.code != ERR_NONE) {
		*err = call->inner;
		*ret_result = -1;
		return true;
	}
	if (call->code != CURLE_OK) {
		*ret_result = explain(call, &call->answer.transient, err);
		return true;
	}
	(void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &call->answer.status);
	if (call->answer.status == 206)
		call->answer.status = 200;
	return true;
}

int image_http_run(struct image_http *http, const struct image_http_request *request,
		   struct image_http_answer *ret_answer, struct err *err)
{
	struct image_http_call *call;
	const struct image_http_answer *answer;
	bool ignored;
	int result;

	*ret_answer = (struct image_http_answer){.status = 0};
	if (image_http_start(http, request, &call, err) < 0)
		return -1;
	while (!image_http_ended(call, &answer, &result, err)) {
		if (image_http_work(http, -1, 1000, &ignored, err) < 0) {
			image_http_free(call);
			return -1;
		}
	}
	*ret_answer = *answer;
	image_http_free(call);
	return result;
}

char *image_http_escape(const char *text)
{
	char *escaped = xcalloc(3 * strlen(text) + 1, 1);
	size_t len = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    strchr("-._~", c))
			escaped[len++] = (char)c;
		else
			len += (size_t)sprintf(escaped + len, "%%%02X", c);
	}
	return escaped;
}
