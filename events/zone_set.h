/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time zones of the host by their IANA names, each read once. The only file of schedules
 * that does I/O.
 *
 * The folder is tzdata's, /usr/share/zoneinfo (package tzdata). A sandboxed process needs leave
 * to read it: a row {.path = ZONE_FOLDER} among those that gateway/sandbox.c allows; open, stat,
 * read and close, which every server has, are the only system calls. The sandbox is closed first
 * and zones are read when a schedule names one. Where the folder must stay closed,
 * zone_set_get() every zone that may be wanted before the sandbox; what was read is kept.
 *
 * Zones are kept as long as the set, so a new tzdata counts after a restart. A zone takes 10
 * KiB or less, and there are about 600 names.
 */
#ifndef SLIPWAY_EVENTS_ZONE_SET_H
#define SLIPWAY_EVENTS_ZONE_SET_H

#include "events/zone.h"

#define ZONE_FOLDER   "/usr/share/zoneinfo"
#define ZONE_NAME_MAX 50 /* of ScheduleExpressionTimezone: the API's */

struct zone_set;

/* @folder is copied. The caller frees the set, after all that uses its zones. */
struct zone_set *zone_set_new(const char *folder);
void zone_set_free(struct zone_set *set);
void zone_set_freep(struct zone_set **set);

/* The zone of that name, borrowed until the set is freed; any thread may ask. ERR_INVALID:
 * there is none of that name; other codes: the folder or the file cannot be read. */
int zone_set_get(struct zone_set *set, const char *name, const struct zone **ret, struct err *err)
	MUST_CHECK;

#endif
