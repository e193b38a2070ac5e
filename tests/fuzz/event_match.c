/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns, one a line, and an event behind an empty line: the machine of all of them matches or
 * refuses any bytes; and what both take, machine and plain matcher judge alike.
 */
#include <assert.h>
#include <string.h>

#include "events/machine.h"

#define RULES_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t read_rules(const char **text, const char *end, struct event_rule *rules)
{
	static const char *const names[RULES_MAX] = {"0", "1", "2", "3", "4", "5", "6", "7"};
	size_t count = 0;

	while (*text < end && **text != '\n') {
		const char *newline = memchr(*text, '\n', (size_t)(end - *text));
		size_t len = (size_t)((newline ? newline : end) - *text);
		struct event_pattern *pattern;
		struct err err = ERR_INIT;

		if (count < RULES_MAX && event_pattern_new(*text, len, &pattern, &err) == 0) {
			rules[count] = (struct event_rule){names[count], pattern};
			count++;
		}
		*text += len + (newline != NULL);
	}
	*text += *text < end;
	return count;
}

/* Number members of an event may be rounded by the JSON library, and of equal names it keeps
 * one: only events that it writes back as they were can be compared. */
static json_t *same_event(const char *text, size_t len)
{
	json_t *event = json_loadb(text, len, 0, NULL);
	char *again = event ? json_dumps(event, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
	bool same = again && strlen(again) == len && memcmp(again, text, len) == 0;

	free(again);
	if (!same) {
		json_decref(event);
		return NULL;
	}
	return event;
}

static void compare(const struct event_rule *rules, size_t count, const char *text, size_t len,
		    const char *const *names, size_t matched)
{
	json_t *event = same_event(text, len);
	size_t at = 0;

	for (size_t i = 0; event && i < count; i++) {
		bool here = at < matched && strcmp(names[at], rules[i].name) == 0;
		bool plain;
		struct err err = ERR_INIT;

		at += here;
		if (event_pattern_match(rules[i].pattern, event, &plain, &err) == 0)
			assert(plain == here);
	}
	json_decref(event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(event_machine_unrefp) struct event_machine *machine = NULL;
	AUTO(event_match_freep) struct event_match *match = event_match_new();
	struct event_rule rules[RULES_MAX];
	const char *text = (const char *)data;
	const char *end = text + size;
	const char *const *names;
	struct err err = ERR_INIT;
	size_t matched;
	size_t count = read_rules(&text, end, rules);

	assert(event_machine_new(rules, count, &machine, &err) == 0);
	if (event_machine_match(machine, match, text, (size_t)(end - text), &names, &matched,
				&err) == 0)
		compare(rules, count, text, (size_t)(end - text), names, matched);
	else
		assert(err.code == ERR_INVALID || err.code == ERR_LIMIT);
	for (size_t i = 0; i < count; i++)
		event_pattern_free((struct event_pattern *)(uintptr_t)rules[i].pattern);
	return 0;
}
