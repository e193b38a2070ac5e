/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who posts an event: a caller of the API, or a webhook.
 */
#ifndef SLIPWAY_GATEWAY_API_EVENT_SENDER_H
#define SLIPWAY_GATEWAY_API_EVENT_SENDER_H

#include "events/webhook_event.h"
#include "gateway/api.h"

/* What a path says: /events/BUS or /events/BUS/WEBHOOK. */
struct event_address {
	const char *bus;
	const char *webhook; /* its id; NULL: none is named */
};

struct event_sender {
	bool is_webhook;
	struct webhook_origin origin; /* of a webhook; texts are the arena's */
};

/* What is signed of the call's request, for webhooks. */
struct webhook_message api_event_message(struct call *call);

/*
 * Fill in call->caller, in a transaction of call->state. A webhook is named by the address or by
 * its token ("ID.RANDOM"); everybody else signs as for the API. -1: call->error says why, with the
 * status 401 and nothing else for all that is wrong with a webhook, be it that there is none, or
 * 403, or 500.
 */
int api_event_find_sender(struct call *call, const struct event_address *address,
			  struct signing_keys *signing, struct event_sender *ret_sender) MUST_CHECK;

#endif
