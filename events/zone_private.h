/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rule at the end of a TZif file: a TZ string of POSIX with the additions of RFC 8536,
 * section 3.3.1, such as CET-1CEST,M3.5.0,M10.5.0/3.
 */
#ifndef SLIPWAY_EVENTS_ZONE_PRIVATE_H
#define SLIPWAY_EVENTS_ZONE_PRIVATE_H

#include "core/common.h"

enum zone_day {
	ZONE_DAY_OF_YEAR,      /* n: 0 to 365, the leap day counts */
	ZONE_DAY_WITHOUT_LEAP, /* Jn: 1 to 365, the leap day is never counted */
	ZONE_DAY_OF_MONTH      /* Mm.w.d: the w-th weekday d of month m; w 5 is the last */
};

struct zone_change {
	enum zone_day kind;
	int day;	 /* of the year, or the weekday (0 is Sunday) */
	int month, week; /* of ZONE_DAY_OF_MONTH */
	int32_t time_s;	 /* local time of that day; below 0 and above 24 h, too */
};

struct zone_rule {
	int32_t standard_s; /* local minus UTC */
	int32_t summer_s;
	bool has_summer;
	struct zone_change to_summer, to_standard;
};

/* False if the @len bytes are no such rule. */
bool zone_rule_parse(const char *text, size_t len, struct zone_rule *ret) MUST_CHECK;

/* Seconds since 1970 on the local clock that is still in use when the change comes. */
int64_t zone_change_local(const struct zone_change *change, int year);

#endif
