/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/gateway/wire.h"

#include <arpa/inet.h>

#include "gateway/listener.h"

static void start(struct wire *wire, struct listener **ret_listener)
{
	struct err err = ERR_INIT;

	wire_init(wire, 2, 64);
	ASSERT_OK(listener_open(&wire->server, "127.0.0.1:0", ret_listener, &err), &err);
}

static void dial(const struct listener *listener, struct client *client)
{
	const char *address = listener_address(listener, 0);
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtol(strchr(address, ':') + 1, NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	client_init(client, fd, NULL);
}

static void turns(struct wire *wire, struct client *clients, size_t count, int times)
{
	for (int i = 0; i < times; i++) {
		for (size_t j = 0; j < count; j++)
			client_turn(&clients[j]);
		wire_turn(wire);
	}
}

static unsigned count_connected(const struct client *clients, size_t count)
{
	unsigned connected = 0;

	for (size_t i = 0; i < count; i++)
		connected += clients[i].connected && !clients[i].ended;
	return connected;
}

START_TEST(connections_of_one_peer_have_a_maximum)
{
	struct listener *listener;
	struct client clients[5];
	struct wire wire;

	start(&wire, &listener);
	wire.server.limits.connections_per_peer = 3;
	for (size_t i = 0; i < ARRAY_LEN(clients); i++)
		dial(listener, &clients[i]);
	turns(&wire, clients, ARRAY_LEN(clients), 50);
	ck_assert_uint_eq(listener_connections(listener), 3);
	ck_assert_uint_eq(count_connected(clients, ARRAY_LEN(clients)), 3);
	for (size_t i = 0; i < ARRAY_LEN(clients); i++)
		client_done(&clients[i]);
	turns(&wire, NULL, 0, 20);
	ck_assert_uint_eq(listener_connections(listener), 0);
	listener_free(listener);
	wire_done(&wire);
}
END_TEST

START_TEST(at_the_limit_the_idle_make_room)
{
	struct listener *listener;
	struct client clients[3];
	struct wire wire;

	start(&wire, &listener);
	wire.server.limits.connections = 2;
	for (size_t i = 0; i < 2; i++) {
		dial(listener, &clients[i]);
		turns(&wire, clients, i + 1, 30);
	}
	ck_assert_uint_eq(count_connected(clients, 2), 2);
	dial(listener, &clients[2]);
	for (int i = 0; i < 400 && !clients[2].connected; i++)
		turns(&wire, clients, ARRAY_LEN(clients), 1);
	turns(&wire, clients, ARRAY_LEN(clients), 300);
	ck_assert(clients[0].ended); /* it had idled longest */
	ck_assert(!clients[1].ended);
	ck_assert(clients[2].connected);
	for (size_t i = 0; i < ARRAY_LEN(clients); i++)
		client_done(&clients[i]);
	listener_free(listener);
	wire_done(&wire);
}
END_TEST

static void on_stopped(void *ctx)
{
	*(bool *)ctx = true;
}

START_TEST(a_stop_waits_for_open_requests_but_not_for_ever)
{
	static const char get[] = "GET /open HTTP/1.1\r\nHost: a\r\n\r\n";

	for (int finishes = 0; finishes < 2; finishes++) {
		struct listener *listener;
		struct client client;
		struct wire wire;
		bool stopped = false;

		start(&wire, &listener);
		atomic_store(&wire.hold, 1);
		dial(listener, &client);
		turns(&wire, &client, 1, 30);
		(void)client_send(&client, get, sizeof(get) - 1);
		turns(&wire, &client, 1, 30);
		listener_stop(listener, finishes ? 10000 : 600, on_stopped, &stopped);
		turns(&wire, &client, 1, 20);
		ck_assert(!stopped);
		if (finishes) {
			atomic_store(&wire.hold, 0);
			ck_assert(wire_await(&wire, &client, "/open"));
		}
		for (int i = 0; i < 1500 && !stopped; i++)
			turns(&wire, &client, 1, 1);
		ck_assert(stopped);
		atomic_store(&wire.hold, 0);
		listener_free(listener);
		client_done(&client);
		wire_done(&wire);
	}
}
END_TEST

#define TWO "127.0.0.1:0,127.0.0.1:0,"

/* Addresses that cannot be listened on; the last are one too many. */
static const char *const bad_addresses[] = {
	"",
	"8443",
	"127.0.0.1",
	"127.0.0.1:x",
	"nowhere.invalid:1",
	"192.0.2.1:0",
	(TWO TWO TWO TWO "127.0.0.1:0"),
};

START_TEST(addresses_are_named_when_they_are_wrong)
{
	struct wire wire;

	wire_init(&wire, 1, 1);
	for (size_t i = 0; i < ARRAY_LEN(bad_addresses); i++) {
		struct listener *listener = NULL;
		struct err err = ERR_INIT;

		ck_assert_msg(listener_open(&wire.server, bad_addresses[i], &listener, &err) == -1,
			      "%s", bad_addresses[i]);
		ck_assert_ptr_nonnull(strstr(err.text, "listen"));
	}
	wire_done(&wire);
}
END_TEST

START_TEST(several_addresses_are_listened_on)
{
	struct listener *listener = NULL;
	struct err err = ERR_INIT;
	struct wire wire;

	wire_init(&wire, 1, 1);
	ASSERT_OK(listener_open(&wire.server, "127.0.0.1:0, 127.0.0.2:0", &listener, &err), &err);
	ck_assert_ptr_nonnull(strstr(listener_address(listener, 0), "127.0.0.1:"));
	ck_assert_ptr_nonnull(strstr(listener_address(listener, 1), "127.0.0.2:"));
	ck_assert_ptr_null(listener_address(listener, 2));
	listener_free(listener);
	wire_done(&wire);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		connections_of_one_peer_have_a_maximum,
		at_the_limit_the_idle_make_room,
		a_stop_waits_for_open_requests_but_not_for_ever,
		addresses_are_named_when_they_are_wrong,
		several_addresses_are_listened_on,
	};

	return suite_run("gateway/listener", tests, ARRAY_LEN(tests));
}
