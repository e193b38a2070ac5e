/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of events to a webhook, until it has taken them. */
#ifndef SLIPWAY_CLI_EXPORT_WEBHOOK_H
#define SLIPWAY_CLI_EXPORT_WEBHOOK_H

#include "billing/usage_shape.h"
#include "cli/client_webhook.h"

#define EXPORT_TRIES_MAX 10 /* some three minutes, if the server does not say how long to wait */

/*
 * Deliver @lines (at most the shape's batch_max, each with a newline). What may get better is tried
 * again: no connection, 408, 429, 5xx; for ever if @patient, else EXPORT_TRIES_MAX times
 * (ERR_UNAVAILABLE). Everything else that is no success is an error at once (ERR_INVALID). On
 * failure none, some or all have arrived.
 */
int export_webhook_deliver(struct client_webhook *webhook, const struct usage_shape *shape,
			   bool patient, const struct buf *lines, struct err *err) MUST_CHECK;

/* How long to wait before try number @tries (1: the first one again): twice as long each time up
 * to a minute, of which a half is by lot (@lot: any number), and not less than the server wants. */
int64_t export_webhook_pause_ms(int tries, int64_t retry_after_ms, uint32_t lot);

#endif
