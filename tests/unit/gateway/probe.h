/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection without a socket: it feeds a protocol, keeps what it asks, answers
 * when it is told to, and collects what it sends.
 */
#ifndef SLIPWAY_TESTS_UNIT_GATEWAY_PROBE_H
#define SLIPWAY_TESTS_UNIT_GATEWAY_PROBE_H

#include "core/clock.h"
#include "gateway/protocol.h"
#include "tests/support/suite.h"

#define PROBE_ASKED_MAX 256

struct probe {
	struct protocol_host host;
	struct protocol_limits limits;
	struct body_memory budget;
	struct protocol *protocol;
	struct exchange *asked[PROBE_ASKED_MAX]; /* in order of arrival; NULL: answered or gone */
	size_t asked_count;
	unsigned abandoned, refused;
	const char *why; /* of the last refusal */
	struct buf sent;
};

static inline void probe_request(void *ctx, struct exchange *exchange)
{
	struct probe *probe = ctx;

	ck_assert_uint_lt(probe->asked_count, PROBE_ASKED_MAX);
	probe->asked[probe->asked_count++] = exchange;
}

static inline void probe_abandoned(void *ctx, struct exchange *exchange)
{
	struct probe *probe = ctx;

	probe->abandoned++;
	for (size_t i = 0; i < probe->asked_count; i++) {
		if (probe->asked[i] == exchange)
			probe->asked[i] = NULL;
	}
	exchange_free(exchange);
}

static inline void probe_refused(void *ctx, const char *why)
{
	struct probe *probe = ctx;

	probe->refused++;
	probe->why = why;
}

/* Fill in everything but the protocol. */
static inline void probe_init(struct probe *probe)
{
	*probe = (struct probe){
		.limits = {.header_ms = 10000,
			   .body_ms = 30000,
			   .rate_bytes_s = 8192,
			   .idle_ms = 60000,
			   .streams = 100},
		.budget = {.max = 64u << 20},
	};
	probe->host = (struct protocol_host){
		.ctx = probe,
		.budget = &probe->budget,
		.limits = &probe->limits,
		.peer = "192.0.2.1:40000",
		.request = probe_request,
		.abandoned = probe_abandoned,
		.refused = probe_refused,
	};
	buf_init(&probe->sent, 64u << 20);
	clock_fake(INT64_C(1440938160000), INT64_C(1000000000000));
}

static inline void probe_done(struct probe *probe)
{
	protocol_free(probe->protocol);
	for (size_t i = 0; i < probe->asked_count; i++)
		exchange_free(probe->asked[i]);
	buf_done(&probe->sent);
	ck_assert_uint_eq(probe->budget.used, 0);
	clock_real();
}

/* Time passes, and the protocol is told. */
static inline void probe_wait(struct probe *probe, int64_t ms)
{
	clock_fake(clock_wall_ms() + ms, clock_boot_ns() + ms * 1000000);
	protocol_tick(probe->protocol, clock_boot_ms());
}

/* Collect what the protocol has to send. */
static inline void probe_drain(struct probe *probe)
{
	struct err err = ERR_INIT;

	for (;;) {
		size_t before = probe->sent.len;

		ASSERT_OK(protocol_produce(probe->protocol, &probe->sent, probe->sent.len + 65536,
					   &err),
			  &err);
		if (probe->sent.len == before)
			return;
	}
}

static inline const char *probe_text(struct probe *probe)
{
	return buf_text(&probe->sent);
}

/* Answer request @index with @text; it must be waiting. */
static inline void probe_answer(struct probe *probe, size_t index, const char *text)
{
	struct exchange *exchange = probe->asked[index];
	struct err err = ERR_INIT;

	ck_assert_ptr_nonnull(exchange);
	probe->asked[index] = NULL;
	exchange->response.status = 200;
	exchange->response.content_type = "text/plain";
	ASSERT_OK(buf_append_text(&exchange->response.body, text, &err), &err);
	protocol_respond(probe->protocol, exchange);
	probe_drain(probe);
}

#endif
