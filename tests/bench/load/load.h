/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A load client for the benches of the gateway: many HTTP/2 connections over TLS, each with
 * some streams open at all times, each request different from all others and signed. h2load
 * cannot do that: it repeats a few requests, and a repeated RunTask is a retry.
 */
#ifndef SLIPWAY_TESTS_BENCH_LOAD_LOAD_H
#define SLIPWAY_TESTS_BENCH_LOAD_LOAD_H

#include "core/buf.h"
#include "core/digest.h"

struct load_options {
	const char *host, *port;
	const char *target;  /* X-Amz-Target */
	const char *body;    /* "{id}" in it becomes 32 hex digits */
	const char *service; /* that signatures are for */
	const char *key_id, *secret, *region;
	unsigned connections, streams, threads;
	unsigned seconds;   /* that are measured */
	unsigned warm_ms;   /* before them */
	unsigned rate;	    /* requests a second, of all threads; 0: as many as are answered */
	unsigned requests;  /* that are signed in advance; when they are used up all ends */
	unsigned first;	    /* number of the first request: its id depends on it */
	unsigned ids;	    /* how many different ids; 0: each request has its own */
	unsigned may_break; /* 1: the server is killed meanwhile, what was answered counts */
};

/* --- requests ---------------------------------------------------------------------- */

#define REQUEST_BODY_SIZE  512
#define AUTHORIZATION_SIZE 512

/* All requests of a run: what differs between them is the id and the signature. */
struct requests;
struct requests *requests_new(const struct load_options *options);
void requests_free(struct requests *requests);

/* One request as it is sent. */
struct request_text {
	char authorization[AUTHORIZATION_SIZE];
	char body[REQUEST_BODY_SIZE];
	size_t body_len;
};
/* The next one that nobody has taken, from any thread; false: all are used up. */
bool requests_next(struct requests *requests, struct request_text *ret_text);
const char *requests_authority(const struct requests *requests);
const char *requests_date(const struct requests *requests);

/* --- what is counted ------------------------------------------------------------------ */

#define LATENCY_STEPS	4096
#define LATENCY_STEP_US 50 /* up to 0.2 s; what is beyond counts as the last step */

struct tally {
	uint64_t ok, failed, bytes;
	uint64_t latency[LATENCY_STEPS];
	char first_failure[512]; /* status and the beginning of the answer */
};

/* --- connections ---------------------------------------------------------------------- */

/* One thread's connections, driven until the time is over. */
struct sessions {
	const struct load_options *options;
	struct requests *requests;
	unsigned connections;
	int64_t measure_from_ns, measure_until_ns; /* boot-time clock */
	int64_t due_ns, step_ns; /* with a rate: when the next is to be sent, and the one after */
	struct tally tally;	 /* of answers between these two; bytes: of all */
	unsigned turn;		 /* of connections, with a rate */
	unsigned open;		 /* requests that wait for their answer */
	uint64_t answered_ok;	 /* of all, before and after as well */
	int64_t last_ns;	 /* of the last answer that was counted */
	double cpu_s;		 /* of this thread */
};
int sessions_run(struct sessions *sessions, struct err *err) MUST_CHECK;

#endif
