/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What both ways of connecting tasks have in common: the configuration, checked; addresses by
 * arithmetic; security groups by name; which name servers a task can use.
 *
 * In a subnet n.n.n.0/24 the host is .1, tasks are .2 to .254. The hardware address of a
 * task is 02:73 and its four bytes, the tap's name holds them too, so a name in a packet
 * trace tells the task's address.
 */
#include "provisioner/network.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/digest.h"
#include "core/file.h"
#include "core/ident.h"
#include "provisioner/network_nft.h"
#include "provisioner/network_private.h"

#define PREFIX_SHORTEST		8  /* more tasks than any machine can hold */
#define PREFIX_LONGEST		29 /* six addresses: host, five tasks */
#define RESOLV_MAX		(64 * 1024)
#define DNS_MAX			3 /* resolvers of C libraries look at no more */
#define LINK_LOCAL		"169.254.0.0/16"
#define INSTANCE_NONE		"0000"
#define LOOPBACK_NET		127u
#define ADDRESSES_NOT_FOR_TASKS 3 /* network, host, broadcast */

void network_note(struct network *network, const char *fmt, ...)
{
	struct err err = ERR_INIT;
	char line[512];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (buf_printf(&network->notes, &err, "%s\n", line) < 0)
		return; /* notes beyond the limit are not worth a failure */
}

static uint32_t size_of(const struct network_cidr *cidr)
{
	return (uint32_t)1 << (32 - cidr->len);
}

uint32_t network_gateway(const struct network_subnet *subnet)
{
	return subnet->cidr.base + 1;
}

const struct network_subnet *network_subnet_find(const struct network *network, const char *name)
{
	for (size_t i = 0; i < network->subnet_count; i++)
		if (strcmp(network->subnets[i].name, name) == 0)
			return &network->subnets[i];
	return NULL;
}

static const struct network_group *find_group(const struct network *network, const char *name)
{
	for (size_t i = 0; i < network->group_count; i++)
		if (strcmp(network->groups[i].name, name) == 0)
			return &network->groups[i];
	return NULL;
}

int network_lease_openings(const struct network *network, const struct network_lease *lease,
			   struct network_opening **ret_openings, size_t *ret_count,
			   struct err *err)
{
	const struct network_group *groups[NETWORK_GROUPS_MAX] = {NULL};

	for (size_t i = 0; i < lease->group_count && i < NETWORK_GROUPS_MAX; i++) {
		groups[i] = find_group(network, lease->groups[i]);
		if (!groups[i])
			return err_set(err, ERR_NOT_FOUND, "security group %s is not defined",
				       lease->groups[i]);
	}
	return network_openings(groups, NETWORK_GROUPS_MAX, lease->ports, lease->port_count,
				ret_openings, ret_count, err);
}

/* --- the configuration ------------------------------------------------------ */

/* The prefix, the instance and 8 digits of the name's hash: stable, and short enough for the
 * kernel. */
static void name_bridge(const struct network *network, struct network_subnet *subnet)
{
	char hash[SHA256_HEX_SIZE];

	sha256_hex(subnet->name, strlen(subnet->name), hash);
	(void)snprintf(subnet->bridge, sizeof(subnet->bridge), INSTANCE_BRIDGE "%s%.8s",
		       network->instance, hash);
}

