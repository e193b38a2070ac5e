/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever of a schedule can be wrong is looked at without the write lock; only whether its group
 * and itself are there is asked under it.
 */
#include "gateway/scheduler/schedule_input.h"

#include <math.h>
#include <string.h>

#include "events/event_time.h"

#define DESCRIPTION_MAX 512
#define AT_PRECISION_MS 60000

static const char *const states[] = {"ENABLED", "DISABLED", NULL};
enum { STATE_ENABLED, STATE_DISABLED };
static const char *const actions[] = {"NONE", "DELETE", NULL};
enum { ACTION_NONE, ACTION_DELETE };
static const char *const modes[] = {"OFF", "FLEXIBLE", NULL};
enum { MODE_OFF, MODE_FLEXIBLE };

static const struct shape_field window_fields[] = {
	WORD(struct schedule_window_input, mode, "Mode", modes, SHAPE_REQUIRED),
	INT_SEEN(struct schedule_window_input, minutes, has_minutes, "MaximumWindowInMinutes", 1,
		 SCHEDULE_WINDOW_MAX),
};
static const struct shape window_shape = SHAPE_OF(struct schedule_window_input, window_fields);

/* A time, in seconds. */
#define DATE(f, seen, n)                                                                           \
	{                                                                                          \
		.name = n, .type = SHAPE_REAL, .flags = SHAPE_SEEN,                                \
		.offset = offsetof(struct schedule_input, f),                                      \
		.present_offset = offsetof(struct schedule_input, seen)                            \
	}
static const struct shape_field fields[] = {
	TEXT(struct schedule_input, name, "Name", 1, SCHEDULE_GIVEN_MAX, SHAPE_REQUIRED),
	TEXT(struct schedule_input, group, "GroupName", 1, SCHEDULE_GIVEN_MAX, 0),
	TEXT(struct schedule_input, expression, "ScheduleExpression", 1, SCHEDULE_TEXT_MAX,
	     SHAPE_REQUIRED),
	TEXT(struct schedule_input, zone, "ScheduleExpressionTimezone", 1, ZONE_NAME_MAX, 0),
	TEXT(struct schedule_input, description, "Description", 0, DESCRIPTION_MAX * 4, 0),
	TEXT(struct schedule_input, token, "ClientToken", 1, SCHEDULE_GIVEN_MAX, 0),
	DATE(start_s, has_start, "StartDate"),
	DATE(end_s, has_end, "EndDate"),
	WORD(struct schedule_input, state, "State", states, 0),
	WORD(struct schedule_input, action, "ActionAfterCompletion", actions, 0),
	OBJECT(struct schedule_input, window, "FlexibleTimeWindow", &window_shape, SHAPE_REQUIRED),
	OBJECT(struct schedule_input, target, "Target", &schedule_target_shape, SHAPE_REQUIRED),
	JSON(struct schedule_input, target_json, "Target", 0),
	REFUSED("KmsKeyArn"),
};
const struct shape schedule_input_shape = SHAPE_OF(struct schedule_input, fields);

/* 0: none was given. */
static int read_date(struct call *call, const char *member, bool given, double s, int64_t *ret_ms)
{
	double ms = floor(s * 1000);

	*ret_ms = 0;
	if (!given)
		return 0;
	if (!(ms > 0 && ms <= (double)EVENT_TIME_MAX_MS))
		return call_fail(call, SCHEDULE_VALIDATION,
				 "%s is not between the years 1970 and 9999.", member);
	*ret_ms = (int64_t)ms;
	return 0;
}

static int check_dates(struct call *call, const struct schedule_input *input,
		       struct scheduler_record *record)
{
	if (read_date(call, "StartDate", input->has_start, input->start_s, &record->start_ms) < 0 ||
	    read_date(call, "EndDate", input->has_end, input->end_s, &record->end_ms) < 0)
		return -1;
	if (record->start_ms > 0 && record->end_ms > 0 && record->start_ms >= record->end_ms)
		return call_fail(call, SCHEDULE_VALIDATION,
				 "The StartDate must be before the EndDate.");
	return 0;
}

static int check_window(struct call *call, const struct schedule_window_input *window,
			struct scheduler_record *record)
{
	if (window->mode == MODE_OFF && window->has_minutes)
		return call_fail(call, SCHEDULE_VALIDATION,
				 "FlexibleTimeWindow.MaximumWindowInMinutes must not be specified "
				 "with the mode OFF.");
	if (window->mode == MODE_FLEXIBLE && !window->has_minutes)
		return call_fail(call, SCHEDULE_VALIDATION,
				 "FlexibleTimeWindow.MaximumWindowInMinutes must be specified "
				 "with the mode FLEXIBLE.");
	record->window_min = window->minutes;
	return 0;
}

/* Also that an at() has its time: one that clocks skip would never come. */
static int check_expression(struct call *call, const struct scheduler_record *record,
			    struct schedule_times *ret_times)
{
	struct err err = ERR_INIT;
	int64_t ignored;

	if (schedule_times_open(record, call->options->zones, ret_times, &err) < 0) {
		if (err.code != ERR_INVALID)
			return call_fail_server(call, &err);
		return call_fail(call, SCHEDULE_VALIDATION, "%s", err.text);
	}
	if (ret_times->schedule.kind == SCHEDULE_AT &&
	    !schedule_next(&ret_times->schedule, &ret_times->frame, 0, &ignored))
		return call_fail(call, SCHEDULE_VALIDATION,
				 "Invalid Schedule Expression %s. The clocks of %s never show this "
				 "time.",
				 record->expression, record->zone);
	return 0;
}

static int check(struct call *call, const struct schedule_input *input, struct schedule_put *put)
{
	if (schedule_name_check(call, "name", input->name) < 0 ||
	    schedule_name_check(call, "groupName", put->record.key.group) < 0 ||
	    check_dates(call, input, &put->record) < 0 ||
	    check_window(call, &input->window, &put->record) < 0 ||
	    check_expression(call, &put->record, &put->times) < 0 ||
	    schedule_target_check(call, &input->target) < 0)
		return -1;
	return call_keep_text(call, input->target_json, &put->record.target);
}

int schedule_put_new(struct call *call, const struct schedule_input *input, const char *operation,
		     struct schedule_put **ret_put)
{
	struct schedule_put *put = arena_alloc(call->arena, sizeof(*put));

	if (!put)
		return call_fail(call, SCHEDULE_VALIDATION, "The request is too large.");
	put->input = input;
	put->record = (struct scheduler_record){
		.key = {call->caller.account, input->group ? input->group : SCHEDULER_GROUP_DEFAULT,
			input->name},
		.expression = input->expression,
		.zone = input->zone ? input->zone : "UTC",
		.enabled = input->state != STATE_DISABLED,
		.delete_after = input->action == ACTION_DELETE,
		.description = input->description ? input->description : "",
		.target_arn = input->target.arn,
		.created_ms = call->now_ms,
		.modified_ms = call->now_ms,
	};
	if (check(call, input, put) < 0 ||
	    schedule_token_read(call, input->token, operation, &put->token) < 0)
		return -1;
	*ret_put = put;
	return 0;
}

void schedule_put_set_due(const struct call *call, struct schedule_put *put)
{
	struct scheduler_record *record = &put->record;
	bool is_at = put->times.schedule.kind == SCHEDULE_AT;

	record->due_ms = record->fire_ms = 0;
	put->times.frame.created_ms = record->created_ms;
	if (record->enabled)
		schedule_times_next(&put->times, call->now_ms - (is_at ? AT_PRECISION_MS : 1),
				    &record->due_ms, &record->fire_ms);
}
