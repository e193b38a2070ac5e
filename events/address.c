/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the service takes for an address is narrower than what inet_pton() does in one way (no
 * dotted end of version 6) and wider in another (zeros in front of a decimal number), so
 * version 4 is read here and version 6 by inet_pton() once the letters are right.
 */
#include "events/address.h"

#include <arpa/inet.h>
#include <string.h>

#define V4_TEXT_MAX 15 /* 255.255.255.255 */

static const uint8_t WRAPS_V4[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool parse_v4(const char *text, size_t len, uint32_t *ret)
{
	uint32_t address = 0;
	size_t at = 0;

	if (len > V4_TEXT_MAX)
		return false;
	for (int part = 0; part < 4; part++) {
		uint32_t value = 0;
		size_t begin;

		if (part > 0 && (at >= len || text[at++] != '.'))
			return false;
		begin = at;
		for (; at < len && text[at] >= '0' && text[at] <= '9'; at++)
			value = value * 10 + (uint32_t)(text[at] - '0');
		if (at == begin || value > 255)
			return false;
		address = address << 8 | value;
	}
	*ret = address;
	return at == len;
}

static bool parse_v6(const char *text, size_t len, uint8_t ret[16])
{
	char copy[INET6_ADDRSTRLEN];
	bool colon = false;

	if (len >= sizeof(copy))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!strchr("0123456789abcdefABCDEF:", text[i]) || !text[i])
			return false;
		colon |= text[i] == ':';
	}
	memcpy(copy, text, len);
	copy[len] = '\0';
	return colon && inet_pton(AF_INET6, copy, ret) == 1;
}

static event_key number_of(const uint8_t *bytes, size_t len)
{
	event_key number = 0;

	for (size_t i = 0; i < len; i++)
		number = number << 8 | bytes[i];
	return number;
}

bool event_address_parse(const char *text, size_t len, struct event_range *ret_one)
{
	uint8_t bytes[16];
	uint32_t v4;

	if (parse_v4(text, len, &v4)) {
		*ret_one = (struct event_range){EVENT_IPV4, v4, v4};
		return true;
	}
	if (!parse_v6(text, len, bytes))
		return false;
	if (memcmp(bytes, WRAPS_V4, sizeof(WRAPS_V4)) == 0) {
		event_key key = number_of(bytes + 12, 4);

		*ret_one = (struct event_range){EVENT_IPV4, key, key};
	} else {
		event_key key = number_of(bytes, 16);

		*ret_one = (struct event_range){EVENT_IPV6, key, key};
	}
	return true;
}

/* The bits of a mask, as a decimal number of at most four digits; false if it is none. */
static bool parse_bits(const char *text, size_t len, int *ret)
{
	bool negative = len > 0 && text[0] == '-';
	size_t at = len > 0 && (text[0] == '-' || text[0] == '+');
	int value = 0;

	if (at == len || len - at > 4)
		return false;
	for (; at < len; at++) {
		if (text[at] < '0' || text[at] > '9')
			return false;
		value = value * 10 + (text[at] - '0');
	}
	*ret = negative ? -value : value;
	return true;
}

int event_cidr_parse(const char *text, size_t len, struct event_range *ret_range, struct err *err)
{
	const char *slash = memchr(text, '/', len);
	size_t address_len = slash ? (size_t)(slash - text) : 0;
	struct event_range range;
	int bits;
	int width;

	if (!slash || memchr(slash + 1, '/', len - address_len - 1) || address_len + 1 == len)
		return err_set(err, ERR_INVALID, "Malformed CIDR, one '/' required");
	if (!parse_bits(slash + 1, len - address_len - 1, &bits))
		return err_set(err, ERR_INVALID, "Malformed CIDR, mask bits must be an integer");
	if (bits < 0)
		return err_set(err, ERR_INVALID, "Malformed CIDR, mask bits must not be negative");
	if (!event_address_parse(text, address_len, &range))
		return err_set(err, ERR_INVALID, "Nonstandard IP address: %.*s", (int)address_len,
			       text);
	width = range.family == EVENT_IPV4 ? 32 : 128;
	if (bits >= width)
		return err_set(err, ERR_INVALID, "IPv%d mask bits must be < %d",
			       width == 32 ? 4 : 6, width);
	range.high |= bits == 0 ? (width == 32 ? (event_key)UINT32_MAX : ~(event_key)0)
				: ((event_key)1 << (width - bits)) - 1;
	*ret_range = range;
	return 0;
}
