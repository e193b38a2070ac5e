/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of a bus, which come and go while events are matched. Any thread may do anything at
 * any time.
 */
#ifndef SLIPWAY_EVENTS_RULE_SET_H
#define SLIPWAY_EVENTS_RULE_SET_H

#include "events/machine.h"

struct event_rule_set;

struct event_rule_set *event_rule_set_new(void);
void event_rule_set_free(struct event_rule_set *set); /* takes NULL; machines live on */
void event_rule_set_freep(struct event_rule_set **set);

/* Put a rule in, in place of one of the same name. Takes @pattern. */
void event_rule_set_put(struct event_rule_set *set, const char *name,
			struct event_pattern *pattern);

/* False: there was no rule of this name. */
bool event_rule_set_remove(struct event_rule_set *set, const char *name);

/* The machine of the rules as they are now, which is built if they have changed. The caller's
 * reference ends with event_machine_unref(). ERR_LIMIT. */
int event_rule_set_machine(struct event_rule_set *set, struct event_machine **ret_machine,
			   struct err *err) MUST_CHECK;

#endif
