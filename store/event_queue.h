/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events on their way: what was accepted, which targets are yet to get it, and what could not
 * be delivered. An event is there until its last delivery has ended, its id for 24 hours, since
 * who sends it again in that time means the same event; a dead letter for 14 days.
 *
 * Deliveries to API destinations are slipway-relay's (store/event_away.h), all others the
 * gateway's; what stands here of those that are due is of the gateway's.
 *
 * Writers run inside the caller's transaction.
 */
#ifndef SLIPWAY_STORE_EVENT_QUEUE_H
#define SLIPWAY_STORE_EVENT_QUEUE_H

#include "core/arena.h"
#include "store/db.h"

#define EVENT_ID_LIFE_MS (24 * 60 * 60 * 1000LL)
#define EVENT_DEAD_MS	 (14 * 24 * 60 * 60 * 1000LL) /* as long as SQS keeps messages at most */

struct event_accepted {
	const char *account, *bus, *id;
	int64_t received_ms;
	const char *body; /* the envelope */
	int64_t depth;	  /* how many tasks and buses, one after the other, have made it */
};

/* Beyond that a chain feeds itself. */
#define EVENT_DEPTH_MAX 16

/*
 * Write @event and a delivery to each target of @rules, all rules of its bus. Without any target
 * only its id is kept, and only if @keep_id: its sender has named it. ERR_EXISTS if the bus has
 * had an event of this id within 24 hours.
 */
int event_accept(struct db *db, const struct event_accepted *event, const char *const *rules,
		 size_t rule_count, bool keep_id, struct err *err) MUST_CHECK;
/* The same; rule i makes deliveries that go one after the other with all of theirs that have the
 * same @keys[i]: the next is due when the one before it has ended. "": in any order. */
int event_accept_ordered(struct db *db, const struct event_accepted *event,
			 const char *const *rules, const char *const *keys, size_t rule_count,
			 bool keep_id, struct err *err) MUST_CHECK;

/* A delivery that had ended begins again: to @target of @rule, as if just accepted. */
int event_deliver_again(struct db *db, const struct event_accepted *event, const char *rule,
			const char *target, int64_t now_ms, struct err *err) MUST_CHECK;

/* The same for one target that belongs to no rule: both are names that the delivery has. */
int event_accept_one(struct db *db, const struct event_accepted *event, const char *rule,
		     const char *target, struct err *err) MUST_CHECK;

struct event_delivery {
	int64_t number, event_number;
	const char *rule, *target;
	int64_t attempts; /* that have failed */
	int64_t since_ms; /* its age counts from there */
	bool told;	  /* that it wants capacity */
	const char *order_key;
	struct event_accepted event;
};

/* Those of @account that are due at @now_ms, the oldest first; at most @limit. */
int event_deliveries_due(struct db *db, const char *account, int64_t now_ms, size_t limit,
			 struct arena *arena, struct event_delivery **ret_deliveries,
			 size_t *ret_count, struct err *err) MUST_CHECK;
/* When the next of any account is due; 0: there is none. */
int event_deliveries_next(struct db *db, int64_t *ret_ms, struct err *err) MUST_CHECK;

/* How many of @account are due, counted up to @limit. */
int event_deliveries_count(struct db *db, const char *account, int64_t now_ms, size_t limit,
			   int64_t *ret_count, struct err *err) MUST_CHECK;
/* Since when the oldest waits; @now_ms if none does. Looks at all of them. */
int event_deliveries_oldest(struct db *db, int64_t now_ms, int64_t *ret_ms, struct err *err)
	MUST_CHECK;

/* It has arrived. */
int event_delivery_end(struct db *db, const struct event_delivery *delivery, struct err *err)
	MUST_CHECK;
/* Once more at @next_ms, as the store has changed meanwhile: this was no attempt. */
int event_delivery_again(struct db *db, const struct event_delivery *delivery, int64_t next_ms,
			 struct err *err) MUST_CHECK;
/* This attempt has failed; the next is at @next_ms. @told: it is said that it wants capacity. */
struct event_failure {
	const char *code, *reason;
	int64_t next_ms;
	bool told;
};
int event_delivery_fail(struct db *db, const struct event_delivery *delivery,
			const struct event_failure *failure, struct err *err) MUST_CHECK;

struct event_dead {
	const char *code, *reason;
	const char *exhausted; /* "MaximumRetryAttempts", "MaximumEventAgeInSeconds" or "" */
	int64_t dead_ms;
};
/* It never will: it becomes a dead letter. */
int event_delivery_die(struct db *db, const struct event_delivery *delivery,
		       const struct event_dead *why, struct err *err) MUST_CHECK;

/* It came to no target at all, since its rules could not be asked: a dead letter without a rule and
 * without a target. */
int event_die(struct db *db, const struct event_accepted *event, const struct event_dead *why,
	      struct err *err) MUST_CHECK;

/* Drop what nobody needs any more, at most @batch of each kind. */
int event_queue_trim(struct db *db, int64_t now_ms, size_t batch, struct err *err) MUST_CHECK;

#endif
