/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One success is enough for HEALTHY; it takes as many failures in a row as there are
 * retries for UNHEALTHY. Within the start period failures do not count, unless the
 * container has been healthy before.
 */
#include "microvm/agent/health_score.h"

void health_score_count(struct health_score *score, const struct wire_check *check, bool passed,
			int64_t age_ms)
{
	if (passed) {
		score->status = WIRE_HEALTH_HEALTHY;
		score->failures = 0;
		return;
	}
	if (score->status == WIRE_HEALTH_UNKNOWN && age_ms < check->start_period_s * 1000)
		return;
	score->failures++;
	if (score->failures >= check->retries)
		score->status = WIRE_HEALTH_UNHEALTHY;
}
