/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of an account are matched in one snapshot and moved in one transaction, so that a kill
 * at any time leaves each in the inbox or in the queue. An event may take some tenths of a second
 * to be found too costly: after TURN_MS an account's turn ends with the event that it is at.
 */
#include "gateway/events/inbox.h"

#include <stdio.h>

#include "core/clock.h"
#include "core/log.h"
#include "gateway/events/accept.h"
#include "store/event_inbox.h"
#include "store/event_rule.h"

#define BATCH_MAX 32	       /* rows that share a durable write */
#define TURN_MS	  20	       /* of matching */
#define ARENA_MAX (128u << 20) /* 32 events of 2 MiB, and the rules of a bus that are read anew */

struct entry {
	const struct event_inbox_row *row;
	struct event_entering entering;
	bool dead, again;
	bool lacks_room; /* perhaps only beside the others of its batch: once more, then alone */
	const char *code;
	char reason[ERR_TEXT_MAX];
};

/* What the rows of a batch share. */
struct batch {
	struct event_hub *hub;
	struct db *state;
	struct arena *arena;
	int64_t now_ms;
	struct entry entries[BATCH_MAX];
	size_t count;
	bool more;
};

/* An error of the event makes it a dead letter; one of the store stays an error. */
static int conclude(struct entry *entry, struct err *err)
{
	if (err->code != ERR_NOT_FOUND && err->code != ERR_INVALID && err->code != ERR_LIMIT &&
	    err->code != ERR_UNSUPPORTED)
		return -1;
	entry->dead = true;
	entry->lacks_room = err->code == ERR_LIMIT;
	entry->code = err->code == ERR_NOT_FOUND ? "ResourceNotFoundException"
						 : "InvalidParameterException";
	(void)snprintf(entry->reason, sizeof(entry->reason), "%s", err->text);
	err_clear(err);
	return 0;
}

static int match(struct batch *batch, struct entry *entry, struct err *err)
{
	const struct event_accepted *event = &entry->row->event;
	struct event_bus bus;

	entry->entering = (struct event_entering){.event = *event, .named = entry->row->named};
	if (event_bus_find(batch->state, event->account, event->bus, batch->arena, &bus, err) < 0 ||
	    event_enter_match(batch->hub, batch->state, batch->arena, &entry->entering, err) < 0)
		return conclude(entry, err);
	return 0;
}

static int match_rows(struct batch *batch, const struct event_inbox_row *rows, size_t count,
		      struct err *err)
{
	int64_t end_ms = clock_boot_ms() + TURN_MS;

	for (size_t i = 0; i < count; i++) {
		struct entry *entry = &batch->entries[batch->count];

		entry->row = &rows[i];
		if (match(batch, entry, err) < 0)
			return -1;
		if (entry->lacks_room && batch->count > 0) {
			batch->more = true;
			break;
		}
		batch->count++;
		if (clock_boot_ms() >= end_ms && i + 1 < count) {
			batch->more = true;
			break;
		}
	}
	return 0;
}

static int plan(struct batch *batch, const char *account, struct err *err)
{
	struct event_inbox_row *rows;
	size_t count;
	int result;

	if (db_begin_read(batch->state, err) < 0)
		return -1;
	result = event_inbox_list(batch->state, account, BATCH_MAX, batch->arena, &rows, &count,
				  err);
	if (result == 0) {
		batch->more = count == BATCH_MAX;
		result = match_rows(batch, rows, count, err);
	}
	db_rollback(batch->state);
	return result;
}

static int die(struct batch *batch, const struct entry *entry, struct err *err)
{
	const struct event_dead why = {.code = entry->code,
				       .reason = entry->reason,
				       .exhausted = "",
				       .dead_ms = batch->now_ms};

	return event_die(batch->state, &entry->row->event, &why, err);
}

/* Into the queue; what fails is taken back. */
static int enter(struct batch *batch, struct entry *entry, struct err *err)
{
	struct db *state = batch->state;
	struct err failed = ERR_INIT;

	if (db_savepoint(state, err) < 0)
		return -1;
	if (event_enter_write(state, &entry->entering, &failed) == 0)
		return db_release(state, err);
	if (!db_in_transaction(state))
		return err_set(err, ERR_SYSTEM, "the database has rolled back: %s", failed.text);
	if (db_rollback_to(state, err) < 0)
		return -1;
	if (failed.code == ERR_CONFLICT) {
		entry->again = true;
		batch->more = true;
		return 0;
	}
	if (conclude(entry, &failed) == 0)
		return 0;
	*err = failed;
	return -1;
}

/* Rows move in their order: behind one whose rules have changed all wait. */
static int write_entries(struct batch *batch, struct err *err)
{
	for (size_t i = 0; i < batch->count; i++) {
		struct entry *entry = &batch->entries[i];

		if (!entry->dead && enter(batch, entry, err) < 0)
			return -1;
		if (entry->again) {
			batch->count = i;
			return 0;
		}
		if ((entry->dead && die(batch, entry, err) < 0) ||
		    event_inbox_end(batch->state, entry->row->number, err) < 0)
			return -1;
	}
	return 0;
}

static void say(const struct entry *entry)
{
	const struct event_accepted *event = &entry->row->event;

	if (entry->dead)
		log_warn("event is a dead letter account=%s bus=%s event=%s code=%s reason=%s",
			 event->account, event->bus, event->id, entry->code, entry->reason);
}

static int move(struct batch *batch, struct err *err)
{
	if (db_begin_deferred(batch->state, err) < 0)
		return -1;
	if (write_entries(batch, err) < 0 || db_commit(batch->state, err) < 0) {
		db_rollback(batch->state);
		return -1;
	}
	for (size_t i = 0; i < batch->count; i++)
		say(&batch->entries[i]);
	event_hub_ring(batch->hub);
	return 0;
}

static int take_account(struct event_hub *hub, struct db *state, const char *account,
			int64_t now_ms, bool *ret_more, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	AUTO(freep) struct batch *batch = xcalloc(1, sizeof(*batch));

	*batch = (struct batch){.hub = hub, .state = state, .arena = arena, .now_ms = now_ms};
	if (plan(batch, account, err) < 0 || (batch->count > 0 && move(batch, err) < 0))
		return err_wrap(err, "the inbox of account %s", account);
	*ret_more |= batch->more;
	return 0;
}

int event_inbox_take(struct event_hub *hub, struct db *state, int64_t now_ms, bool *ret_more,
		     struct err *err)
{
	char account[ACCOUNT_ID_SIZE] = "";
	struct err other = ERR_INIT;
	bool found = true;
	int result = 0;

	*ret_more = false;
	/* One account's failure does not keep the others waiting; the first is told. */
	while (found) {
		if (event_inbox_account(state, account, &found, result ? &other : err) < 0)
			return -1;
		if (found &&
		    take_account(hub, state, account, now_ms, ret_more, result ? &other : err) < 0)
			result = -1;
	}
	return result;
}
