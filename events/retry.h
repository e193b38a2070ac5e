/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a delivery that failed is tried again, and when no more: the RetryPolicy of targets, whoever
 * delivers.
 */
#ifndef SLIPWAY_EVENTS_RETRY_H
#define SLIPWAY_EVENTS_RETRY_H

#include "core/shape.h"

#define EVENT_RETRIES_MAX 185	/* the API's, and the default */
#define EVENT_AGE_S_MAX	  86400 /* the same */

struct event_retry_input {
	int64_t attempts, age_s;
	bool has_attempts, has_age;
};
extern const struct shape event_retry_shape;

/* How long a delivery is tried. */
int64_t event_retry_age_ms(const struct event_retry_input *retry);
/* The limit that a delivery has reached of which @attempts and one more have failed since
 * @since_ms;
 * "": it may be tried again. */
const char *event_retry_exhausted(const struct event_retry_input *retry, int64_t attempts,
				  int64_t since_ms, int64_t now_ms);
/* How long an attempt that failed waits, without the lot: @attempts have failed before it. */
int64_t event_retry_delay_ms(int64_t attempts);
/* Between half of that and all of it. */
int64_t event_retry_draw_ms(int64_t attempts);

#endif
