/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/gateway/probe.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "core/websocket.h"
#include "gateway/http1.h"
#include "store/exec_link.h"

#define ID    "0123456789abcdef0123456789abcdef"
#define TOKEN ID ID
#define HEAD(path, more)                                                                           \
	"GET " path " HTTP/1.1\r\nhost: x\r\nupgrade: WebSocket\r\n"                               \
	"connection: keep-alive, Upgrade\r\nsec-websocket-version: 13\r\n"                         \
	"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n" more "\r\n"
#define PLAIN "sec-websocket-protocol: " EXEC_LINK_PROTOCOL "\r\n"

/* A connection, and the provisioner behind it. */
struct world {
	struct probe probe;
	struct protocol *next; /* that the connection was asked to change to */
	struct loop *loop;
	char folder[64], path[96];
	int listener, link;
	struct websocket client;
};

static void on_upgrade(void *ctx, struct protocol *next)
{
	((struct world *)ctx)->next = next;
}

static void on_wake(void *ctx)
{
	(void)ctx; /* the test looks by itself */
}

static void world_init(struct world *world)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct err err = ERR_INIT;

	memset(world, 0, sizeof(*world));
	probe_init(&world->probe);
	suite_folder(world->folder, sizeof(world->folder));
	(void)snprintf(world->path, sizeof(world->path), "%s/exec", world->folder);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", world->path);
	world->link = -1;
	world->listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	ck_assert_int_eq(bind(world->listener, (const struct sockaddr *)&address, sizeof(address)),
			 0);
	ck_assert_int_eq(listen(world->listener, 4), 0);
	ASSERT_OK(loop_new(&world->loop, &err), &err);
	world->probe.host.ctx = &world->probe;
	world->probe.host.loop = world->loop;
	world->probe.host.exec_socket = world->path;
	world->probe.host.wake = on_wake;
	websocket_init(&world->client, WEBSOCKET_CLIENT);
}

static void world_done(struct world *world)
{
	websocket_done(&world->client);
	probe_done(&world->probe);
	loop_free(world->loop);
	fd_closep(&world->listener);
	fd_closep(&world->link);
	(void)unlink(world->path);
	(void)rmdir(world->folder);
}

static struct world *current;

static void upgrade_current(void *ctx, struct protocol *next)
{
	(void)ctx;
	on_upgrade(current, next);
}

/* The head goes to HTTP/1.1; true if the connection has become a session. */
static bool ask(struct world *world, const char *head)
{
	current = world;
	world->probe.host.upgrade = upgrade_current;
	world->probe.protocol = http1_new(&world->probe.host);
	ck_assert_uint_eq(
		protocol_receive(world->probe.protocol, (const uint8_t *)head, strlen(head)),
		strlen(head));
	if (!world->next)
		return false;
	protocol_free(world->probe.protocol);
	world->probe.protocol = world->next;
	probe_drain(&world->probe);
	return true;
}

static void say(struct world *world, enum websocket_opcode opcode, const void *bytes, size_t len)
{
	AUTO(buf_done) struct buf out;
	struct err err = ERR_INIT;

	buf_init(&out, 1u << 20);
	ASSERT_OK(websocket_write(&out, WEBSOCKET_CLIENT, opcode, bytes, len, &err), &err);
	ck_assert_uint_eq(protocol_receive(world->probe.protocol, out.data, out.len), out.len);
}

/* The next message for the client. */
static bool hear(struct world *world, struct websocket_message *ret_message)
{
	struct err err = ERR_INIT;

	probe_drain(&world->probe);
	ASSERT_OK(
		websocket_feed(&world->client, world->probe.sent.data, world->probe.sent.len, &err),
		&err);
	buf_clear(&world->probe.sent);
	return websocket_next(&world->client, ret_message, &err) == 1;
}

