/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DescribeReplay: how far it has come, too.
 */
#include "gateway/api_table.h"
#include "gateway/events/archive_call.h"
#include "gateway/json_out.h"

struct input {
	const char *name;
};
static const struct shape_field fields[] = {
	TEXT(struct input, name, "ReplayName", 1, EVENT_BUS_GIVEN_MAX, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int describe_replay(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	json_t *destination = NULL;
	struct event_replay replay;
	json_t *output;
	json_t *filters;

	if (event_replay_require(call, input->name, &replay) < 0)
		return -1;
	output = event_replay_json(call, &replay);
	out_text(output, "ReplayArn", event_replay_arn(call, replay.name).text);
	out_text(output, "Description", replay.description);
	destination = out_object();
	out_text(destination, "Arn", event_bus_arn(call, replay.bus).text);
	filters = out_stored_list(replay.filter);
	out_put(destination, "FilterArns", filters);
	out_put(output, "Destination", destination);
	*ret_output = output;
	return 0;
}

const struct operation op_events_describe_replay = {
	.service = "events",
	.name = "DescribeReplay",
	.shape = &shape,
	.handler = describe_replay,
	.shape_error = "ValidationException",
	.snapshot = true,
};
