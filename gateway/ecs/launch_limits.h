/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What keeps an account from launching more: its quotas (store/quota.h) and its budgets that are
 * spent (store/budget.h). How each is said:
 *
 *     too many at once     a 200 with `failures` for the tasks that found no room, as Fargate
 *                          does it: the others are launched, and the reason is Fargate's own
 *     too many a second    ThrottlingException, which stock clients wait and retry after
 *     a budget             AccessDeniedException, as where a budget's action on AWS has
 *                          attached a policy that denies: no client retries it, all show its text
 */
#ifndef SLIPWAY_GATEWAY_ECS_LAUNCH_LIMITS_H
#define SLIPWAY_GATEWAY_ECS_LAUNCH_LIMITS_H

#include "gateway/ecs/run_input.h"

/* How many of @count tasks of the plan find room now; *ret_reason: why not all (borrowed for
 * ever). */
int launch_room(struct call *call, const struct run_plan *plan, int64_t count, int64_t *ret_room,
		const char **ret_reason) MUST_CHECK;

/* Under the write lock, before they are written: @count tasks of the plan still find room, and the
 * account may launch them in this second. */
enum call_written launch_take(struct call *call, const struct run_plan *plan, int64_t count);

/* Under the write lock, when the first task is written, with its tags: no budget that it falls
 * under is spent. */
enum call_written launch_check_budgets(struct call *call, const struct task *task);

#endif
