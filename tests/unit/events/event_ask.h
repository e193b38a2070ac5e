/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking whether a pattern and an event, both as text, match: by the plain matcher and by a
 * machine of this one rule, which have to say the same.
 */
#ifndef SLIPWAY_TESTS_UNIT_EVENTS_EVENT_ASK_H
#define SLIPWAY_TESTS_UNIT_EVENTS_EVENT_ASK_H

#include "tests/support/suite.h"

#include "events/machine.h"

static inline struct event_pattern *pattern_of(const char *text)
{
	struct event_pattern *pattern = NULL;
	struct err err = ERR_INIT;

	ck_assert_msg(event_pattern_new(text, strlen(text), &pattern, &err) == 0, "%s: %s", text,
		      err.text);
	return pattern;
}

static inline bool machine_says(const struct event_pattern *pattern, const char *event)
{
	AUTO(event_machine_unrefp) struct event_machine *machine = NULL;
	AUTO(event_match_freep) struct event_match *match = event_match_new();
	struct event_rule rule = {"rule", pattern};
	const char *const *names;
	struct err err = ERR_INIT;
	size_t count;

	ASSERT_OK(event_machine_new(&rule, 1, &machine, &err), &err);
	ck_assert_msg(event_machine_match(machine, match, event, strlen(event), &names, &count,
					  &err) == 0,
		      "%s: %s", event, err.text);
	ck_assert_uint_le(count, 1);
	return count == 1;
}

static inline bool plain_says(const struct event_pattern *pattern, const char *event)
{
	json_t *json = json_loads(event, 0, NULL);
	struct err err = ERR_INIT;
	bool matches = false;

	ck_assert_msg(json != NULL, "%s", event);
	ASSERT_OK(event_pattern_match(pattern, json, &matches, &err), &err);
	json_decref(json);
	return matches;
}

static inline bool matches(const char *text, const char *event)
{
	AUTO(event_pattern_freep) struct event_pattern *pattern = pattern_of(text);
	bool plain = plain_says(pattern, event);

	ck_assert_msg(plain == machine_says(pattern, event),
		      "%s of %s: the plain matcher says %d, the machine does not", text, event,
		      plain);
	return plain;
}

#endif
