/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard looks at the address of each socket before it connects, which is after all names were
 * resolved: a name that leads elsewhere the second time leads to the guard again.
 *
 * What a server answers is kept up to ANSWER_MAX, the rest is read and let go; time ends it.
 */
#include "relay/webhook.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "relay/address_guard.h"

#define ANSWER_MAX	 (64u * 1024) /* of a token, or of an error for the log */
#define CONNECTIONS_KEPT 64L
#define KEPT_S		 30L
#define RETRY_AFTER_S	 86400 /* longer than any delivery is tried */

struct webhook {
	const struct webhook_options *options;
	CURLM *multi;
	struct transfer *transfers; /* that are under way */
};

struct transfer {
	struct webhook *webhook;
	struct transfer *next;
	CURL *easy;
	struct curl_slist *headers;
	struct buf answer;
	char detail[CURL_ERROR_SIZE];
	bool forbidden;
	webhook_done_fn *done;
	void *ctx;
};

/* --- life --- */

int webhook_open(const struct webhook_options *options, struct webhook **ret_webhook,
		 struct err *err)
{
	AUTO(freep) struct webhook *webhook = xcalloc(1, sizeof(*webhook));

	webhook->options = options;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		webhook->multi = curl_multi_init();
	if (!webhook->multi)
		return err_set(err, ERR_SYSTEM, "libcurl cannot start");
	(void)curl_multi_setopt(webhook->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT);
	*ret_webhook = STEAL(webhook, NULL);
	return 0;
}

static void transfer_free(struct transfer *transfer)
{
	struct transfer **place = &transfer->webhook->transfers;

	while (*place && *place != transfer)
		place = &(*place)->next;
	if (*place)
		*place = transfer->next;
	if (transfer->easy) {
		(void)curl_multi_remove_handle(transfer->webhook->multi, transfer->easy);
		curl_easy_cleanup(transfer->easy);
	}
	curl_slist_free_all(transfer->headers);
	buf_done(&transfer->answer);
	free(transfer);
}

void webhook_close(struct webhook *webhook)
{
	if (!webhook)
		return;
	while (webhook->transfers)
		transfer_free(webhook->transfers);
	(void)curl_multi_cleanup(webhook->multi);
	curl_global_cleanup();
	free(webhook);
}

/* --- one request --- */

static size_t on_answer(char *bytes, size_t size, size_t count, void *ctx)
{
	struct transfer *transfer = ctx;
	size_t len = size * count;
	size_t room = ANSWER_MAX - transfer->answer.len;
	struct err err = ERR_INIT;

	if (buf_append(&transfer->answer, bytes, len < room ? len : room, &err) < 0)
		return 0;
	return len;
}

static curl_socket_t on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *transfer = ctx;

	(void)purpose;
	if (!transfer->webhook->options->private_addresses && !address_is_public(&address->addr)) {
		transfer->forbidden = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static int add_headers(struct transfer *transfer, const struct webhook_request *request,
		       struct err *err)
{
	for (size_t i = 0; i < request->header_count; i++) {
		const struct webhook_header *header = &request->headers[i];
		/* "NAME;" is how libcurl is told of an empty value. */
		AUTO(freep)
		char *line = header->value[0] ? xasprintf("%s: %s", header->name, header->value)
					      : xasprintf("%s;", header->name);
		struct curl_slist *list = curl_slist_append(transfer->headers, line);

		if (!list)
			return err_set(err, ERR_SYSTEM, "no memory for a request");
		transfer->headers = list;
	}
	return 0;
}

static void set_method(CURL *easy, const struct webhook_request *request)
{
	if (request->body) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
	} else if (strcmp(request->method, "HEAD") == 0) {
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	}
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_options(struct transfer *transfer, const struct webhook_request *request)
{
	const struct webhook_options *options = transfer->webhook->options;
	CURL *easy = transfer->easy;

	curl_easy_setopt(easy, CURLOPT_URL, request->url);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* the environment's, too */
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)WEBHOOK_TIMEOUT_MS);
	curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, KEPT_S);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->detail);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	if (options->ca_file[0])
		curl_easy_setopt(easy, CURLOPT_CAINFO, options->ca_file);
	set_method(easy, request);
}

