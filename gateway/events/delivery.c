/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A batch is planned in one snapshot and written in a transaction or more, so that nobody waits
 * long for the write lock, each delivery in a savepoint of its own. The tasks of a delivery are
 * written in the transaction that ends it, so whoever is killed when, it has started its tasks or
 * is tried again, never both; and if it were, the client token would find them. Nor does a batch
 * wait for the disk: what is lost with it is delivered again, and no machine has begun with a task
 * before the task is on the disk, as the provisioner's own record of that begin comes behind it. A
 * log group lies in another database: with the event a key of its delivery is written there, so
 * that it is not written again if we are killed between the two.
 *
 * What the API would refuse at any time is a dead letter at once: it would be refused 185 times.
 */
#include "gateway/events/delivery.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/digest.h"
#include "core/log.h"
#include "gateway/events/accept.h"
#include "gateway/events/capacity.h"
#include "gateway/events/launch.h"
#include "gateway/events/room.h"
#include "gateway/scheduler/invocation.h"
#include "store/account.h"
#include "store/event_away.h"
#include "store/event_rule.h"
#include "store/logs.h"

#define BATCH_MAX   16			/* deliveries that are planned together */
#define HOLD_NS	    (1 * 1000 * 1000LL) /* of the write lock, for whom an event is accepted waits */
#define TURN_MS	    50			/* of planning; then others' deliveries are next */
#define ARENA_MAX   (64u << 20)		/* 16 events of 2 MiB, and what is made of them */
#define SCRATCH_MAX (8u << 20)		/* values of a transformer */
#define MISSING	    "ResourceNotFoundException"
#define INVALID	    "InvalidParameterException"
#define TOO_DEEP    "EventDepthExceeded"
#define TOO_DEEP_TEXT                                                                              \
	"More than 16 tasks and buses, one after the other, have led to this event: rules feed "   \
	"themselves."

enum outcome {
	ARRIVED, /* the delivery ends; tasks or an event of another bus are written with it */
	FAILED,	 /* this time */
	DEAD,	 /* for ever */
	AGAIN,	 /* no attempt: the store has changed meanwhile */
	HANDED,	 /* no attempt: another program makes it */
};

struct attempt {
	const struct event_delivery *delivery;
	enum outcome outcome;
	struct event_target target;
	struct event_target_place place;
	int64_t webhook; /* the number of the API destination */
	struct target_input *input;
	json_t *body; /* that the target borrows from */
	struct event_launch *launch;
	struct event_entering entering; /* of another bus */
	bool scheduled;			/* it is an invocation, which has all of its target */
	struct invocation invocation;
	const char *code;
	char reason[ERR_TEXT_MAX];
};

/* What the attempts of a batch share. */
struct round {
	const struct event_deliverer *deliverer;
	struct arena *arena;
	int64_t now_ms;
	struct attempt attempts[BATCH_MAX];
	size_t count;
	bool more;
};

static void conclude(struct attempt *attempt, enum outcome outcome, const char *code,
		     const char *reason)
{
	attempt->outcome = outcome;
	attempt->code = code;
	(void)snprintf(attempt->reason, sizeof(attempt->reason), "%s", reason);
}

/* An error that may pass is a failure; one that stays, the end. */
static void conclude_err(struct attempt *attempt, const char *code, const struct err *err)
{
	if (err->code == ERR_CONFLICT)
		conclude(attempt, AGAIN, "", "");
	else if (err->code == ERR_NOT_FOUND)
		conclude(attempt, DEAD, MISSING, err->text);
	else if (err->code == ERR_INVALID || err->code == ERR_LIMIT || err->code == ERR_UNSUPPORTED)
		conclude(attempt, DEAD, code, err->text);
	else
		conclude(attempt, FAILED, code, err->text);
}

/* --- the target --- */

static int read_invocation(struct round *round, struct attempt *attempt, struct err *err)
{
	struct invocation *invocation = &attempt->invocation;

	if (invocation_read(attempt->delivery, round->deliverer->options->region, round->arena,
			    invocation, &attempt->body, err) < 0)
		return -1;
	attempt->scheduled = true;
	attempt->target = invocation->target;
	attempt->place = invocation->place;
	return 0;
}

