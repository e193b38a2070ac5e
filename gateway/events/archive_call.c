/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An archive is there, and enabled, as soon as it was created.
 */
#include "gateway/events/archive_call.h"

#include <stdio.h>
#include <string.h>

#include "gateway/json_out.h"

#define VALIDATION "ValidationException"
#define NOT_FOUND  "ResourceNotFoundException"

int event_archive_input_check(struct call *call, const struct event_archive_input *input)
{
	if (event_name_check_max(call, "archiveName", input->name, EVENT_ARCHIVE_NAME_MAX) < 0)
		return -1;
	if (shape_given(input->pattern))
		return event_pattern_check(call, input->pattern);
	return 0;
}

static struct event_arn arn_of(const struct call *call, const char *kind, const char *name)
{
	struct event_arn arn;

	(void)snprintf(arn.text, sizeof(arn.text), "arn:aws:events:%s:%s:%s/%s",
		       call->options->region, call->caller.account, kind, name);
	return arn;
}

struct event_arn event_archive_arn(const struct call *call, const char *name)
{
	return arn_of(call, "archive", name);
}

struct event_arn event_replay_arn(const struct call *call, const char *name)
{
	return arn_of(call, "replay", name);
}

int event_archive_require(struct call *call, const char *name, struct event_archive *ret_archive)
{
	struct err err = ERR_INIT;

	if (event_archive_find(call->state, call->caller.account, name, call->arena, ret_archive,
			       &err) == 0)
		return 0;
	if (err.code != ERR_NOT_FOUND)
		return call_fail_server(call, &err);
	return call_fail(call, NOT_FOUND, "Archive %.256s does not exist.", name);
}

int event_archive_of_arn(struct call *call, const char *arn, struct event_archive *ret_archive)
{
	struct event_arn prefix = event_archive_arn(call, "");
	size_t len = strlen(prefix.text);
	struct err err = ERR_INIT;

	if (strncmp(arn, prefix.text, len) != 0)
		return call_fail(call, VALIDATION,
				 "Parameter EventSourceArn is not valid. Reason: Must contain an "
				 "archive ARN.");
	if (event_archive_find(call->state, call->caller.account, arn + len, call->arena,
			       ret_archive, &err) == 0)
		return 0;
	if (err.code != ERR_NOT_FOUND)
		return call_fail_server(call, &err);
	return call_fail(call, VALIDATION,
			 "Parameter EventSourceArn is not valid. Reason: Archive %.256s does not "
			 "exist.",
			 arn + len);
}

int event_replay_require(struct call *call, const char *name, struct event_replay *ret_replay)
{
	struct err err = ERR_INIT;

	if (event_replay_find(call->state, call->caller.account, name, call->arena, ret_replay,
			      &err) == 0)
		return 0;
	if (err.code != ERR_NOT_FOUND)
		return call_fail_server(call, &err);
	return call_fail(call, NOT_FOUND, "Replay %.256s does not exist.", name);
}

json_t *event_archive_json(const struct call *call, const struct event_archive *archive)
{
	json_t *object = out_object();

	out_text(object, "ArchiveName", archive->name);
	out_text(object, "EventSourceArn", event_bus_arn(call, archive->bus).text);
	out_text(object, "State", EVENT_ARCHIVE_ENABLED);
	out_int(object, "RetentionDays", archive->retention_days);
	out_int(object, "SizeBytes", archive->size_bytes);
	out_int(object, "EventCount", archive->event_count);
	out_time(object, "CreationTime", archive->created_ms);
	return object;
}

json_t *event_replay_json(const struct call *call, const struct event_replay *replay)
{
	json_t *object = out_object();

	out_text(object, "ReplayName", replay->name);
	out_text(object, "EventSourceArn", event_archive_arn(call, replay->archive_name).text);
	out_text(object, "State", event_replay_state_name(replay->state));
	out_text(object, "StateReason", replay->reason);
	out_time(object, "EventStartTime", replay->from_ms);
	out_time(object, "EventEndTime", replay->to_ms);
	if (replay->at_number > 0)
		out_time(object, "EventLastReplayedTime", replay->at_ms);
	out_time(object, "ReplayStartTime", replay->started_ms);
	out_time(object, "ReplayEndTime", replay->ended_ms);
	return object;
}

int event_one_filter(struct call *call, const char *operation, bool prefix, bool source, bool state)
{
	if ((int)prefix + (int)source + (int)state <= 1)
		return 0;
	return call_fail(call, VALIDATION,
			 "At most one filter is allowed for %s. Use either : State, "
			 "EventSourceArn, or NamePrefix.",
			 operation);
}
