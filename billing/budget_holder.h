/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which budgets a task that runs falls under, remembered from look to look: numbers of
 * lines, by the task's number in the ledger. For billing/ only.
 */
#ifndef SLIPWAY_BILLING_BUDGET_HOLDER_H
#define SLIPWAY_BILLING_BUDGET_HOLDER_H

#include "core/common.h"

struct budget_holder {
	int64_t task;	     /* ledger_task.number */
	size_t first, count; /* in budget_holders.lines */
};
/* All zero: none. */
struct budget_holders {
	struct budget_holder *rows;
	size_t count, room;
	uint16_t *lines;
	size_t line_count, line_room;
};

void budget_holders_done(struct budget_holders *holders);
/* A new one, with room for @lines lines; valid until the next is added. */
struct budget_holder *budget_holder_add(struct budget_holders *holders, int64_t task, size_t lines);
/* To the holder that was added last. */
void budget_holder_add_line(struct budget_holders *holders, struct budget_holder *holder,
			    size_t line);
/* Before they are searched. */
void budget_holders_sort(struct budget_holders *holders);
/* NULL: it is not there. */
const struct budget_holder *budget_holder_find(const struct budget_holders *holders, int64_t task);

#endif
