/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CreateScheduleGroup: a new one, with tags.
 */
#include "gateway/api_table.h"
#include "gateway/events/tags.h"
#include "gateway/json_out.h"
#include "gateway/rest.h"
#include "gateway/scheduler/schedule_name.h"
#include "gateway/scheduler/schedule_token.h"

struct input {
	const char *name, *token;
	struct shape_list tags; /* struct tag */
};
static const struct shape_field fields[] = {
	TEXT(struct input, name, "Name", 1, SCHEDULE_GIVEN_MAX, SHAPE_REQUIRED),
	TEXT(struct input, token, "ClientToken", 1, SCHEDULE_GIVEN_MAX, 0),
	LIST(struct input, tags, "Tags", &event_tag_shape, 0, 0, 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

struct creation {
	const struct input *input;
	struct schedule_token token;
};

static int create(struct call *call, const struct input *input)
{
	const struct scheduler_group group = {.name = input->name, .created_ms = call->now_ms};
	const char *account = call->caller.account;
	struct err err = ERR_INIT;
	int64_t count;

	if (scheduler_group_count(call->state, account, &count, &err) < 0)
		return call_fail_server(call, &err);
	if (scheduler_group_create(call->state, account, &group, &err) < 0) {
		if (err.code != ERR_EXISTS)
			return call_fail_server(call, &err);
		return call_fail(call, SCHEDULE_CONFLICT, "Schedule group %s already exists.",
				 group.name);
	}
	/* With the default one. */
	if (count + 1 >= SCHEDULE_GROUP_MAX)
		return call_fail(call, SCHEDULE_QUOTA,
				 "The account has %d schedule groups, and cannot have more.",
				 SCHEDULE_GROUP_MAX);
	return event_tags_put(call, schedule_group_arn(call, group.name).text, &input->tags);
}

static enum call_written write_group(struct call *call, void *ctx)
{
	const struct creation *creation = ctx;
	bool again;

	if (schedule_token_use(call, &creation->token, &again) < 0 ||
	    (!again && create(call, creation->input) < 0))
		return CALL_REFUSED;
	return CALL_WRITTEN;
}

static int create_schedule_group(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct creation *creation = arena_alloc(call->arena, sizeof(*creation));
	json_t *output;

	if (!creation)
		return call_fail(call, SCHEDULE_VALIDATION, "The request is too large.");
	creation->input = input;
	if (schedule_name_check(call, "name", input->name) < 0 ||
	    event_tags_check(call, &input->tags) < 0 ||
	    schedule_token_read(call, input->token, "CreateScheduleGroup", &creation->token) < 0)
		return -1;
	call_write(call, write_group, creation);
	output = out_object();
	out_text(output, "ScheduleGroupArn", schedule_group_arn(call, input->name).text);
	*ret_output = output;
	return 0;
}

static const struct rest_route route = {
	.method = "POST",
	.path = "/schedule-groups/{Name}",
};
const struct operation op_scheduler_create_schedule_group = {
	.service = "scheduler",
	.name = "CreateScheduleGroup",
	.shape = &shape,
	.handler = create_schedule_group,
	.shape_error = SCHEDULE_VALIDATION,
	.snapshot = true,
	.route = &route,
};
