/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cheap comparisons come first: tags are read only for a task that falls under the rest of
 * a budget that names a tag.
 */
#include "billing/budget_cover.h"

#include <string.h>

#include "billing/meter_tags.h"
#include "store/record.h"

static bool is_any_or(const char *wanted, const char *text)
{
	return wanted[0] == '\0' || strcmp(wanted, text) == 0;
}

static bool covers_place(const struct budget *budget, const struct ledger_task *task)
{
	return strcmp(budget->account, task->account) == 0 &&
	       is_any_or(budget->cluster, task->cluster) && is_any_or(budget->family, task->family);
}

static bool has_tag(const struct budget_tags *tags, const char *key, const char *value)
{
	for (size_t i = 0; i < tags->count; i++) {
		if (strcmp(tags->tags[i].key, key) == 0 && strcmp(tags->tags[i].value, value) == 0)
			return true;
	}
	return false;
}

int budget_covers(const struct budget *budget, const struct charge *charge,
		  struct budget_tags *tags, struct arena *arena, bool *ret_covers, struct err *err)
{
	*ret_covers = covers_place(budget, &charge->task);
	if (!*ret_covers || budget->tag_key[0] == '\0')
		return 0;
	if (!tags->tags && charge_tags(charge, arena, &tags->tags, &tags->count, err) < 0)
		return -1;
	*ret_covers = has_tag(tags, budget->tag_key, budget->tag_value);
	return 0;
}

/* --- launches --- */

int budget_refusal(struct db *db, const struct ledger_task *task, int64_t now_s,
		   struct arena *arena, const struct budget **ret_budget, struct err *err)
{
	struct charge charge = {.task = *task, .reason = ""};
	struct budget_tags tags = {.tags = NULL};
	struct budget *budgets;
	size_t count;

	*ret_budget = NULL;
	if (budget_refusing(db, task->account, now_s, arena, &budgets, &count, err) < 0)
		return -1;
	if (count > 0 && meter_tags(db, task, arena, &charge.task.tags_json, err) < 0)
		return -1;
	for (size_t i = 0; i < count && !*ret_budget; i++) {
		bool covers;

		if (budget_covers(&budgets[i], &charge, &tags, arena, &covers, err) < 0)
			return -1;
		if (covers)
			*ret_budget = &budgets[i];
	}
	return 0;
}

/* --- tasks that run --- */

static void read_task(struct record_row *row, void *ret_item)
{
	struct ledger_task *ret_task = ret_item;

	*ret_task = (struct ledger_task){
		.task = record_text(row, 0),
		.account = record_text(row, 1),
		.cluster = record_text(row, 2),
		.family = record_text(row, 3),
		.revision = db_int(row->query, 4),
		.group = record_text(row, 5),
		.started_by = record_text(row, 6),
		.architecture = "",
		.tags_json = record_text_or_null(row, 7), /* NULL: its meter never ran */
	};
}

static int list_tasks(struct db *db, const char *account, struct arena *arena,
		      struct ledger_task **ret_tasks, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT task.id, task.account, task.cluster, task.family, task.revision,"
		     " task.group_name, task.started_by, ledger_task.tags_json"
		     " FROM task LEFT JOIN ledger_task ON ledger_task.task = task.id"
		     " WHERE task.account = ?1 AND state <> 'STOPPED' AND want_stopped = 0",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	return record_list(query, read_task, sizeof(**ret_tasks), arena, ret_tasks, ret_count, err);
}

static int is_victim(struct db *db, const struct budget *budget, const struct ledger_task *task,
		     struct arena *arena, bool *ret_covers, struct err *err)
{
	struct charge charge = {.task = *task, .reason = ""};
	struct budget_tags tags = {.tags = NULL};

	if (!task->tags_json && budget->tag_key[0] != '\0' && covers_place(budget, task) &&
	    meter_tags(db, task, arena, &charge.task.tags_json, err) < 0)
		return -1;
	return budget_covers(budget, &charge, &tags, arena, ret_covers, err);
}

int budget_victims(struct db *db, const struct budget *budget, struct arena *arena,
		   struct budget_victim **ret_victims, size_t *ret_count, struct err *err)
{
	struct budget_victim *victims;
	struct ledger_task *tasks;
	size_t task_count, count = 0;

	if (list_tasks(db, budget->account, arena, &tasks, &task_count, err) < 0)
		return -1;
	victims = arena_alloc(arena, (task_count + 1) * sizeof(*victims));
	if (!victims)
		return record_full(err);
	for (size_t i = 0; i < task_count; i++) {
		bool covers;

		if (is_victim(db, budget, &tasks[i], arena, &covers, err) < 0)
			return -1;
		if (covers)
			victims[count++] = (struct budget_victim){tasks[i].cluster, tasks[i].task};
	}
	*ret_victims = victims;
	*ret_count = count;
	return 0;
}
