/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network.h in the world of machine_fake.h: one subnet, 10.0.0.0/28, whatever its name.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/machine_fake.h"

#define SUBNET	     0x0a000000u
#define HOSTS	     13 /* .2 to .14 */
#define FIRST_OFFSET 2

struct network {
	int none;
};

static struct network the_network;

struct network *fake_network(void)
{
	return &the_network;
}

static int begin(const char *call, struct err *err)
{
	bool fails;

	fake_point();
	pthread_mutex_lock(&fake_world->lock);
	fails = ++fake_world->calls == fake_world->fail_at;
	pthread_mutex_unlock(&fake_world->lock);
	if (fails)
		return err_set(err, fake_world->fail_code, "%s was made to fail", call);
	return 0;
}

int network_fill(const struct network *network, struct network_lease *lease, struct err *err)
{
	uint32_t address = ntohl(lease->address.s_addr);

	(void)network;
	(void)err;
	(void)snprintf(lease->mac, sizeof(lease->mac), "02:00:0a:00:00:%02x", address & 0xff);
	(void)snprintf(lease->tap, sizeof(lease->tap), "sw%08x", address);
	(void)snprintf(lease->bridge, sizeof(lease->bridge), "bridge");
	lease->gateway.s_addr = htonl(SUBNET + 1);
	lease->prefix_len = 28;
	return 0;
}

int network_address(const struct network *network, const char *subnet, uint32_t index,
		    struct in_addr *ret_address, struct err *err)
{
	(void)network;
	(void)subnet;
	if (index >= HOSTS)
		return err_set(err, ERR_LIMIT, "the subnet is full");
	ret_address->s_addr = htonl(SUBNET + FIRST_OFFSET + index);
	return 0;
}

static char *find_lease(const char *task)
{
	for (size_t i = 0; i < FAKE_MACHINES; i++) {
		if (strcmp(fake_world->leases[i], task) == 0)
			return fake_world->leases[i];
	}
	return NULL;
}

int network_admit(struct network *network, const struct network_lease *lease, char **ret_socket,
		  struct err *err)
{
	(void)network;
	if (begin("network_admit", err) < 0)
		return -1;
	pthread_mutex_lock(&fake_world->lock);
	if (!find_lease(lease->task))
		memcpy(find_lease(""), lease->task, sizeof(lease->task));
	pthread_mutex_unlock(&fake_world->lock);
	fake_point();
	*ret_socket = NULL;
	return 0;
}

int network_blank(const struct network *network, char ret_tap[NETWORK_TAP_SIZE],
		  char ret_bridge[NETWORK_TAP_SIZE], struct err *err)
{
	(void)network;
	(void)err;
	(void)snprintf(ret_tap, NETWORK_TAP_SIZE, "blank");
	(void)snprintf(ret_bridge, NETWORK_TAP_SIZE, "bridge");
	return 0;
}

int network_assume(struct network *network, const struct network_lease *lease, const char *tap,
		   struct err *err)
{
	(void)network;
	if (strcmp(tap, "blank") != 0 || !lease->task[0])
		abort();
	return begin("network_assume", err);
}

int network_dismiss(struct network *network, const struct network_lease *lease, struct err *err)
{
	char *held;

	(void)network;
	if (begin("network_dismiss", err) < 0)
		return -1;
	pthread_mutex_lock(&fake_world->lock);
	held = lease->task[0] ? find_lease(lease->task) : NULL;
	if (held)
		memset(held, 0, 33);
	pthread_mutex_unlock(&fake_world->lock);
	fake_point();
	return 0;
}

int network_sweep(struct network *network, const struct network_lease *leases, size_t count,
		  struct err *err)
{
	(void)network;
	if (begin("network_sweep", err) < 0)
		return -1;
	pthread_mutex_lock(&fake_world->lock);
	for (size_t i = 0; i < FAKE_MACHINES; i++) {
		bool kept = false;

		for (size_t j = 0; j < count; j++)
			kept = kept || strcmp(fake_world->leases[i], leases[j].task) == 0;
		if (!kept)
			memset(fake_world->leases[i], 0, sizeof(fake_world->leases[i]));
	}
	pthread_mutex_unlock(&fake_world->lock);
	return 0;
}

const char *network_dns(const struct network *network)
{
	(void)network;
	return "10.0.0.1, 10.0.0.2";
}

const char *network_blocked(const struct network *network)
{
	(void)network;
	return "169.254.0.0/16";
}
