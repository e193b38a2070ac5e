/* SPDX-License-Identifier: Apache-2.0 */
/* See subnet.h. */
#include "cli/subnet.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>

#include "core/digest.h"
#include "provisioner/instance.h"

#define PREFIX_LEN     20 /* some 4,000 addresses */
#define RANGE_SIZE     (1u << (32 - PREFIX_LEN))
#define INTERFACES_MAX 4096

/* Beginning with the one that is seldom used by others: homes and offices live at the low
 * end of 10.0.0.0/8 and in 192.168.0.0/16, containers in 172.16.0.0/12. */
static const struct {
	uint32_t base;
	uint32_t count; /* of ranges */
} regions[] = {
	{0x0a400000, 2816}, /* 10.64.0.0 to 10.239.255.255 */
	{0xac100000, 256},  /* 172.16.0.0/12 */
	{0xc0a80000, 16},   /* 192.168.0.0/16 */
};

static uint32_t mask_of(unsigned len)
{
	return len == 0 ? 0 : ~0u << (32 - len);
}

static bool is_taken(uint32_t base, const struct subnet_range *taken, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unsigned len = taken[i].len < PREFIX_LEN ? taken[i].len : PREFIX_LEN;
		if (((base ^ taken[i].base) & mask_of(len)) == 0)
			return true;
	}
	return false;
}

static char *text_of(uint32_t base)
{
	return xasprintf("%u.%u.%u.%u/%d", base >> 24, base >> 16 & 0xff, base >> 8 & 0xff,
			 base & 0xff, PREFIX_LEN);
}

char *subnet_choose(uint32_t start, const struct subnet_range *taken, size_t count)
{
	for (size_t i = 0; i < ARRAY_LEN(regions); i++)
		for (uint32_t j = 0; j < regions[i].count; j++) {
			uint32_t index = (start % regions[i].count + j) % regions[i].count;
			uint32_t base = regions[i].base + index * RANGE_SIZE;
			if (!is_taken(base, taken, count))
				return text_of(base);
		}
	/* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): no region is empty */
	return text_of(regions[0].base + start % regions[0].count * RANGE_SIZE);
}

/* The networks that this machine is in, but for those of bridges that begin with @own. */
static size_t ranges_of_machine(const char *own, struct subnet_range *ranges, size_t max)
{
	struct ifaddrs *list = NULL;
	size_t count = 0;
	/* What cannot be listed is left for the provisioner to judge. */
	if (getifaddrs(&list) < 0)
		return 0;
	for (struct ifaddrs *at = list; at != NULL && count < max; at = at->ifa_next) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)at->ifa_addr;
		const struct sockaddr_in *mask = (const struct sockaddr_in *)at->ifa_netmask;
		if (in == NULL || in->sin_family != AF_INET ||
		    strncmp(at->ifa_name, own, strlen(own)) == 0)
			continue;
		unsigned len = mask ? (unsigned)__builtin_popcount(mask->sin_addr.s_addr) : 32;
		ranges[count++] = (struct subnet_range){ntohl(in->sin_addr.s_addr), len};
	}
	freeifaddrs(list);
	return count;
}

/* True if @text is a range that overlaps with none of @taken. */
static bool still_good(const char *text, const struct subnet_range *taken, size_t count)
{
	char address[INET_ADDRSTRLEN];
	struct in_addr parsed;
	(void)snprintf(address, sizeof(address), "%.*s", (int)strcspn(text, "/"), text);
	if (inet_pton(AF_INET, address, &parsed) != 1)
		return false;
	AUTO(freep) char *range = text_of(ntohl(parsed.s_addr));
	return strcmp(text, range) == 0 && !is_taken(ntohl(parsed.s_addr), taken, count);
}

char *subnet_of_installation(const char *state, const char *before)
{
	struct subnet_range *taken = xcalloc(INTERFACES_MAX, sizeof(*taken));
	uint8_t digest[SHA256_SIZE];
	sha256(state, strlen(state), digest);
	char instance[INSTANCE_SIZE];
	instance_of(state, instance);
	AUTO(freep) char *own = xasprintf(INSTANCE_BRIDGE "%s", instance);
	size_t count = ranges_of_machine(own, taken, INTERFACES_MAX);
	uint32_t start = (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 |
			 (uint32_t)digest[2] << 8 | digest[3];
	char *chosen = before != NULL && still_good(before, taken, count)
			       ? xstrdup(before)
			       : subnet_choose(start, taken, count);
	free(taken);
	return chosen;
}
