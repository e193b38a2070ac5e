/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three bytes are four digits; what is missing of the last three is '='.
 */
#include "core/base64.h"

#include <string.h>

#define PADDING 64 /* the digit behind the others */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

void base64_encode(const void *bytes, size_t len, char *ret)
{
	const uint8_t *from = bytes;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t bits = (uint32_t)from[i] << 16;

		if (i + 1 < len)
			bits |= (uint32_t)from[i + 1] << 8;
		if (i + 2 < len)
			bits |= from[i + 2];
		*ret++ = digits[bits >> 18 & 63];
		*ret++ = digits[bits >> 12 & 63];
		*ret++ = digits[i + 1 < len ? bits >> 6 & 63 : PADDING];
		*ret++ = digits[i + 2 < len ? bits & 63 : PADDING];
	}
	*ret = '\0';
}

/* Characters of padding at the end of @text. */
static size_t padding_of(const char *text, size_t len)
{
	size_t padded = 0;

	while (padded < 2 && padded < len && text[len - 1 - padded] == digits[PADDING])
		padded++;
	return padded;
}

bool base64_is_valid(const char *text)
{
	size_t len = strlen(text);
	size_t padded = padding_of(text, len);

	for (size_t i = 0; i < len - padded; i++) {
		if (text[i] == digits[PADDING] || !strchr(digits, text[i]))
			return false;
	}
	return len % 4 == 0;
}

size_t base64_bytes(const char *text)
{
	size_t len = strlen(text);

	return len / 4 * 3 - padding_of(text, len);
}

void base64_decode(const char *text, uint8_t *ret)
{
	size_t len = strlen(text);
	size_t left = base64_bytes(text);

	for (size_t i = 0; i < len; i += 4) {
		uint32_t bits = 0;

		for (size_t j = 0; j < 4; j++) {
			const char *digit = strchr(digits, text[i + j]);

			bits = bits << 6 | ((uint32_t)(digit - digits) & 63);
		}
		for (size_t j = 0; j < 3 && left > 0; j++, left--)
			*ret++ = (uint8_t)(bits >> (16 - 8 * j));
	}
}
