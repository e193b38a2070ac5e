/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a time zone file: its spans follow each other without a hole, and a local time
 * that is found shows on the clock at that time.
 */
#include "events/zone.h"

#define SPANS_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_local(const struct zone *zone, int64_t local_s)
{
	struct zone_span span;
	int64_t utc_s;

	if (!zone_first_utc(zone, local_s, &utc_s))
		return;
	zone_span(zone, utc_s, &span);
	if (utc_s + span.offset_s != local_s)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(zone_freep) struct zone *zone = NULL;
	struct err err = ERR_INIT;
	struct zone_span span, next;

	if (zone_parse(data, size, &zone, &err) < 0)
		return 0;
	zone_span(zone, ZONE_BEGIN, &span);
	for (int i = 0; span.until_s != ZONE_END; i++, span = next) {
		zone_span(zone, span.until_s, &next);
		if (i == SPANS_MAX || span.from_s >= span.until_s || next.from_s != span.until_s ||
		    next.before_s != span.offset_s)
			abort();
		for (int64_t local_s = -7200; local_s <= 7200; local_s += 1800)
			check_local(zone, span.until_s + span.offset_s + local_s);
	}
	return 0;
}
