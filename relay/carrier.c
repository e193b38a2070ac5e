/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taken, durable, acknowledged, forgotten: in this order, so whoever is killed when, an item is
 * offered again or has been accepted. That an item was accepted says its mark, which is written in
 * the same transaction as its event, and goes when the source has acknowledged and will not offer
 * it again. What no event can be made of is a dead letter, and acknowledged like all others: it
 * must not hold up what stands behind it.
 *
 * An error of source or store ends the round; the next begins after a pause that doubles. So does
 * an account that is not there, and a source that cannot be opened: the others go on. How it is
 * stands in the store (store/event_source.h).
 */
#include "relay/carrier.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "core/clock.h"
#include "core/log.h"
#include "events/event.h"
#include "relay/carrier_private.h"
#include "relay/payload.h"
#include "store/account.h"
#include "store/event_inbox.h"
#include "store/event_mark.h"
#include "store/event_source.h"

#define PAUSE_FIRST_MS 200
#define PAUSE_MAX_MS   30000
#define STEADY_MS      10000	  /* a round that lasted so long was a good one */
#define SWEEP_MS       600000	  /* between two looks at old marks */
#define SWEEP_PAGE     256	  /* marks that are asked about at once */
#define SWEEP_ROOM_MAX (4u << 20) /* names of 4 KiB */
#define EVENT_ROOM_MAX (8u << 20) /* one CloudEvent, read */

struct carrier {
	const struct source_options *options; /* its own */
	struct source_options own;
	struct db *db;
	struct doorbell *bell;
	void *source; /* NULL: it could not be opened yet */
	const char *advice;
	int wake_fd;
	atomic_bool stopped;
	bool started;
	int64_t swept_ms; /* boot time; 0: not in this round */
	pthread_t thread;
};

/* --- one batch --- */

static int put_dead(struct carrier *carrier, const struct source_item *item, const struct err *why,
		    struct err *err)
{
	const struct source_options *options = carrier->options;
	AUTO(buf_done) struct buf body;
	char id[IDENT_UUID_SIZE];
	int64_t now_ms = clock_wall_ms();
	struct event_dead dead = {.code = why->code == ERR_DENIED
						  ? "NotAuthorizedForSourceException"
						  : "InvalidParameterException",
				  .reason = why->text,
				  .exhausted = "",
				  .dead_ms = now_ms};
	struct event_accepted event = {
		.account = options->account, .bus = options->bus, .id = id, .received_ms = now_ms};

	buf_init(&body, EVENT_INBOX_BODY_MAX);
	if (payload_dead(options, item, now_ms, id, &body, err) < 0)
		return -1;
	event.body = buf_text(&body);
	if (!event.body)
		return err_set(err, ERR_LIMIT, "the event is too large");
	log_warn("event is a dead letter source=%s item=%s reason=%s", options->name, item->name,
		 why->text);
	return event_die(carrier->db, &event, &dead, err);
}

static bool is_the_items(const struct err *err)
{
	return err->code == ERR_INVALID || err->code == ERR_LIMIT || err->code == ERR_DENIED;
}

static int put_event(struct carrier *carrier, const struct source_item *item, struct err *err)
{
	const struct source_options *options = carrier->options;
	AUTO(arena_freep) struct arena *arena = arena_new(EVENT_ROOM_MAX);
	AUTO(buf_done) struct buf body;
	char id[IDENT_UUID_SIZE];
	struct event_accepted event = {.account = options->account,
				       .bus = options->bus,
				       .id = id,
				       .received_ms = clock_wall_ms()};
	struct err why = ERR_INIT;

	buf_init(&body, EVENT_INBOX_BODY_MAX);
	if (payload_event(options, item, event.received_ms, arena, id, &body, &why) < 0)
		return is_the_items(&why) ? put_dead(carrier, item, &why, err) : (*err = why, -1);
	event.body = buf_text(&body);
	if (!event.body)
		return err_set(err, ERR_LIMIT, "the event is too large");
	return event_inbox_put(carrier->db, &event, true, err);
}

static int accept_item(struct carrier *carrier, const struct source_item *item, size_t *accepted,
		       struct err *err)
{
	bool is_new;

	if (item->left_out)
		return 0;
	if (event_mark_put(carrier->db, carrier->options->name, item->name, item->value, &is_new,
			   err) < 0)
		return -1;
	if (!is_new)
		return 0;
	(*accepted)++;
	return put_event(carrier, item, err);
}

/* Those that were not accepted before get their data; *ret_any: there are some. */
static int fill(struct carrier *carrier, struct source_batch *batch, bool *ret_any, struct err *err)
{
	const struct source_options *options = carrier->options;

	*ret_any = false;
	for (size_t i = 0; i < batch->count; i++) {
		struct source_item *item = &batch->items[i];
		bool found;

		if (event_mark_find(carrier->db, options->name, item->name, item->value, &found,
				    err) < 0)
			return -1;
		if (found)
			continue;
		if (options->kind->fill &&
		    options->kind->fill(carrier->source, batch, item, err) < 0)
			return err_wrap(err, "%s", item->name);
		*ret_any |= !item->left_out;
	}
	return 0;
}

