/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of budgets. changed_ms only grows within a budget's name, so a state that was worked out
 * for what a budget was is never taken for that of what it is.
 */
#include "store/budget.h"

#include <stdio.h>
#include <string.h>

#include "core/ident.h"
#include "store/record.h"

#define COLUMNS                                                                                    \
	"account, name, cluster, family, tag_key, tag_value, amount_nano, period, percents,"       \
	" refuse, stop, changed_ms, from_s, until_s, counted_nano, counted_position, basis,"       \
	" notified_percent, spent"

#define AS_NAME(name, text) [BUDGET_##name] = text,
static const char *const period_names[] = {BUDGET_PERIODS(AS_NAME)};

const char *budget_period_name(enum budget_period period)
{
	return period_names[period];
}

bool budget_period_parse(const char *text, enum budget_period *ret_period)
{
	for (int i = 0; i < BUDGET_PERIOD_COUNT; i++) {
		if (strcmp(text, period_names[i]) == 0) {
			*ret_period = (enum budget_period)i;
			return true;
		}
	}
	return false;
}

/* --- thresholds --- */

/* In its place, once. */
static int add_percent(struct budget *budget, int64_t percent, struct err *err)
{
	size_t at = 0;

	while (at < budget->percent_count && budget->percents[at] < percent)
		at++;
	if (at < budget->percent_count && budget->percents[at] == percent)
		return 0;
	if (budget->percent_count == BUDGET_PERCENTS_MAX)
		return err_set(err, ERR_INVALID, "a budget has at most %d thresholds",
			       BUDGET_PERCENTS_MAX);
	memmove(&budget->percents[at + 1], &budget->percents[at],
		(budget->percent_count - at) * sizeof(budget->percents[0]));
	budget->percents[at] = percent;
	budget->percent_count++;
	return 0;
}

int budget_percents_parse(const char *text, struct budget *ret_budget, struct err *err)
{
	struct budget read = {.percent_count = 0};

	while (*text != '\0') {
		char *end;
		long percent = strtol(text, &end, 10);

		if (*text < '0' || *text > '9' || (*end != '\0' && *end != ',') ||
		    (*end == ',' && end[1] == '\0') || percent < 1 ||
		    percent > BUDGET_PERCENT_LIMIT)
			return err_set(err, ERR_INVALID,
				       "thresholds are percents from 1 to %d, like 80,100, not "
				       "'%.32s'",
				       BUDGET_PERCENT_LIMIT, text);
		if (add_percent(&read, percent, err) < 0)
			return -1;
		text = *end == ',' ? end + 1 : end;
	}
	memcpy(ret_budget->percents, read.percents, sizeof(read.percents));
	ret_budget->percent_count = read.percent_count;
	return 0;
}

char *budget_percents_text(const struct budget *budget, char *ret)
{
	size_t len = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < budget->percent_count; i++)
		len += (size_t)snprintf(ret + len, BUDGET_PERCENTS_SIZE - len, "%s%lld",
					i > 0 ? "," : "", (long long)budget->percents[i]);
	return ret;
}

/* --- rows --- */

/* The words of the row were checked when they were written: what cannot be read is damage. */
static int read_budget(struct record_row *row, struct budget *ret_budget, struct err *err)
{
	struct db_query *query = row->query;
	const char *period = record_text(row, 7);
	struct budget budget = {
		.account = record_text(row, 0),
		.name = record_text(row, 1),
		.cluster = record_text(row, 2),
		.family = record_text(row, 3),
		.tag_key = record_text(row, 4),
		.tag_value = record_text(row, 5),
		.amount_nano = db_int(query, 6),
		.refuse = db_int(query, 9) != 0,
		.stop = db_int(query, 10) != 0,
		.changed_ms = db_int(query, 11),
		.state = {.from_s = db_int(query, 12),
			  .until_s = db_int(query, 13),
			  .counted_nano = db_int(query, 14),
			  .counted_position = db_int(query, 15),
			  .basis = record_text(row, 16),
			  .notified_percent = db_int(query, 17),
			  .spent = db_int(query, 18) != 0},
	};

	if (record_row_check(row, err) < 0)
		return -1;
	if (!budget_period_parse(period, &budget.period) ||
	    budget_percents_parse(record_text(row, 8), &budget, err) < 0)
		return err_set(err, ERR_CORRUPT, "budget %s of account %s cannot be read",
			       budget.name, budget.account);
	*ret_budget = budget;
	return 0;
}

static int read_budgets(struct db_query *query, struct arena *arena, struct budget **ret_budgets,
			size_t *ret_count, struct err *err)
{
	struct record_row row = {.query = query, .arena = arena};
	AUTO(buf_done) struct buf list;
	int rc;

	buf_init(&list, BUDGETS_MAX * sizeof(struct budget));
	while ((rc = db_step(query, err)) == 1) {
		struct budget budget;

		if (read_budget(&row, &budget, err) < 0 ||
		    buf_append(&list, &budget, sizeof(budget), err) < 0)
			return -1;
	}
	if (rc < 0)
		return -1;
	return record_list_take(&list, sizeof(struct budget), arena, ret_budgets, ret_count, err);
}

int budget_list(struct db *db, const char *account, struct arena *arena,
		struct budget **ret_budgets, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT " COLUMNS " FROM budget WHERE (?1 IS NULL OR account = ?1)"
		     " ORDER BY account, name",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	return read_budgets(query, arena, ret_budgets, ret_count, err);
}

