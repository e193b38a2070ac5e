/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TZif files made of a list of changes and a rule, so that tests of time zones know what they
 * hold and need no tzdata.
 */
#ifndef SLIPWAY_TESTS_SUPPORT_ZONE_BYTES_H
#define SLIPWAY_TESTS_SUPPORT_ZONE_BYTES_H

#include <string.h>

#include "core/bytes.h"

#define ZONE_BYTES_MAX 4096

struct zone_bytes_change {
	int64_t at_s;
	int32_t offset_s;
};

static inline size_t zone_bytes_header(uint8_t *to, size_t times, size_t types)
{
	memset(to, 0, 44);
	memcpy(to, "TZif2", 5);
	be32_put(to + 32, (uint32_t)times);
	be32_put(to + 36, (uint32_t)types);
	be32_put(to + 40, 4); /* characters of names */
	return 44;
}

/* Type 0 is @first_offset_s, type n the offset of the n-th change. Returns the file's size. */
static inline size_t zone_bytes_make(uint8_t to[ZONE_BYTES_MAX], int32_t first_offset_s,
				     const struct zone_bytes_change *changes, size_t count,
				     const char *rule)
{
	size_t at = zone_bytes_header(to, 0, 1);

	memset(to + at, 0, 10);
	at += 10;
	at += zone_bytes_header(to + at, count, count + 1);
	for (size_t i = 0; i < count; i++, at += 8)
		be64_put(to + at, (uint64_t)changes[i].at_s);
	for (size_t i = 0; i < count; i++)
		to[at++] = (uint8_t)(i + 1);
	for (size_t i = 0; i <= count; i++, at += 6) {
		memset(to + at, 0, 6);
		be32_put(to + at, (uint32_t)(i == 0 ? first_offset_s : changes[i - 1].offset_s));
	}
	memset(to + at, 0, 4);
	at += 4;
	to[at++] = '\n';
	memcpy(to + at, rule, strlen(rule));
	at += strlen(rule);
	to[at++] = '\n';
	return at;
}

#endif