/* What a bus or a log group gets if the target makes nothing of it, and tasks have as a file. */
static const struct event_accepted *event_of(const struct attempt *attempt)
{
	return attempt->scheduled ? &attempt->invocation.event : &attempt->delivery->event;
}

static int read_target(struct round *round, struct attempt *attempt, struct err *err)
{
	const struct event_delivery *delivery = attempt->delivery;
	const struct event_rule_key rule = {delivery->event.account, delivery->event.bus,
					    delivery->rule};
	struct event_target_record record;

	if (event_target_find(round->deliverer->state, &rule, delivery->target, round->arena,
			      &record, err) < 0 ||
	    shape_parse(record.body, strlen(record.body), &attempt->body, err) < 0 ||
	    shape_fill(&event_target_shape, attempt->body, round->arena, &attempt->target, err) <
		    0 ||
	    event_target_find_place(record.arn, round->deliverer->options->region, rule.account,
				    round->arena, &attempt->place, err) < 0)
		return -1;
	attempt->webhook = record.destination;
	return event_target_input_make(&attempt->target, 1, round->arena, &attempt->input, err);
}

/* What the target gets, in the arena; NULL: it has nothing that makes an input. */
static int make_input(struct round *round, const struct attempt *attempt, const char **ret_text,
		      struct err *err)
{
	const struct event_delivery *delivery = attempt->delivery;
	const struct event_accepted *event = &delivery->event;
	AUTO(arena_freep) struct arena *scratch = arena_new(SCRATCH_MAX);
	AUTO(buf_done) struct buf text = {0};
	bool is_default = strcmp(event->bus, EVENT_BUS_DEFAULT) == 0;
	const struct input_facts facts = {
		.rule_arn = arena_printf(round->arena, "arn:aws:events:%s:%s:rule/%s%s%s",
					 round->deliverer->options->region, event->account,
					 is_default ? "" : event->bus, is_default ? "" : "/",
					 delivery->rule),
		.rule_name = delivery->rule,
		.ingested_ms = event->received_ms,
	};
	const struct json_slice whole = {event->body, strlen(event->body)};

	*ret_text = attempt->invocation.input;
	if (!attempt->input)
		return 0;
	buf_init(&text, INPUT_SIZE_MAX);
	if (!facts.rule_arn)
		return err_set(err, ERR_LIMIT, "the event is too large");
	if (target_input_apply(attempt->input, whole, &facts, scratch, &text, err) < 0)
		return -1;
	*ret_text = arena_strndup(round->arena, (const char *)text.data, text.len);
	return *ret_text ? 0 : err_set(err, ERR_LIMIT, "the target's input is too large");
}

/* --- attempts, by kind of target --- */

static void try_ecs(struct round *round, struct attempt *attempt)
{
	struct event_launch_order order = {.options = round->deliverer->options,
					   .delivery = attempt->delivery,
					   .event = event_of(attempt),
					   .target = &attempt->target,
					   .cluster = attempt->place.name,
					   .started_by = attempt->invocation.started_by,
					   .now_ms = round->now_ms,
					   .until_ms = attempt->delivery->since_ms +
						       event_retry_age_ms(&attempt->target.retry)};
	const char *code = INVALID;
	struct err err = ERR_INIT;

	if (make_input(round, attempt, &order.overrides, &err) < 0 ||
	    event_launch_plan(&order, round->deliverer->state, &attempt->launch, &code, &err) < 0)
		conclude_err(attempt, code, &err);
}

