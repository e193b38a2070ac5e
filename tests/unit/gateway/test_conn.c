/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/gateway/wire.h"

#include <sys/un.h>

#include "core/websocket.h"
#include "store/exec_link.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a.example\r\n\r\n"

struct line {
	struct wire wire;
	struct conn *conn; /* NULL once it is closed */
	struct client client;
};

static void on_closed(void *ctx, struct conn *conn)
{
	struct line *line = ctx;

	ck_assert_ptr_eq(line->conn, conn);
	line->conn = NULL;
	conn_free(conn);
}

/* One more connection of @wire, as ends of a socket pair. */
static void connect_pair(struct wire *wire, conn_closed_fn *closed, void *ctx,
			 struct conn **ret_conn, struct client *client, const char *protocols)
{
	struct err err = ERR_INIT;
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
			 0);
	ASSERT_OK(conn_new(&wire->server, fds[0], "192.0.2.1:4000", closed, ctx, ret_conn, &err),
		  &err);
	client_init(client, fds[1], protocols);
}

static void line_init(struct line *line, const char *protocols)
{
	wire_init(&line->wire, 2, 64);
	connect_pair(&line->wire, on_closed, line, &line->conn, &line->client, protocols);
}

static void line_done(struct line *line)
{
	client_done(&line->client);
	conn_free(line->conn);
	wire_done(&line->wire);
}

static void shake_hands(struct line *line)
{
	for (int i = 0; i < 1000 && !line->client.connected && !line->client.failed; i++) {
		client_turn(&line->client);
		wire_turn(&line->wire);
	}
}

static void turn_until_closed(struct line *line)
{
	for (int i = 0; i < 1000 && line->conn; i++) {
		client_turn(&line->client);
		if (line->client.ended)
			(void)shutdown(line->client.fd, SHUT_WR);
		wire_turn(&line->wire);
	}
	ck_assert_ptr_null(line->conn);
	client_turn(&line->client);
}

START_TEST(a_request_is_answered_by_a_worker)
{
	struct line line;

	line_init(&line, "\x08http/1.1");
	shake_hands(&line);
	ck_assert_str_eq(SSL_get_version(line.client.ssl), "TLSv1.3");
	(void)client_send(&line.client, GET("/one"), strlen(GET("/one")));
	ck_assert(wire_await(&line.wire, &line.client, "\r\n\r\n/one"));
	ck_assert(conn_is_idle(line.conn));
	(void)client_send(&line.client, GET("/two"), strlen(GET("/two")));
	ck_assert(wire_await(&line.wire, &line.client, "\r\n\r\n/two"));
	line_done(&line);
}
END_TEST

static const struct {
	const char *name, *offered;
	bool fails, h2;
} protocols[] = {
	{"none", NULL, false, false},	     {"http/1.1", "\x08http/1.1", false, false},
	{"h2", "\x02h2", false, true},	     {"both", "\x08http/1.1\x02h2", false, true},
	{"others", "\x04spdy", true, false},
};

START_TEST(the_protocol_is_agreed_on)
{
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
		struct line line;

		line_init(&line, protocols[i].offered);
		shake_hands(&line);
		/* The alert may come after the client believes that all is well. */
		for (int j = 0; j < 20; j++) {
			client_turn(&line.client);
			wire_turn(&line.wire);
		}
		ck_assert_msg((line.client.failed || line.client.ended) == protocols[i].fails, "%s",
			      protocols[i].name);
		/* HTTP/2 greets with its settings. */
		ck_assert_msg((line.client.got.len >= 9) == protocols[i].h2, "%s",
			      protocols[i].name);
		line_done(&line);
	}
}
END_TEST

