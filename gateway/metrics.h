/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gateway counts about itself, in Prometheus' text form. Counters are
 * atomic: the loop counts, workers print.
 */
#ifndef SLIPWAY_GATEWAY_METRICS_H
#define SLIPWAY_GATEWAY_METRICS_H

#include "core/buf.h"

#define METRICS(X) /* X(name, kind, help) */                                                       \
	X(connections_accepted_total, counter, "connections that were accepted")                   \
	X(connections_refused_total, counter, "connections closed at a limit")                     \
	X(connections_open, gauge, "connections that are open")                                    \
	X(handshakes_failed_total, counter, "TLS handshakes that failed or took too long")         \
	X(requests_http1_total, counter, "requests over HTTP/1.1")                                 \
	X(requests_http2_total, counter, "requests over HTTP/2")                                   \
	X(responses_2xx_total, counter, "answers that are a success")                              \
	X(responses_4xx_total, counter, "answers that name a fault of the client")                 \
	X(responses_5xx_total, counter, "answers that name a fault of ours")                       \
	X(requests_in_work, gauge, "requests that workers have, or that wait for one or a write")  \
	X(request_microseconds_total, counter, "time from a whole request to its answer, summed")  \
	X(requests_throttled_total, counter, "requests refused because too much was waiting")      \
	X(refused_total, counter, "requests and floods refused by the protocols")                  \
	X(connections_stalled_total, counter, "connections ended because the peer did not read")   \
	X(certificate_reloads_total, counter, "times that certificate and key were read again")    \
	X(schedules_fired_total, counter, "times of schedules that started something")             \
	X(schedules_missed_total, counter,                                                         \
	  "times of schedules that were left out, as nobody was there")                            \
	X(events_throttled_total, counter,                                                         \
	  "requests with events that were too many of their sender, or too large together")        \
	X(webhooks_refused_total, counter, "events for webhooks that were not signed with a secret")
#define METRICS_AS_ENUM(name, kind, help) METRIC_##name,
enum metric { METRICS(METRICS_AS_ENUM) METRIC_COUNT };

void metric_add(enum metric metric, int64_t value);
int64_t metric_get(enum metric metric);

/* All of them, and what the process itself takes. */
int metrics_print(struct buf *out, struct err *err) MUST_CHECK;

#endif
