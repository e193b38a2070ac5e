/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A schedule that fell due a thousand times while nobody was there asks for one run and not for
 * a thousand: whoever wants less than the latest says missed_schedules = skip.
 */
#include "gateway/events/due.h"

#include <inttypes.h>

#include "core/log.h"

#define TIMES_AT_ONCE 64

void due_find_latest(const struct schedule *schedule, const struct schedule_frame *frame,
		     int64_t first_ms, int64_t until_ms, int64_t *ret_latest_ms, size_t *ret_missed)
{
	int64_t times[TIMES_AT_ONCE];
	int64_t latest_ms = first_ms;
	bool more = true;

	while (more) {
		size_t count = schedule_due(schedule, frame, latest_ms, until_ms, TIMES_AT_ONCE,
					    times, &more);

		if (count == 0)
			break;
		*ret_missed += count;
		latest_ms = times[count - 1];
	}
	*ret_latest_ms = latest_ms;
}

bool due_is_skipped(const struct api_options *options, int64_t due_ms, int64_t now_ms)
{
	return options->skip_missed && now_ms - due_ms > DUE_LATE_MS;
}

void due_say(const struct due_said *said)
{
	int64_t late_ms = said->now_ms - said->due_ms;

	if (said->skipped)
		log_warn("schedule skipped account=%s %s=%s missed=%zu late_ms=%" PRId64,
			 said->account, said->kind, said->name, said->missed + 1, late_ms);
	else if (said->missed > 0)
		log_warn("schedule caught up account=%s %s=%s missed=%zu: only the latest time "
			 "counts",
			 said->account, said->kind, said->name, said->missed);
	else if (late_ms > DUE_LATE_MS)
		log_warn("schedule is late account=%s %s=%s late_ms=%" PRId64, said->account,
			 said->kind, said->name, late_ms);
}
