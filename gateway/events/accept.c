/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The version of the rules, read again under the write lock, says whether what was found without
 * it still holds: so an event meets the rules as they are when it is accepted.
 */
#include "gateway/events/accept.h"

#include <string.h>

#include "gateway/events/archiving.h"
#include "gateway/events/order.h"
#include "store/event_rule.h"
#include "store/event_tail.h"
#include "store/task.h"

int event_enter_depth(struct call *call, int64_t *ret_depth)
{
	struct err err = ERR_INIT;

	*ret_depth = 0;
	if (call->caller.role[0] == '\0')
		return 0;
	if (task_event_depth(call->state, call->caller.user, ret_depth, &err) < 0)
		return call_fail_server(call, &err);
	return 0;
}

int event_enter_match(struct event_hub *hub, struct db *db, struct arena *arena,
		      struct event_entering *entering, struct err *err)
{
	const struct event_accepted *event = &entering->event;
	const struct event_bus_key bus = {event->account, event->bus};
	const char *const *names;
	size_t count;

	if (event_tail_watched(db, event->account, event->bus, &entering->watched, err) < 0 ||
	    event_hub_match(hub, db, &bus, event->body, strlen(event->body), arena, &names, &count,
			    &entering->rules_version, err) < 0 ||
	    event_archiving_split(names, count, event, arena, &entering->rules,
				  &entering->rule_count, &entering->archiving, err) < 0)
		return -1;
	return event_order_keys(db, event, entering->rules, entering->rule_count, arena,
				&entering->keys, err);
}

bool event_enter_is_empty(const struct event_entering *entering)
{
	return entering->rule_count == 0 && entering->archiving.count == 0 && !entering->named &&
	       !entering->watched;
}

static int write_deliveries(struct db *db, const struct event_entering *entering, struct err *err)
{
	if (entering->rule_count == 0 && !entering->named)
		return 0;
	if (event_accept_ordered(db, &entering->event, entering->rules, entering->keys,
				 entering->rule_count, entering->named, err) < 0)
		return -1;
	event_hub_stir();
	return 0;
}

int event_enter_write(struct db *db, const struct event_entering *entering, struct err *err)
{
	const struct event_accepted *event = &entering->event;
	int64_t version;

	if (event_rules_version(db, event->account, event->bus, &version, err) < 0)
		return -1;
	if (version != entering->rules_version)
		return err_set(err, ERR_CONFLICT, "the rules of bus %s have changed", event->bus);
	if (event_enter_is_empty(entering))
		return 0;
	if (write_deliveries(db, entering, err) < 0) {
		if (err->code != ERR_EXISTS)
			return -1;
		err_clear(err);
		return 0;
	}
	if (event_archiving_write(db, event, &entering->archiving, err) < 0)
		return -1;
	return event_tail_show(db, event, err);
}
