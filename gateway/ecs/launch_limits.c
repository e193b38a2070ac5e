/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Room is looked for twice: before the tasks are planned, since the answer says which find
 * none, and under the write lock, since others may have taken it. Who finds less then
 * begins anew, and answers what is so by now.
 */
#include "gateway/ecs/launch_limits.h"

#include <string.h>

#include "billing/budget_cover.h"
#include "billing/calendar.h"
#include "billing/price.h"
#include "store/quota.h"

#define MS_PER_SECOND 1000

static const char *const reasons[] = {
	[QUOTA_FREE] = "",
	[QUOTA_TASKS] = "You’ve reached the limit on the number of tasks you can run concurrently",
	[QUOTA_VCPUS] = "You’ve reached the limit on the number of vCPUs you can run concurrently",
	[QUOTA_MEMORY] = "You’ve reached the limit on the memory you can use concurrently",
};

static int find_room(struct call *call, const struct run_plan *plan, int64_t count,
		     struct quota *ret_quota, int64_t *ret_room, enum quota_limit *ret_limit,
		     struct err *err)
{
	const char *account = call->caller.account;
	struct account_use use;

	if (quota_of(call->state, account, call->options->quota, ret_quota, err) < 0 ||
	    account_use_find(call->state, account, &use, err) < 0)
		return -1;
	*ret_room = quota_room(ret_quota, &use, plan->merged.cpu_units, plan->merged.memory_mib,
			       count, ret_limit);
	return 0;
}

int launch_room(struct call *call, const struct run_plan *plan, int64_t count, int64_t *ret_room,
		const char **ret_reason)
{
	struct err err = ERR_INIT;
	enum quota_limit limit;
	struct quota quota;

	if (find_room(call, plan, count, &quota, ret_room, &limit, &err) < 0)
		return call_fail_server(call, &err);
	*ret_reason = reasons[limit];
	return 0;
}

static enum call_written refuse(struct call *call, const struct err *err)
{
	call_set_server_error(call, err);
	return CALL_REFUSED;
}

enum call_written launch_take(struct call *call, const struct run_plan *plan, int64_t count)
{
	struct err err = ERR_INIT;
	enum quota_limit limit;
	struct quota quota;
	int64_t room;
	bool taken;

	if (find_room(call, plan, count, &quota, &room, &limit, &err) < 0)
		return refuse(call, &err);
	if (room < count)
		return CALL_OUTDATED;
	if (quota_take_launches(call->state, call->caller.account, &quota, count, call->now_ms,
				&taken, &err) < 0)
		return refuse(call, &err);
	if (taken)
		return CALL_WRITTEN;
	call_set_error(call, "ThrottlingException", "Rate exceeded");
	return CALL_REFUSED;
}

static void say_spent(struct call *call, const struct budget *budget)
{
	bool ends = budget->period != BUDGET_ALL;
	char amount[PRICE_TEXT_SIZE], until[CALENDAR_TEXT_SIZE];

	call_set_error(call, "AccessDeniedException",
		       "Budget %s is spent (%s%s%s): it refuses to launch tasks%s%s.", budget->name,
		       price_text(budget->amount_nano, amount), ends ? " a " : "",
		       ends ? budget_period_name(budget->period) : "", ends ? " before " : "",
		       ends ? calendar_time_text(budget->state.until_s, until) : "");
}

enum call_written launch_check_budgets(struct call *call, const struct task *task)
{
	const struct ledger_task holder = {
		.task = task->id,
		.account = task->account,
		.cluster = task->cluster,
		.family = task->family,
		.revision = task->revision,
		.group = task->group,
		.started_by = task->started_by,
		.architecture = "",
	};
	const struct budget *budget;
	struct err err = ERR_INIT;

	if (budget_refusal(call->state, &holder, call->now_ms / MS_PER_SECOND, call->arena, &budget,
			   &err) < 0)
		return refuse(call, &err);
	if (!budget)
		return CALL_WRITTEN;
	say_spent(call, budget);
	return CALL_REFUSED;
}
