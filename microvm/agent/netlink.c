/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request is built in a small fixed buffer: header, a fixed struct, attributes.
 * The kernel answers each with one NLMSG_ERROR, whose error 0 means done.
 */
#include "microvm/agent/netlink.h"

#include <assert.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#define REQUEST_SIZE 256 /* the longest of ours has under 100 bytes */
#define ADDRESS_SIZE 4

struct request {
	struct nlmsghdr header;
	uint8_t body[REQUEST_SIZE];
};

static void begin(struct request *request, uint16_t type, uint16_t flags, const void *fixed,
		  size_t len)
{
	memset(request, 0, sizeof(*request));
	request->header.nlmsg_type = type;
	request->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	request->header.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + NLMSG_ALIGN(len));
	memcpy(request->body, fixed, len);
}

static void add(struct request *request, uint16_t type, const void *value, size_t len)
{
	size_t at = request->header.nlmsg_len - NLMSG_HDRLEN;
	struct rtattr attribute = {.rta_len = (uint16_t)RTA_LENGTH(len), .rta_type = type};

	assert(at + RTA_SPACE(len) <= sizeof(request->body));
	memcpy(request->body + at, &attribute, sizeof(attribute));
	memcpy(request->body + at + RTA_LENGTH(0), value, len);
	request->header.nlmsg_len += (uint32_t)RTA_SPACE(len);
}

static int ask(int fd, const struct request *request, const char *what, struct err *err)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr body;
		uint8_t rest[REQUEST_SIZE * 2]; /* the request comes back behind an error */
	} answer;
	ssize_t got;

	if (send(fd, request, request->header.nlmsg_len, 0) < 0)
		return err_sys(err, errno, "%s", what);
	got = recv(fd, &answer, sizeof(answer), 0);
	if (got < 0)
		return err_sys(err, errno, "%s", what);
	if ((size_t)got < NLMSG_LENGTH(sizeof(answer.body)) ||
	    answer.header.nlmsg_type != NLMSG_ERROR)
		return err_set(err, ERR_SYSTEM, "%s: the kernel gave no answer", what);
	if (answer.body.error != 0)
		return err_sys(err, -answer.body.error, "%s", what);
	return 0;
}

int netlink_open(int *ret_fd, struct err *err)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return err_sys(err, errno, "open netlink");
	*ret_fd = fd;
	return 0;
}

int netlink_link_up(int fd, unsigned interface, uint32_t mtu, struct err *err)
{
	struct request request;
	struct ifinfomsg link = {
		.ifi_family = AF_UNSPEC,
		.ifi_index = (int)interface,
		.ifi_flags = IFF_UP,
		.ifi_change = IFF_UP,
	};

	begin(&request, RTM_NEWLINK, 0, &link, sizeof(link));
	if (mtu > 0)
		add(&request, IFLA_MTU, &mtu, sizeof(mtu));
	return ask(fd, &request, "bring the interface up", err);
}

int netlink_set_mac(int fd, unsigned interface, const uint8_t mac[NETLINK_MAC_SIZE],
		    struct err *err)
{
	struct request request;
	struct ifinfomsg link = {.ifi_family = AF_UNSPEC, .ifi_index = (int)interface};

	begin(&request, RTM_NEWLINK, 0, &link, sizeof(link));
	add(&request, IFLA_ADDRESS, mac, NETLINK_MAC_SIZE);
	return ask(fd, &request, "set the hardware address", err);
}

int netlink_add_address(int fd, unsigned interface, const struct netlink_prefix *address,
			struct err *err)
{
	struct request request;
	struct ifaddrmsg message = {
		.ifa_family = AF_INET,
		.ifa_prefixlen = (uint8_t)address->bits,
		.ifa_scope = RT_SCOPE_UNIVERSE,
		.ifa_index = interface,
	};

	begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &message, sizeof(message));
	add(&request, IFA_LOCAL, &address->address, ADDRESS_SIZE);
	add(&request, IFA_ADDRESS, &address->address, ADDRESS_SIZE);
	return ask(fd, &request, "set the address", err);
}

int netlink_add_default_route(int fd, unsigned interface, struct in_addr gateway, struct err *err)
{
	struct request request;
	struct rtmsg route = {
		.rtm_family = AF_INET,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
	};
	uint32_t out = interface;

	begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &route, sizeof(route));
	add(&request, RTA_GATEWAY, &gateway, ADDRESS_SIZE);
	add(&request, RTA_OIF, &out, sizeof(out));
	return ask(fd, &request, "set the default route", err);
}

int netlink_add_blackhole(int fd, const struct netlink_prefix *network, struct err *err)
{
	struct request request;
	struct rtmsg route = {
		.rtm_family = AF_INET,
		.rtm_dst_len = (uint8_t)network->bits,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_BLACKHOLE,
	};

	begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &route, sizeof(route));
	add(&request, RTA_DST, &network->address, ADDRESS_SIZE);
	return ask(fd, &request, "block a network", err);
}
