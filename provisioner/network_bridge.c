/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks on bridges of the host, one a subnet. A task's tap is made by libvirt, as an isolated
 * port; what it may say and hear is decided by the packet filter (network_nft.c).
 *
 * Everything carries the instance in its name: bridges slbXXXXhhhhhhhh, taps swXXXXaaaaaaaa,
 * tables slipway_XXXX. The order is such that nothing is ever open by accident: rules before
 * bridges, a task's elements before its tap.
 *
 * Two networks of one host must not share addresses, or neither works. A subnet that overlaps
 * with an interface is therefore refused by name. One exception: the bridge that a Slipway which is
 * no more left behind, without any tap on it, is taken away. Whether another Slipway lives is told
 * by a lock that the kernel lets go by itself: an abstract socket, bound while the network is open.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "core/file.h"
#include "core/proc.h"
#include "provisioner/network_nft.h"
#include "provisioner/network_private.h"
#include "provisioner/network_tap.h"

#define IP_DEADLINE_MS 10000
#define IP_OUTPUT_MAX  4096
#define BATCH_MAX      (1024u * 1024)
#define TAP_PREFIX     "sw"
#define HASH_LEN       8 /* behind prefix and instance */
#define IP_FORWARD     "/proc/sys/net/ipv4/ip_forward"

/* --- small tools ------------------------------------------------------------ */

/* Bind the instance's lock; -1 if another process has it. */
static int lock_instance(const char *instance)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int len = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "slipway-net-%s",
			   instance);

	if (fd >= 0 &&
	    bind(fd, (struct sockaddr *)&address,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len)) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Run `ip -batch` with @lines. */
static int run_ip(struct buf *lines, struct err *err)
{
	const char *const argv[] = {"ip", "-batch", "-", NULL};
	struct buf errors;
	struct proc_call call = {.argv = argv, .errors = &errors, .deadline_ms = IP_DEADLINE_MS};
	int code, done = 0;

	if (lines->len == 0)
		return 0;
	buf_init(&errors, IP_OUTPUT_MAX);
	call.input = lines->data;
	call.input_len = lines->len;
	if (proc_run(&call, &code, err) < 0) {
		done = err_wrap(err, "ip");
	} else if (code != 0) {
		const char *why = buf_text(&errors);

		done = err_set(err, ERR_SYSTEM, "ip: %.*s", why ? (int)strcspn(why, "\n") : 0,
			       why ? why : "");
	}
	buf_done(&errors);
	return done;
}

static int write_sysctl(const char *path, const char *value, struct err *err)
{
	AUTO(fd_closep) int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		return err_sys(err, errno, "set %s to %s", path, value);
	return 0;
}

static bool has_ports(const char *bridge)
{
	AUTO(freep) char *path = xasprintf("/sys/class/net/%s/brif", bridge);
	struct dirent *entry;
	bool has = false;
	DIR *dir = opendir(path);

	while (dir && !has && (entry = readdir(dir)) != NULL)
		has = entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return has;
}

static bool is_our_bridge(const struct network *network, const char *name)
{
	for (size_t i = 0; i < network->subnet_count; i++)
		if (strcmp(network->subnets[i].bridge, name) == 0)
			return true;
	return false;
}

/* --- conflicts -------------------------------------------------------------- */

/* True if @name is a bridge without ports, of a Slipway that is no more or of an earlier
 * configuration of ours; then it is gone. */
static bool reclaim(struct network *network, const char *name)
{
	char instance[INSTANCE_SIZE] = "";
	struct err err = ERR_INIT;
	struct buf lines;
	bool gone;

	if (strncmp(name, INSTANCE_BRIDGE, strlen(INSTANCE_BRIDGE)) != 0 ||
	    strlen(name) != strlen(INSTANCE_BRIDGE "XXXX") + HASH_LEN || has_ports(name))
		return false;
	memcpy(instance, name + strlen(INSTANCE_BRIDGE), INSTANCE_SIZE - 1);
	if (strcmp(instance, network->instance) != 0) {
		AUTO(fd_closep) int lock = lock_instance(instance);

		if (lock < 0)
			return false;
	}
	buf_init(&lines, IP_OUTPUT_MAX);
	gone = buf_printf(&lines, &err, "link del dev %s\n", name) == 0 &&
	       run_ip(&lines, &err) == 0;
	buf_done(&lines);
	if (gone)
		network_note(network, "removed the bridge %s that was left behind", name);
	return gone;
}

static unsigned prefix_of(const struct sockaddr *netmask)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)netmask;

	return in ? (unsigned)__builtin_popcount(in->sin_addr.s_addr) : 32;
}

