/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See client_webhook.h. One libcurl handle, which keeps its connection between requests.
 */
#include "cli/client_webhook.h"

#include <curl/curl.h>
#include <string.h>

#include "core/file.h"

#define TIMEOUT_S	  30
#define CONNECT_TIMEOUT_S 10
#define ANSWER_MAX	  (64u * 1024) /* a hundred refused events; what is more is not read */
#define TOKEN_MAX	  4096
#define SCHEME		  "https://"

struct client_webhook {
	CURL *curl;
	char *url, *token_file, *ca_file;
	struct buf answer;
};

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

/* --- what the options say --- */

static int check_url(const char *url, struct err *err)
{
	const char *host = url + strlen(SCHEME);
	size_t len;

	if (strncmp(url, SCHEME, strlen(SCHEME)) != 0)
		return err_set(err, ERR_INVALID,
			       "--to takes URLs that begin with " SCHEME
			       ": what tasks cost is not for everyone to read");
	len = strcspn(host, "/?#");
	if (len == 0)
		return err_set(err, ERR_INVALID, "--to %s names no host", url);
	if (memchr(host, '@', len))
		return err_set(err, ERR_INVALID,
			       "--to: a URL is shown in messages, put what is secret into"
			       " --token-file");
	return 0;
}

static char *url_with_path(const char *url, const char *path)
{
	const char *rest = url + strlen(SCHEME);

	rest += strcspn(rest, "/?#");
	if (strcmp(rest, "") != 0 && strcmp(rest, "/") != 0)
		return xstrdup(url);
	return xasprintf("%.*s%s", (int)(rest - url), url, path);
}

/* "Authorization: Bearer ..."; the caller frees it. */
static int read_token(const char *path, char **ret_header, struct err *err)
{
	AUTO(buf_done) struct buf text;
	size_t len;

	buf_init_secret(&text, TOKEN_MAX);
	if (file_read(path, &text, err) < 0)
		return err_wrap(err, "--token-file");
	len = text.len;
	while (len > 0 && (text.data[len - 1] == '\n' || text.data[len - 1] == '\r'))
		len--;
	for (size_t i = 0; i < len; i++) {
		if (text.data[i] <= ' ' || text.data[i] >= 0x7f)
			return err_set(err, ERR_INVALID,
				       "--token-file: %s holds more than one word", path);
	}
	if (len == 0)
		return err_set(err, ERR_INVALID, "--token-file: %s is empty", path);
	*ret_header = xasprintf("Authorization: Bearer %.*s", (int)len, (const char *)text.data);
	return 0;
}

/* --- life --- */

int client_webhook_open(const struct client_webhook_options *options,
			struct client_webhook **ret_webhook, struct err *err)
{
	AUTO(client_webhook_freep) struct client_webhook *webhook = xcalloc(1, sizeof(*webhook));
	AUTO(freep) char *header = NULL;

	buf_init(&webhook->answer, ANSWER_MAX);
	if (check_url(options->url, err) < 0 ||
	    (options->token_file && read_token(options->token_file, &header, err) < 0))
		return -1;
	if (options->ca_file && access(options->ca_file, R_OK) < 0)
		return err_set(err, ERR_INVALID, "--ca-file: %s cannot be read", options->ca_file);
	webhook->url = url_with_path(options->url, options->path);
	webhook->token_file = copy(options->token_file);
	webhook->ca_file = copy(options->ca_file);
	webhook->curl = curl_easy_init();
	if (!webhook->curl)
		return err_set(err, ERR_SYSTEM, "libcurl cannot start");
	*ret_webhook = STEAL(webhook, NULL);
	return 0;
}

void client_webhook_free(struct client_webhook *webhook)
{
	if (!webhook)
		return;
	if (webhook->curl)
		curl_easy_cleanup(webhook->curl);
	free(webhook->url);
	free(webhook->token_file);
	free(webhook->ca_file);
	buf_done(&webhook->answer);
	free(webhook);
}

void client_webhook_freep(struct client_webhook **webhook)
{
	client_webhook_free(*webhook);
	*webhook = NULL;
}

const char *client_webhook_url(const struct client_webhook *webhook)
{
	return webhook->url;
}

/* --- one request --- */

/* What does not fit is let go: the status says what is to be done. */
static size_t on_answer(char *bytes, size_t size, size_t count, void *ctx)
{
	struct client_webhook *webhook = ctx;
	size_t len = size * count;
	size_t room = ANSWER_MAX - webhook->answer.len;
	struct err err;

	if (buf_append(&webhook->answer, bytes, len < room ? len : room, &err) < 0)
		return 0;
	return len;
}

/* Failures that time does not heal. */
static enum err_code code_of(CURLcode code)
{
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		return ERR_DENIED;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return ERR_INVALID;
	default:
		return ERR_UNAVAILABLE;
	}
}

static void set_options(struct client_webhook *webhook, const struct curl_slist *headers,
			const struct buf *body)
{
	CURL *curl = webhook->curl;

	curl_easy_setopt(curl, CURLOPT_URL, webhook->url);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, (const char *)body->data);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, webhook);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	if (webhook->ca_file)
		curl_easy_setopt(curl, CURLOPT_CAINFO, webhook->ca_file);
}

static int perform(struct client_webhook *webhook, const struct curl_slist *headers,
		   const struct buf *body, struct err *err)
{
	char detail[CURL_ERROR_SIZE] = "";
	CURLcode code;

	buf_clear(&webhook->answer);
	curl_easy_reset(webhook->curl); /* connections stay */
	set_options(webhook, headers, body);
	curl_easy_setopt(webhook->curl, CURLOPT_ERRORBUFFER, detail);
	code = curl_easy_perform(webhook->curl);
	curl_easy_setopt(webhook->curl, CURLOPT_ERRORBUFFER, NULL);
	if (code != CURLE_OK)
		return err_set(err, code_of(code), "%s: %s", webhook->url,
			       detail[0] != '\0' ? detail : curl_easy_strerror(code));
	return 0;
}

static struct curl_slist *make_headers(const char *content_type, const char *token)
{
	AUTO(freep) char *type = xasprintf("Content-Type: %s", content_type);
	struct curl_slist *headers = curl_slist_append(NULL, type);

	headers = curl_slist_append(headers, "User-Agent: slipway");
	headers = curl_slist_append(headers, "Expect:");
	return token ? curl_slist_append(headers, token) : headers;
}

int client_webhook_post(struct client_webhook *webhook, const char *content_type,
			const struct buf *body, struct client_webhook_answer *ret_answer,
			struct err *err)
{
	AUTO(freep) char *token = NULL;
	struct curl_slist *headers;
	curl_off_t retry_after_s = 0;
	int rc;

	if (webhook->token_file && read_token(webhook->token_file, &token, err) < 0)
		return -1;
	headers = make_headers(content_type, token);
	rc = perform(webhook, headers, body, err);
	curl_slist_free_all(headers);
	if (rc < 0)
		return -1;
	*ret_answer = (struct client_webhook_answer){.body = (const char *)webhook->answer.data,
						     .body_len = webhook->answer.len};
	curl_easy_getinfo(webhook->curl, CURLINFO_RESPONSE_CODE, &ret_answer->status);
	curl_easy_getinfo(webhook->curl, CURLINFO_RETRY_AFTER, &retry_after_s);
	/* A day is longer than anyone waits here, and fits. */
	ret_answer->retry_after_ms = (retry_after_s > 86400 ? 86400 : retry_after_s) * 1000;
	return 0;
}
