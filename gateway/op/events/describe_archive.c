/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DescribeArchive: its counts are those of now.
 */
#include "gateway/api_table.h"
#include "gateway/events/archive_call.h"
#include "gateway/json_out.h"

struct input {
	const char *name;
};
static const struct shape_field fields[] = {
	TEXT(struct input, name, "ArchiveName", 1, EVENT_BUS_GIVEN_MAX, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int describe_archive(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct event_archive archive;
	json_t *output;

	if (event_archive_require(call, input->name, &archive) < 0)
		return -1;
	output = event_archive_json(call, &archive);
	out_text(output, "ArchiveArn", event_archive_arn(call, archive.name).text);
	out_text(output, "Description", archive.description);
	out_text(output, "EventPattern", archive.pattern);
	*ret_output = output;
	return 0;
}

const struct operation op_events_describe_archive = {
	.service = "events",
	.name = "DescribeArchive",
	.shape = &shape,
	.handler = describe_archive,
	.shape_error = "ValidationException",
	.snapshot = true,
};