int budget_refusing(struct db *db, const char *account, int64_t now_s, struct arena *arena,
		    struct budget **ret_budgets, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT " COLUMNS " FROM budget WHERE account = ?1"
		     " AND refuse = 1 AND spent = 1 AND from_s <= ?2 AND until_s > ?2"
		     " ORDER BY name",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_int(query, 2, now_s);
	return read_budgets(query, arena, ret_budgets, ret_count, err);
}

/* --- the operator's words --- */

static bool is_same(const struct budget *a, const struct budget *b)
{
	return strcmp(a->cluster, b->cluster) == 0 && strcmp(a->family, b->family) == 0 &&
	       strcmp(a->tag_key, b->tag_key) == 0 && strcmp(a->tag_value, b->tag_value) == 0 &&
	       a->amount_nano == b->amount_nano && a->period == b->period &&
	       a->percent_count == b->percent_count &&
	       memcmp(a->percents, b->percents, a->percent_count * sizeof(a->percents[0])) == 0 &&
	       a->refuse == b->refuse && a->stop == b->stop;
}

static const struct budget *find(const struct budget *budgets, size_t count,
				 const struct budget *wanted)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(budgets[i].name, wanted->name) == 0 &&
		    strcmp(budgets[i].account, wanted->account) == 0)
			return &budgets[i];
	}
	return NULL;
}

static int check(const struct budget *budget, struct err *err)
{
	if (!ident_is_name(budget->name, BUDGET_NAME_MAX))
		return err_set(err, ERR_INVALID,
			       "a budget's name has up to %d letters, digits, hyphens and "
			       "underscores, not '%.80s'",
			       BUDGET_NAME_MAX, budget->name);
	if (budget->amount_nano <= 0)
		return err_set(err, ERR_INVALID, "a budget's amount must be more than 0");
	return 0;
}

static int write_words(struct db *db, const struct budget *budget, int64_t changed_ms,
		       struct err *err)
{
	char percents[BUDGET_PERCENTS_SIZE];
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO budget (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
		     " ?10, ?11, ?12, 0, 0, 0, 0, '', 0, 0)"
		     " ON CONFLICT (account, name) DO UPDATE SET cluster = excluded.cluster,"
		     " family = excluded.family, tag_key = excluded.tag_key,"
		     " tag_value = excluded.tag_value, amount_nano = excluded.amount_nano,"
		     " period = excluded.period, percents = excluded.percents,"
		     " refuse = excluded.refuse, stop = excluded.stop,"
		     " changed_ms = excluded.changed_ms, from_s = 0, until_s = 0,"
		     " counted_nano = 0, counted_position = 0, basis = '', notified_percent = 0,"
		     " spent = 0",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, budget->account);
	db_bind_text(query, 2, budget->name);
	db_bind_text(query, 3, budget->cluster);
	db_bind_text(query, 4, budget->family);
	db_bind_text(query, 5, budget->tag_key);
	db_bind_text(query, 6, budget->tag_value);
	db_bind_int(query, 7, budget->amount_nano);
	db_bind_text(query, 8, budget_period_name(budget->period));
	db_bind_text(query, 9, budget_percents_text(budget, percents));
	db_bind_int(query, 10, budget->refuse);
	db_bind_int(query, 11, budget->stop);
	db_bind_int(query, 12, changed_ms);
	return db_run(query, NULL, err);
}

int budget_set(struct db *db, const struct budget *budget, int64_t now_ms, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(RECORD_LIST_MAX);
	AUTO(record_scope_done) struct record_scope scope = {0};
	const struct budget *before;
	struct budget *budgets;
	size_t count;

	if (check(budget, err) < 0 || record_scope_begin(&scope, db, err) < 0 ||
	    budget_list(db, NULL, arena, &budgets, &count, err) < 0)
		return -1;
	before = find(budgets, count, budget);
	if (!before && count >= BUDGETS_MAX)
		return err_set(err, ERR_LIMIT, "there are %d budgets, and cannot be more",
			       BUDGETS_MAX);
	if (before && now_ms <= before->changed_ms)
		now_ms = before->changed_ms + 1;
	if (!(before && is_same(before, budget)) && write_words(db, budget, now_ms, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

int budget_remove(struct db *db, const char *account, const char *name, struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (db_query(db, "DELETE FROM budget WHERE account = ?1 AND name = ?2", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	if (db_run(query, &changed, err) < 0)
		return -1;
	return changed > 0 ? 0 : err_set(err, ERR_NOT_FOUND, "no budget %.80s", name);
}

/* --- the state --- */

int budget_state_put(struct db *db, const struct budget *budget, bool *ret_written, struct err *err)
{
	const struct budget_state *state = &budget->state;
	struct db_query *query;
	int64_t changed;

	if (db_query(db,
		     "UPDATE budget SET from_s = ?4, until_s = ?5, counted_nano = ?6,"
		     " counted_position = ?7, basis = ?8, notified_percent = ?9, spent = ?10"
		     " WHERE account = ?1 AND name = ?2 AND changed_ms = ?3",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, budget->account);
	db_bind_text(query, 2, budget->name);
	db_bind_int(query, 3, budget->changed_ms);
	db_bind_int(query, 4, state->from_s);
	db_bind_int(query, 5, state->until_s);
	db_bind_int(query, 6, state->counted_nano);
	db_bind_int(query, 7, state->counted_position);
	db_bind_text(query, 8, state->basis);
	db_bind_int(query, 9, state->notified_percent);
	db_bind_int(query, 10, state->spent);
	if (db_run(query, &changed, err) < 0)
		return -1;
	*ret_written = changed > 0;
	return 0;
}
