/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Containers share the machine's network with the agent, and a web server that listens at
 * port 80 of all addresses must find it free, so the agent cannot listen there. No
 * interface has the address either: when a container's process connects to it, a small BPF
 * program puts the loopback and another port into the call. So nothing of it can be met
 * from outside, no container can listen in the agent's place, and the rest of
 * 169.254.0.0/16 leads nowhere, as the routes say.
 *
 * Programs that use IPv6 sockets for everything (Java) connect to ::ffff:169.254.170.2,
 * which is another hook and the same program.
 */
#include "microvm/agent/metadata_door.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

#include "microvm/agent/bpf.h"

#define ENDPOINT_ADDRESS 0xa9feaa02u /* 169.254.170.2 */
#define ENDPOINT_PORT	 80
#define MAPPED		 0xffffu /* third word of an IPv4 address as an IPv6 one */
#define WAITING_MAX	 32	 /* connections that were not accepted yet */

#define PLACE(member) ((int16_t)offsetof(struct bpf_sock_addr, member))

struct word {
	int16_t place; /* in the context */
	uint32_t value;
};

/* For a call with all of @words: the loopback's address at @address, and our port. */
static void build(struct bpf_program *program, const struct word *words, size_t count,
		  int16_t address)
{
	for (size_t i = 0; i < count; i++) {
		int16_t rest = (int16_t)(2 * (count - i - 1) + 4);

		bpf_emit(program, bpf_load(BPF_REG_2, words[i].place));
		bpf_emit(program, bpf_jump(BPF_JNE, BPF_REG_2, words[i].value, rest));
	}
	bpf_emit(program, bpf_operate(BPF_MOV, BPF_REG_2, htonl(INADDR_LOOPBACK)));
	bpf_emit(program, bpf_store(BPF_REG_2, address));
	bpf_emit(program, bpf_operate(BPF_MOV, BPF_REG_2, htons(METADATA_DOOR_PORT)));
	bpf_emit(program, bpf_store(BPF_REG_2, PLACE(user_port)));
	bpf_answer(program, 1); /* the call goes on */
}

int metadata_door_open(const char *cgroup, struct err *err)
{
	const struct word as_ipv4[] = {
		{PLACE(user_ip4), htonl(ENDPOINT_ADDRESS)},
		{PLACE(user_port), htons(ENDPOINT_PORT)},
		{PLACE(protocol), IPPROTO_TCP},
	};
	const struct word as_ipv6[] = {
		{PLACE(user_ip6[0]), 0},
		{PLACE(user_ip6[1]), 0},
		{PLACE(user_ip6[2]), htonl(MAPPED)},
		{PLACE(user_ip6[3]), htonl(ENDPOINT_ADDRESS)},
		{PLACE(user_port), htons(ENDPOINT_PORT)},
		{PLACE(protocol), IPPROTO_TCP},
	};
	struct bpf_program ipv4 = {.len = 0};
	struct bpf_program ipv6 = {.len = 0};

	build(&ipv4, as_ipv4, ARRAY_LEN(as_ipv4), PLACE(user_ip4));
	build(&ipv6, as_ipv6, ARRAY_LEN(as_ipv6), PLACE(user_ip6[3]));
	if (bpf_attach(&ipv4, BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT, cgroup,
		       err) < 0 ||
	    bpf_attach(&ipv6, BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_CONNECT, cgroup,
		       err) < 0)
		return err_wrap(err, "metadata endpoint");
	return 0;
}

int metadata_door_listen(int *ret_fd, struct err *err)
{
	AUTO(fd_closep)
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(METADATA_DOOR_PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, WAITING_MAX) < 0)
		return err_sys(err, errno, "listen for the metadata endpoint");
	*ret_fd = STEAL(fd, -1);
	return 0;
}
