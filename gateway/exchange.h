/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An exchange: a request that is being received, then answered, then sent back.
 * It is what protocol code, the connection and the worker hand to each other, and
 * always exactly one of them owns it:
 *
 *     protocol (receiving) -> connection (waiting, working) -> protocol (sending)
 *
 * Everything in it ends with exchange_free().
 */
#ifndef SLIPWAY_GATEWAY_EXCHANGE_H
#define SLIPWAY_GATEWAY_EXCHANGE_H

#include "gateway/request.h"

/* An answer may be this long: a page of log events, 1 MiB, each byte escaped to six, and room. */
#define RESPONSE_BODY_MAX (16u * 1024 * 1024)

/* Bytes that all requests of the process hold together; shared by the loop thread only. */
struct body_memory {
	size_t used, max;
};

struct exchange {
	struct request request;
	struct response response;
	struct buf body;     /* of the request */
	size_t header_bytes; /* names, values and the target, against REQUEST_HEADER_BYTES_MAX */
	struct body_memory *budget; /* what the body is charged to */
	int64_t started_ms;	    /* boot-time clock: the first byte of the request */
	int64_t phase_ms;	    /* boot-time clock: receiving the body, or sending, began */
	size_t sent;		    /* bytes of the answer's body that were handed out */
	bool failed;		    /* the protocol refused it: the answer is filled in */
	bool complete;		    /* its last byte has arrived */
	bool with_host;		    /* the connection owns it */
	bool answered;		    /* HTTP/2: the answer was given to nghttp2 */
	size_t thrown_away;	    /* HTTP/2: bytes that came after a refusal */
	int32_t stream;		    /* HTTP/2 */
	struct exchange *next;	    /* in the owner's list */
};

/* @peer is copied. */
struct exchange *exchange_new(struct body_memory *budget, int http_major, const char *peer);
void exchange_free(struct exchange *exchange); /* takes NULL */
void exchange_freep(struct exchange **exchange);

/*
 * Fill in what was received. Each returns 0, or -1 after exchange_fail() when the
 * bytes break a rule or a limit; what follows then may be thrown away.
 */
int exchange_set_method(struct exchange *exchange, const char *text, size_t len) MUST_CHECK;
/* @text: "/path?query", as sent. */
int exchange_set_target(struct exchange *exchange, const char *text, size_t len) MUST_CHECK;
/* @name is lowered. */
int exchange_add_header(struct exchange *exchange, const char *name, size_t name_len,
			const char *value, size_t value_len) MUST_CHECK;
int exchange_add_body(struct exchange *exchange, const uint8_t *bytes, size_t len) MUST_CHECK;
/* The last byte is there: request.body is valid from here. */
void exchange_complete(struct exchange *exchange);

/* A host name or address and an optional port; no space, no "user@", no path. */
bool exchange_host_is_valid(const char *host);

/* The names of errors that the protocols themselves answer. */
#define ERROR_BAD_REQUEST     "BadRequestException"
#define ERROR_TIMEOUT	      "RequestTimeoutException"
#define ERROR_TOO_LARGE	      "RequestEntityTooLargeException"
#define ERROR_URI_TOO_LONG    "RequestUriTooLongException"
#define ERROR_HEADERS_TOO_BIG "RequestHeaderFieldsTooLargeException"
#define ERROR_EXPECTATION     "ExpectationFailedException"
#define ERROR_THROTTLED	      "ThrottlingException"

/* Make the answer an error of the API: {"__type": ..., "message": ...}. @type is a literal. */
void exchange_fail(struct exchange *exchange, int status, const char *type, const char *message);
/* Too much is going on: what the SDKs take as "wait a little and try again"; 429 for posted
 * events. */
void exchange_throttle(struct exchange *exchange);
/* The same on a bare response, for pages that have no exchange at hand. */
void response_fail(struct response *response, int status, const char *type, const char *message);

#define EXCHANGE_HEADERS_MAX 16

/* The headers of an answer, lower case, in order; texts are borrowed from here. */
struct exchange_headers {
	struct header list[EXCHANGE_HEADERS_MAX];
	size_t count;
	char date[32], length[24];
};
void exchange_answer_headers(const struct exchange *exchange, struct exchange_headers *ret_headers);
/* HEAD gets the headers only. */
bool exchange_answer_has_body(const struct exchange *exchange);

#endif
