/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tag is read when an event is accepted, of the rules that it matches and of no others: an
 * account may have tens of thousands. A key is the value as JSON; of a long one its digest.
 */
#include "gateway/events/order.h"

#include <string.h>

#include "core/digest.h"
#include "events/event_path.h"
#include "store/event_rule.h"

#define KEY_MAX	    128	       /* bytes */
#define SCRATCH_MAX (8u << 20) /* an event of 2 MiB as a wildcard gathers it */

/* A tag's value has no '$'. */
static int parse_path(const char *names, struct arena *arena, struct event_path **ret_path,
		      struct err *err)
{
	AUTO(freep) char *text = xasprintf("$.%s", names);

	return event_path_parse(text, arena, ret_path, err);
}

/* In @arena is the key; what it is made of is not kept. */
static int make_key(const char *names, const struct event_accepted *event, struct arena *arena,
		    const char **ret_key, struct err *err)
{
	AUTO(arena_freep) struct arena *scratch = arena_new(SCRATCH_MAX);
	const struct json_slice whole = {event->body, strlen(event->body)};
	char digest[SHA256_HEX_SIZE];
	struct event_path *path;
	struct json_slice value;

	if (parse_path(names, scratch, &path, err) < 0 ||
	    event_path_value(path, whole, scratch, &value, err) < 0)
		return -1;
	if (value.len <= KEY_MAX) {
		*ret_key = arena_strndup(arena, value.text ? value.text : "", value.len);
	} else {
		sha256_hex(value.text, value.len, digest);
		*ret_key = arena_strdup(arena, digest);
	}
	return *ret_key ? 0 : err_set(err, ERR_LIMIT, "the event is too large");
}

int event_order_keys(struct db *db, const struct event_accepted *event, const char *const *rules,
		     size_t count, struct arena *arena, const char *const **ret_keys,
		     struct err *err)
{
	const char **keys;
	bool any;

	*ret_keys = NULL;
	if (count == 0)
		return 0;
	if (event_rules_any_ordered(db, event->account, &any, err) < 0)
		return -1;
	if (!any)
		return 0;
	keys = arena_alloc(arena, count * sizeof(*keys));
	if (!keys)
		return err_set(err, ERR_LIMIT, "too many rules match");
	for (size_t i = 0; i < count; i++) {
		const struct event_rule_key rule = {event->account, event->bus, rules[i]};
		const char *path;

		keys[i] = "";
		if (event_rule_order(db, &rule, arena, &path, err) < 0)
			return -1;
		if (path && make_key(path, event, arena, &keys[i], err) < 0)
			return err_wrap(err, "order of rule %s", rules[i]);
	}
	*ret_keys = keys;
	return 0;
}

int event_order_check(struct call *call, const struct shape_list *list, bool of_rule)
{
	const struct tag *tags = list->items;
	struct err err = ERR_INIT;
	struct event_path *path;

	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(tags[i].key, EVENT_ORDER_TAG) != 0)
			continue;
		if (!of_rule)
			return call_fail(call, "ValidationException",
					 "The tag " EVENT_ORDER_TAG " is for rules only.");
		if (parse_path(tags[i].value, call->arena, &path, &err) < 0)
			return call_fail(call, "ValidationException",
					 "The tag " EVENT_ORDER_TAG
					 " must name a member of events, "
					 "as detail.customer does: %s is no path.",
					 tags[i].value);
	}
	return 0;
}
