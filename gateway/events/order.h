/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Order by key. A rule with the tag `slipway:orderBy`, names with dots between them
 * ("detail.customer"), delivers events that have the same value there one after the other, to each
 * of its targets: in the order in which they were accepted, and the next when the one before it has
 * been launched, written or has become a dead letter. Events without a value there, and those sent
 * again by hand, have no order. What a task does after its launch is not waited for.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_ORDER_H
#define SLIPWAY_GATEWAY_EVENTS_ORDER_H

#include "gateway/api.h"
#include "store/event_queue.h"
#include "store/event_rule.h"
#include "store/tag.h"

/* The keys of @event for each of @rules, "" where a rule has no order or the event no value; NULL:
 * none has. In the arena. */
int event_order_keys(struct db *db, const struct event_accepted *event, const char *const *rules,
		     size_t count, struct arena *arena, const char *const **ret_keys,
		     struct err *err) MUST_CHECK;

/* The tag among @list (of struct tag) is a path, and a rule's; fails as the API does. */
int event_order_check(struct call *call, const struct shape_list *list, bool of_rule) MUST_CHECK;

#endif