static int read_subnets(struct network *network, const struct conf_map *map, struct err *err)
{
	if (map->count > NETWORK_SUBNETS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d subnets", NETWORK_SUBNETS_MAX);
	for (size_t i = 0; i < map->count; i++) {
		struct network_subnet *subnet = &network->subnets[i];

		if (strlen(map->pairs[i].name) >= sizeof(((struct network_lease *)0)->subnet))
			return err_set(err, ERR_INVALID, "subnet.%s: the name is too long",
				       map->pairs[i].name);
		if (network_cidr_parse(map->pairs[i].value, &subnet->cidr, err) < 0)
			return err_wrap(err, "subnet.%s", map->pairs[i].name);
		if (subnet->cidr.len < PREFIX_SHORTEST || subnet->cidr.len > PREFIX_LONGEST)
			return err_set(err, ERR_INVALID, "subnet.%s must be from /%d to /%d",
				       map->pairs[i].name, PREFIX_SHORTEST, PREFIX_LONGEST);
		for (size_t j = 0; j < i; j++)
			if (network_cidr_overlap(&subnet->cidr, &network->subnets[j].cidr))
				return err_set(err, ERR_INVALID, "subnet.%s and subnet.%s overlap",
					       map->pairs[i].name, network->subnets[j].name);
		subnet->name = xstrdup(map->pairs[i].name);
		name_bridge(network, subnet);
		network->subnet_count++;
	}
	return 0;
}

static int read_groups(struct network *network, const struct conf_map *map, struct err *err)
{
	if (map->count > NETWORK_GROUPS_ALL)
		return err_set(err, ERR_LIMIT, "more than %d security groups", NETWORK_GROUPS_ALL);
	network->groups = xcalloc(map->count + 1, sizeof(*network->groups));
	for (size_t i = 0; i < map->count; i++) {
		struct network_group *group = &network->groups[i];

		if (network_group_parse(map->pairs[i].value, group, err) < 0)
			return err_wrap(err, "security_group.%s", map->pairs[i].name);
		group->name = xstrdup(map->pairs[i].name);
		network->group_count++;
	}
	return 0;
}

static int read_instance(struct network *network, const char *instance, struct err *err)
{
	if (!instance)
		instance = INSTANCE_NONE;
	if (strlen(instance) != INSTANCE_SIZE - 1 ||
	    strspn(instance, "0123456789abcdef") != INSTANCE_SIZE - 1)
		return err_set(err, ERR_INVALID, "instance must be 4 hex digits");
	memcpy(network->instance, instance, INSTANCE_SIZE);
	return 0;
}

/* --- name servers and what is out of reach ---------------------------------- */

/* True if @address belongs to this host. */
static bool is_own(uint32_t address)
{
	struct ifaddrs *list = NULL;
	bool own = false;

	if (getifaddrs(&list) < 0)
		return false;
	for (struct ifaddrs *at = list; at && !own; at = at->ifa_next) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)at->ifa_addr;

		own = in && in->sin_family == AF_INET && ntohl(in->sin_addr.s_addr) == address;
	}
	freeifaddrs(list);
	return own;
}

/* A name server of the host that a task can reach as well. */
static bool is_usable(const char *text)
{
	struct in_addr parsed;
	uint32_t address;

	if (inet_pton(AF_INET, text, &parsed) != 1)
		return false; /* IPv6 is not given to tasks */
	address = ntohl(parsed.s_addr);
	return address >> 24 != LOOPBACK_NET && address >> 24 != 0 && address >> 16 != 0xa9fe &&
	       !is_own(address);
}

/* Append the usable name servers of a resolv.conf to @out, comma-separated. */
static void read_resolv(const char *path, struct buf *out)
{
	struct err err = ERR_INIT;
	struct buf text;
	char *save = NULL;
	int count = 0;

	buf_init(&text, RESOLV_MAX);
	/* No such file: no name servers from it. */
	if (file_read(path, &text, &err) == 0 && buf_text(&text)) {
		char *line = strtok_r((char *)text.data, "\n", &save);

		for (; line && count < DNS_MAX; line = strtok_r(NULL, "\n", &save)) {
			char server[64];

			if (sscanf(line, " nameserver %63s", server) != 1 || !is_usable(server))
				continue;
			if (buf_printf(out, &err, "%s%s", out->len ? "," : "", server) < 0)
				break;
			count++;
		}
	}
	buf_done(&text);
}

