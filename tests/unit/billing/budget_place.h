/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tests of budgets need beside a place: an account, tasks that begin and end, prices,
 * budgets, looks. Time is faked: wall and boot clock show the same second.
 */
#ifndef SLIPWAY_TESTS_UNIT_BILLING_BUDGET_PLACE_H
#define SLIPWAY_TESTS_UNIT_BILLING_BUDGET_PLACE_H

#include "tests/unit/store/place.h"

#include "billing/budget_act.h"
#include "billing/meter.h"
#include "core/clock.h"
#include "store/account.h"
#include "store/tag.h"

#define SECOND_NS 1000000000LL
#define NOV_23	  1763856000LL /* 2025-11-23 */
#define HOUR	  3600LL
#define DAY	  86400LL

/* An hour of a vCPU costs 900, of a GiB 1: so a second of a task of place_task() costs
 * 0.0625 and 0.000138..., which is not even. At least @minimum seconds are billed. */
static inline struct price_list *prices_make(int minimum)
{
	AUTO(freep)
	char *text = xasprintf(
		"{\"currency\":\"USD\",\"tables\":[{\"account\":\"\",\"prices\":[{\"from\":0,"
		"\"minimum\":%d,\"x86\":[900000000000,1000000000,500000000],"
		"\"arm\":[900000000000,1000000000,500000000],\"shares\":[10000,8000],"
		"\"spot\":3000}]}]}",
		minimum);
	struct price_list *list;
	struct err err = ERR_INIT;

	ASSERT_OK(price_list_parse(text, &list, &err), &err);
	return list;
}

/* A place with an account, whose id is ACCOUNT. */
static inline void budget_place(struct place *place)
{
	struct db_query *query;

	place_state(place);
	ASSERT_OK(db_query(place->db,
			   "INSERT INTO account (id, name, created_ms) VALUES (?1, 'a', 0)", &query,
			   &place->err),
		  &place->err);
	db_bind_text(query, 1, ACCOUNT);
	ASSERT_OK(db_run(query, NULL, &place->err), &place->err);
}

static inline void time_is(int64_t at_s)
{
	clock_fake(at_s * 1000, at_s * SECOND_NS);
}

/* The task runs from now on, with the tag team=@team unless that is NULL. */
static inline const char *task_begin(struct place *place, unsigned number, const char *cluster,
				     const char *team)
{
	struct task_change change = {.pull_started_ms = clock_wall_ms()};
	struct task task = place_task(place, number);
	const struct tag tag = {"team", team};

	task.cluster = cluster;
	ASSERT_OK(task_insert(place->db, &task, &place->err), &place->err);
	if (team)
		ASSERT_OK(tag_put(place->db,
				  arena_printf(place->arena, "arn:aws:ecs:r:" ACCOUNT ":task/%s/%s",
					       cluster, task.id),
				  &tag, 1, &place->err),
			  &place->err);
	ASSERT_OK(task_move(place->db, task.id, TASK_PROVISIONING, TASK_EV_CLAIMED, &change, NULL,
			    &place->err),
		  &place->err);
	ASSERT_OK(meter_open(place->db, task.id, clock_wall_ms(), &place->err), &place->err);
	return task.id;
}

static inline void task_end(struct place *place, const char *id)
{
	place_move(place, id, TASK_PENDING, TASK_EV_FAILED);
	place_move(place, id, TASK_DEPROVISIONING, TASK_EV_RELEASED);
	ASSERT_OK(meter_close(place->db, id, clock_wall_ms(), &place->err), &place->err);
}

static inline struct budget budget_of(const char *name, enum budget_period period,
				      int64_t amount_nano)
{
	return (struct budget){.account = ACCOUNT,
			       .name = name,
			       .cluster = "",
			       .family = "",
			       .tag_key = "",
			       .tag_value = "",
			       .amount_nano = amount_nano,
			       .period = period};
}

static inline void budget_put(struct place *place, const struct budget *budget)
{
	ASSERT_OK(budget_set(place->db, budget, clock_wall_ms(), &place->err), &place->err);
}

static inline const struct budget_line *look(struct place *place, struct budget_book *book,
					     size_t count)
{
	const struct budget_line *lines;
	size_t found;

	ASSERT_OK(db_begin_read(place->db, &place->err), &place->err);
	ASSERT_OK(budget_book_look(book, place->db, clock_wall_ms() / 1000, &place->err),
		  &place->err);
	db_rollback(place->db);
	lines = budget_book_lines(book, &found);
	ck_assert_uint_eq(found, count);
	return lines;
}

#endif
