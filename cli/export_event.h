/* SPDX-License-Identifier: Apache-2.0 */
/* Events of the outbox (budgets) as lines of an export: CloudEvents 1.0, structured JSON. */
#ifndef SLIPWAY_CLI_EXPORT_EVENT_H
#define SLIPWAY_CLI_EXPORT_EVENT_H

#include "core/buf.h"
#include "store/outbox.h"

/* Append the event and a newline. ERR_CORRUPT if its data is no JSON. */
int export_event_write(const struct outbox_event *event, struct buf *out, struct err *err)
	MUST_CHECK;

/* Is it one of this account's? */
bool export_event_is_of(const struct outbox_event *event, const char *account);

#endif
