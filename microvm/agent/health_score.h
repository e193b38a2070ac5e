/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the results of checks to how well a container is. Pure.
 */
#ifndef SLIPWAY_MICROVM_AGENT_HEALTH_SCORE_H
#define SLIPWAY_MICROVM_AGENT_HEALTH_SCORE_H

#include "microvm/wire/message.h"

/* Begins as zeros: UNKNOWN. */
struct health_score {
	enum wire_health_status status;
	int64_t failures; /* in a row that count */
};

/* Count one check that began @age_ms after the container's start. */
void health_score_count(struct health_score *score, const struct wire_check *check, bool passed,
			int64_t age_ms);

#endif
