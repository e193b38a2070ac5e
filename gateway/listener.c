/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accepting. Two limits hold here: a peer's address (of IPv6 its /64, which is
 * what one customer has) may have so many connections, further ones are closed at
 * once; and there may be so many in all. When these are used up, the connection
 * that has idled longest is asked to go; if none idles, the kernel's backlog waits.
 *
 * A sweep a few times a second brings time to every connection. That is cheaper
 * and simpler than a timer for each deadline of each stream, and the deadlines
 * are seconds.
 */
#include "gateway/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "core/log.h"
#include "gateway/conn.h"
#include "gateway/metrics.h"

#define SWEEP_MS       250
#define ACCEPTS_A_TURN 16
#define BACKLOG	       512
#define ADDRESS_SIZE   64
#define UNSENT_BYTES   131072 /* of a connection in the kernel, beside what is under way */

struct entry {
	struct entry *next, **link; /* what points at it */
	struct listener *listener;
	struct conn *conn;
	uint8_t origin[16]; /* address of the peer, IPv6's cut to its network */
};

struct socket {
	struct listener *listener;
	int fd;
	struct loop_fd *watch;
	char address[ADDRESS_SIZE];
};

struct listener {
	struct server *server;
	struct socket sockets[LISTENER_SOCKETS_MAX];
	size_t socket_count;
	struct entry *entries;
	size_t count;
	bool paused; /* no room: nothing is accepted until one closes */
	bool stopping;
	int64_t stop_by_ms;
	struct loop_timer *sweep;
	loop_fn *stopped;
	void *stopped_ctx;
};

static void address_print(const struct sockaddr_storage *address, char ret[ADDRESS_SIZE])
{
	char host[INET6_ADDRSTRLEN] = "";
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	if (address->ss_family == AF_INET6) {
		memcpy(&in6, address, sizeof(in6));
		(void)inet_ntop(AF_INET6, &in6.sin6_addr, host, sizeof(host));
		(void)snprintf(ret, ADDRESS_SIZE, "[%s]:%u", host, ntohs(in6.sin6_port));
	} else {
		memcpy(&in, address, sizeof(in));
		(void)inet_ntop(AF_INET, &in.sin_addr, host, sizeof(host));
		(void)snprintf(ret, ADDRESS_SIZE, "%s:%u", host, ntohs(in.sin_port));
	}
}

static void origin_of(const struct sockaddr_storage *address, uint8_t ret[16])
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	memset(ret, 0, 16);
	if (address->ss_family == AF_INET6) {
		memcpy(&in6, address, sizeof(in6));
		memcpy(ret, &in6.sin6_addr, IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr) ? 16 : 8);
	} else {
		memcpy(&in, address, sizeof(in));
		memcpy(ret, &in.sin_addr, sizeof(in.sin_addr));
	}
}

static void watch_sockets(struct listener *listener, bool accept)
{
	for (size_t i = 0; i < listener->socket_count; i++)
		loop_fd_want(listener->sockets[i].watch, accept ? LOOP_READ : 0);
	listener->paused = !accept;
}

static void entry_free(struct entry *entry)
{
	struct listener *listener = entry->listener;

	*entry->link = entry->next;
	if (entry->next)
		entry->next->link = entry->link;
	listener->count--;
	metric_add(METRIC_connections_open, -1);
	conn_free(entry->conn);
	free(entry);
}

static void check_stopped(struct listener *listener)
{
	loop_fn *stopped;

	if (!listener->stopping || !listener->stopped)
		return;
	if (listener->count > 0 && clock_boot_ms() < listener->stop_by_ms)
		return;
	stopped = STEAL(listener->stopped, NULL);
	stopped(listener->stopped_ctx);
}

static void on_closed(void *ctx, struct conn *conn)
{
	struct entry *entry = ctx;
	struct listener *listener = entry->listener;

	(void)conn;
	entry_free(entry);
	if (listener->paused && !listener->stopping)
		watch_sockets(listener, true);
	/* The end of a stop comes with the next sweep: callers up the stack may still
	 * walk the list. */
}

