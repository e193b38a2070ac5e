/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event bus as answers show it.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_BUS_JSON_H
#define SLIPWAY_GATEWAY_EVENTS_BUS_JSON_H

#include "gateway/events/bus_name.h"

json_t *event_bus_json(const struct call *call, const struct event_bus *bus);

#endif
