/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules and events to measure with: ECS task state changes, and rules that people write on them.
 */
#ifndef SLIPWAY_TESTS_BENCH_MATCH_RULES_H
#define SLIPWAY_TESTS_BENCH_MATCH_RULES_H

#include "core/common.h"

#define BENCH_EVENT_COUNT 16
#define BENCH_TEXT_MAX	  2048

/* Rule @number as JSON. The first matches every event; of the others most match none, each
 * looks at other values, and all kinds of operators come in turn. */
void bench_rule(unsigned int number, char ret[BENCH_TEXT_MAX]);

/* One of BENCH_EVENT_COUNT events, some 700 bytes each. */
void bench_event(unsigned int number, char ret[BENCH_TEXT_MAX]);

#endif