static bool peer_is_full(const struct listener *listener, const uint8_t origin[16])
{
	int64_t count = 0;

	for (const struct entry *at = listener->entries; at; at = at->next)
		count += memcmp(at->origin, origin, 16) == 0;
	return count >= listener->server->limits.connections_per_peer;
}

static void add(struct listener *listener, int fd, const struct sockaddr_storage *address)
{
	struct entry *entry;
	char peer[ADDRESS_SIZE];
	uint8_t origin[16];
	struct err err;
	int unsent = UNSENT_BYTES;
	int on = 1;

	address_print(address, peer);
	origin_of(address, origin);
	if (peer_is_full(listener, origin)) {
		metric_add(METRIC_connections_refused_total, 1);
		if (server_may_log(listener->server))
			log_warn("conn=%s refused=connections-per-peer limit=%lld", peer,
				 (long long)listener->server->limits.connections_per_peer);
		close(fd);
		return;
	}
	/* Answers are small and whole: waiting for more only delays them. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* The kernel takes no more than it can send soon: a slow reader is seen as one. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
	entry = xcalloc(1, sizeof(*entry));
	entry->listener = listener;
	memcpy(entry->origin, origin, sizeof(origin));
	if (conn_new(listener->server, fd, peer, on_closed, entry, &entry->conn, &err) < 0) {
		log_error("conn=%s error=%s", peer, err.text);
		free(entry);
		return;
	}
	entry->next = listener->entries;
	entry->link = &listener->entries;
	if (entry->next)
		entry->next->link = &entry->next;
	listener->entries = entry;
	listener->count++;
	metric_add(METRIC_connections_accepted_total, 1);
	metric_add(METRIC_connections_open, 1);
}

/* Ask the connection that has idled longest to go. */
static void make_room(struct listener *listener)
{
	struct entry *oldest = NULL;

	for (struct entry *at = listener->entries; at; at = at->next) {
		if (conn_is_idle(at->conn) &&
		    (!oldest || conn_active_ms(at->conn) < conn_active_ms(oldest->conn)))
			oldest = at;
	}
	if (oldest)
		conn_drain(oldest->conn);
}

static void on_accept(void *ctx, unsigned events)
{
	struct socket *socket = ctx;
	struct listener *listener = socket->listener;

	(void)events;
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
		socklen_t len = sizeof(address);
		int fd;

		if ((int64_t)listener->count >= listener->server->limits.connections) {
			/* Only a first turn tells that somebody waits. */
			if (i > 0)
				return;
			watch_sockets(listener, false);
			make_room(listener);
			return;
		}
		fd = accept4(socket->fd, (struct sockaddr *)&address, &len,
			     SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			add(listener, fd, &address);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			log_error("accept error=%s", strerror(errno));
			watch_sockets(listener, false); /* until one closes, or the sweep */
			return;
		}
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return;
		/* Others concern the one connection that did not come to be. */
	}
}

static void on_sweep(void *ctx)
{
	struct listener *listener = ctx;
	int64_t now = clock_boot_ms();
	struct entry *next;

	listener->sweep = loop_timer_add(listener->server->loop, SWEEP_MS, on_sweep, listener);
	for (struct entry *at = listener->entries; at; at = next) {
		next = at->next; /* a connection frees none but itself */
		conn_tick(at->conn, now);
	}
	if (listener->paused && !listener->stopping &&
	    (int64_t)listener->count < listener->server->limits.connections)
		watch_sockets(listener, true);
	else if (listener->paused && !listener->stopping)
		make_room(listener); /* somebody idles now who did not then */
	check_stopped(listener);     /* may free the listener */
}

