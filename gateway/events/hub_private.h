/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of what the hub keeps.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_HUB_PRIVATE_H
#define SLIPWAY_GATEWAY_EVENTS_HUB_PRIVATE_H

#include "gateway/events/hub.h"

/* From now on machines of @bytes_max together are kept; returns of how many buses there are some.
 */
size_t event_hub_buses(struct event_hub *hub, size_t bytes_max);

#endif
