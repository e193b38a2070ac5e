/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random patterns and events over few names and values, so that they meet often: the same
 * numbers for the same seed.
 */
#ifndef SLIPWAY_TESTS_UNIT_EVENTS_EVENT_RANDOM_H
#define SLIPWAY_TESTS_UNIT_EVENTS_EVENT_RANDOM_H

#include <stdarg.h>
#include <stdio.h>

#include "core/common.h"

struct dice {
	uint64_t state;
	char text[16384]; /* what is written */
	size_t len;
};

static inline unsigned int roll(struct dice *dice, unsigned int sides)
{
	dice->state = dice->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned int)(dice->state >> 33) % sides;
}

#define PICK(dice, list) ((list)[roll(dice, ARRAY_LEN(list))])

static inline void put(struct dice *dice, const char *text)
{
	dice->len += (size_t)snprintf(dice->text + dice->len, sizeof(dice->text) - dice->len, "%s",
				      text);
}

static inline const char *dice_name(struct dice *dice)
{
	static const char *const names[] = {"a", "b", "c", "a", "b", "a.b", "a-b", "b.c"};

	return PICK(dice, names);
}

static inline const char *dice_string(struct dice *dice)
{
	static const char *const strings[] = {
		"\"\"",
		"\"x\"",
		"\"xy\"",
		"\"xyz\"",
		"\"Xyz\"",
		"\"yz\"",
		"\"\\u00c9z\"",
		"\"\\u00e9Z\"",
		"\"a*b\"",
		"\"10.0.0.1\"",
		"\"10.0.0.200\"",
		"\"::ffff:10.0.0.1\"",
		"\"2001:db8::1\"",
		"\"true\"",
		"\"1\"",
		"\"x\\\\y\\n\"",
	};

	return PICK(dice, strings);
}

static inline const char *dice_number(struct dice *dice)
{
	static const char *const numbers[] = {"0",   "1",     "-1",  "1.5",  "2",
					      "2.0", "20e-1", "1e1", "-0.5", "4999999999"};

	return PICK(dice, numbers);
}

static inline void dice_scalar(struct dice *dice)
{
	static const char *const words[] = {"true", "false", "null"};
	unsigned int kind = roll(dice, 6);

	put(dice, kind < 3 ? dice_string(dice) : kind < 5 ? dice_number(dice) : PICK(dice, words));
}

static inline void dice_event_value(struct dice *dice, unsigned int depth);

static inline void dice_event_object(struct dice *dice, unsigned int depth)
{
	static const char *const names[] = {"a", "b", "c", "a.b", "a-b", "b.c"};
	const char *comma = "";

	put(dice, "{");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (roll(dice, 3) == 0)
			continue;
		put(dice, comma);
		put(dice, "\"");
		put(dice, names[i]);
		put(dice, "\": ");
		dice_event_value(dice, depth);
		comma = " ,";
	}
	put(dice, "}");
}

static inline void dice_event_value(struct dice *dice, unsigned int depth)
{
	unsigned int kind = roll(dice, depth < 3 ? 5 : 2);

	if (kind < 2) {
		dice_scalar(dice);
	} else if (kind == 2) {
		dice_event_object(dice, depth + 1);
	} else {
		unsigned int count = roll(dice, 4);

		put(dice, "[");
		for (unsigned int i = 0; i < count; i++) {
			put(dice, i ? "," : "");
			dice_event_value(dice, depth + 1);
		}
		put(dice, "]");
	}
}

/* A fresh event as text, until the dice are used again. */
static inline const char *dice_event(struct dice *dice)
{
	dice->len = 0;
	dice_event_object(dice, 0);
	return dice->text;
}

static inline void dice_wildcard(struct dice *dice)
{
	static const char *const wildcards[] = {"\"*\"",   "\"x*\"",	  "\"*z\"",	"\"*y*\"",
						"\"x*z\"", "\"a\\\\**\"", "\"10.*.1\"", "\"\""};

	put(dice, PICK(dice, wildcards));
}

static inline void dice_but(struct dice *dice)
{
	static const char *const operators[] = {"prefix", "suffix", "equals-ignore-case"};
	static const char *const values[] = {"\"x\"", "\"yz\"", "\"XY\"", "[\"x\",\"10\"]"};
	unsigned int kind = roll(dice, 5);

	put(dice, "{\"anything-but\":");
	if (kind == 0) {
		put(dice, dice_string(dice));
	} else if (kind == 1) {
		put(dice, "[");
		put(dice, dice_number(dice));
		put(dice, ",");
		put(dice, dice_number(dice));
		put(dice, "]");
	} else if (kind == 2) {
		put(dice, "{\"wildcard\":");
		dice_wildcard(dice);
		put(dice, "}");
	} else {
		put(dice, "{\"");
		put(dice, PICK(dice, operators));
		put(dice, "\":");
		put(dice, PICK(dice, values));
		put(dice, "}");
	}
	put(dice, "}");
}

static inline void dice_text_operator(struct dice *dice)
{
	static const char *const operators[] = {
		"{\"prefix\":", "{\"suffix\":", "{\"equals-ignore-case\":",
		"{\"prefix\":{\"equals-ignore-case\":", "{\"suffix\":{\"equals-ignore-case\":"};
	unsigned int kind = roll(dice, ARRAY_LEN(operators));

	put(dice, operators[kind]);
	put(dice, dice_string(dice));
	put(dice, kind < 3 ? "}" : "}}");
}

static inline void dice_test(struct dice *dice)
{
	static const char *const fixed[] = {
		"{\"exists\":true}",
		"{\"exists\":false}",
		"{\"cidr\":\"10.0.0.0/25\"}",
		"{\"cidr\":\"2001:db8::/32\"}",
		"{\"numeric\":[\">\",0,\"<=\",2]}",
		"{\"numeric\":[\"<\",1.5]}",
		"{\"numeric\":[\">=\",-0.5]}",
		"{\"numeric\":[\"=\",2]}",
	};
	unsigned int kind = roll(dice, 8);

	if (kind < 3) {
		dice_scalar(dice);
	} else if (kind == 3) {
		put(dice, PICK(dice, fixed));
	} else if (kind == 4) {
		dice_but(dice);
	} else if (kind == 5) {
		put(dice, "{\"wildcard\":");
		dice_wildcard(dice);
		put(dice, "}");
	} else {
		dice_text_operator(dice);
	}
}

static inline void dice_fields(struct dice *dice, unsigned int depth)
{
	unsigned int count = 1 + roll(dice, 3);

	put(dice, "{");
	for (unsigned int i = 0; i < count; i++) {
		put(dice, i ? ",\"" : "\"");
		put(dice, dice_name(dice));
		put(dice, "\":");
		if (depth < 2 && roll(dice, 2) == 0) {
			dice_fields(dice, depth + 1);
			continue;
		}
		put(dice, "[");
		for (unsigned int j = roll(dice, 3) + 1; j > 0; j--) {
			dice_test(dice);
			put(dice, j > 1 ? "," : "");
		}
		put(dice, "]");
	}
	if (depth == 0 && roll(dice, 4) == 0) {
		put(dice, ",\"$or\":[");
		dice_fields(dice, 1);
		put(dice, ",");
		dice_fields(dice, 1);
		put(dice, "]");
	}
	put(dice, "}");
}

static inline const char *dice_pattern(struct dice *dice)
{
	dice->len = 0;
	dice_fields(dice, 0);
	return dice->text;
}

#endif