static int check_conflicts(struct network *network, struct err *err)
{
	struct ifaddrs *list = NULL;
	int done = 0;

	if (getifaddrs(&list) < 0)
		return err_sys(err, errno, "list addresses");
	for (struct ifaddrs *at = list; at && done == 0; at = at->ifa_next) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)at->ifa_addr;
		struct network_cidr cidr;

		if (!in || in->sin_family != AF_INET || is_our_bridge(network, at->ifa_name))
			continue;
		cidr.len = prefix_of(at->ifa_netmask);
		cidr.base = ntohl(in->sin_addr.s_addr) & (cidr.len ? ~0u << (32 - cidr.len) : 0);
		for (size_t i = 0; i < network->subnet_count && done == 0; i++) {
			if (!network_cidr_overlap(&cidr, &network->subnets[i].cidr) ||
			    reclaim(network, at->ifa_name))
				continue;
			done = err_set(
				err, ERR_CONFLICT,
				"subnet.%s overlaps with the network of interface %s: choose "
				"another range",
				network->subnets[i].name, at->ifa_name);
		}
	}
	freeifaddrs(list);
	return done;
}

/* --- bridges ---------------------------------------------------------------- */

static int make_bridge(const struct network_subnet *subnet, struct err *err)
{
	AUTO(freep)
	char *ipv6 = xasprintf("/proc/sys/net/ipv6/conf/%s/disable_ipv6", subnet->bridge);
	uint32_t gateway = network_gateway(subnet);
	char address[INET_ADDRSTRLEN];
	struct in_addr in = {htonl(gateway)};
	struct buf lines;
	int done = -1;

	inet_ntop(AF_INET, &in, address, sizeof(address));
	buf_init(&lines, IP_OUTPUT_MAX);
	if (if_nametoindex(subnet->bridge) == 0 &&
	    (buf_printf(&lines, err, "link add name %s type bridge\n", subnet->bridge) < 0 ||
	     run_ip(&lines, err) < 0))
		goto out;
	/* A kernel without IPv6 has nothing to switch off. */
	if (access(ipv6, F_OK) == 0 && write_sysctl(ipv6, "1", err) < 0)
		goto out;
	buf_clear(&lines);
	/* A fixed hardware address: it would follow the ports' otherwise, and guests remember. */
	if (buf_printf(&lines, err,
		       "link set dev %s type bridge stp_state 0 forward_delay 0 mcast_snooping 0\n"
		       "link set dev %s address 02:73:%02x:%02x:%02x:%02x\n"
		       "addr flush dev %s scope host\n"
		       "addr replace %s/%u dev %s\n"
		       "link set dev %s up\n",
		       subnet->bridge, subnet->bridge, gateway >> 24, gateway >> 16 & 0xff,
		       gateway >> 8 & 0xff, gateway & 0xff, subnet->bridge, address,
		       subnet->cidr.len, subnet->bridge, subnet->bridge) == 0)
		done = run_ip(&lines, err);
out:
	buf_done(&lines);
	return done < 0 ? err_wrap(err, "bridge of subnet.%s", subnet->name) : 0;
}

static int switch_forwarding_on(struct network *network, struct err *err)
{
	struct buf text;
	bool on;

	buf_init(&text, 16);
	if (file_read(IP_FORWARD, &text, err) < 0) {
		buf_done(&text);
		return -1;
	}
	on = text.len > 0 && text.data[0] == '1';
	buf_done(&text);
	if (on)
		return 0;
	if (write_sysctl(IP_FORWARD, "1", err) < 0)
		return -1;
	network_note(network, "switched on IPv4 forwarding of this host (net.ipv4.ip_forward = 1)");
	return 0;
}

/* An address of an earlier configuration is not to stay beside the new one. */
static int drop_old_addresses(const struct network *network, struct err *err)
{
	struct ifaddrs *list = NULL;
	struct buf lines;
	int done = 0;

	if (getifaddrs(&list) < 0)
		return err_sys(err, errno, "list addresses");
	buf_init(&lines, BATCH_MAX);
	for (struct ifaddrs *at = list; at && done == 0; at = at->ifa_next) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)at->ifa_addr;
		char address[INET_ADDRSTRLEN];

		if (!in || in->sin_family != AF_INET)
			continue;
		for (size_t i = 0; i < network->subnet_count; i++) {
			const struct network_subnet *subnet = &network->subnets[i];

			if (strcmp(subnet->bridge, at->ifa_name) != 0 ||
			    (ntohl(in->sin_addr.s_addr) == network_gateway(subnet) &&
			     prefix_of(at->ifa_netmask) == subnet->cidr.len))
				continue;
			inet_ntop(AF_INET, &in->sin_addr, address, sizeof(address));
			done = buf_printf(&lines, err, "addr del %s/%u dev %s\n", address,
					  prefix_of(at->ifa_netmask), at->ifa_name);
		}
	}
	freeifaddrs(list);
	if (done == 0)
		done = run_ip(&lines, err);
	buf_done(&lines);
	return done;
}

/* --- the way ---------------------------------------------------------------- */

