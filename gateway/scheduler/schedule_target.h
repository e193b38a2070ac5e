/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Targets of schedules: what CreateSchedule takes of one, and what an invocation makes of it.
 */
#ifndef SLIPWAY_GATEWAY_SCHEDULER_SCHEDULE_TARGET_H
#define SLIPWAY_GATEWAY_SCHEDULER_SCHEDULE_TARGET_H

#include "gateway/events/target.h"

#define SCHEDULE_INPUT_MAX (256 * 1024)

struct schedule_bridge_input {
	const char *detail_type, *source;
};
struct schedule_target {
	const char *arn, *role, *input;
	struct event_ecs_input ecs;
	bool has_ecs;
	json_t *ecs_json; /* the same, borrowed */
	struct schedule_bridge_input bridge;
	bool has_bridge;
	struct event_retry_input retry;
};
extern const struct shape schedule_target_shape;

/* The kinds of targets of rules, and calls of the API by name. */
#define SCHEDULE_RUN_TASK "arn:aws:scheduler:::aws-sdk:ecs:runTask"
bool schedule_target_is_call(const struct schedule_target *target);

/* The target of a request may be kept; fails as the API does. */
int schedule_target_check(struct call *call, const struct schedule_target *target) MUST_CHECK;

/* What <aws.scheduler.NAME> stands for in the input of a target. */
struct schedule_facts {
	const char *schedule_arn, *execution_id;
	int64_t scheduled_ms;
	int64_t attempt; /* from 1 */
};
/* @input with all of them in place, in the arena; NULL if that is full. */
const char *schedule_input_fill(const char *input, const struct schedule_facts *facts,
				struct arena *arena) MUST_CHECK;

/*
 * The same as a target of a rule, for a launch of tasks: what a call of RunTask has as its input
 * stands in ecs_json then, which @owner, an object, is made to own. @input is the filled one.
 */
int schedule_target_as_event(const struct schedule_target *target, const char *input, json_t *owner,
			     struct event_target *ret_target, struct err *err) MUST_CHECK;

#endif
