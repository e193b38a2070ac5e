/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UpdateSchedule: all of one that is there: what the request leaves out is gone. If its times
 * stay as they were, so does the next of them, so that who puts his schedules again and again
 * does not put them off, and what has happened does not happen again.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/events/hub.h"
#include "gateway/json_out.h"
#include "gateway/rest.h"
#include "gateway/scheduler/schedule_input.h"

static bool has_same_times(const struct scheduler_record *a, const struct scheduler_record *b)
{
	return strcmp(a->expression, b->expression) == 0 && strcmp(a->zone, b->zone) == 0 &&
	       a->start_ms == b->start_ms && a->end_ms == b->end_ms &&
	       a->window_min == b->window_min && a->enabled == b->enabled;
}

static enum call_written write_schedule(struct call *call, void *ctx)
{
	struct schedule_put *put = ctx;
	struct scheduler_record *record = &put->record;
	struct scheduler_record before;
	struct err err = ERR_INIT;
	bool again;

	if (schedule_token_use(call, &put->token, &again) < 0)
		return CALL_REFUSED;
	if (again)
		return CALL_WRITTEN;
	if (schedule_require(call, record->key.group, record->key.name, &before) < 0)
		return CALL_REFUSED;
	record->created_ms = before.created_ms;
	schedule_put_set_due(call, put);
	if (has_same_times(record, &before)) {
		record->due_ms = before.due_ms;
		record->fire_ms = before.fire_ms;
	}
	if (scheduler_put(call->state, record, &err) < 0) {
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	if (record->fire_ms > 0)
		event_hub_stir();
	return CALL_WRITTEN;
}

static int update_schedule(struct call *call, const void *filled, json_t **ret_output)
{
	struct schedule_put *put;
	json_t *output;

	if (schedule_put_new(call, filled, "UpdateSchedule", &put) < 0)
		return -1;
	call_write(call, write_schedule, put);
	output = out_object();
	out_text(output, "ScheduleArn", schedule_arn(call->options->region, &put->record.key).text);
	*ret_output = output;
	return 0;
}

static const struct rest_route route = {
	.method = "PUT",
	.path = "/schedules/{Name}",
};
const struct operation op_scheduler_update_schedule = {
	.service = "scheduler",
	.name = "UpdateSchedule",
	.shape = &schedule_input_shape,
	.handler = update_schedule,
	.shape_error = SCHEDULE_VALIDATION,
	.snapshot = true,
	.route = &route,
};