static void open_plain(struct world *world, int status)
{
	static const char first[] = "{\"TokenValue\":\"" TOKEN "\"}";
	struct exchange *exchange;

	world_init(world);
	ck_assert(ask(world, HEAD("/v1/data-channel/" ID "?role=x", PLAIN)));
	ck_assert_ptr_nonnull(strstr(buf_text(&world->probe.sent), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
	buf_clear(&world->probe.sent);
	say(world, WEBSOCKET_TEXT, first, strlen(first));
	ck_assert_uint_eq(world->probe.asked_count, 1);
	exchange = STEAL(world->probe.asked[0], NULL);
	ck_assert_str_eq(exchange->request.method, "POST");
	ck_assert_str_eq(exchange->request.path, "/v1/data-channel/" ID);
	ck_assert_mem_eq(exchange->request.body, TOKEN, 64);
	exchange->response.status = status;
	protocol_respond(world->probe.protocol, exchange);
}

START_TEST(only_a_whole_handshake_changes_the_protocol)
{
	static const char *const others[] = {
		"GET /v1/data-channel/" ID " HTTP/1.1\r\nhost: x\r\n\r\n",
		HEAD("/v1/data-channel/" ID "0", ""),
		HEAD("/v1/data-channel/../x", ""),
		HEAD("/healthz", ""),
		"POST /v1/data-channel/" ID " HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\n"
		"connection: upgrade\r\nsec-websocket-version: 13\r\n"
		"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		AUTO(world_done) struct world world;

		world_init(&world);
		ck_assert_msg(!ask(&world, others[i]), "case %zu", i);
		ck_assert_uint_eq(world.probe.asked_count, 1);
	}
}
END_TEST

START_TEST(a_session_passes_what_both_say)
{
	AUTO(world_done) struct world world;
	struct exec_link_open open = {.terminal = true, .size = {9, 8}};
	struct websocket_message message;
	uint8_t start[EXEC_LINK_START_SIZE], got[EXEC_LINK_MAX + 1];
	struct err err = ERR_INIT;

	open_plain(&world, 200);
	exec_link_write_start(start, &open);
	say(&world, WEBSOCKET_BINARY, start, sizeof(start));
	world.link = accept(world.listener, NULL, NULL);
	ck_assert_int_ge(world.link, 0);
	ck_assert_int_eq(recv(world.link, got, sizeof(got), 0), EXEC_LINK_OPEN_SIZE);
	ASSERT_OK(exec_link_read_open(got, EXEC_LINK_OPEN_SIZE, &open, &err), &err);
	ck_assert_str_eq(open.id, ID);
	ck_assert_str_eq(open.token, TOKEN);
	ck_assert_uint_eq(open.size.rows, 9);
	say(&world, WEBSOCKET_BINARY, "Ihello", 6);
	ck_assert_int_eq(recv(world.link, got, sizeof(got), 0), 6);
	ck_assert_mem_eq(got, "Ihello", 6);
	ck_assert(protocol_paces_itself(world.probe.protocol));
	ck_assert_int_eq(send(world.link, "Oworld", 6, 0), 6);
	ck_assert(hear(&world, &message));
	ck_assert_mem_eq(message.bytes, "Oworld", 6);
	ck_assert_int_eq(send(world.link, "Q\x07", 2, 0), 2);
	ck_assert(hear(&world, &message));
	ck_assert_mem_eq(message.bytes, "Q\x07", 2);
	ck_assert(protocol_is_finished(world.probe.protocol));
}
END_TEST

START_TEST(a_wrong_token_and_a_late_one_open_nothing)
{
	AUTO(world_done) struct world wrong, late;
	struct websocket_message message;

	open_plain(&wrong, 403);
	ck_assert(hear(&wrong, &message));
	ck_assert_uint_eq(message.bytes[0], EXEC_LINK_EXIT);
	ck_assert_uint_eq(message.bytes[1], 255);
	ck_assert(protocol_is_finished(wrong.probe.protocol));
	clock_real();
	world_init(&late);
	ck_assert(ask(&late, HEAD("/v1/data-channel/" ID, "")));
	probe_wait(&late.probe, 60000);
	probe_drain(&late.probe);
	ck_assert(protocol_is_finished(late.probe.protocol));
}
END_TEST

START_TEST(a_provisioner_that_is_away_or_dies_is_told)
{
	AUTO(world_done) struct world away, dies;
	struct exec_link_open open = {.size = {1, 1}};
	struct websocket_message message;
	uint8_t start[EXEC_LINK_START_SIZE];

	exec_link_write_start(start, &open);
	open_plain(&away, 200);
	fd_closep(&away.listener);
	say(&away, WEBSOCKET_BINARY, start, sizeof(start));
	ck_assert(hear(&away, &message));
	ck_assert_uint_eq(message.bytes[0], EXEC_LINK_EXIT);
	clock_real();
	open_plain(&dies, 200);
	say(&dies, WEBSOCKET_BINARY, start, sizeof(start));
	dies.link = accept(dies.listener, NULL, NULL);
	fd_closep(&dies.link);
	ck_assert(hear(&dies, &message));
	ck_assert_uint_eq(message.bytes[0], EXEC_LINK_EXIT);
	ck_assert(protocol_is_finished(dies.probe.protocol));
}
END_TEST

START_TEST(input_that_nobody_takes_stops_the_client)
{
	AUTO(world_done) struct world world;
	struct exec_link_open open = {.size = {1, 1}};
	uint8_t start[EXEC_LINK_START_SIZE];
	uint8_t input[EXEC_LINK_MAX] = {EXEC_LINK_INPUT};
	AUTO(buf_done) struct buf out;
	struct err err = ERR_INIT;
	size_t taken = 1;
	size_t all = 0;

	open_plain(&world, 200);
	exec_link_write_start(start, &open);
	say(&world, WEBSOCKET_BINARY, start, sizeof(start));
	buf_init(&out, 1u << 20);
	ASSERT_OK(websocket_write(&out, WEBSOCKET_CLIENT, WEBSOCKET_BINARY, input, sizeof(input),
				  &err),
		  &err);
	while (taken > 0) {
		taken = protocol_receive(world.probe.protocol, out.data, out.len);
		all += taken;
		ck_assert_uint_lt(all, 4u << 20);
	}
}
END_TEST

/* In pieces, as connections get them. */
static void feed_pieces(struct world *world, const struct buf *bytes)
{
	for (size_t at = 0; at < bytes->len;) {
		size_t part = bytes->len - at < 16384 ? bytes->len - at : 16384;
		size_t taken = protocol_receive(world->probe.protocol, bytes->data + at, part);

		ck_assert_msg(taken > 0, "stuck at %zu of %zu", at, bytes->len);
		at += taken;
	}
}

START_TEST(a_message_of_the_greatest_size_comes_in_pieces)
{
	static const uint8_t zeros[WEBSOCKET_MESSAGE_MAX];

	for (size_t less = 0; less < 16; less++) {
		AUTO(world_done) struct world world;
		AUTO(buf_done) struct buf out;
		struct err err = ERR_INIT;

		clock_real();
		open_plain(&world, 200);
		ck_assert(!protocol_paces_itself(world.probe.protocol));
		buf_init(&out, 1u << 20);
		ASSERT_OK(websocket_write(&out, WEBSOCKET_CLIENT, WEBSOCKET_BINARY, zeros,
					  sizeof(zeros) - less, &err),
			  &err);
		feed_pieces(&world, &out);
		probe_drain(&world.probe);
		/* No such message is known, so it was read. */
		ck_assert(protocol_is_finished(world.probe.protocol));
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		only_a_whole_handshake_changes_the_protocol,
		a_session_passes_what_both_say,
		a_wrong_token_and_a_late_one_open_nothing,
		a_provisioner_that_is_away_or_dies_is_told,
		input_that_nobody_takes_stops_the_client,
		a_message_of_the_greatest_size_comes_in_pieces,
	};

	return suite_run("gateway/exec_stream", tests, ARRAY_LEN(tests));
}