static int make_durable(struct carrier *carrier, struct source_batch *batch, size_t *ret_accepted,
			struct err *err)
{
	size_t accepted = 0;
	bool any;

	*ret_accepted = 0;
	if (fill(carrier, batch, &any, err) < 0)
		return -1;
	if (!any)
		return 0;
	if (db_begin(carrier->db, err) < 0)
		return -1;
	for (size_t i = 0; i < batch->count; i++) {
		if (accept_item(carrier, &batch->items[i], &accepted, err) < 0) {
			db_rollback(carrier->db);
			return -1;
		}
	}
	if (db_commit(carrier->db, err) < 0) {
		db_rollback(carrier->db);
		return -1;
	}
	doorbell_ring(carrier->bell);
	*ret_accepted = accepted;
	return 0;
}

/* --- marks that are needed no more --- */

static int forget(struct carrier *carrier, const char *const *names, size_t count, struct err *err)
{
	const struct source_options *options = carrier->options;
	AUTO(freep) bool *gone = xcalloc(count + 1, sizeof(*gone));
	size_t gone_count = 0;

	for (size_t i = 0; i < count; i++) {
		bool may;

		if (options->kind->may_return(carrier->source, names[i], &may, err) < 0)
			return -1;
		gone[i] = !may;
		gone_count += !may;
	}
	if (gone_count == 0)
		return 0;
	if (db_begin(carrier->db, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (gone[i] && event_mark_forget(carrier->db, options->name, names[i], err) < 0) {
			db_rollback(carrier->db);
			return -1;
		}
	}
	return db_commit(carrier->db, err);
}

static int forget_batch(struct carrier *carrier, const struct source_batch *batch, struct err *err)
{
	const char *names[SOURCE_BATCH_MAX];
	size_t count = 0;

	for (size_t i = 0; i < batch->count; i++) {
		if (!batch->items[i].left_out)
			names[count++] = batch->items[i].name;
	}
	return forget(carrier, names, count, err);
}

/* Marks of an earlier life, and of what has vanished. */
static int sweep(struct carrier *carrier, struct err *err)
{
	AUTO(freep) char *after = xstrdup("");
	size_t count = SWEEP_PAGE;

	while (count == SWEEP_PAGE && !atomic_load(&carrier->stopped)) {
		AUTO(arena_freep) struct arena *arena = arena_new(SWEEP_ROOM_MAX);
		const char **names;

		if (event_mark_list(carrier->db, carrier->options->name, after, SWEEP_PAGE, arena,
				    &names, &count, err) < 0 ||
		    forget(carrier, names, count, err) < 0)
			return -1;
		if (count == 0)
			break;
		free(after);
		after = xstrdup(names[count - 1]);
	}
	return 0;
}

int carrier_turn(struct carrier *carrier, size_t *ret_accepted, struct err *err)
{
	const struct source_kind *kind = carrier->options->kind;
	AUTO(arena_freep) struct arena *arena = arena_new(SOURCE_ROOM_MAX);
	AUTO(freep) struct source_batch *batch = xcalloc(1, sizeof(*batch));

	batch->arena = arena;
	*ret_accepted = 0;
	if (kind->take(carrier->source, batch, err) < 0)
		return err_wrap(err, "take");
	if (batch->count > 0 && (make_durable(carrier, batch, ret_accepted, err) < 0 ||
				 kind->acknowledge(carrier->source, batch, err) < 0 ||
				 forget_batch(carrier, batch, err) < 0))
		return -1;
	if (!batch->all ||
	    (carrier->swept_ms > 0 && clock_boot_ms() - carrier->swept_ms < SWEEP_MS))
		return 0;
	carrier->swept_ms = clock_boot_ms();
	return sweep(carrier, err);
}

/* --- rounds --- */

/* Nobody must know it for the events to flow. */
static void tell(struct carrier *carrier, const char *state, const char *reason)
{
	const struct source_options *options = carrier->options;
	const struct event_source source = {.name = options->name,
					    .kind = options->kind->name,
					    .account = options->account[0] ? options->account
									   : options->account_name,
					    .state = state,
					    .since_ms = clock_wall_ms(),
					    .reason = reason};
	struct err err = ERR_INIT;

	if (event_source_put(carrier->db, &source, &err) < 0)
		log_warn("state of a source is not written source=%s why=%s", options->name,
			 err.text);
}

static bool is_id(const char *text)
{
	return strlen(text) == ACCOUNT_ID_SIZE - 1 && strspn(text, "0123456789") == strlen(text);
}

static int find_account(struct carrier *carrier, struct err *err)
{
	struct source_options *own = &carrier->own;
	struct account account;

	if (own->account[0])
		return 0;
	carrier->advice = "make the account, or name another: source.NAME.account";
	if ((is_id(own->account_name)
		     ? account_find(carrier->db, own->account_name, &account, err)
		     : account_find_by_name(carrier->db, own->account_name, &account, err)) < 0)
		return err_wrap(err, "account");
	(void)snprintf(own->account, sizeof(own->account), "%s", account.id);
	return 0;
}

int carrier_begin(struct carrier *carrier, struct err *err)
{
	const struct source_kind *kind = carrier->options->kind;

	carrier->swept_ms = 0;
	if (find_account(carrier, err) < 0)
		return -1;
	carrier->advice = kind->advice;
	if (!carrier->source &&
	    kind->open(carrier->options, carrier->wake_fd, &carrier->source, err) < 0)
		return -1;
	return kind->begin(carrier->source, err);
}

void carrier_end(struct carrier *carrier)
{
	if (carrier->source)
		carrier->options->kind->end(carrier->source);
}

static int round_of(struct carrier *carrier, struct err *err)
{
	size_t accepted;

	if (carrier_begin(carrier, err) < 0)
		return -1;
	log_info("source is there source=%s kind=%s", carrier->options->name,
		 carrier->options->kind->name);
	tell(carrier, EVENT_SOURCE_READS, "");
	while (!atomic_load(&carrier->stopped)) {
		if (carrier_turn(carrier, &accepted, err) < 0)
			return -1;
		if (accepted > 0)
			log_debug("accepted source=%s events=%zu", carrier->options->name,
				  accepted);
	}
	return 0;
}

static void pause_ms(const struct carrier *carrier, int64_t ms)
{
	struct pollfd wake = {.fd = carrier->wake_fd, .events = POLLIN};

	(void)poll(&wake, 1, (int)ms);
}

static void wait_for_it(struct carrier *carrier, const struct err *err, int64_t wait_ms)
{
	AUTO(freep) char *reason = xasprintf("%s; %s", err->text, carrier->advice);

	log_warn("source waits source=%s again_in_ms=%" PRId64 " why=%s", carrier->options->name,
		 wait_ms, reason);
	tell(carrier, EVENT_SOURCE_WAITS, reason);
	pause_ms(carrier, wait_ms);
}

static void *run(void *ctx)
{
	struct carrier *carrier = ctx;
	int64_t wait_ms = PAUSE_FIRST_MS;

	while (!atomic_load(&carrier->stopped)) {
		int64_t start_ms = clock_boot_ms();
		struct err err = ERR_INIT;
		int result = round_of(carrier, &err);

		carrier_end(carrier);
		if (result == 0)
			break;
		if (clock_boot_ms() - start_ms >= STEADY_MS)
			wait_ms = PAUSE_FIRST_MS;
		wait_for_it(carrier, &err, wait_ms);
		wait_ms = wait_ms * 2 < PAUSE_MAX_MS ? wait_ms * 2 : PAUSE_MAX_MS;
	}
	return NULL;
}

/* --- life --- */

int carrier_open(const struct source_options *options, struct db *db, struct doorbell *bell,
		 struct carrier **ret_carrier, struct err *err)
{
	struct carrier *carrier = xcalloc(1, sizeof(*carrier));

	carrier->own = *options;
	carrier->options = &carrier->own;
	carrier->advice = options->kind->advice;
	carrier->bell = bell;
	carrier->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (carrier->wake_fd < 0) {
		free(carrier);
		return err_sys(err, errno, "make an eventfd");
	}
	if (options->kind->open(carrier->options, carrier->wake_fd, &carrier->source, err) < 0) {
		if (err->code == ERR_INVALID) {
			carrier_free(carrier);
			return -1;
		}
		err_clear(err); /* its thread tries again, and says why it has to */
	}
	carrier->db = db;
	tell(carrier, EVENT_SOURCE_STARTS, "");
	*ret_carrier = carrier;
	return 0;
}

int carrier_start(struct carrier *carrier, struct err *err)
{
	int rc = pthread_create(&carrier->thread, NULL, run, carrier);

	if (rc != 0)
		return err_sys(err, rc, "start the thread of source %s", carrier->options->name);
	carrier->started = true;
	return 0;
}

void carrier_stop(struct carrier *carrier)
{
	const uint64_t one = 1;
	ssize_t written;

	atomic_store(&carrier->stopped, true);
	written = write(carrier->wake_fd, &one, sizeof(one));
	(void)written; /* a full counter is readable, too */
}

void carrier_free(struct carrier *carrier)
{
	if (!carrier)
		return;
	carrier_stop(carrier);
	if (carrier->started)
		(void)pthread_join(carrier->thread, NULL);
	carrier->options->kind->close(carrier->source);
	db_free(carrier->db);
	fd_closep(&carrier->wake_fd);
	free(carrier);
}
