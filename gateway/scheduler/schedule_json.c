/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A schedule is shown as it was given; what was left out is shown as it is taken. A group that
 * is deleted is gone at once, so all that can be seen are active.
 */
#include "gateway/scheduler/schedule_json.h"

#include "gateway/events/target.h"
#include "gateway/json_out.h"

static void put_names(const struct call *call, const struct scheduler_record *schedule,
		      json_t *object)
{
	out_text(object, "Arn", schedule_arn(call->options->region, &schedule->key).text);
	out_text(object, "GroupName", schedule->key.group);
	out_text(object, "Name", schedule->key.name);
	out_text(object, "State", schedule->enabled ? "ENABLED" : "DISABLED");
	out_time(object, "CreationDate", schedule->created_ms);
	out_time(object, "LastModificationDate", schedule->modified_ms);
}

/* A null, which asked for nothing, is left out. */
static json_t *without_nulls(json_t *object)
{
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe(object, next, name, value)
	{
		if (json_is_null(value))
			(void)json_object_del(object, name); /* it is there */
		else if (json_is_object(value))
			(void)without_nulls(value);
	}
	return object;
}

static json_t *target_json(const char *text)
{
	json_t *target = without_nulls(out_stored_object(text));
	json_t *retry = json_object_get(target, "RetryPolicy");

	if (!retry) {
		retry = out_object();
		out_put(target, "RetryPolicy", retry);
	}
	if (!json_object_get(retry, "MaximumEventAgeInSeconds"))
		out_int(retry, "MaximumEventAgeInSeconds", EVENT_AGE_S_MAX);
	if (!json_object_get(retry, "MaximumRetryAttempts"))
		out_int(retry, "MaximumRetryAttempts", EVENT_RETRIES_MAX);
	return target;
}

static json_t *window_json(int64_t minutes)
{
	json_t *window = out_object();

	out_text(window, "Mode", minutes > 0 ? "FLEXIBLE" : "OFF");
	if (minutes > 0)
		out_int(window, "MaximumWindowInMinutes", minutes);
	return window;
}

json_t *schedule_json(const struct call *call, const struct scheduler_record *schedule)
{
	json_t *object = out_object();

	put_names(call, schedule, object);
	out_text(object, "ActionAfterCompletion", schedule->delete_after ? "DELETE" : "NONE");
	out_text(object, "Description", schedule->description);
	out_time(object, "StartDate", schedule->start_ms);
	out_time(object, "EndDate", schedule->end_ms);
	out_put(object, "FlexibleTimeWindow", window_json(schedule->window_min));
	out_text(object, "ScheduleExpression", schedule->expression);
	out_text(object, "ScheduleExpressionTimezone", schedule->zone);
	out_put(object, "Target", target_json(schedule->target));
	return object;
}

json_t *schedule_summary_json(const struct call *call, const struct scheduler_record *schedule)
{
	json_t *object = out_object();
	json_t *target = out_object();

	put_names(call, schedule, object);
	out_text(target, "Arn", schedule->target_arn);
	out_put(object, "Target", target);
	return object;
}

json_t *schedule_group_json(const struct call *call, const struct scheduler_group *group)
{
	json_t *object = out_object();

	out_text(object, "Arn", schedule_group_arn(call, group->name).text);
	out_text(object, "Name", group->name);
	out_text(object, "State", "ACTIVE");
	out_time(object, "CreationDate", group->created_ms);
	out_time(object, "LastModificationDate", group->created_ms);
	return object;
}
