/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CreateArchive: from the next event on, what comes to the bus and matches is kept.
 */
#include "gateway/api_table.h"
#include "gateway/events/archive_call.h"
#include "gateway/json_out.h"

struct input {
	struct event_archive_input archive;
	const char *source;
};
static const struct shape_field fields[] = {
	EVENT_ARCHIVE_FIELDS(struct input, archive),
	TEXT(struct input, source, "EventSourceArn", 1, EVENT_BUS_GIVEN_MAX, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static enum call_written write_archive(struct call *call, void *ctx)
{
	const struct event_archive *archive = ctx;
	struct err err = ERR_INIT;
	struct event_bus bus;
	int64_t count;

	if (event_bus_require(call, archive->bus, &bus) < 0)
		return CALL_REFUSED;
	if (event_archive_create(call->state, call->caller.account, archive, &err) < 0) {
		if (err.code == ERR_EXISTS)
			call_set_error(call, "ResourceAlreadyExistsException",
				       "Archive %s already exists.", archive->name);
		else
			call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	if (event_archive_count(call->state, call->caller.account, NULL, &count, &err) < 0) {
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	if (count > EVENT_ARCHIVES_MAX) {
		call_set_error(call, "LimitExceededException",
			       "The requested resource exceeds the maximum number allowed.");
		return CALL_REFUSED;
	}
	return CALL_WRITTEN;
}

static int create_archive(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	const struct event_archive_input *given = &input->archive;
	struct event_archive *archive = arena_alloc(call->arena, sizeof(*archive));
	const char *bus;
	json_t *output;

	if (!archive)
		return call_fail(call, "ValidationException", "The request is too large.");
	if (event_archive_input_check(call, given) < 0 ||
	    event_bus_of_arn(call, "EventSourceArn", input->source, &bus) < 0)
		return -1;
	*archive = (struct event_archive){
		.name = given->name,
		.bus = bus,
		.description = given->description ? given->description : "",
		.pattern = shape_given(given->pattern) ? given->pattern : NULL,
		.retention_days = given->retention_days,
		.created_ms = call->now_ms,
	};
	call_write(call, write_archive, archive);
	output = out_object();
	out_text(output, "ArchiveArn", event_archive_arn(call, given->name).text);
	out_text(output, "State", EVENT_ARCHIVE_ENABLED);
	out_time(output, "CreationTime", archive->created_ms);
	*ret_output = output;
	return 0;
}

const struct operation op_events_create_archive = {
	.service = "events",
	.name = "CreateArchive",
	.shape = &shape,
	.handler = create_archive,
	.shape_error = "ValidationException",
	.snapshot = true,
};
