/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gateway's doorbell: other programs ring it when they have put events into the inbox.
 */
#ifndef SLIPWAY_GATEWAY_EVENT_BELL_H
#define SLIPWAY_GATEWAY_EVENT_BELL_H

#include "core/loop.h"
#include "gateway/events/hub.h"

struct event_bell;

/* At @path, in place of what an earlier life left there. Borrows loop and hub. */
int event_bell_open(struct loop *loop, const char *path, struct event_hub *hub,
		    struct event_bell **ret_bell, struct err *err) MUST_CHECK;
void event_bell_free(struct event_bell *bell); /* takes NULL; before the loop */

#endif