static int bridge_open(struct network *network, struct err *err)
{
	struct network_cidr subnets[NETWORK_SUBNETS_MAX];

	network->lock_fd = lock_instance(network->instance);
	if (network->lock_fd < 0)
		return err_set(err, ERR_CONFLICT, "another Slipway of instance %s is running",
			       network->instance);
	for (size_t i = 0; i < network->subnet_count; i++)
		subnets[i] = network->subnets[i].cidr;
	if (check_conflicts(network, err) < 0 ||
	    network_nft_new(network->instance, &network->nft, err) < 0 ||
	    network_nft_rules(network->nft, subnets, network->subnet_count, err) < 0 ||
	    drop_old_addresses(network, err) < 0)
		return -1;
	for (size_t i = 0; i < network->subnet_count; i++)
		if (make_bridge(&network->subnets[i], err) < 0)
			return -1;
	return switch_forwarding_on(network, err);
}

static void bridge_close(struct network *network)
{
	network_nft_free(network->nft);
	if (network->lock_fd >= 0)
		close(network->lock_fd);
}

static int bridge_remove(struct network *network, struct err *err)
{
	struct buf lines;
	int done = 0;

	buf_init(&lines, BATCH_MAX);
	for (size_t i = 0; i < network->subnet_count && done == 0; i++)
		if (if_nametoindex(network->subnets[i].bridge) != 0)
			done = buf_printf(&lines, err, "link del dev %s\n",
					  network->subnets[i].bridge);
	if (done == 0)
		done = run_ip(&lines, err);
	buf_done(&lines);
	return done < 0 ? -1 : network_nft_drop(network->nft, network->instance, err);
}

static int bridge_admit(struct network *network, const struct network_lease *lease,
			const struct network_opening *openings, size_t count, char **ret_socket,
			struct err *err)
{
	struct network_nft_task task = {lease, openings, count};

	if (network_nft_add(network->nft, &task, err) < 0)
		return -1;
	*ret_socket = NULL;
	return 0;
}

static int bridge_dismiss(struct network *network, const struct network_lease *lease,
			  const struct network_opening *openings, size_t count, struct err *err)
{
	struct network_nft_task task = {lease, openings, count};

	return network_nft_remove(network->nft, &task, err);
}

static int bridge_assume(struct network *network, const struct network_lease *lease,
			 const char *tap, struct err *err)
{
	(void)network; /* the names say all */
	return network_tap_take(tap, lease, err);
}

static bool is_leased(const char *tap, const struct network_lease *leases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(leases[i].tap, tap) == 0)
			return true;
	return false;
}

/* Interfaces of ours that belong to no lease and no subnet. */
static int sweep_links(struct network *network, const struct network_lease *leases, size_t count,
		       struct err *err)
{
	struct if_nameindex *names = if_nameindex();
	char tap[NETWORK_TAP_SIZE], bridge[NETWORK_TAP_SIZE];
	struct buf lines;
	int done = 0;

	if (!names)
		return err_sys(err, errno, "list interfaces");
	(void)snprintf(tap, sizeof(tap), TAP_PREFIX "%s", network->instance);
	(void)snprintf(bridge, sizeof(bridge), INSTANCE_BRIDGE "%s", network->instance);
	buf_init(&lines, BATCH_MAX);
	for (struct if_nameindex *at = names; at->if_index != 0 && done == 0; at++) {
		bool stray;

		if (strncmp(at->if_name, tap, strlen(tap)) == 0)
			stray = strlen(at->if_name) == strlen(tap) + HASH_LEN &&
				!is_leased(at->if_name, leases, count);
		else
			stray = strncmp(at->if_name, bridge, strlen(bridge)) == 0 &&
				strlen(at->if_name) == strlen(bridge) + HASH_LEN &&
				!is_our_bridge(network, at->if_name);
		if (stray)
			done = buf_printf(&lines, err, "link del dev %s\n", at->if_name);
	}
	if_freenameindex(names);
	if (done == 0)
		done = run_ip(&lines, err);
	buf_done(&lines);
	return done;
}

static int bridge_sweep(struct network *network, const struct network_lease *leases, size_t count,
			struct err *err)
{
	struct network_nft_task *tasks = xcalloc(count + 1, sizeof(*tasks));
	struct err unknown = ERR_INIT;
	int done;

	for (size_t i = 0; i < count; i++) {
		struct network_opening *openings = NULL;

		/* A group that was taken out of the configuration lets nobody in any more. */
		tasks[i].lease = &leases[i];
		if (network_lease_openings(network, &leases[i], &openings, &tasks[i].count,
					   &unknown) < 0)
			tasks[i].count = 0;
		tasks[i].openings = openings;
	}
	done = network_nft_replace(network->nft, tasks, count, err);
	for (size_t i = 0; i < count; i++)
		free((struct network_opening *)tasks[i].openings);
	free(tasks);
	return done < 0 ? -1 : sweep_links(network, leases, count, err);
}

const struct network_way network_way_bridge = {
	.open = bridge_open,
	.close = bridge_close,
	.remove = bridge_remove,
	.admit = bridge_admit,
	.dismiss = bridge_dismiss,
	.assume = bridge_assume,
	.sweep = bridge_sweep,
};
