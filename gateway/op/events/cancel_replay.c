/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CancelReplay: no further event of it is sent; those on their way arrive.
 */
#include "gateway/api_table.h"
#include "gateway/events/archive_call.h"
#include "gateway/events/hub.h"
#include "gateway/json_out.h"

struct input {
	const char *name;
};
static const struct shape_field fields[] = {
	TEXT(struct input, name, "ReplayName", 1, EVENT_BUS_GIVEN_MAX, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static enum call_written write_replay(struct call *call, void *ctx)
{
	const char *name = ctx;
	enum event_replay_state from;
	struct event_replay replay;
	struct err err = ERR_INIT;

	if (event_replay_require(call, name, &replay) < 0)
		return CALL_REFUSED;
	if (replay.state != EVENT_REPLAY_STARTING && replay.state != EVENT_REPLAY_RUNNING) {
		call_set_error(call, "IllegalStatusException",
			       "Replay %.64s is not in a valid state for this operation.", name);
		return CALL_REFUSED;
	}
	from = replay.state;
	replay.state = EVENT_REPLAY_CANCELLING;
	if (event_replay_move(call->state, &replay, from, &err) < 0) {
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	event_hub_stir();
	return CALL_WRITTEN;
}

static int cancel_replay(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	json_t *output;

	if (event_name_check(call, "replayName", input->name) < 0)
		return -1;
	call_write(call, write_replay, (void *)(uintptr_t)input->name);
	output = out_object();
	out_text(output, "ReplayArn", event_replay_arn(call, input->name).text);
	out_text(output, "State", event_replay_state_name(EVENT_REPLAY_CANCELLING));
	*ret_output = output;
	return 0;
}

const struct operation op_events_cancel_replay = {
	.service = "events",
	.name = "CancelReplay",
	.shape = &shape,
	.handler = cancel_replay,
	.shape_error = "ValidationException",
	.snapshot = true,
};
