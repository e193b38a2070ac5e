/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inputs of schedules' targets: whatever stands in them, facts are put in for their names and
 * nothing else is changed.
 */
#include <string.h>

#include "gateway/scheduler/schedule_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new(8 << 20);
	AUTO(freep) char *text = xstrndup((const char *)data, size);
	const struct schedule_facts facts = {
		.schedule_arn = "arn", .execution_id = "id", .attempt = 1};
	const char *filled = schedule_input_fill(text, &facts, arena);

	if (!filled)
		return 0;
	if (!strstr(text, "<aws.scheduler.") && strcmp(text, filled) != 0)
		abort();
	if (strstr(filled, "<aws.scheduler.schedule-arn>"))
		abort();
	return 0;
}
