/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IPv4 by what the host says; there is no DHCP to wait for. Outside of loopback
 * IPv6 is off: the host hands out no address, and its rules know only IPv4.
 *
 * Networks that the task must not reach are also blocked by the host, which does
 * not trust us; the blackhole routes here only make a program fail at once
 * instead of after a time-out.
 */
#include "microvm/agent/network.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/buf.h"
#include "microvm/agent/sysfile.h"

#define NET_DIR	      "/sys/class/net"
#define FILE_SIZE_MAX 4096
#define NAME_SIZE     NETWORK_NAME_SIZE

int network_parse_prefix(const char *text, struct netlink_prefix *ret_prefix, struct err *err)
{
	struct netlink_prefix prefix;
	char address[INET_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	char *end;
	unsigned long bits;

	if (!slash || (size_t)(slash - text) >= sizeof(address) || slash[1] < '0' || slash[1] > '9')
		return err_set(err, ERR_INVALID, "\"%s\" is not an address with a length", text);
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	bits = strtoul(slash + 1, &end, 10);
	if (*end != '\0' || bits > 32 || inet_pton(AF_INET, address, &prefix.address) != 1)
		return err_set(err, ERR_INVALID, "\"%s\" is not an address with a length", text);
	prefix.bits = (unsigned)bits;
	*ret_prefix = prefix;
	return 0;
}

/* The interface of the machine's one network card. */
static int find_interface(char ret_name[NAME_SIZE], struct err *err)
{
	DIR *folder = opendir(NET_DIR);
	struct dirent *entry;

	while (folder && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.' || strcmp(entry->d_name, "lo") == 0)
			continue;
		(void)snprintf(ret_name, NAME_SIZE, "%.*s", NAME_SIZE - 1, entry->d_name);
		closedir(folder);
		return 0;
	}
	if (folder)
		closedir(folder);
	return err_set(err, ERR_NOT_FOUND, "there is no network interface");
}

/* A machine that was started before its task was known has another hardware address. */
static int take_mac(int fd, const char *name, const char *mac, struct err *err)
{
	char path[128];
	char found[64];
	struct ether_addr address;

	(void)snprintf(path, sizeof(path), NET_DIR "/%s/address", name);
	if (sysfile_read(path, found, sizeof(found), err) < 0)
		return -1;
	if (strcasecmp(found, mac) == 0)
		return 0;
	if (!ether_aton_r(mac, &address))
		return err_set(err, ERR_INVALID, "\"%s\" is not a hardware address", mac);
	return netlink_set_mac(fd, if_nametoindex(name), address.ether_addr_octet, err);
}

static int set_up_interface(int fd, const struct wire_network *network, struct err *err)
{
	char name[NAME_SIZE];
	unsigned interface;
	struct netlink_prefix address;
	struct in_addr gateway;

	if (find_interface(name, err) < 0 || take_mac(fd, name, network->mac, err) < 0 ||
	    network_parse_prefix(network->address, &address, err) < 0)
		return -1;
	interface = if_nametoindex(name);
	if (netlink_link_up(fd, interface, (uint32_t)network->mtu, err) < 0 ||
	    netlink_add_address(fd, interface, &address, err) < 0)
		return -1;
	if (*network->gateway == '\0')
		return 0;
	if (inet_pton(AF_INET, network->gateway, &gateway) != 1)
		return err_set(err, ERR_INVALID, "the gateway \"%s\" is not an address",
			       network->gateway);
	return netlink_add_default_route(fd, interface, gateway, err);
}

static int block(int fd, const char *text, struct err *err)
{
	struct netlink_prefix network;

	if (network_parse_prefix(text, &network, err) < 0)
		return -1;
	/* The kernel refuses a network with host bits. */
	if (network.bits < 32)
		network.address.s_addr &= htonl(~(UINT32_MAX >> network.bits));
	return netlink_add_blackhole(fd, &network, err);
}

int network_begin(struct err *err)
{
	AUTO(fd_closep) int fd = -1;
	char name[NAME_SIZE];
	char path[128];

	if (netlink_open(&fd, err) < 0 || netlink_link_up(fd, if_nametoindex("lo"), 0, err) < 0 ||
	    /* As containers have it elsewhere: ports below 1024 and ping for every user. */
	    sysfile_write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0", err) < 0 ||
	    sysfile_write("/proc/sys/net/ipv4/ping_group_range", "0 2147483647", err) < 0)
		return err_wrap(err, "network");
	if (find_interface(name, err) < 0) {
		*err = (struct err)ERR_INIT; /* a machine without a network */
		return 0;
	}
	(void)snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
	if (sysfile_write(path, "1", err) < 0 ||
	    netlink_link_up(fd, if_nametoindex(name), 0, err) < 0)
		return err_wrap(err, "network");
	return 0;
}

int network_set_up(const struct wire_network *network, struct err *err)
{
	AUTO(fd_closep) int fd = -1;

	if (*network->mac == '\0')
		return 0;
	if (netlink_open(&fd, err) < 0 || set_up_interface(fd, network, err) < 0)
		return err_wrap(err, "network");
	for (size_t i = 0; i < network->blocked.count; i++) {
		if (block(fd, ((const char **)network->blocked.items)[i], err) < 0)
			return err_wrap(err, "network");
	}
	return 0;
}

static int write_file(const char *folder, const char *name, const struct buf *text, struct err *err)
{
	char path[256];
	AUTO(fd_closep) int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text->data, text->len) != (ssize_t)text->len)
		return err_sys(err, errno, "write %s", path);
	return 0;
}

