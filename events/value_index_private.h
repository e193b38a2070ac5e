/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What building and asking of an index agree on.
 */
#ifndef SLIPWAY_EVENTS_VALUE_INDEX_PRIVATE_H
#define SLIPWAY_EVENTS_VALUE_INDEX_PRIVATE_H

#include "events/hash.h"
#include "events/value_index.h"

/* A test's key: this, and its text or range. */
struct event_test_key {
	uint32_t path;
	uint32_t kind;
};

static inline uint64_t event_index_hash(const struct event_index *index, uint32_t path,
					enum event_test_kind kind, const char *text, size_t len)
{
	uint64_t place = (uint64_t)path * EVENT_TEST_KIND_COUNT + (uint64_t)kind;

	return event_hash(index->seed + place * UINT64_C(0x9e3779b97f4a7c15), text, len);
}

#endif