/* A target that makes {"timestamp": milliseconds, "message": text} says both itself. */
static void read_line(const char *text, struct arena *arena, struct log_event *line)
{
	struct err ignored = ERR_INIT;
	AUTO(json_decrefp) json_t *object = NULL;
	const json_t *timestamp;
	const char *message;

	if (text[0] != '{' || shape_parse(text, strlen(text), &object, &ignored) < 0)
		return;
	timestamp = json_object_get(object, "timestamp");
	message = json_string_value(json_object_get(object, "message"));
	if (!json_is_integer(timestamp) || !message || json_object_size(object) != 2 ||
	    json_integer_value(timestamp) < 0)
		return;
	message = arena_strdup(arena, message);
	if (!message)
		return;
	line->timestamp_ms = json_integer_value(timestamp);
	line->message = message;
}

/* Of this delivery, and of no later one of an event with the same id. */
static void make_key(const struct event_delivery *delivery, char ret_key[SHA256_HEX_SIZE])
{
	AUTO(freep)
	char *text =
		xasprintf("%s %s %s %s %s %" PRId64, delivery->event.account, delivery->event.bus,
			  delivery->event.id, delivery->rule, delivery->target, delivery->since_ms);

	sha256_hex(text, strlen(text), ret_key);
}

static void try_logs(struct round *round, struct attempt *attempt)
{
	const struct event_accepted *event = event_of(attempt);
	struct log_event line = {.timestamp_ms = event->received_ms, .message = event->body};
	char key[SHA256_HEX_SIZE];
	struct err err = ERR_INIT;
	const char *text;

	make_key(attempt->delivery, key);
	if (make_input(round, attempt, &text, &err) < 0) {
		conclude_err(attempt, INVALID, &err);
		return;
	}
	if (text) {
		line.message = text;
		read_line(text, round->arena, &line);
	}
	line.message_len = strlen(line.message);
	if (line.message_len > LOGS_MESSAGE_MAX)
		conclude(attempt, DEAD, INVALID, "the event is larger than a log event may be");
	else if (log_append_once(round->deliverer->logs, event->account, attempt->place.name,
				 attempt->delivery->rule, &line, key, round->now_ms, &err) < 0)
		conclude_err(attempt, INVALID, &err);
}

static void try_bus(struct round *round, struct attempt *attempt)
{
	struct event_entering *entering = &attempt->entering;
	struct err err = ERR_INIT;
	struct event_bus bus;
	bool room;

	/* Under its own id: an event that comes back to a bus where it was is the same event,
	 * so rules that feed each other end. */
	entering->event = *event_of(attempt);
	entering->event.bus = attempt->place.name;
	entering->event.received_ms = round->now_ms;
	entering->event.depth++;
	entering->named = true;
	if (event_room_find(round->deliverer->options, round->deliverer->state,
			    entering->event.account, &room, &err) == 0 &&
	    !room) {
		conclude(attempt, FAILED, EVENT_NO_ROOM_CODE, EVENT_NO_ROOM);
		return;
	}
	if (err.code != ERR_NONE ||
	    event_bus_find(round->deliverer->state, entering->event.account, attempt->place.name,
			   round->arena, &bus, &err) < 0 ||
	    event_enter_match(round->deliverer->options->events, round->deliverer->state,
			      round->arena, entering, &err) < 0)
		conclude_err(attempt, INVALID, &err);
}

/* It was for another target when the event came, or is sent anew: the relay makes it. */
static void try_webhook(struct round *round, struct attempt *attempt)
{
	(void)round;
	if (attempt->webhook == 0)
		conclude(attempt, DEAD, INVALID, "only rules have API destinations");
	else
		attempt->outcome = HANDED;
}

static void plan(struct round *round, struct attempt *attempt)
{
	static void (*const tries[])(struct round *, struct attempt *) = {
		[EVENT_TARGET_ECS] = try_ecs,
		[EVENT_TARGET_LOGS] = try_logs,
		[EVENT_TARGET_BUS] = try_bus,
		[EVENT_TARGET_WEBHOOK] = try_webhook,
	};
	struct err err = ERR_INIT;

	if (attempt->delivery->event.depth > EVENT_DEPTH_MAX)
		conclude(attempt, DEAD, TOO_DEEP, TOO_DEEP_TEXT);
	else if ((invocation_is_one(&attempt->delivery->event)
			  ? read_invocation(round, attempt, &err)
			  : read_target(round, attempt, &err)) < 0)
		conclude_err(attempt, INVALID, &err);
	else
		tries[attempt->place.kind](round, attempt);
}

