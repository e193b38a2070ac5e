/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Delays double, so that what is down for a moment is asked soon, and what is down for a day not
 * all the time; the lot keeps those that failed together from coming back together.
 */
#include "events/retry.h"

#include "core/ident.h"

#define DELAY_FIRST_MS 1000	    /* doubled with each attempt */
#define DELAY_MAX_MS   (10 * 60000) /* with the lot, 185 attempts take about 24 hours */

static const struct shape_field fields[] = {
	INT_SEEN(struct event_retry_input, attempts, has_attempts, "MaximumRetryAttempts", 0,
		 EVENT_RETRIES_MAX),
	INT_SEEN(struct event_retry_input, age_s, has_age, "MaximumEventAgeInSeconds", 60,
		 EVENT_AGE_S_MAX),
};
const struct shape event_retry_shape = SHAPE_OF(struct event_retry_input, fields);

int64_t event_retry_age_ms(const struct event_retry_input *retry)
{
	return (retry->has_age ? retry->age_s : EVENT_AGE_S_MAX) * 1000;
}

const char *event_retry_exhausted(const struct event_retry_input *retry, int64_t attempts,
				  int64_t since_ms, int64_t now_ms)
{
	int64_t most = retry->has_attempts ? retry->attempts : EVENT_RETRIES_MAX;

	if (attempts >= most)
		return "MaximumRetryAttempts";
	if (now_ms - since_ms >= event_retry_age_ms(retry))
		return "MaximumEventAgeInSeconds";
	return "";
}

int64_t event_retry_delay_ms(int64_t attempts)
{
	int64_t delay_ms = DELAY_FIRST_MS;

	for (int64_t i = 0; i < attempts && delay_ms < DELAY_MAX_MS; i++)
		delay_ms *= 2;
	return delay_ms < DELAY_MAX_MS ? delay_ms : DELAY_MAX_MS;
}

int64_t event_retry_draw_ms(int64_t attempts)
{
	int64_t delay_ms = event_retry_delay_ms(attempts);
	uint32_t lot;

	ident_random(&lot, sizeof(lot));
	return delay_ms / 2 + (int64_t)(lot % (uint32_t)(delay_ms / 2));
}
