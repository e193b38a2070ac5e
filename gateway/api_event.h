/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events over plain HTTP: CloudEvents and webhooks, POSTed to /events/BUS.
 */
#ifndef SLIPWAY_GATEWAY_API_EVENT_H
#define SLIPWAY_GATEWAY_API_EVENT_H

#include "gateway/api.h"

struct api_call;

/* Whether it asks for that. */
bool api_event_is(const struct request *request);
/* Go on with such a request as api_begin() does with others. */
struct api_call *api_event_begin(const struct api_worker *worker, struct api_call *pending);

#endif
