/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of events in an order without rounding: a key for each, by which 5, 5.0 and 5e0
 * are one. The service compares numbers from -5e9 to 5e9 with six decimals; a pattern may
 * name no others. Those of events beyond are below or above all that a pattern can name,
 * and those with more decimals lie between two of them.
 */
#ifndef SLIPWAY_EVENTS_NUMBER_H
#define SLIPWAY_EVENTS_NUMBER_H

#include "core/common.h"

enum event_number {
	EVENT_NUMBER_EXACT,	/* a pattern may name it */
	EVENT_NUMBER_TOO_FINE,	/* more than six decimals */
	EVENT_NUMBER_TOO_LARGE, /* beyond 5e9 */
};

/* The key of the JSON number @text; what is no number gives any key. */
enum event_number event_number_key(const char *text, size_t len, int64_t *ret_key);

#endif
