/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A quick hash of short bytes: products of 64 bits, folded. With a seed that nobody outside
 * knows, nobody can write names that all fall together.
 */
#ifndef SLIPWAY_EVENTS_HASH_H
#define SLIPWAY_EVENTS_HASH_H

#include <string.h>

#include "core/common.h"

__extension__ typedef unsigned __int128 event_product;

static inline uint64_t event_mix(uint64_t a, uint64_t b)
{
	event_product product = (event_product)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t event_load(const char *bytes, size_t len)
{
	uint64_t value = 0;

	memcpy(&value, bytes, len);
	return value;
}

static inline uint64_t event_hash(uint64_t seed, const char *bytes, size_t len)
{
	const uint64_t odd = UINT64_C(0xa0761d6478bd642f);
	uint64_t state = seed ^ event_mix(len ^ UINT64_C(0xe7037ed1a0b428db), odd);
	uint64_t first;
	uint64_t second;

	for (; len > 16; len -= 16, bytes += 16)
		state = event_mix(event_load(bytes, 8) ^ odd, event_load(bytes + 8, 8) ^ state);
	if (len >= 8) {
		first = event_load(bytes, 8);
		second = event_load(bytes + len - 8, 8);
	} else if (len >= 4) {
		first = event_load(bytes, 4);
		second = event_load(bytes + len - 4, 4);
	} else {
		first = len ? (uint64_t)(uint8_t)bytes[0] << 16 |
					(uint64_t)(uint8_t)bytes[len / 2] << 8 |
					(uint8_t)bytes[len - 1]
			    : 0;
		second = 0;
	}
	return event_mix(first ^ odd, second ^ state);
}

#endif