static int write_hosts(const struct wire_task *task, const char *folder, struct err *err)
{
	AUTO(buf_done) struct buf text;
	const char *address = task->network.address;

	buf_init(&text, FILE_SIZE_MAX);
	if (buf_append_text(&text,
			    "127.0.0.1\tlocalhost\n"
			    "::1\tlocalhost ip6-localhost ip6-loopback\n",
			    err) < 0)
		return -1;
	if (*task->hostname && *task->network.mac &&
	    buf_printf(&text, err, "%.*s\t%s\n", (int)strcspn(address, "/"), address,
		       task->hostname) < 0)
		return -1;
	if (*task->hostname && !*task->network.mac &&
	    buf_printf(&text, err, "127.0.0.1\t%s\n", task->hostname) < 0)
		return -1;
	return write_file(folder, "hosts", &text, err);
}

int network_write_files(const struct wire_task *task, const char *folder, struct err *err)
{
	AUTO(buf_done) struct buf resolver;
	AUTO(buf_done) struct buf name;

	buf_init(&resolver, FILE_SIZE_MAX);
	buf_init(&name, FILE_SIZE_MAX);
	for (size_t i = 0; i < task->network.dns.count; i++) {
		if (buf_printf(&resolver, err, "nameserver %s\n",
			       ((const char **)task->network.dns.items)[i]) < 0)
			return -1;
	}
	if (buf_printf(&name, err, "%s\n", task->hostname) < 0 ||
	    write_file(folder, "resolv.conf", &resolver, err) < 0 ||
	    write_file(folder, "hostname", &name, err) < 0)
		return -1;
	return write_hosts(task, folder, err);
}

bool network_interface(char ret_name[NETWORK_NAME_SIZE])
{
	struct err err = ERR_INIT;

	return find_interface(ret_name, &err) == 0;
}

int64_t network_counter(const char *interface, const char *counter)
{
	char path[128];

	(void)snprintf(path, sizeof(path), NET_DIR "/%s/statistics/%s", interface, counter);
	return sysfile_number(path, 0);
}

void network_traffic(const struct wire_network *network, int64_t *ret_received, int64_t *ret_sent)
{
	char name[NAME_SIZE];
	bool there = *network->mac != '\0' && network_interface(name);

	*ret_received = there ? network_counter(name, "rx_bytes") : 0;
	*ret_sent = there ? network_counter(name, "tx_bytes") : 0;
}