static void choose_dns(struct network *network, const char *wanted)
{
	struct buf list;

	if (wanted && wanted[0]) {
		network->dns = xstrdup(wanted);
		return;
	}
	buf_init(&list, 256);
	read_resolv("/etc/resolv.conf", &list);
	if (list.len == 0) /* a resolver on loopback: its upstreams stand here */
		read_resolv("/run/systemd/resolve/resolv.conf", &list);
	network->dns = xstrdup(list.len ? buf_text(&list) : "");
	buf_done(&list);
	if (network->dns[0] == '\0')
		network_note(network,
			     "no name server of this host can be reached by tasks: set dns in the "
			     "configuration");
}

/* In bridge mode the packet filter blocks; the guest's own black holes only save packets. In user
 * mode they are what keeps a task from the host's addresses. */
static void choose_blocked(struct network *network)
{
	struct ifaddrs *list = NULL;
	struct err err = ERR_INIT;
	struct buf text;

	buf_init(&text, NETWORK_NOTES_MAX);
	if (buf_append_text(&text, LINK_LOCAL, &err) < 0)
		abort(); /* 14 bytes */
	if (network->mode == NETWORK_USER && getifaddrs(&list) == 0) {
		for (struct ifaddrs *at = list; at; at = at->ifa_next) {
			const struct sockaddr_in *in = (const struct sockaddr_in *)at->ifa_addr;
			char address[INET_ADDRSTRLEN];

			if (!in || in->sin_family != AF_INET || at->ifa_flags & IFF_LOOPBACK)
				continue;
			inet_ntop(AF_INET, &in->sin_addr, address, sizeof(address));
			if (buf_printf(&text, &err, ",%s/32", address) < 0)
				break;
		}
		freeifaddrs(list);
	}
	network->blocked = xstrdup(buf_text(&text));
	buf_done(&text);
}

/* --- life ------------------------------------------------------------------- */

static void network_freep(struct network **network)
{
	network_free(*network);
}

int network_open(const struct network_options *options, struct network **ret_network,
		 struct err *err)
{
	AUTO(network_freep) struct network *network = xcalloc(1, sizeof(*network));
	struct err unsaid = ERR_INIT;

	buf_init(&network->notes, NETWORK_NOTES_MAX);
	network->lock_fd = -1;
	network->mode = options->mode;
	network->run_dir = xstrdup(options->run_dir ? options->run_dir : "");
	network->uid = options->uid;
	network->gid = options->gid;
	if (read_instance(network, options->instance, err) < 0 ||
	    read_subnets(network, options->subnets, err) < 0 ||
	    read_groups(network, options->groups, err) < 0)
		return -1;
	network->way = options->mode == NETWORK_BRIDGE ? &network_way_bridge : &network_way_user;
	if (network->way->open(network, err) < 0)
		return -1;
	choose_dns(network, options->dns);
	choose_blocked(network);
	/* Notes beyond the limit are not worth a failure. */
	(void)!network_check(options->mode, &network->notes, &unsaid);
	*ret_network = STEAL(network, NULL);
	return 0;
}

void network_free(struct network *network)
{
	if (!network)
		return;
	if (network->way)
		network->way->close(network);
	for (size_t i = 0; i < network->subnet_count; i++)
		free(network->subnets[i].name);
	for (size_t i = 0; i < network->group_count; i++)
		free(network->groups[i].name);
	free(network->groups);
	free(network->dns);
	free(network->blocked);
	free(network->run_dir);
	buf_done(&network->notes);
	free(network);
}

int network_remove(struct network *network, struct err *err)
{
	return network->way->remove(network, err);
}

