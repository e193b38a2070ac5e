/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers in bytes that others read: be16_get(), be16_put() and so on for 32 and 64 bits
 * in network order, le16_get() and so on in the other. Where they stand need not be aligned.
 */
#ifndef SLIPWAY_CORE_BYTES_H
#define SLIPWAY_CORE_BYTES_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define BYTES_ORDERS(X) X(be, 16) X(be, 32) X(be, 64) X(le, 16) X(le, 32) X(le, 64)
#define BYTES_AS_FUNCTIONS(order, bits)                                                            \
	static inline uint##bits##_t order##bits##_get(const uint8_t *from)                        \
	{                                                                                          \
		uint##bits##_t value;                                                              \
                                                                                                   \
		memcpy(&value, from, sizeof(value));                                               \
		return order##bits##toh(value);                                                    \
	}                                                                                          \
	static inline void order##bits##_put(uint8_t *to, uint##bits##_t value)                    \
	{                                                                                          \
		value = hto##order##bits(value);                                                   \
		memcpy(to, &value, sizeof(value));                                                 \
	}
BYTES_ORDERS(BYTES_AS_FUNCTIONS)

#endif
