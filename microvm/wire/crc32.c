/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Eight bytes a step: table k holds what a byte contributes when k more bytes
 * follow it, so eight lookups are independent of each other. Every byte of
 * containers' output passes through here twice, once in a guest that may be
 * emulated, hence not one byte a step. The tables (8 KiB) are filled before
 * main(), so that threads need no care.
 */
#include "microvm/wire/crc32.h"

#include <endian.h>
#include <string.h>

#define POLYNOMIAL 0xedb88320u /* of IEEE 802.3, bits reversed */
#define STRIDE	   8

static uint32_t tables[STRIDE][256];

__attribute__((constructor)) static void fill_tables(void)
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t crc = byte;

		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
		tables[0][byte] = crc;
	}
	for (int k = 1; k < STRIDE; k++) {
		for (int byte = 0; byte < 256; byte++) {
			uint32_t crc = tables[k - 1][byte];

			tables[k][byte] = (crc >> 8) ^ tables[0][crc & 0xff];
		}
	}
}

uint32_t crc32(const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	uint32_t crc = ~0u;

	for (; len >= STRIDE; len -= STRIDE, at += STRIDE) {
		uint64_t word;

		memcpy(&word, at, sizeof(word));
		word = le64toh(word) ^ crc;
		crc = 0;
		for (int k = 0; k < STRIDE; k++)
			crc ^= tables[STRIDE - 1 - k][(word >> (8 * k)) & 0xff];
	}
	for (; len > 0; len--)
		crc = (crc >> 8) ^ tables[0][(crc ^ *at++) & 0xff];
	return ~crc;
}
