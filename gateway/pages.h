/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two pages that ask for no signature: GET /healthz and GET /metrics.
 */
#ifndef SLIPWAY_GATEWAY_PAGES_H
#define SLIPWAY_GATEWAY_PAGES_H

#include "gateway/request.h"
#include "store/db.h"

enum pages_metrics { PAGES_METRICS_OFF, PAGES_METRICS_LOOPBACK, PAGES_METRICS_ALL };

struct pages_options {
	enum pages_metrics metrics;
	const char *status_file;  /* the provisioner's heartbeat */
	const char *metrics_file; /* what it counts */
};

/* false: it is another path, @response is untouched. @state: the worker's
 * connection. Called on workers; blocks on the store. */
bool pages_answer(const struct pages_options *options, struct db *state,
		  const struct request *request, struct response *response);

#endif
