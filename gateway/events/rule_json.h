/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules as answers show them, and what the operations on one rule share.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_RULE_JSON_H
#define SLIPWAY_GATEWAY_EVENTS_RULE_JSON_H

#include "gateway/events/bus_name.h"

struct event_rule_input {
	const char *name, *bus;
};
extern const struct shape event_rule_input_shape;

json_t *event_rule_json(const struct call *call, const struct event_rule_record *rule);

/* The write of EnableRule and DisableRule. */
enum call_written event_rule_switch(struct call *call, const struct event_rule_input *input,
				    bool enabled);

#endif
