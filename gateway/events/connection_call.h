/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections and API destinations in requests and answers. Failures are answered in the API's
 * words.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_CONNECTION_CALL_H
#define SLIPWAY_GATEWAY_EVENTS_CONNECTION_CALL_H

#include "events/connection.h"
#include "gateway/events/bus_name.h"
#include "store/event_api_destination.h"
#include "store/event_connection.h"

#define EVENT_CONNECTIONS_MAX  3000 /* of an account; the API's quotas */
#define EVENT_DESTINATIONS_MAX 3000
#define EVENT_ENDPOINT_MAX     2048
#define EVENT_RATE_DEFAULT     300

/* HttpMethod of API destinations, with a NULL at the end. */
extern const char *const event_destination_methods[];

/* Check parameters for @kind, and make what of them is kept and what is shown. */
struct event_connection_parameters {
	const char *kept, *shown; /* JSON, the arena's */
};
int event_connection_parameters(struct call *call, enum connection_kind kind,
				const json_t *parameters, struct event_connection_parameters *ret)
	MUST_CHECK;
/* The state of one whose parameters are new. */
const char *event_connection_state(enum connection_kind kind);

struct event_arn event_connection_arn(const struct call *call, const char *name, const char *uuid);
struct event_arn event_destination_arn(const struct call *call, const char *name, const char *uuid);

int event_connection_missing(struct call *call, const char *name);
/* Without its parameters. */
int event_connection_require(struct call *call, const char *name,
			     struct event_connection *ret_connection) MUST_CHECK;
/* Of a ConnectionArn. */
int event_connection_of_arn(struct call *call, const char *arn,
			    struct event_connection *ret_connection) MUST_CHECK;
int event_destination_require(struct call *call, const char *name,
			      struct event_api_destination *ret_destination) MUST_CHECK;
/* Whether there is one of this ARN, of @account in @region: ERR_NOT_FOUND. */
int event_destination_of_name(struct db *db, const char *account, const char *name_and_uuid,
			      struct arena *arena, struct event_api_destination *ret_destination,
			      struct err *err) MUST_CHECK;
int event_endpoint_check(struct call *call, const char *member, const char *url) MUST_CHECK;

/* ConnectionArn, state and times: what writes answer. */
json_t *event_connection_json(const struct call *call, const struct event_connection *connection);
/* What lists show of a destination. */
json_t *event_destination_json(const struct call *call,
			       const struct event_api_destination *destination);
/* ApiDestinationArn, state and times: what writes answer. */
json_t *event_destination_answer(const struct call *call,
				 const struct event_api_destination *destination);

#endif
