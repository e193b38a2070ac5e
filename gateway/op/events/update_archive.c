/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UpdateArchive: what the request leaves out stays. A new pattern judges the events that come; a
 * shorter retention also those that are there.
 */
#include "gateway/api_table.h"
#include "gateway/events/archive_call.h"
#include "gateway/json_out.h"

static const struct shape_field fields[] = {
	TEXT(struct event_archive_input, name, "ArchiveName", 1, EVENT_BUS_GIVEN_MAX,
	     SHAPE_REQUIRED),
	TEXT(struct event_archive_input, description, "Description", 0, EVENT_DESCRIPTION_MAX, 0),
	TEXT(struct event_archive_input, pattern, "EventPattern", 0, EVENT_PATTERN_GIVEN_MAX, 0),
	INT_SEEN(struct event_archive_input, retention_days, has_retention, "RetentionDays", 0,
		 INT32_MAX),
	REFUSED("KmsKeyIdentifier"),
};
static const struct shape shape = SHAPE_OF(struct event_archive_input, fields);

static enum call_written write_archive(struct call *call, void *ctx)
{
	const struct event_archive_input *input = ctx;
	struct event_archive archive;
	struct err err = ERR_INIT;

	if (event_archive_require(call, input->name, &archive) < 0)
		return CALL_REFUSED;
	if (input->description)
		archive.description = input->description;
	if (input->pattern)
		archive.pattern = shape_given(input->pattern) ? input->pattern : NULL;
	if (input->has_retention)
		archive.retention_days = input->retention_days;
	if (event_archive_update(call->state, call->caller.account, &archive, &err) < 0) {
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	return CALL_WRITTEN;
}

static int update_archive(struct call *call, const void *filled, json_t **ret_output)
{
	const struct event_archive_input *input = filled;
	struct event_archive archive;
	json_t *output;

	if (event_archive_input_check(call, input) < 0 ||
	    event_archive_require(call, input->name, &archive) < 0)
		return -1;
	call_write(call, write_archive, (void *)(uintptr_t)input);
	output = out_object();
	out_text(output, "ArchiveArn", event_archive_arn(call, input->name).text);
	out_text(output, "State", EVENT_ARCHIVE_ENABLED);
	out_time(output, "CreationTime", archive.created_ms);
	*ret_output = output;
	return 0;
}

const struct operation op_events_update_archive = {
	.service = "events",
	.name = "UpdateArchive",
	.shape = &shape,
	.handler = update_archive,
	.shape_error = "ValidationException",
	.snapshot = true,
};
