/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IANA's registries of special purpose addresses, of both families. What carries an IPv4
 * address inside is judged by that.
 */
#include "relay/address_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "core/common.h"

struct range4 {
	uint32_t network;
	unsigned bits;
};
#define NET(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

static const struct range4 special4[] = {
	{NET(0, 0, 0, 0), 8},	   {NET(10, 0, 0, 0), 8},     {NET(100, 64, 0, 0), 10},
	{NET(127, 0, 0, 0), 8},	   {NET(169, 254, 0, 0), 16}, {NET(172, 16, 0, 0), 12},
	{NET(192, 0, 0, 0), 24},   {NET(192, 0, 2, 0), 24},   {NET(192, 88, 99, 0), 24},
	{NET(192, 168, 0, 0), 16}, {NET(198, 18, 0, 0), 15},  {NET(198, 51, 100, 0), 24},
	{NET(203, 0, 113, 0), 24}, {NET(224, 0, 0, 0), 4},    {NET(240, 0, 0, 0), 4},
};

static const struct {
	uint8_t prefix[16];
	unsigned bits;
} special6[] = {
	{{0x01, 0x00}, 64},			    /* discard */
	{{0x20, 0x01}, 23},			    /* protocol assignments, Teredo among them */
	{{0x20, 0x01, 0x0d, 0xb8}, 32},		    /* documentation */
	{{0x3f, 0xff}, 20},			    /* the same */
	{{0x5f, 0x00}, 16},			    /* segment routing */
	{{0xfc, 0x00}, 7},			    /* unique local */
	{{0xfe, 0x80}, 10},			    /* link-local */
	{{0xfe, 0xc0}, 10},			    /* site-local */
	{{0xff, 0x00}, 8},			    /* multicast */
	{{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48}, /* local translation */
};

/* IPv4 addresses inside of IPv6 ones, and where they begin. */
static const struct {
	uint8_t prefix[16];
	unsigned bits, at;
} carriers[] = {
	{{0}, 96, 12},			      /* compatible; :: and ::1 as well */
	{{[10] = 0xff, [11] = 0xff}, 96, 12}, /* mapped */
	{{0x00, 0x64, 0xff, 0x9b}, 96, 12},   /* NAT64 */
	{{0x20, 0x02}, 16, 2},		      /* 6to4 */
};

static bool begins_with(const uint8_t *bytes, const uint8_t *prefix, unsigned bits)
{
	unsigned rest = bits % 8;

	if (memcmp(bytes, prefix, bits / 8) != 0)
		return false;
	return rest == 0 || (bytes[bits / 8] ^ prefix[bits / 8]) >> (8 - rest) == 0;
}

static bool is_public4(uint32_t address)
{
	for (size_t i = 0; i < ARRAY_LEN(special4); i++) {
		if ((address ^ special4[i].network) >> (32 - special4[i].bits) == 0)
			return false;
	}
	return true;
}

static bool is_public6(const uint8_t *bytes)
{
	for (size_t i = 0; i < ARRAY_LEN(carriers); i++) {
		const uint8_t *inner = bytes + carriers[i].at;

		if (begins_with(bytes, carriers[i].prefix, carriers[i].bits))
			return is_public4(NET(inner[0], inner[1], inner[2], inner[3]));
	}
	for (size_t i = 0; i < ARRAY_LEN(special6); i++) {
		if (begins_with(bytes, special6[i].prefix, special6[i].bits))
			return false;
	}
	return true;
}

bool address_is_public(const struct sockaddr *address)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (address->sa_family == AF_INET) {
		memcpy(&in, address, sizeof(in));
		return is_public4(ntohl(in.sin_addr.s_addr));
	}
	if (address->sa_family != AF_INET6)
		return false;
	memcpy(&in6, address, sizeof(in6));
	return is_public6(in6.sin6_addr.s6_addr);
}