int network_fill(const struct network *network, struct network_lease *lease, struct err *err)
{
	const struct network_subnet *subnet = network_subnet_find(network, lease->subnet);
	uint32_t address = ntohl(lease->address.s_addr);

	if (!subnet)
		return err_set(err, ERR_NOT_FOUND, "subnet %s is not defined", lease->subnet);
	if (address <= network_gateway(subnet) ||
	    address >= subnet->cidr.base + size_of(&subnet->cidr) - 1)
		return err_set(err, ERR_INVALID, "the address is not one of subnet %s",
			       lease->subnet);
	lease->gateway.s_addr = htonl(network_gateway(subnet));
	lease->prefix_len = subnet->cidr.len;
	(void)snprintf(lease->mac, sizeof(lease->mac), "02:73:%02x:%02x:%02x:%02x", address >> 24,
		       address >> 16 & 0xff, address >> 8 & 0xff, address & 0xff);
	(void)snprintf(lease->tap, sizeof(lease->tap), "sw%s%08x", network->instance, address);
	(void)snprintf(lease->bridge, sizeof(lease->bridge), "%s", subnet->bridge);
	return 0;
}

int network_address(const struct network *network, const char *subnet_name, uint32_t index,
		    struct in_addr *ret_address, struct err *err)
{
	const struct network_subnet *subnet = network_subnet_find(network, subnet_name);

	if (!subnet)
		return err_set(err, ERR_NOT_FOUND, "subnet %s is not defined", subnet_name);
	if (index >= size_of(&subnet->cidr) - ADDRESSES_NOT_FOR_TASKS)
		return err_set(err, ERR_LIMIT, "subnet %s has no more addresses", subnet_name);
	ret_address->s_addr = htonl(network_gateway(subnet) + 1 + index);
	return 0;
}

int network_admit(struct network *network, const struct network_lease *lease, char **ret_socket,
		  struct err *err)
{
	AUTO(freep) struct network_opening *openings = NULL;
	size_t count = 0;

	if (network_lease_openings(network, lease, &openings, &count, err) < 0)
		return -1;
	return network->way->admit(network, lease, openings, count, ret_socket, err);
}

int network_blank(const struct network *network, char ret_tap[NETWORK_TAP_SIZE],
		  char ret_bridge[NETWORK_TAP_SIZE], struct err *err)
{
	char digits[IDENT_HEX32_SIZE];

	if (!network->way->assume)
		return err_set(err, ERR_UNSUPPORTED,
			       "in user mode a machine's network is made for its task");
	ident_hex32(digits);
	/* One letter longer than a task's: no sweep takes it for one, and it goes with QEMU. */
	(void)snprintf(ret_tap, NETWORK_TAP_SIZE, "sw%sp%.8s", network->instance, digits);
	(void)snprintf(ret_bridge, NETWORK_TAP_SIZE, "%s", network->subnets[0].bridge);
	return 0;
}

int network_assume(struct network *network, const struct network_lease *lease, const char *tap,
		   struct err *err)
{
	if (!network->way->assume)
		return err_set(err, ERR_UNSUPPORTED, "no tap to take over in user mode");
	return network->way->assume(network, lease, tap, err);
}

int network_dismiss(struct network *network, const struct network_lease *lease, struct err *err)
{
	AUTO(freep) struct network_opening *openings = NULL;
	struct err unknown = ERR_INIT;
	size_t count = 0;

	/* A group that is not defined any more opened nothing since the sweep at the start. */
	if (network_lease_openings(network, lease, &openings, &count, &unknown) < 0)
		count = 0;
	return network->way->dismiss(network, lease, openings, count, err);
}

int network_sweep(struct network *network, const struct network_lease *leases, size_t count,
		  struct err *err)
{
	return network->way->sweep(network, leases, count, err);
}

const char *network_dns(const struct network *network)
{
	return network->dns;
}

const char *network_blocked(const struct network *network)
{
	return network->blocked;
}

const char *network_notes(const struct network *network)
{
	const char *text = buf_text((struct buf *)&network->notes);

	return text ? text : "";
}

struct in_addr network_user_address(struct in_addr task)
{
	struct in_addr here = {htonl(LOOPBACK_NET << 24 | (ntohl(task.s_addr) & 0xffffff))};

	return here;
}