int webhook_send(struct webhook *webhook, const struct webhook_request *request,
		 webhook_done_fn *done, void *ctx, struct err *err)
{
	struct transfer *transfer = xcalloc(1, sizeof(*transfer));

	transfer->webhook = webhook;
	transfer->done = done;
	transfer->ctx = ctx;
	buf_init_secret(&transfer->answer, ANSWER_MAX);
	transfer->next = webhook->transfers;
	webhook->transfers = transfer;
	transfer->easy = curl_easy_init();
	transfer->headers = curl_slist_append(NULL, "Expect:");
	if (!transfer->easy || !transfer->headers || add_headers(transfer, request, err) < 0) {
		transfer_free(transfer);
		return err_set(err, ERR_SYSTEM, "no memory for a request");
	}
	set_options(transfer, request);
	if (curl_multi_add_handle(webhook->multi, transfer->easy) != CURLM_OK) {
		transfer_free(transfer);
		return err_set(err, ERR_SYSTEM, "libcurl takes no request");
	}
	return 0;
}

/* --- its end --- */

static void finish(struct transfer *transfer, CURLcode code)
{
	struct webhook_answer answer = {.forbidden = transfer->forbidden,
					.body = (const char *)transfer->answer.data,
					.body_len = transfer->answer.len};
	curl_off_t retry_after_s = 0;
	long status = 0;

	if (code == CURLE_OK) {
		curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
		answer.status = (int)status;
	} else {
		answer.error = transfer->detail[0] ? transfer->detail : curl_easy_strerror(code);
	}
	if (transfer->forbidden)
		answer.error =
			"its address is not a public one, which webhook_private_addresses allows";
	answer.retry_after_ms =
		(retry_after_s > RETRY_AFTER_S ? RETRY_AFTER_S : retry_after_s) * INT64_C(1000);
	transfer->done(transfer->ctx, &answer);
}

/* Returns whether any has ended. */
static bool finish_all(struct webhook *webhook)
{
	CURLMsg *message;
	bool any = false;
	int left;

	while ((message = curl_multi_info_read(webhook->multi, &left))) {
		CURLcode code = message->data.result;
		char *transfer = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
		finish((struct transfer *)(void *)transfer, code);
		transfer_free((struct transfer *)(void *)transfer);
		any = true;
	}
	return any;
}

int webhook_wait(struct webhook *webhook, int ms, struct err *err)
{
	int running;

	/* What was sent goes out before anybody waits, and nobody waits beside what has ended. */
	if (curl_multi_perform(webhook->multi, &running) != CURLM_OK)
		return err_set(err, ERR_SYSTEM, "libcurl cannot go on");
	if (finish_all(webhook))
		return 0;
	if (curl_multi_poll(webhook->multi, NULL, 0, ms, NULL) != CURLM_OK ||
	    curl_multi_perform(webhook->multi, &running) != CURLM_OK)
		return err_set(err, ERR_SYSTEM, "libcurl cannot wait");
	(void)finish_all(webhook);
	return 0;
}

void webhook_wake(struct webhook *webhook)
{
	(void)curl_multi_wakeup(webhook->multi);
}

enum webhook_verdict webhook_judge(const struct webhook_answer *answer)
{
	static const int again[] = {401, 407, 408, 409, 429};

	if (answer->status >= 200 && answer->status < 300)
		return WEBHOOK_ARRIVED;
	if (answer->forbidden)
		return WEBHOOK_DEAD;
	if (answer->status == 0 || answer->status >= 500)
		return WEBHOOK_AGAIN;
	for (size_t i = 0; i < ARRAY_LEN(again); i++) {
		if (answer->status == again[i])
			return WEBHOOK_AGAIN;
	}
	return WEBHOOK_DEAD;
}
