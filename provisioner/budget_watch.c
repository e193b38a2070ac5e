/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two to four times a second the book of budgets is brought to this second, and what follows is
 * done (billing/budget_act.h), so what is spent is noticed within a second. The watch has a thread
 * and a connection of its own: counting a month anew holds up no launch. Tasks that it wants
 * stopped are found like a client's wish, at once, by ringing our own doorbell.
 */
#include <string.h>

#include "billing/budget_act.h"
#include "core/clock.h"
#include "core/log.h"
#include "provisioner/flow_private.h"
#include "store/doorbell.h"

#define LOOK_SHARE 125	/* a look is followed by so many times its own length, */
#define LEAST_MS   250	/* but not less, */
#define MOST_MS	   500	/* nor more, as what is spent is to be noticed within a second */
#define IDLE_MS	   1000 /* while there is no budget */
#define LOOK_ARENA (64u * 1024 * 1024)
#define NS_PER_MS  (1000 * 1000)

struct budget_watch {
	struct flow *flow;
	struct jobs *jobs; /* one thread */
	struct loop_timer *timer;
	struct doorbell *doorbell;
	struct budget_book *book; /* the thread's, as all below */
	struct budget_actor actor;
	bool ran;
	bool stopped; /* tasks */
	bool told;    /* something, in the outbox */
	size_t budgets;
	int64_t taken_ns;
	int result;
	struct err err;
	struct err said; /* the error of the last look: one that stays is logged once */
};

/* --- on the thread --- */

static void log_notice(const struct budget_notice *notice, const char *currency)
{
	const struct budget *budget = &notice->line->stored;
	char spent[PRICE_TEXT_SIZE], amount[PRICE_TEXT_SIZE];

	(void)price_text(notice->line->spent_nano, spent);
	(void)price_text(budget->amount_nano, amount);
	if (notice->percent > 0)
		log_info("budget=%s account=%s %lld %% are reached: %s of %s %s", budget->name,
			 budget->account, (long long)notice->percent, spent, amount, currency);
	else
		log_warn("budget=%s account=%s is spent: %s of %s %s%s, %zu tasks are stopped",
			 budget->name, budget->account, spent, amount, currency,
			 budget->refuse ? ", launches are refused" : "", notice->stopped);
}

static int look(struct budget_watch *watch, struct db *db, struct err *err)
{
	int64_t now_ms = clock_wall_ms();
	int result;

	if (db_begin_read(db, err) < 0)
		return -1;
	result = budget_book_look(watch->book, db, now_ms / 1000, err);
	db_rollback(db);
	return result;
}

static int look_and_act(struct budget_watch *watch, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(LOOK_ARENA);
	struct db *db = watch->flow->options.budget_state;
	struct budget_notice *notices;
	size_t count;

	watch->budgets = 0;
	if (look(watch, db, err) < 0 || budget_act(&watch->actor, watch->book, db, clock_wall_ms(),
						   arena, &notices, &count, err) < 0)
		return -1;
	(void)budget_book_lines(watch->book, &watch->budgets);
	watch->told = count > 0;
	for (size_t i = 0; i < count; i++) {
		log_notice(&notices[i], budget_book_currency(watch->book));
		watch->stopped = watch->stopped || notices[i].stopped > 0;
	}
	return 0;
}

static void do_look(void *ctx, unsigned worker)
{
	struct budget_watch *watch = ctx;
	int64_t begun_ns = clock_boot_ns();

	(void)worker; /* there is one */
	watch->ran = true;
	watch->stopped = false;
	watch->err = (struct err)ERR_INIT;
	watch->told = false;
	watch->result = look_and_act(watch, &watch->err);
	if (watch->stopped)
		doorbell_ring(watch->doorbell);
	if (watch->told && watch->flow->event_bell)
		doorbell_ring(watch->flow->event_bell);
	flow_tell_events(watch->flow);
	watch->taken_ns = clock_boot_ns() - begun_ns;
}

/* --- on the loop's thread --- */

static void begin_look(void *ctx);

static void say_error(struct budget_watch *watch)
{
	if (watch->result < 0 && strcmp(watch->err.text, watch->said.text) != 0)
		log_error("budgets are not watched: %s", watch->err.text);
	else if (watch->result == 0 && watch->said.text[0])
		log_info("budgets are watched again");
	watch->said = watch->err;
}

static int64_t pause_ms(const struct budget_watch *watch)
{
	int64_t pause = watch->taken_ns * LOOK_SHARE / NS_PER_MS;

	if (watch->budgets == 0)
		return IDLE_MS;
	if (pause < LEAST_MS)
		return LEAST_MS;
	return pause < MOST_MS ? pause : MOST_MS;
}

static void looked(void *ctx)
{
	struct budget_watch *watch = ctx;

	if (watch->flow->closing || !watch->ran)
		return;
	say_error(watch);
	watch->timer =
		loop_timer_add(watch->flow->options.loop, pause_ms(watch), begin_look, watch);
}

static void begin_look(void *ctx)
{
	struct budget_watch *watch = ctx;
	struct err err = ERR_INIT;

	watch->timer = NULL;
	if (jobs_submit(watch->jobs, do_look, looked, watch, &err) < 0)
		watch->timer =
			loop_timer_add(watch->flow->options.loop, MOST_MS, begin_look, watch);
}

int budget_watch_begin(struct flow *flow, struct err *err)
{
	struct budget_watch *watch;

	if (!flow->options.prices)
		return 0;
	watch = xcalloc(1, sizeof(*watch));
	flow->budget_watch = watch;
	watch->flow = flow;
	watch->book = budget_book_new(flow->options.prices);
	if (jobs_new(flow->options.loop, 1, 1, &watch->jobs, err) < 0 ||
	    doorbell_open(flow->options.doorbell, &watch->doorbell, err) < 0)
		return -1;
	watch->timer = loop_timer_add(flow->options.loop, 0, begin_look, watch);
	return 0;
}

void budget_watch_free(struct flow *flow)
{
	struct budget_watch *watch = STEAL(flow->budget_watch, NULL);

	if (!watch)
		return;
	loop_timer_cancel(watch->timer);
	if (watch->jobs)
		jobs_free(watch->jobs);
	doorbell_free(watch->doorbell);
	budget_book_free(watch->book);
	free(watch);
}
