/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event's time stands in its envelope to the second. That of an event which was received in
 * the same second is told from when that was, so that who replays what came after a moment gets
 * what came after it.
 */
#include "gateway/events/archiving.h"

#include <string.h>

#include "events/event.h"
#include "events/event_time.h"
#include "gateway/events/hub.h"
#include "store/event_archive.h"

bool event_is_replayed(const char *body)
{
	const struct json_slice whole = {body, strlen(body)};
	struct json_slice ignored;

	return json_slice_member(whole, EVENT_REPLAY_NAME, &ignored);
}

static int64_t time_of(const struct event_accepted *event, struct arena *arena)
{
	struct err ignored = ERR_INIT;
	struct event parts;
	int64_t ms;

	if (event_read(event->body, strlen(event->body), arena, &parts, &ignored) < 0 ||
	    event_time_read(parts.time, &ms, &ignored) < 0 ||
	    ms / 1000 == event->received_ms / 1000)
		return event->received_ms;
	return ms;
}

int event_archiving_split(const char *const *names, size_t count,
			  const struct event_accepted *event, struct arena *arena,
			  const char *const **ret_rules, size_t *ret_rule_count,
			  struct event_archiving *ret_archiving, struct err *err)
{
	const char **sorted = arena_alloc(arena, (count + 1) * sizeof(*sorted));
	size_t rules = 0;
	size_t archives = 0;

	if (!sorted)
		return err_set(err, ERR_LIMIT, "too many rules match");
	/* Rules from the front, archives from the end. */
	for (size_t i = 0; i < count; i++) {
		if (names[i][0] == EVENT_HUB_ARCHIVE)
			sorted[count - ++archives] = names[i] + 1;
		else
			sorted[rules++] = names[i];
	}
	*ret_rules = sorted;
	*ret_rule_count = rules;
	*ret_archiving = (struct event_archiving){0};
	if (archives > 0 && !event_is_replayed(event->body))
		*ret_archiving = (struct event_archiving){
			.names = sorted + rules,
			.count = archives,
			.event_ms = time_of(event, arena),
		};
	return 0;
}

int event_archiving_write(struct db *db, const struct event_accepted *event,
			  const struct event_archiving *archiving, struct err *err)
{
	const struct event_archived archived = {.id = event->id,
						.event_ms = archiving->event_ms,
						.received_ms = event->received_ms,
						.body = event->body};

	for (size_t i = 0; i < archiving->count; i++) {
		if (event_archive_add(db, event->account, archiving->names[i], &archived, err) < 0)
			return -1;
	}
	return 0;
}
