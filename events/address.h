/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IP addresses as numbers, and the ranges of them that a pattern's "cidr" names.
 */
#ifndef SLIPWAY_EVENTS_ADDRESS_H
#define SLIPWAY_EVENTS_ADDRESS_H

#include "core/err.h"

__extension__ typedef unsigned __int128 event_key;

enum event_family { EVENT_NUMBERS, EVENT_IPV4, EVENT_IPV6, EVENT_FAMILY_COUNT };

/* Keys of one family from @low to @high, both included. */
struct event_range {
	enum event_family family;
	event_key low;
	event_key high;
};

/*
 * The address that @text is, of version 4 (four decimal numbers) or 6 (without a dotted end);
 * one of version 6 that only wraps one of version 4 is that. False: it is none.
 */
bool event_address_parse(const char *text, size_t len, struct event_range *ret_one);

/* "10.0.0.0/24": from the address that is named to the end of its block. Messages are the
 * service's. */
int event_cidr_parse(const char *text, size_t len, struct event_range *ret_range, struct err *err)
	MUST_CHECK;

/* The key of a number's key: the order of both is the same. */
static inline event_key event_key_of_number(int64_t key)
{
	return (event_key)((uint64_t)key ^ (UINT64_C(1) << 63));
}

#endif
