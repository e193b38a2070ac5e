/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schedule expressions, rate(...), cron(...) and at(...), and when they fall due. Nothing here
 * reads a clock, a file or the store: times come in and go out, in milliseconds since 1970 (UTC),
 * and the same question has the same answer for ever. Any thread may ask.
 */
#ifndef SLIPWAY_EVENTS_SCHEDULE_H
#define SLIPWAY_EVENTS_SCHEDULE_H

#include "core/err.h"
#include "events/cron.h"
#include "events/zone.h"

#define SCHEDULE_TEXT_MAX   256	      /* the API's, of both services */
#define SCHEDULE_WINDOW_MAX 1440      /* minutes; the API's */
#define SCHEDULE_NO_START   0	      /* nothing falls due before 1970 */
#define SCHEDULE_NO_END	    INT64_MAX /* but nothing does after the year 9999 */

/* Whose expressions they are. */
enum schedule_service {
	SCHEDULE_OF_RULE,      /* EventBridge rules: no at(), rate(1 minute) but rate(2 minutes) */
	SCHEDULE_OF_SCHEDULER, /* EventBridge Scheduler: at(), and 1 minutes is 1 minute */
	SCHEDULE_SERVICE_COUNT
};

enum schedule_kind { SCHEDULE_RATE, SCHEDULE_CRON, SCHEDULE_AT, SCHEDULE_KIND_COUNT };

struct schedule {
	enum schedule_kind kind;
	enum schedule_service service;
	int64_t period_ms;  /* of a rate */
	struct cron cron;   /* of a cron */
	int64_t at_local_s; /* of an at: seconds since 1970 on the clock of its zone */
};

/* What an expression does not say itself. */
struct schedule_frame {
	const struct zone *zone; /* of cron and at, borrowed; NULL is UTC, as rules have it */
	int64_t created_ms;	 /* our clock's; rates count from here or, Scheduler's, start_ms */
	int64_t start_ms;	 /* nothing before it; SCHEDULE_NO_START or less: none */
	int64_t end_ms;		 /* nothing behind it; SCHEDULE_NO_END */
};

/* ERR_INVALID with the service's own message; *ret is plain data that borrows nothing. */
int schedule_parse(const char *text, enum schedule_service service, struct schedule *ret,
		   struct err *err) MUST_CHECK;

/* A rule with a schedule must be of the default bus; @bus is a name, not an ARN. ERR_INVALID
 * with the service's own message. */
int schedule_check_bus(const char *bus, struct err *err) MUST_CHECK;

/*
 * The first time behind @after_ms at which @schedule falls due; false if there is none.
 *
 * rate: every period. A rule's first time is one period after it was created, Scheduler's is
 * the start date or, without one, the creation itself. A day is 24 hours.
 * cron: in local time of the zone. A time that clocks skip is skipped, one that comes twice
 * counts when it comes first (Scheduler user guide, "Schedule types").
 * at: once, whatever start and end say. If clocks skip it there is no such time, and who takes
 * an order for it should refuse, since it would never be done.
 */
bool schedule_next(const struct schedule *schedule, const struct schedule_frame *frame,
		   int64_t after_ms, int64_t *ret_ms) MUST_CHECK;

/* The @n-th time behind @after_ms, 1 being the next. At once for a rate, @n steps for a cron. */
bool schedule_nth(const struct schedule *schedule, const struct schedule_frame *frame,
		  int64_t after_ms, uint32_t n, int64_t *ret_ms) MUST_CHECK;

/*
 * What fell due behind @after_ms and up to @until_ms: the first @limit times, ascending, into
 * @ret_times. Returns how many; *ret_more says that there are more, which can be asked for
 * behind the last of these.
 */
size_t schedule_due(const struct schedule *schedule, const struct schedule_frame *frame,
		    int64_t after_ms, int64_t until_ms, size_t limit, int64_t *ret_times,
		    bool *ret_more);

/*
 * The place of one time in a flexible window of @window_min minutes (1 to SCHEDULE_WINDOW_MAX):
 * a time from @due_ms on, before the window's end. It follows from the time and from the seed
 * (a schedule's ARN, say), so it is the same after a restart and in another process, schedules
 * with the same expression are spread, and one schedule is not always at the same place.
 */
int64_t schedule_place(int64_t due_ms, int window_min, const void *seed, size_t seed_len);

#endif
