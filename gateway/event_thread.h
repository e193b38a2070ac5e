/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that makes the events of schedules and delivers all events: it waits until something
 * is due or somebody rings (gateway/events/hub.h).
 */
#ifndef SLIPWAY_GATEWAY_EVENT_THREAD_H
#define SLIPWAY_GATEWAY_EVENT_THREAD_H

#include "gateway/events/delivery.h"

struct event_thread;

/* @deliverer's state and logs are the thread's own from here on; all is borrowed until the thread
 * is freed, but @deliverer itself. */
int event_thread_new(const struct event_deliverer *deliverer, struct event_thread **ret_thread,
		     struct err *err) MUST_CHECK;
/* Stops it and waits for it; what it is at is finished. Takes NULL. */
void event_thread_free(struct event_thread *thread);

#endif
