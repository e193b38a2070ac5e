/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to be done is worked out before the write lock is taken; under it a line whose budget is
 * gone or was changed meanwhile does nothing.
 *
 * An event's id is made of the budget's words (by the time of their change), its period and
 * the threshold: an event that was told is told no second time, whatever the clock does.
 */
#include "billing/budget_act.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "billing/budget_cover.h"
#include "billing/budget_measure.h"
#include "billing/calendar.h"
#include "store/outbox.h"
#include "store/record.h"
#include "store/task.h"

#define WHOLE_PERCENT 100

/* What follows of one line. */
struct deed {
	const struct budget_line *line;
	struct budget next; /* with the state to be written */
	bool counts_only;   /* nothing but what was counted is new */
	bool tells_spent;
	int64_t after_percent; /* thresholds above this are told, up to next's */
	struct budget_victim *victims;
	size_t victim_count;
};

/* --- what is to be done --- */

static int64_t highest_reached(const struct budget_line *line)
{
	const struct budget *budget = &line->stored;
	int64_t highest = 0;

	for (size_t i = 0; i < budget->percent_count; i++) {
		if (budget_reached(line->spent_nano, budget->amount_nano, budget->percents[i]))
			highest = budget->percents[i];
	}
	return highest;
}

static void make_deed(const struct budget_line *line, struct deed *deed)
{
	const struct budget *budget = &line->stored;
	int64_t highest = highest_reached(line);
	struct budget_state *state;

	*deed = (struct deed){
		.line = line, .next = *budget, .after_percent = line->state.notified_percent};
	state = &deed->next.state;
	*state = line->state;
	if (highest > state->notified_percent)
		state->notified_percent = highest;
	/* It stays so until its period ends or it is set anew: what was stopped for it may end a
	 * second cheaper than it ran, and would begin again. */
	state->spent = line->state.spent ||
		       budget_reached(line->spent_nano, budget->amount_nano, WHOLE_PERCENT);
	deed->tells_spent = state->spent && !line->state.spent && (budget->refuse || budget->stop);
	deed->counts_only = state->from_s == budget->state.from_s &&
			    state->until_s == budget->state.until_s &&
			    state->notified_percent == budget->state.notified_percent &&
			    state->spent == budget->state.spent;
}

static bool counts_differ(const struct deed *deed)
{
	const struct budget_state *old = &deed->line->stored.state, *new = &deed->next.state;

	return old->counted_position != new->counted_position ||
	       strcmp(old->basis, new->basis) != 0;
}

/* Those that are to be done, in *ret_deeds. */
static int make_deeds(const struct budget_book *book, struct db *db, bool keep, struct arena *arena,
		      struct deed **ret_deeds, size_t *ret_count, struct err *err)
{
	const struct budget_line *lines;
	struct deed *deeds;
	size_t line_count, count = 0;

	lines = budget_book_lines(book, &line_count);
	deeds = arena_alloc(arena, (line_count + 1) * sizeof(*deeds));
	if (!deeds)
		return record_full(err);
	for (size_t i = 0; i < line_count; i++) {
		struct deed *deed = &deeds[count];

		make_deed(&lines[i], deed);
		if (deed->next.stop && deed->next.state.spent &&
		    budget_victims(db, &deed->next, arena, &deed->victims, &deed->victim_count,
				   err) < 0)
			return -1;
		if (!deed->counts_only || deed->victim_count > 0 || (keep && counts_differ(deed)))
			count++;
	}
	*ret_deeds = deeds;
	*ret_count = count;
	return 0;
}

/* --- events --- */

static json_t *data_of(const struct deed *deed, const char *currency)
{
	const struct budget *budget = &deed->next;
	char amount[PRICE_TEXT_SIZE], spent[PRICE_TEXT_SIZE];
	char from[CALENDAR_TEXT_SIZE], until[CALENDAR_TEXT_SIZE];
	json_t *data = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "account", budget->account,
				 "budget", budget->name, "currency", currency, "amount",
				 price_text(budget->amount_nano, amount), "spent",
				 price_text(deed->line->spent_nano, spent), "period",
				 budget_period_name(budget->period));
	const struct {
		const char *key, *value;
	} scope[] = {
		{"cluster", budget->cluster},
		{"family", budget->family},
		{"tagKey", budget->tag_key},
		{"tagValue", budget->tag_value},
	};

	for (size_t i = 0; i < ARRAY_LEN(scope); i++) {
		if (scope[i].value[0] != '\0')
			json_object_set_new(data, scope[i].key, json_string(scope[i].value));
	}
	if (budget->period != BUDGET_ALL) {
		json_object_set_new(data, "from",
				    json_string(calendar_time_text(budget->state.from_s, from)));
		json_object_set_new(data, "until",
				    json_string(calendar_time_text(budget->state.until_s, until)));
	}
	return data;
}

/* The caller frees it. (Not json_dumps(): its text is not always one for free().) */
static char *text_of(const json_t *data)
{
	size_t len = json_dumpb(data, NULL, 0, JSON_COMPACT | JSON_SORT_KEYS);
	char *text = xcalloc(1, len + 1);

	(void)json_dumpb(data, text, len, JSON_COMPACT | JSON_SORT_KEYS); /* as it was counted */
	return text;
}

