/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection for fuzzers of protocols: requests are answered at once, or taken
 * back, and what was asked is summed up, so that two ways of cutting the same
 * bytes can be compared.
 */
#ifndef SLIPWAY_TESTS_FUZZ_PROTOCOL_HOST_H
#define SLIPWAY_TESTS_FUZZ_PROTOCOL_HOST_H

#include <string.h>

#include "core/clock.h"
#include "gateway/protocol.h"

#define FUZZ_ASKED_MAX 128

struct fuzz_host {
	struct protocol_host host;
	struct protocol_limits limits;
	struct body_memory budget;
	struct protocol *protocol;
	struct exchange *asked[FUZZ_ASKED_MAX];
	size_t asked_count;
	uint64_t sum; /* of methods, targets, headers and bodies, in order */
	size_t requests;
	struct buf sent;
};

static inline void fuzz_sum(struct fuzz_host *host, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < len; i++)
		host->sum = (host->sum ^ at[i]) * UINT64_C(1099511628211);
	host->sum = (host->sum ^ 0x100) * UINT64_C(1099511628211);
}

static inline void fuzz_request(void *ctx, struct exchange *exchange)
{
	const struct request *request = &exchange->request;
	struct fuzz_host *host = ctx;

	if (host->asked_count == FUZZ_ASKED_MAX)
		abort(); /* more than the limit on streams allows */
	host->requests++;
	host->asked[host->asked_count++] = exchange;
	fuzz_sum(host, request->method, strlen(request->method));
	fuzz_sum(host, request->path, strlen(request->path));
	fuzz_sum(host, request->query, strlen(request->query));
	for (size_t i = 0; i < request->header_count; i++) {
		fuzz_sum(host, request->headers[i].name, strlen(request->headers[i].name));
		fuzz_sum(host, request->headers[i].value, strlen(request->headers[i].value));
	}
	fuzz_sum(host, request->body, request->body_len);
}

static inline void fuzz_abandoned(void *ctx, struct exchange *exchange)
{
	struct fuzz_host *host = ctx;

	for (size_t i = 0; i < host->asked_count; i++) {
		if (host->asked[i] != exchange)
			continue;
		host->asked[i] = host->asked[--host->asked_count];
		exchange_free(exchange);
		return;
	}
	abort(); /* it was not ours */
}

static inline void fuzz_refused(void *ctx, const char *why)
{
	(void)ctx;
	if (!why)
		abort();
}

static inline void fuzz_host_init(struct fuzz_host *host)
{
	*host = (struct fuzz_host){
		.limits = {.header_ms = 10000,
			   .body_ms = 30000,
			   .rate_bytes_s = 8192,
			   .idle_ms = 60000,
			   .streams = 100},
		.budget = {.max = 1u << 20},
	};
	host->host = (struct protocol_host){
		.ctx = host,
		.budget = &host->budget,
		.limits = &host->limits,
		.peer = "192.0.2.1:1",
		.request = fuzz_request,
		.abandoned = fuzz_abandoned,
		.refused = fuzz_refused,
	};
	buf_init(&host->sent, 64u << 20);
	clock_fake(INT64_C(1440938160000), INT64_C(1000000000000));
}

static inline void fuzz_produce(struct fuzz_host *host)
{
	struct err err;

	if (protocol_produce(host->protocol, &host->sent, host->sent.len + 65536, &err) < 0)
		abort();
}

static inline void fuzz_answer_all(struct fuzz_host *host)
{
	while (host->asked_count > 0) {
		struct exchange *exchange = host->asked[--host->asked_count];
		struct err err;

		exchange->response.status = 200;
		exchange->response.content_type = "text/plain";
		if (buf_append_text(&exchange->response.body, "answer", &err) < 0)
			abort();
		protocol_respond(host->protocol, exchange);
		fuzz_produce(host);
	}
}

/* Feed everything, at most @step bytes at a time, answering after each. */
static inline void fuzz_feed(struct fuzz_host *host, const uint8_t *bytes, size_t len, size_t step)
{
	for (size_t at = 0; at < len;) {
		size_t run = len - at < step ? len - at : step;
		size_t taken = protocol_receive(host->protocol, bytes + at, run);

		if (taken > run)
			abort();
		at += taken;
		fuzz_produce(host);
		if (taken == 0 && host->asked_count == 0)
			abort(); /* it takes nothing and waits for nothing */
		fuzz_answer_all(host);
	}
}

static inline void fuzz_host_done(struct fuzz_host *host)
{
	/* Every deadline passes: whatever it was, it is over. */
	clock_fake(clock_wall_ms() + 3600000, clock_boot_ns() + INT64_C(3600000000000));
	protocol_tick(host->protocol, clock_boot_ms());
	fuzz_produce(host);
	protocol_free(host->protocol);
	while (host->asked_count > 0)
		exchange_free(host->asked[--host->asked_count]);
	if (host->budget.used != 0)
		abort();
	buf_done(&host->sent);
}

#endif
