/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules with schedules: when they fall due, and what happens then.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_RULE_SCHEDULE_H
#define SLIPWAY_GATEWAY_EVENTS_RULE_SCHEDULE_H

#include "gateway/events/due.h"
#include "store/event_rule.h"

/* When @rule falls due next behind @after_ms; 0: never, or it has no schedule or is disabled.
 * ERR_INVALID with the API's text for an expression that is none. */
int event_rule_next(const struct event_rule_record *rule, int64_t after_ms, int64_t *ret_due_ms,
		    struct err *err) MUST_CHECK;

/*
 * Make the events of all rules that are due at @now_ms, a few at most, in one transaction with
 * the time when each falls due again. What fell due more than once since (nobody was there)
 * makes one event, of the latest time, or none (due.h).
 */
int event_rules_fire(const struct api_options *options, struct db *state, int64_t now_ms,
		     struct due_round *ret_round, struct err *err) MUST_CHECK;

#endif
