/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and ARNs of event buses and rules, as requests write them, and finding what they mean.
 * Failures are answered in the API's words.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_BUS_NAME_H
#define SLIPWAY_GATEWAY_EVENTS_BUS_NAME_H

#include "gateway/api.h"
#include "store/event_rule.h"

#define EVENT_NAME_MAX		64 /* of rules and targets; the API's, all of these */
#define EVENT_BUS_NAME_MAX	256
#define EVENT_BUS_GIVEN_MAX	1600 /* a name or an ARN */
#define EVENT_DESCRIPTION_MAX	512
#define EVENT_PATTERN_GIVEN_MAX 4096

#define EVENT_NAME_CHARACTERS "[\\.\\-_A-Za-z0-9]+"
bool event_name_ok(const char *name); /* has those characters, and no others */

/* The member @name of @given, which is to be a rule's or a target's name of 1 to 64 characters. */
int event_name_check(struct call *call, const char *member, const char *given) MUST_CHECK;

int event_name_check_max(struct call *call, const char *member, const char *given, size_t max)
	MUST_CHECK;
int event_pattern_check(struct call *call, const char *text) MUST_CHECK;
/* The same; the caller frees the pattern. */
struct event_pattern;
int event_pattern_read(struct call *call, const char *text, struct event_pattern **ret_pattern)
	MUST_CHECK;

/* The bus that @given means, a name or an ARN of the caller's; NULL: the default one.
 * Nothing is looked up. */
int event_bus_name(struct call *call, const char *given, const char **ret_name) MUST_CHECK;
/* And it exists. */
int event_bus_require(struct call *call, const char *given, struct event_bus *ret_bus) MUST_CHECK;
/* The name of a bus of the caller's, of the member @member that is to be its ARN. */
int event_bus_of_arn(struct call *call, const char *member, const char *arn, const char **ret_name)
	MUST_CHECK;
int event_bus_missing(struct call *call, const char *name);

/* The rule @name of the bus that @bus_given means; it exists. */
int event_rule_require(struct call *call, const char *bus_given, const char *name,
		       struct event_rule_record *ret_rule) MUST_CHECK;

struct event_arn {
	char text[768];
};
struct event_arn event_bus_arn(const struct call *call, const char *bus);
struct event_arn event_rule_arn(const struct call *call, const char *bus, const char *rule);

/* The bus or rule of an ARN that has tags: it exists. *ret_arn is its ARN as we write it. */
int event_tagged_require(struct call *call, const char *arn, struct event_arn *ret_arn) MUST_CHECK;

#endif