/* --- what becomes of them --- */

/* What an account may hold, launch a second, or spend has no room for it now. */
static bool wants_capacity(const struct attempt *attempt)
{
	static const char *const codes[] = {"LimitExceededException", "ThrottlingException",
					    "AccessDeniedException"};

	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		if (strcmp(attempt->code, codes[i]) == 0)
			return attempt->place.kind == EVENT_TARGET_ECS;
	}
	return false;
}

/* A launch that waits, for the first time: an event of its own. What cannot be said of it now is
 * said of the next attempt. */
static int tell_capacity(struct round *round, const struct attempt *attempt, bool *ret_told,
			 struct err *err)
{
	struct db *writer = round->deliverer->writer;
	const struct capacity_want want = {.delivery = attempt->delivery,
					   .region = round->deliverer->options->region,
					   .code = attempt->code,
					   .reason = attempt->reason,
					   .now_ms = round->now_ms};
	struct event_entering entering = {.named = false};

	*ret_told = attempt->delivery->told;
	if (*ret_told || !wants_capacity(attempt))
		return 0;
	if (capacity_event_of_delivery(&want, round->arena, &entering.event, err) < 0 ||
	    event_enter_match(round->deliverer->options->events, writer, round->arena, &entering,
			      err) < 0) {
		err_clear(err);
		return 0;
	}
	*ret_told = true;
	return event_enter_write(writer, &entering, err);
}

static int write_failure(struct round *round, const struct attempt *attempt, struct err *err)
{
	const struct event_delivery *delivery = attempt->delivery;
	struct event_failure failure = {.code = attempt->code,
					.reason = attempt->reason,
					.next_ms = round->now_ms +
						   event_retry_draw_ms(delivery->attempts)};

	if (tell_capacity(round, attempt, &failure.told, err) < 0)
		return -1;
	return event_delivery_fail(round->deliverer->writer, delivery, &failure, err);
}

static int write_end(struct round *round, struct attempt *attempt, struct err *err)
{
	struct db *writer = round->deliverer->writer;
	const struct event_delivery *delivery = attempt->delivery;
	struct event_dead why = {.code = attempt->code,
				 .reason = attempt->reason,
				 .exhausted = "",
				 .dead_ms = round->now_ms};

	if (attempt->outcome == ARRIVED)
		return event_delivery_end(writer, delivery, err);
	if (attempt->outcome == HANDED)
		return event_delivery_hand(writer, delivery, attempt->webhook, err);
	if (attempt->outcome == AGAIN)
		return event_delivery_again(writer, delivery, round->now_ms, err);
	if (attempt->outcome == FAILED) {
		why.exhausted = event_retry_exhausted(&attempt->target.retry, delivery->attempts,
						      delivery->since_ms, round->now_ms);
		if (why.exhausted[0] == '\0')
			return write_failure(round, attempt, err);
	}
	attempt->outcome = DEAD;
	return event_delivery_die(writer, delivery, &why, err);
}

/* The tasks or the event of one that may arrive; what fails is taken back. */
static int write_target(struct round *round, struct attempt *attempt, struct err *err)
{
	struct db *writer = round->deliverer->writer;
	const char *code = INVALID;
	struct err failed = ERR_INIT;
	int result = 0;

	if (db_savepoint(writer, err) < 0)
		return -1;
	if (attempt->launch)
		result = event_launch_write(attempt->launch, writer, &code, &failed);
	else if (attempt->place.kind == EVENT_TARGET_BUS)
		result = event_enter_write(writer, &attempt->entering, &failed);
	if (result == 0)
		return db_release(writer, err);
	conclude_err(attempt, code, &failed);
	if (!db_in_transaction(writer))
		return err_set(err, ERR_SYSTEM, "the database has rolled back: %s", failed.text);
	return db_rollback_to(writer, err);
}

/* As many from @first on as the lock may be held for; at least one. *ret_end is the first that is
 * left. */
