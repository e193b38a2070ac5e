/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bus is named by itself or by its ARN; a rule's ARN has its bus's name in front of its own
 * unless that is the default one.
 */
#include "gateway/events/bus_name.h"

#include <stdio.h>
#include <string.h>

#include "core/ident.h"
#include "events/pattern.h"

#define VALIDATION "ValidationException"
#define NOT_FOUND  "ResourceNotFoundException"
#define LETTERS	   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

bool event_name_ok(const char *name)
{
	return name[0] != '\0' && name[strspn(name, LETTERS)] == '\0';
}

int event_name_check(struct call *call, const char *member, const char *given)
{
	return event_name_check_max(call, member, given, EVENT_NAME_MAX);
}

int event_name_check_max(struct call *call, const char *member, const char *given, size_t max)
{
	if (!event_name_ok(given))
		return call_fail(call, VALIDATION,
				 "1 validation error detected: Value '%.256s' at '%s' failed to "
				 "satisfy constraint: Member must satisfy regular expression "
				 "pattern: " EVENT_NAME_CHARACTERS,
				 given, member);
	if (strlen(given) > max)
		return call_fail(call, VALIDATION,
				 "1 validation error detected: Value '%.512s' at '%s' failed to "
				 "satisfy constraint: Member must have length less than or equal "
				 "to %zu",
				 given, member, max);
	return 0;
}

int event_pattern_read(struct call *call, const char *text, struct event_pattern **ret_pattern)
{
	struct err err = ERR_INIT;

	if (event_pattern_new(text, strlen(text), ret_pattern, &err) < 0)
		return call_fail(call, "InvalidEventPatternException", "%s", err.text);
	return 0;
}

int event_pattern_check(struct call *call, const char *text)
{
	AUTO(event_pattern_freep) struct event_pattern *ignored = NULL;

	return event_pattern_read(call, text, &ignored);
}

/* What stands behind "arn:aws:events:REGION:ACCOUNT:" in an ARN of the caller's; NULL: it is
 * none. */
static const char *own_resource(const struct call *call, const char *arn)
{
	struct err ignored = ERR_INIT;
	struct arn parts;

	if (arn_parse(arn, &parts, &ignored) < 0 ||
	    !text_is(parts.service, parts.service_len, "events") ||
	    !text_is(parts.region, parts.region_len, call->options->region) ||
	    !text_is(parts.account, parts.account_len, call->caller.account))
		return NULL;
	return parts.resource;
}

int event_bus_missing(struct call *call, const char *name)
{
	return call_fail(call, NOT_FOUND, "Event bus %.256s does not exist.", name);
}

int event_bus_name(struct call *call, const char *given, const char **ret_name)
{
	static const char prefix[] = "event-bus/";
	const char *name = given;

	if (!given) {
		*ret_name = EVENT_BUS_DEFAULT;
		return 0;
	}
	if (strncmp(given, "arn:", 4) == 0) {
		name = own_resource(call, given);
		if (!name || strncmp(name, prefix, strlen(prefix)) != 0)
			return event_bus_missing(call, given);
		name += strlen(prefix);
	}
	/* Names of partners' buses have slashes; there are none here. */
	if (name[0] == '\0' || name[strspn(name, LETTERS "/")] != '\0' ||
	    strlen(name) > EVENT_BUS_NAME_MAX)
		return call_fail(call, VALIDATION,
				 "1 validation error detected: Value '%.256s' at 'eventBusName' "
				 "failed to satisfy constraint: Member must satisfy regular "
				 "expression pattern: [/\\.\\-_A-Za-z0-9]+",
				 name);
	*ret_name = name;
	return 0;
}

int event_bus_of_arn(struct call *call, const char *member, const char *arn, const char **ret_name)
{
	static const char prefix[] = "event-bus/";
	const char *resource = own_resource(call, arn);

	if (!resource || strncmp(resource, prefix, strlen(prefix)) != 0)
		return call_fail(call, VALIDATION,
				 "Parameter %s is not valid. Reason: Must contain an event bus "
				 "ARN.",
				 member);
	*ret_name = resource + strlen(prefix);
	return 0;
}

int event_bus_require(struct call *call, const char *given, struct event_bus *ret_bus)
{
	struct err err = ERR_INIT;
	const char *name;

	if (event_bus_name(call, given, &name) < 0)
		return -1;
	if (event_bus_find(call->state, call->caller.account, name, call->arena, ret_bus, &err) ==
	    0)
		return 0;
	return err.code == ERR_NOT_FOUND ? event_bus_missing(call, name)
					 : call_fail_server(call, &err);
}

static int find_rule(struct call *call, const char *bus, const char *name,
		     struct event_rule_record *ret_rule)
{
	const struct event_rule_key key = {call->caller.account, bus, name};
	struct err err = ERR_INIT;

	if (event_rule_find(call->state, &key, call->arena, ret_rule, &err) == 0)
		return 0;
	if (err.code != ERR_NOT_FOUND)
		return call_fail_server(call, &err);
	return call_fail(call, NOT_FOUND, "Rule %.64s does not exist on EventBus %.256s.", name,
			 bus);
}

int event_rule_require(struct call *call, const char *bus_given, const char *name,
		       struct event_rule_record *ret_rule)
{
	struct event_bus bus;

	if (event_name_check(call, "name", name) < 0 ||
	    event_bus_require(call, bus_given, &bus) < 0)
		return -1;
	return find_rule(call, bus.name, name, ret_rule);
}

struct event_arn event_bus_arn(const struct call *call, const char *bus)
{
	struct event_arn arn;

	(void)snprintf(arn.text, sizeof(arn.text), "arn:aws:events:%s:%s:event-bus/%s",
		       call->options->region, call->caller.account, bus);
	return arn;
}

struct event_arn event_rule_arn(const struct call *call, const char *bus, const char *rule)
{
	bool is_default = strcmp(bus, EVENT_BUS_DEFAULT) == 0;
	struct event_arn arn;

	(void)snprintf(arn.text, sizeof(arn.text), "arn:aws:events:%s:%s:rule/%s%s%s",
		       call->options->region, call->caller.account, is_default ? "" : bus,
		       is_default ? "" : "/", rule);
	return arn;
}

static int find_tagged_rule(struct call *call, const char *rest, struct event_arn *ret_arn)
{
	const char *slash = strrchr(rest, '/');
	const char *bus = EVENT_BUS_DEFAULT;
	struct event_rule_record rule;

	if (slash) {
		bus = arena_strndup(call->arena, rest, (size_t)(slash - rest));
		rest = slash + 1;
	}
	if (!bus)
		return call_fail(call, VALIDATION, "The request is too large.");
	if (find_rule(call, bus, rest, &rule) < 0)
		return -1;
	*ret_arn = event_rule_arn(call, bus, rest);
	return 0;
}

int event_tagged_require(struct call *call, const char *arn, struct event_arn *ret_arn)
{
	const char *resource = own_resource(call, arn);
	struct event_bus bus;

	if (resource && strncmp(resource, "rule/", 5) == 0)
		return find_tagged_rule(call, resource + 5, ret_arn);
	if (resource && strncmp(resource, "event-bus/", 10) == 0) {
		if (event_bus_require(call, arn, &bus) < 0)
			return -1;
		*ret_arn = event_bus_arn(call, bus.name);
		return 0;
	}
	return call_fail(call, VALIDATION,
			 "Parameter ResourceARN is not valid. Reason: %.512s is not the ARN of a "
			 "rule or an event bus of this account.",
			 arn);
}
