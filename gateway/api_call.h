/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call between its handler and its answer. Private to api*.c.
 */
#ifndef SLIPWAY_GATEWAY_API_CALL_H
#define SLIPWAY_GATEWAY_API_CALL_H

#include "gateway/api_table.h"
#include "gateway/events/intake.h"

/* What a request asks for, before anybody has looked at who asks. */
struct route {
	const struct service *service; /* NULL: none that we have */
	const char *operation;
	const struct operation *rest; /* of a REST service, if it has one for this method */
	const char *text;	      /* of the input: JSON, or a form */
	size_t len;
};

/* What became of the writes of a call. */
enum api_outcome {
	API_UNWRITTEN, /* nobody has run them: nothing is promised */
	API_DURABLE,   /* committed: the answer that was made holds */
	API_FAILED,    /* rolled back: the error in the call is the answer */
	API_OUTDATED,  /* rolled back: the store has changed since the handler looked */
};

struct api_call {
	struct call call;
	struct route route;
	struct response *response;
	enum api_outcome outcome;
	struct event_held held; /* of posted events */
	int64_t retry_ms;	/* of what is refused for now: when it may come again; 0: soon */
	/* Make the answer what the call's error says. */
	void (*answer_error)(struct api_call *failed);
};

/* In the request's arena; NULL at its maximum. */
struct api_call *api_call_new(const struct api_worker *worker, const struct request *request,
			      struct response *response);
/* It is answered. */
void api_call_done(struct api_call *done);

#endif