static int write_some(struct round *round, size_t first, size_t *ret_end, struct err *err)
{
	int64_t end_ns = clock_boot_ns() + HOLD_NS;
	size_t i = first;

	do {
		struct attempt *attempt = &round->attempts[i++];

		if (attempt->outcome == ARRIVED && write_target(round, attempt, err) < 0)
			return -1;
		if (write_end(round, attempt, err) < 0)
			return -1;
	} while (i < round->count && clock_boot_ns() < end_ns);
	*ret_end = i;
	return 0;
}

static void say(const struct attempt *attempt)
{
	const struct event_delivery *delivery = attempt->delivery;

	if (attempt->outcome == DEAD)
		log_warn("event is a dead letter account=%s event=%s rule=%s target=%s code=%s "
			 "reason=%s",
			 delivery->event.account, delivery->event.id, delivery->rule,
			 delivery->target, attempt->code, attempt->reason);
	else
		log_debug("event account=%s id=%s rule=%s target=%s outcome=%d attempts=%" PRId64,
			  delivery->event.account, delivery->event.id, delivery->rule,
			  delivery->target, (int)attempt->outcome, delivery->attempts);
}

/* Until its transaction is committed nothing has happened. */
static int write_round(struct round *round, struct err *err)
{
	const struct api_options *options = round->deliverer->options;
	struct db *writer = round->deliverer->writer;

	for (size_t first = 0, end; first < round->count; first = end) {
		if (db_begin_deferred(writer, err) < 0)
			return -1;
		if (write_some(round, first, &end, err) < 0 || db_commit(writer, err) < 0) {
			db_rollback(writer);
			return -1;
		}
		for (size_t i = first; i < end; i++)
			say(&round->attempts[i]);
		options->ring(options->ring_ctx);
	}
	return 0;
}

static int plan_round(struct round *round, const char *account, struct err *err)
{
	struct db *state = round->deliverer->state;
	int64_t end_ms = clock_boot_ms() + TURN_MS;
	struct event_delivery *deliveries;
	size_t count = 0;
	int result;

	if (db_begin_read(state, err) < 0)
		return -1;
	result = event_deliveries_due(state, account, round->now_ms, BATCH_MAX, round->arena,
				      &deliveries, &count, err);
	round->more = count == BATCH_MAX;
	while (result == 0 && round->count < count) {
		round->attempts[round->count].delivery = &deliveries[round->count];
		plan(round, &round->attempts[round->count++]);
		if (clock_boot_ms() >= end_ms && round->count < count) {
			round->more = true;
			break;
		}
	}
	db_rollback(state);
	return result;
}

static int deliver_account(const struct event_deliverer *deliverer, const char *account,
			   int64_t now_ms, bool *ret_full, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	struct round round = {.deliverer = deliverer, .arena = arena, .now_ms = now_ms};
	int result = plan_round(&round, account, err);

	if (result == 0 && round.count > 0)
		result = write_round(&round, err);
	*ret_full = round.more;
	for (size_t i = 0; i < round.count; i++) {
		event_launch_free(round.attempts[i].launch);
		json_decref(round.attempts[i].body);
	}
	return result;
}

int event_deliver(const struct event_deliverer *deliverer, int64_t now_ms, bool *ret_more,
		  struct err *err)
{
	AUTO(freep) struct account *accounts = NULL;
	struct err other = ERR_INIT;
	int64_t next_ms;
	size_t count;
	int result = 0;

	*ret_more = false;
	if (event_deliveries_next(deliverer->state, &next_ms, err) < 0)
		return -1;
	if (next_ms == 0 || next_ms > now_ms)
		return 0;
	if (account_list(deliverer->state, &accounts, &count, err) < 0)
		return -1;
	/* One account's failure does not keep the others waiting; the first is told. */
	for (size_t i = 0; i < count; i++) {
		bool full;

		if (deliver_account(deliverer, accounts[i].id, now_ms, &full,
				    result ? &other : err) < 0)
			result = -1;
		*ret_more |= full;
	}
	return result;
}
