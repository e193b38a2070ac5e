/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One array of holders, and one of the numbers of all of them: a look makes both anew, and
 * asks for memory only when there are more than ever.
 */
#include "billing/budget_holder.h"

#include "store/budget.h"

_Static_assert(BUDGETS_MAX <= UINT16_MAX, "a line's number takes two bytes");

void budget_holders_done(struct budget_holders *holders)
{
	free(holders->rows);
	free(holders->lines);
	*holders = (struct budget_holders){0};
}

static void *grown(void *items, size_t *room, size_t needed, size_t item_size)
{
	if (needed <= *room)
		return items;
	*room = needed * 2;
	items = realloc(items, *room * item_size);
	if (!items)
		abort();
	return items;
}

struct budget_holder *budget_holder_add(struct budget_holders *holders, int64_t task, size_t lines)
{
	holders->rows =
		grown(holders->rows, &holders->room, holders->count + 1, sizeof(*holders->rows));
	holders->lines = grown(holders->lines, &holders->line_room, holders->line_count + lines,
			       sizeof(*holders->lines));
	holders->rows[holders->count] = (struct budget_holder){task, holders->line_count, 0};
	return &holders->rows[holders->count++];
}

void budget_holder_add_line(struct budget_holders *holders, struct budget_holder *holder,
			    size_t line)
{
	holders->lines[holders->line_count++] = (uint16_t)line;
	holder->count++;
}

static int compare(const void *a, const void *b)
{
	const struct budget_holder *left = a;
	const struct budget_holder *right = b;

	return (left->task > right->task) - (left->task < right->task);
}

void budget_holders_sort(struct budget_holders *holders)
{
	if (holders->count > 1)
		qsort(holders->rows, holders->count, sizeof(*holders->rows), compare);
}

const struct budget_holder *budget_holder_find(const struct budget_holders *holders, int64_t task)
{
	size_t low = 0, high = holders->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (holders->rows[middle].task == task)
			return &holders->rows[middle];
		if (holders->rows[middle].task < task)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
