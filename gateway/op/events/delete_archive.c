/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DeleteArchive: it is gone at once, its events go in the background. A replay of it that runs
 * fails.
 */
#include "gateway/api_table.h"
#include "gateway/events/archive_call.h"

struct input {
	const char *name;
};
static const struct shape_field fields[] = {
	TEXT(struct input, name, "ArchiveName", 1, EVENT_BUS_GIVEN_MAX, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static enum call_written write_archive(struct call *call, void *ctx)
{
	const char *name = ctx;
	struct event_archive archive;
	struct err err = ERR_INIT;

	if (event_archive_require(call, name, &archive) < 0)
		return CALL_REFUSED;
	if (event_archive_delete(call->state, call->caller.account, name, &err) < 0) {
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	return CALL_WRITTEN;
}

static int delete_archive(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;

	(void)ret_output; /* {} */
	call_write(call, write_archive, (void *)(uintptr_t)input->name);
	return 0;
}

const struct operation op_events_delete_archive = {
	.service = "events",
	.name = "DeleteArchive",
	.shape = &shape,
	.handler = delete_archive,
	.shape_error = "ValidationException",
	.snapshot = true,
};
