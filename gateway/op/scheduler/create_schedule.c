/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CreateSchedule: a new one, in a group that exists.
 */
#include "gateway/api_table.h"
#include "gateway/events/hub.h"
#include "gateway/json_out.h"
#include "gateway/rest.h"
#include "gateway/scheduler/schedule_input.h"

static int check_new(struct call *call, const struct scheduler_key *key)
{
	struct scheduler_record before;
	struct scheduler_group group;
	struct err err = ERR_INIT;
	int64_t count;

	if (schedule_group_require(call, key->group, &group) < 0)
		return -1;
	if (scheduler_find(call->state, key, call->arena, &before, &err) == 0)
		return call_fail(call, SCHEDULE_CONFLICT, "Schedule %s already exists.", key->name);
	if (err.code != ERR_NOT_FOUND ||
	    scheduler_count(call->state, key->account, SCHEDULES_MAX, &count, &err) < 0)
		return call_fail_server(call, &err);
	if (count >= SCHEDULES_MAX)
		return call_fail(call, SCHEDULE_QUOTA,
				 "The account has %d schedules, and cannot have more.",
				 SCHEDULES_MAX);
	return 0;
}

static enum call_written write_schedule(struct call *call, void *ctx)
{
	struct schedule_put *put = ctx;
	struct err err = ERR_INIT;
	bool again;

	if (schedule_token_use(call, &put->token, &again) < 0)
		return CALL_REFUSED;
	if (again)
		return CALL_WRITTEN;
	if (check_new(call, &put->record.key) < 0)
		return CALL_REFUSED;
	schedule_put_set_due(call, put);
	if (scheduler_put(call->state, &put->record, &err) < 0) {
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	if (put->record.fire_ms > 0)
		event_hub_stir();
	return CALL_WRITTEN;
}

static int create_schedule(struct call *call, const void *filled, json_t **ret_output)
{
	struct schedule_put *put;
	json_t *output;

	if (schedule_put_new(call, filled, "CreateSchedule", &put) < 0)
		return -1;
	call_write(call, write_schedule, put);
	output = out_object();
	out_text(output, "ScheduleArn", schedule_arn(call->options->region, &put->record.key).text);
	*ret_output = output;
	return 0;
}

static const struct rest_route route = {
	.method = "POST",
	.path = "/schedules/{Name}",
};
const struct operation op_scheduler_create_schedule = {
	.service = "scheduler",
	.name = "CreateSchedule",
	.shape = &schedule_input_shape,
	.handler = create_schedule,
	.shape_error = SCHEDULE_VALIDATION,
	.snapshot = true,
	.route = &route,
};