/* Takes @data. */
static int put_event(struct db *db, const struct deed *deed, const char *type, int64_t percent,
		     json_t *data, int64_t now_ms, struct err *err)
{
	const struct budget *budget = &deed->next;
	AUTO(freep) char *text = text_of(data);
	AUTO(freep)
	char *id = xasprintf("%s-%s-%" PRId64 "-%" PRId64 "-%s%" PRId64, budget->account,
			     budget->name, budget->changed_ms, budget->state.from_s,
			     percent > 0 ? "" : "spent-", percent);
	AUTO(freep) char *source = xasprintf("/slipway/%s", budget->account);
	AUTO(freep) char *subject = xasprintf("budget/%s", budget->name);
	const struct outbox_event event = {.id = id,
					   .type = type,
					   .source = source,
					   .subject = subject,
					   .time_ms = now_ms,
					   .data_json = text};

	json_decref(data);
	return outbox_put(db, &event, err);
}

static int put_thresholds(struct db *db, const struct deed *deed, const char *currency,
			  int64_t now_ms, struct err *err)
{
	const struct budget *budget = &deed->next;

	for (size_t i = 0; i < budget->percent_count; i++) {
		int64_t percent = budget->percents[i];
		json_t *data;

		if (percent <= deed->after_percent || percent > budget->state.notified_percent)
			continue;
		data = data_of(deed, currency);
		json_object_set_new(data, "percent", json_integer(percent));
		if (put_event(db, deed, "slipway.budget.threshold", percent, data, now_ms, err) < 0)
			return -1;
	}
	return 0;
}

static int put_spent(struct db *db, const struct deed *deed, const char *currency, int64_t now_ms,
		     struct err *err)
{
	json_t *data;

	if (!deed->tells_spent)
		return 0;
	data = data_of(deed, currency);
	json_object_set_new(data, "refuses", json_boolean(deed->next.refuse));
	json_object_set_new(data, "stops", json_boolean(deed->next.stop));
	json_object_set_new(data, "stopped", json_integer((json_int_t)deed->victim_count));
	return put_event(db, deed, "slipway.budget.spent", 0, data, now_ms, err);
}

/* --- doing it --- */

static int stop_victims(struct db *db, const struct deed *deed, const char *currency,
			int64_t now_ms, struct err *err)
{
	const struct budget *budget = &deed->next;
	char amount[PRICE_TEXT_SIZE];
	AUTO(freep)
	char *reason =
		xasprintf("Budget %s is spent: %s %s%s%s.", budget->name,
			  price_text(budget->amount_nano, amount), currency,
			  budget->period == BUDGET_ALL ? "" : " a ",
			  budget->period == BUDGET_ALL ? "" : budget_period_name(budget->period));

	for (size_t i = 0; i < deed->victim_count; i++) {
		const struct budget_victim *victim = &deed->victims[i];

		if (task_want_stopped(db, budget->account, victim->cluster, victim->task,
				      "UserInitiated", reason, now_ms, err) < 0) {
			if (err->code != ERR_NOT_FOUND)
				return -1;
			err_clear(err); /* it ended, and is forgotten */
		}
	}
	return 0;
}

static int do_deed(struct db *db, struct deed *deed, const char *currency, int64_t now_ms,
		   bool *ret_done, struct err *err)
{
	if (budget_state_put(db, &deed->next, ret_done, err) < 0)
		return -1;
	if (!*ret_done)
		return 0;
	if (put_thresholds(db, deed, currency, now_ms, err) < 0 ||
	    put_spent(db, deed, currency, now_ms, err) < 0)
		return -1;
	return stop_victims(db, deed, currency, now_ms, err);
}

static void add_notices(const struct deed *deed, struct budget_notice *notices, size_t *count)
{
	const struct budget *budget = &deed->next;

	for (size_t i = 0; i < budget->percent_count; i++) {
		if (budget->percents[i] > deed->after_percent &&
		    budget->percents[i] <= budget->state.notified_percent)
			notices[(*count)++] =
				(struct budget_notice){deed->line, budget->percents[i], 0};
	}
	if (deed->tells_spent || deed->victim_count > 0)
		notices[(*count)++] = (struct budget_notice){deed->line, 0, deed->victim_count};
}

static int do_deeds(struct db *db, struct deed *deeds, size_t count, const char *currency,
		    int64_t now_ms, struct budget_notice *notices, size_t *ret_count,
		    struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};

	*ret_count = 0;
	if (record_scope_begin(&scope, db, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		bool done;

		if (do_deed(db, &deeds[i], currency, now_ms, &done, err) < 0)
			return err_wrap(err, "budget %s of account %s", deeds[i].next.name,
					deeds[i].next.account);
		if (done)
			add_notices(&deeds[i], notices, ret_count);
	}
	return record_scope_commit(&scope, err);
}

int budget_act(struct budget_actor *actor, const struct budget_book *book, struct db *db,
	       int64_t now_ms, struct arena *arena, struct budget_notice **ret_notices,
	       size_t *ret_count, struct err *err)
{
	bool keep = actor->kept_ms == 0 || now_ms < actor->kept_ms ||
		    now_ms - actor->kept_ms >= BUDGET_KEEP_MS;
	struct budget_notice *notices;
	struct deed *deeds = NULL;
	size_t deed_count = 0, count = 0;

	if (make_deeds(book, db, keep, arena, &deeds, &deed_count, err) < 0)
		return -1;
	notices =
		arena_alloc(arena, (deed_count * (BUDGET_PERCENTS_MAX + 1) + 1) * sizeof(*notices));
	if (!notices)
		return record_full(err);
	if (deed_count > 0 && do_deeds(db, deeds, deed_count, budget_book_currency(book), now_ms,
				       notices, &count, err) < 0)
		return -1;
	if (keep && deed_count > 0)
		actor->kept_ms = now_ms;
	*ret_notices = notices;
	*ret_count = count;
	return 0;
}
