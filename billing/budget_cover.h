/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which tasks fall under a budget: those of its account, and of its cluster and family, and with
 * its tag, where it names them. Tags are a bill's: those of definition, service and task, and the
 * provider's (billing/charge.h), so "aws:ecs:serviceName" is a budget of a service.
 */
#ifndef SLIPWAY_BILLING_BUDGET_COVER_H
#define SLIPWAY_BILLING_BUDGET_COVER_H

#include "billing/charge.h"
#include "store/budget.h"

/* Tags of a task, worked out when somebody asks for them first. */
struct budget_tags {
	struct charge_tag *tags; /* NULL: not yet */
	size_t count;
};

/* Whether @charge (of which only the task counts) falls under @budget. What the tags need is taken
 * from the arena. */
int budget_covers(const struct budget *budget, const struct charge *charge,
		  struct budget_tags *tags, struct arena *arena, bool *ret_covers, struct err *err)
	MUST_CHECK;

/*
 * The first spent budget that refuses to launch @task at @now_s; *ret_budget is NULL if none does.
 * Its number and tags_json are ignored: its tags are those that the store has for it now. Texts in
 * the arena.
 */
int budget_refusal(struct db *db, const struct ledger_task *task, int64_t now_s,
		   struct arena *arena, const struct budget **ret_budget, struct err *err)
	MUST_CHECK;

/* Ids and clusters of the account's tasks that fall under @budget and are not wanted stopped. A
 * task whose meter runs is one of those that the budget counts; another by its tags now. */
struct budget_victim {
	const char *cluster, *task;
};
int budget_victims(struct db *db, const struct budget *budget, struct arena *arena,
		   struct budget_victim **ret_victims, size_t *ret_count, struct err *err)
	MUST_CHECK;

#endif
