/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a delivery is read. Private to the modules of store/ that read or move deliveries.
 */
#ifndef SLIPWAY_STORE_EVENT_QUEUE_PRIVATE_H
#define SLIPWAY_STORE_EVENT_QUEUE_PRIVATE_H

#include "store/event_queue.h"
#include "store/record.h"

/* When a delivery is due that waits for the one before it: never. */
#define EVENT_DELIVERY_HELD_MS INT64_C(9000000000000000)

#define EVENT_DELIVERY_SELECT                                                                      \
	"SELECT d.number, d.event, d.rule, d.target, d.attempts, e.account, e.bus,"                \
	" e.id, e.received_ms, e.body, e.depth, d.since_ms, d.told, d.order_key"                   \
	" FROM event_delivery d JOIN event_accepted e ON e.number = d.event"

void event_delivery_read(struct record_row *row, void *ret_item);

#endif