static int open_socket(struct listener *listener, const struct addrinfo *info, struct err *err)
{
	struct socket *socket_ = &listener->sockets[listener->socket_count];
	struct sockaddr_storage bound = {.ss_family = AF_UNSPEC};
	socklen_t len = sizeof(bound);
	AUTO(fd_closep) int fd = -1;
	int on = 1;

	fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(err, errno, "make socket");
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return err_sys(err, errno, "set up socket");
	if (bind(fd, info->ai_addr, info->ai_addrlen) < 0)
		return err_sys(err, errno, "bind");
	if (listen(fd, BACKLOG) < 0)
		return err_sys(err, errno, "listen");
	if (getsockname(fd, (struct sockaddr *)&bound, &len) < 0)
		return err_sys(err, errno, "read bound address");
	address_print(&bound, socket_->address);
	socket_->listener = listener;
	if (loop_fd_add(listener->server->loop, fd, LOOP_READ, on_accept, socket_, &socket_->watch,
			err) < 0)
		return -1;
	socket_->fd = STEAL(fd, -1);
	listener->socket_count++;
	return 0;
}

/* @text: "host:port", cut to pieces here. */
static int open_address(struct listener *listener, char *text, struct err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	char *colon = strrchr(text, ':');
	struct addrinfo *info;
	char *host = text;
	int result;

	if (!colon)
		return err_set(err, ERR_INVALID, "listen: %s has no port", text);
	*colon = '\0';
	if (host[0] == '[' && colon > host + 1 && colon[-1] == ']') {
		colon[-1] = '\0';
		host++;
	}
	if (listener->socket_count == LISTENER_SOCKETS_MAX)
		return err_set(err, ERR_LIMIT, "listen: more than %d addresses",
			       LISTENER_SOCKETS_MAX);
	result = getaddrinfo(host[0] ? host : NULL, colon + 1, &hints, &info);
	if (result != 0)
		return err_set(err, ERR_INVALID, "listen: %s: %s", host, gai_strerror(result));
	result = open_socket(listener, info, err);
	freeaddrinfo(info);
	if (result < 0)
		return err_wrap(err, "listen on %s port %s", host, colon + 1);
	return 0;
}

int listener_open(struct server *server, const char *addresses, struct listener **ret_listener,
		  struct err *err)
{
	AUTO(freep) char *copy = xstrdup(addresses);
	struct listener *listener = xcalloc(1, sizeof(*listener));
	char *rest = NULL;

	listener->server = server;
	for (char *text = strtok_r(copy, ", ", &rest); text; text = strtok_r(NULL, ", ", &rest)) {
		if (open_address(listener, text, err) < 0) {
			listener_free(listener);
			return -1;
		}
	}
	if (listener->socket_count == 0) {
		listener_free(listener);
		return err_set(err, ERR_INVALID, "listen: no address");
	}
	listener->sweep = loop_timer_add(server->loop, SWEEP_MS, on_sweep, listener);
	*ret_listener = listener;
	return 0;
}

static void close_sockets(struct listener *listener)
{
	for (size_t i = 0; i < listener->socket_count; i++) {
		loop_fd_remove(listener->sockets[i].watch);
		close(listener->sockets[i].fd);
	}
	listener->socket_count = 0;
}

void listener_free(struct listener *listener)
{
	struct entry *next;

	if (!listener)
		return;
	close_sockets(listener);
	loop_timer_cancel(listener->sweep);
	for (struct entry *at = listener->entries; at; at = next) {
		next = at->next;
		entry_free(at);
	}
	free(listener);
}

void listener_stop(struct listener *listener, int64_t grace_ms, loop_fn *done, void *ctx)
{
	struct entry *next;

	if (listener->stopping)
		return;
	listener->stopping = true;
	listener->stopped = done;
	listener->stopped_ctx = ctx;
	listener->stop_by_ms = clock_boot_ms() + grace_ms;
	close_sockets(listener);
	for (struct entry *at = listener->entries; at; at = next) {
		next = at->next;
		conn_drain(at->conn);
	}
}

size_t listener_connections(const struct listener *listener)
{
	return listener->count;
}

const char *listener_address(const struct listener *listener, size_t index)
{
	return index < listener->socket_count ? listener->sockets[index].address : NULL;
}