static const struct {
	const char *name;
	int version;	     /* the only one; 0: any */
	const char *ciphers; /* of TLS 1.2; NULL: the default */
	bool works;
} offers[] = {
	{"TLS 1.3", TLS1_3_VERSION, NULL, true},
	{"TLS 1.2", TLS1_2_VERSION, NULL, true},
	{"TLS 1.2 ChaCha", TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", true},
	{"TLS 1.1", TLS1_1_VERSION, "ALL@SECLEVEL=0", false},
	{"TLS 1.0", TLS1_VERSION, "ALL@SECLEVEL=0", false},
	{"CBC", TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA", false},
	{"CCM", TLS1_2_VERSION, "ECDHE-ECDSA-AES128-CCM", false},
	{"Camellia", TLS1_2_VERSION, "ECDHE-ECDSA-CAMELLIA128-SHA256", false},
};

START_TEST(only_modern_tls_is_spoken)
{
	for (size_t i = 0; i < ARRAY_LEN(offers); i++) {
		struct line line;

		line_init(&line, NULL);
		ck_assert_int_eq(SSL_set_min_proto_version(line.client.ssl, offers[i].version), 1);
		ck_assert_int_eq(SSL_set_max_proto_version(line.client.ssl, offers[i].version), 1);
		if (offers[i].ciphers)
			ck_assert_msg(SSL_set_cipher_list(line.client.ssl, offers[i].ciphers) == 1,
				      "%s", offers[i].name);
		shake_hands(&line);
		ck_assert_msg(line.client.connected == offers[i].works, "%s", offers[i].name);
		line_done(&line);
	}
}
END_TEST

START_TEST(there_is_no_renegotiation_and_no_ticket)
{
	struct line line;
	int result = -1;

	line_init(&line, NULL);
	(void)SSL_set_max_proto_version(line.client.ssl, TLS1_2_VERSION);
	shake_hands(&line);
	ck_assert(line.client.connected);
	ck_assert(!SSL_SESSION_has_ticket(SSL_get_session(line.client.ssl)));
	(void)SSL_renegotiate(line.client.ssl);
	for (int i = 0; i < 50 && (i == 0 || client_wants(&line.client, result)); i++) {
		result = SSL_do_handshake(line.client.ssl);
		wire_turn(&line.wire);
	}
	ck_assert_int_ne(result, 1);
	line_done(&line);
}
END_TEST

START_TEST(plain_http_is_told_to_use_tls)
{
	struct line line;
	char answer[1024] = "";
	ssize_t got = 0;

	line_init(&line, NULL);
	ck_assert_int_gt(send(line.client.fd, GET("/"), strlen(GET("/")), 0), 0);
	for (int i = 0; i < 100 && got <= 0; i++) {
		wire_turn(&line.wire);
		got = recv(line.client.fd, answer, sizeof(answer) - 1, 0);
	}
	ck_assert_int_eq(strncmp(answer, "HTTP/1.1 400 ", 13), 0);
	ck_assert_ptr_nonnull(strstr(answer, "speaks TLS"));
	line_done(&line);
}
END_TEST

START_TEST(a_handshake_has_a_deadline)
{
	struct line line;
	int64_t now;

	line_init(&line, NULL);
	now = clock_boot_ms();
	conn_tick(line.conn, now + 9000);
	ck_assert_ptr_nonnull(line.conn);
	conn_tick(line.conn, now + 10100);
	ck_assert_ptr_null(line.conn);
	line_done(&line);
}
END_TEST

START_TEST(rubbish_in_place_of_a_handshake_ends_the_connection)
{
	struct line line;

	line_init(&line, NULL);
	ck_assert_int_gt(send(line.client.fd, "\200\000\000rubbish and more of it", 24, 0), 0);
	(void)shutdown(line.client.fd, SHUT_WR);
	for (int i = 0; i < 100 && line.conn; i++)
		wire_turn(&line.wire);
	ck_assert_ptr_null(line.conn);
	line_done(&line);
}
END_TEST

START_TEST(a_peer_that_reads_nothing_is_left_after_a_while)
{
	struct line line;

	line_init(&line, NULL);
	line.wire.answer_bytes = 8u << 20;
	shake_hands(&line);
	(void)client_send(&line.client, GET("/"), strlen(GET("/")));
	for (int i = 0; i < 200; i++)
		wire_turn(&line.wire);
	ck_assert_int_eq(atomic_load(&line.wire.handled), 1);
	conn_tick(line.conn, clock_boot_ms() + 29000);
	ck_assert_ptr_nonnull(line.conn);
	/* What the socket took at the start counts once. */
	conn_tick(line.conn, clock_boot_ms() + 31000);
	if (line.conn)
		conn_tick(line.conn, clock_boot_ms() + 62000);
	ck_assert_ptr_null(line.conn);
	line_done(&line);
}
END_TEST

#define SESSION_ID "0123456789abcdef0123456789abcdef"

/* The client sends @bytes as one message of a WebSocket; short ones only. */
static void send_message(struct line *line, enum websocket_opcode opcode, const void *bytes,
			 size_t len)
{
	AUTO(buf_done) struct buf out;
	struct err err = ERR_INIT;

	buf_init(&out, 4096);
	ASSERT_OK(websocket_write(&out, WEBSOCKET_CLIENT, opcode, bytes, len, &err), &err);
	ck_assert_uint_eq(client_send(&line->client, out.data, out.len), out.len);
	for (int i = 0; i < 20; i++) {
		client_turn(&line->client);
		wire_turn(&line->wire);
	}
}

/* A session of a command is open; the provisioner's end of it. */
static int open_exec(struct line *line, const char *path)
{
	static const char head[] =
		"GET /v1/data-channel/" SESSION_ID " HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\n"
		"connection: upgrade\r\nsec-websocket-version: 13\r\n"
		"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		"sec-websocket-protocol: " EXEC_LINK_PROTOCOL "\r\n\r\n";
	static const char token[] = "{\"TokenValue\":\"" SESSION_ID SESSION_ID "\"}";
	struct exec_link_open open = {.size = {1, 1}};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	AUTO(fd_closep) int listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	uint8_t start[EXEC_LINK_START_SIZE];

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	ck_assert_int_eq(bind(listener, (const struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	shake_hands(line);
	(void)client_send(&line->client, head, strlen(head));
	ck_assert(wire_await(&line->wire, &line->client, "101 Switching"));
	send_message(line, WEBSOCKET_TEXT, token, strlen(token));
	exec_link_write_start(start, &open);
	send_message(line, WEBSOCKET_BINARY, start, sizeof(start));
	(void)unlink(path);
	return accept4(listener, NULL, NULL, SOCK_NONBLOCK);
}

START_TEST(who_reads_a_commands_output_may_pause)
{
	static const uint8_t output[EXEC_LINK_MAX] = {EXEC_LINK_OUTPUT};
	AUTO(freep) char *path = NULL;
	struct line line;
	int link;

	line_init(&line, "\x08http/1.1");
	path = xasprintf("%s/exec", line.wire.folder);
	line.wire.server.exec_socket = path;
	link = open_exec(&line, path);
	ck_assert_int_ge(link, 0);
	/* Until everything on the way is full. */
	for (int i = 0; i < 200; i++) {
		while (send(link, output, sizeof(output), MSG_NOSIGNAL) > 0)
			;
		wire_turn(&line.wire);
	}
	for (int i = 1; i < 50; i++)
		conn_tick(line.conn, clock_boot_ms() + i * 60000);
	ck_assert_ptr_nonnull(line.conn);
	/* But not for ever. */
	conn_tick(line.conn, clock_boot_ms() + 2 * 3600000);
	if (line.conn)
		conn_tick(line.conn, clock_boot_ms() + 4 * 3600000);
	ck_assert_ptr_null(line.conn);
	close(link);
	line_done(&line);
}
END_TEST

START_TEST(a_large_answer_arrives_whole)
{
	const size_t size = 8u << 20;
	struct line line;
	const char *body;

	line_init(&line, NULL);
	line.wire.answer_bytes = size;
	shake_hands(&line);
	(void)client_send(&line.client, GET("/"), strlen(GET("/")));
	for (int i = 0; i < 5000 && line.client.got.len < size; i++) {
		wire_turn(&line.wire);
		client_turn(&line.client);
	}
	body = strstr(client_text(&line.client), "\r\n\r\n");
	ck_assert_ptr_nonnull(body);
	ck_assert_uint_eq(strlen(body + 4), size);
	line_done(&line);
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_order)
{
	struct line line;
	struct buf all;
	struct err err = ERR_INIT;
	const char *at;

	line_init(&line, NULL);
	buf_init(&all, 1 << 20);
	for (int i = 0; i < 50; i++)
		ASSERT_OK(buf_printf(&all, &err, "GET /%02d HTTP/1.1\r\nHost: a\r\n\r\n", i), &err);
	shake_hands(&line);
	ck_assert_uint_eq(client_send(&line.client, all.data, all.len), all.len);
	ck_assert(wire_await(&line.wire, &line.client, "\r\n\r\n/49"));
	at = client_text(&line.client);
	for (int i = 0; i < 50; i++) {
		char path[16];

		(void)snprintf(path, sizeof(path), "\r\n\r\n/%02d", i);
		at = strstr(at, path);
		ck_assert_msg(at != NULL, "%s", path);
	}
	buf_done(&all);
	line_done(&line);
}
END_TEST

/* The client goes on sending long after it was refused, then looks. */
START_TEST(a_refused_upload_still_gets_its_answer)
{
	static const char head[] = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n";
	static char body[65536];
	struct line line;

	line_init(&line, NULL);
	shake_hands(&line);
	(void)client_send(&line.client, head, sizeof(head) - 1);
	for (int i = 0; i < 200; i++) {
		(void)client_send(&line.client, body, sizeof(body));
		wire_turn(&line.wire);
	}
	ck_assert(wire_await(&line.wire, &line.client, "413 Content Too Large"));
	turn_until_closed(&line);
	ck_assert(line.client.ended);
	line_done(&line);
}
END_TEST

START_TEST(a_client_may_end_its_side_and_still_gets_its_answer)
{
	struct line line;

	line_init(&line, NULL);
	atomic_store(&line.wire.hold, 1);
	shake_hands(&line);
	(void)client_send(&line.client, GET("/late"), strlen(GET("/late")));
	(void)SSL_shutdown(line.client.ssl);
	for (int i = 0; i < 20; i++)
		wire_turn(&line.wire);
	ck_assert_ptr_nonnull(line.conn);
	atomic_store(&line.wire.hold, 0);
	ck_assert(wire_await(&line.wire, &line.client, "/late"));
	turn_until_closed(&line);
	line_done(&line);
}
END_TEST

START_TEST(a_client_that_goes_while_a_worker_works_harms_nobody)
{
	struct line line;

	line_init(&line, NULL);
	atomic_store(&line.wire.hold, 1);
	shake_hands(&line);
	(void)client_send(&line.client, GET("/"), strlen(GET("/")));
	for (int i = 0; i < 50; i++)
		wire_turn(&line.wire);
	close(line.client.fd);
	line.client.fd = -1;
	for (int i = 0; i < 50 && line.conn; i++)
		wire_turn(&line.wire);
	ck_assert_ptr_null(line.conn);
	atomic_store(&line.wire.hold, 0);
	for (int i = 0; i < 1000 && line.wire.server.in_work > 0; i++)
		wire_turn(&line.wire);
	ck_assert_uint_eq(line.wire.server.in_work, 0);
	line_done(&line);
}
END_TEST

START_TEST(a_full_queue_answers_throttling)
{
	enum { COUNT = 6 };
	struct wire wire;
	struct line lines[COUNT];
	int throttled = 0;

	wire_init(&wire, 1, 2);
	atomic_store(&wire.hold, 1);
	for (size_t i = 0; i < COUNT; i++)
		connect_pair(&wire, on_closed, &lines[i], &lines[i].conn, &lines[i].client, NULL);
	for (size_t i = 0; i < COUNT; i++) {
		for (int j = 0; j < 100 && !lines[i].client.connected; j++) {
			client_turn(&lines[i].client);
			wire_turn(&wire);
		}
		(void)client_send(&lines[i].client, GET("/"), strlen(GET("/")));
		for (int j = 0; j < 20; j++)
			wire_turn(&wire);
		client_turn(&lines[i].client);
		throttled += strstr(client_text(&lines[i].client), "ThrottlingException") != NULL;
	}
	/* One is in work, two wait. */
	ck_assert_int_eq(throttled, COUNT - 3);
	atomic_store(&wire.hold, 0);
	for (size_t i = 0; i < COUNT; i++) {
		ck_assert(wire_await(&wire, &lines[i].client, "HTTP/1.1 "));
		client_done(&lines[i].client);
		conn_free(lines[i].conn);
	}
	wire_done(&wire);
}
END_TEST

START_TEST(draining_ends_an_idle_connection_and_waits_for_a_busy_one)
{
	struct line line;

	line_init(&line, NULL);
	shake_hands(&line);
	conn_drain(line.conn);
	turn_until_closed(&line);
	ck_assert(line.client.ended);
	line_done(&line);

	line_init(&line, NULL);
	atomic_store(&line.wire.hold, 1);
	shake_hands(&line);
	(void)client_send(&line.client, GET("/busy"), strlen(GET("/busy")));
	for (int i = 0; i < 50; i++)
		wire_turn(&line.wire);
	conn_drain(line.conn);
	for (int i = 0; i < 50; i++)
		wire_turn(&line.wire);
	ck_assert_ptr_nonnull(line.conn);
	atomic_store(&line.wire.hold, 0);
	ck_assert(wire_await(&line.wire, &line.client, "/busy"));
	ck_assert_ptr_nonnull(strstr(client_text(&line.client), "connection: close"));
	turn_until_closed(&line);
	line_done(&line);
}
END_TEST

static const char *peer_name(struct client *client, char ret[64])
{
	X509 *certificate = SSL_get1_peer_certificate(client->ssl);

	ck_assert_ptr_nonnull(certificate);
	(void)X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, ret,
					64);
	X509_free(certificate);
	return ret;
}

START_TEST(a_new_certificate_is_for_new_connections)
{
	struct line line;
	struct line second;
	struct err err = ERR_INIT;
	char name[64];

	line_init(&line, NULL);
	shake_hands(&line);
	ck_assert_str_eq(peer_name(&line.client, name), "first");
	ck_assert(!tls_server_is_stale(line.wire.server.tls));
	wire_certify(&line.wire, "second");
	ck_assert(tls_server_is_stale(line.wire.server.tls));
	ASSERT_OK(tls_server_reload(line.wire.server.tls, &err), &err);
	ck_assert(!tls_server_is_stale(line.wire.server.tls));
	connect_pair(&line.wire, on_closed, &second, &second.conn, &second.client, NULL);
	for (int i = 0; i < 100 && !second.client.connected; i++) {
		client_turn(&second.client);
		wire_turn(&line.wire);
	}
	ck_assert_str_eq(peer_name(&second.client, name), "second");
	(void)client_send(&line.client, GET("/still"), strlen(GET("/still")));
	ck_assert(wire_await(&line.wire, &line.client, "/still"));
	client_done(&second.client);
	conn_free(second.conn);
	line_done(&line);
}
END_TEST

START_TEST(a_broken_certificate_leaves_the_old_one)
{
	struct line line;
	struct err err = ERR_INIT;

	line_init(&line, NULL);
	suite_write(line.wire.certificate, "this is no certificate\n");
	ck_assert_int_eq(tls_server_reload(line.wire.server.tls, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, line.wire.certificate));
	/* It is not tried again and again. */
	ck_assert(!tls_server_is_stale(line.wire.server.tls));
	shake_hands(&line);
	ck_assert(line.client.connected);
	line_done(&line);
}
END_TEST

START_TEST(a_key_of_another_certificate_is_an_error)
{
	struct wire wire;
	struct wire other;
	struct tls_server *tls = NULL;
	struct err err = ERR_INIT;

	wire_init(&wire, 1, 1);
	wire_init(&other, 1, 1);
	ck_assert_int_eq(tls_server_new(wire.certificate, other.key, &tls, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, other.key));
	ck_assert_int_eq(tls_server_new("/nonexistent", other.key, &tls, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent"));
	wire_done(&wire);
	wire_done(&other);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_request_is_answered_by_a_worker,
		the_protocol_is_agreed_on,
		only_modern_tls_is_spoken,
		there_is_no_renegotiation_and_no_ticket,
		plain_http_is_told_to_use_tls,
		a_handshake_has_a_deadline,
		rubbish_in_place_of_a_handshake_ends_the_connection,
		a_peer_that_reads_nothing_is_left_after_a_while,
		who_reads_a_commands_output_may_pause,
		a_large_answer_arrives_whole,
		pipelined_requests_are_answered_in_order,
		a_refused_upload_still_gets_its_answer,
		a_client_may_end_its_side_and_still_gets_its_answer,
		a_client_that_goes_while_a_worker_works_harms_nobody,
		a_full_queue_answers_throttling,
		draining_ends_an_idle_connection_and_waits_for_a_busy_one,
		a_new_certificate_is_for_new_connections,
		a_broken_certificate_leaves_the_old_one,
		a_key_of_another_certificate_is_an_error,
	};

	return suite_run("gateway/conn", tests, ARRAY_LEN(tests));
}
