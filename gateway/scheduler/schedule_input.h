/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input of CreateSchedule and UpdateSchedule, which is the same: a whole schedule.
 */
#ifndef SLIPWAY_GATEWAY_SCHEDULER_SCHEDULE_INPUT_H
#define SLIPWAY_GATEWAY_SCHEDULER_SCHEDULE_INPUT_H

#include "gateway/scheduler/schedule_name.h"
#include "gateway/scheduler/schedule_target.h"
#include "gateway/scheduler/schedule_times.h"
#include "gateway/scheduler/schedule_token.h"

struct schedule_window_input {
	int mode;
	int64_t minutes;
	bool has_minutes;
};
struct schedule_input {
	const char *name, *group, *expression, *zone, *description, *token;
	double start_s, end_s; /* since 1970 */
	bool has_start, has_end;
	int state, action;
	struct schedule_window_input window;
	struct schedule_target target;
	json_t *target_json; /* the same, borrowed */
};
extern const struct shape schedule_input_shape;

/* What both put into the store; see schedule_put_new(). */
struct schedule_put {
	const struct schedule_input *input;
	struct scheduler_record record; /* its times are those of a new one */
	struct schedule_times times;
	struct schedule_token token;
};
/* Check all of @input and fill in what it says, in the arena. */
int schedule_put_new(struct call *call, const struct schedule_input *input, const char *operation,
		     struct schedule_put **ret_put) MUST_CHECK;

/*
 * When @put, whose record is complete, falls due behind the moment of the call, into the record.
 * A time that is past is none, but for an at() within the last minute, which is the service's own
 * precision.
 */
void schedule_put_set_due(const struct call *call, struct schedule_put *put);

#endif
