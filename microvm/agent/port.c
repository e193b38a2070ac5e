/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel's port does: read() gives 0 while no host is connected, write()
 * fails with EAGAIN then and when the queue is full, and poll() shows a hang-up as
 * long as nobody is there, which would keep a level-triggered loop spinning. So
 * the port lies in an epoll of its own, edge-triggered, and the loop watches that:
 * one turn for each change (bytes came, a host came or went).
 *
 * That the queue has room again is not such a change: its driver asks for no
 * interrupt then. (Nor may writes block: the driver would spin until the host has
 * read.) So after a full queue we look again, soon at first, then less often.
 *
 * A host that comes back at once may look as if it had never gone. That does no
 * harm: what tells a new host from an old one is its RESUME (session.c).
 */
#include "microvm/agent/port.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "core/clock.h"
#include "microvm/agent/sysfile.h"
#include "microvm/wire/message.h"

#define PORTS_DIR      "/sys/class/virtio-ports"
#define PORT_WAIT_MS   30000 /* the driver makes ports after its module has loaded */
#define PORT_RETRY_US  1000
#define READ_SIZE      (64 * 1024)
#define READS_A_TURN   8 /* then others have their turn */
#define RETRY_FIRST_MS 1
#define RETRY_LAST_MS  32 /* a host that does not read: the pause doubles up to here */

struct port {
	int fd, epoll_fd;
	struct loop *loop;
	port_bytes_fn *on_bytes;
	loop_fn *on_writable;
	void *ctx;
	struct loop_timer *retry; /* while the queue is full */
	int64_t retry_ms;
	uint8_t bytes[READ_SIZE];
};

/* The device file of the port with our name, or ERR_NOT_FOUND. */
static int find_port(char *ret_path, size_t size, struct err *err)
{
	DIR *folder = opendir(PORTS_DIR);
	struct dirent *entry;

	while (folder && (entry = readdir(folder)) != NULL) {
		char path[512];
		char name[64];

		(void)snprintf(path, sizeof(path), PORTS_DIR "/%s/name", entry->d_name);
		if (entry->d_name[0] == '.' || sysfile_read(path, name, sizeof(name), err) < 0 ||
		    strcmp(name, WIRE_PORT_NAME) != 0)
			continue;
		(void)snprintf(ret_path, size, "/dev/%s", entry->d_name);
		closedir(folder);
		return 0;
	}
	if (folder)
		closedir(folder);
	return err_set(err, ERR_NOT_FOUND, "there is no port named " WIRE_PORT_NAME);
}

static int open_port(struct err *err)
{
	int64_t end_ns = clock_boot_ns() + PORT_WAIT_MS * INT64_C(1000000);
	char path[512];

	for (;;) {
		if (find_port(path, sizeof(path), err) == 0) {
			int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);

			if (fd >= 0)
				return fd;
			(void)err_sys(err, errno, "open %s", path);
		}
		if (clock_boot_ns() > end_ns)
			return -1;
		usleep(PORT_RETRY_US);
	}
}

static void read_bytes(struct port *port)
{
	for (int i = 0; i < READS_A_TURN; i++) {
		ssize_t got = read(port->fd, port->bytes, sizeof(port->bytes));

		if (got <= 0)
			return;
		port->on_bytes(port->ctx, port->bytes, (size_t)got);
	}
	/* More may be there, and no edge will tell: look again in the next turn. */
	(void)epoll_ctl(port->epoll_fd, EPOLL_CTL_MOD, port->fd,
			&(struct epoll_event){.events = EPOLLIN | EPOLLOUT | EPOLLET});
}

static void on_edge(void *ctx, unsigned events)
{
	struct port *port = ctx;
	struct epoll_event event;

	(void)events; /* the inner epoll knows more */
	if (epoll_wait(port->epoll_fd, &event, 1, 0) <= 0)
		return;
	read_bytes(port);
	port->on_writable(port->ctx);
}

static void on_retry(void *ctx)
{
	struct port *port = ctx;

	port->retry = NULL;
	port->on_writable(port->ctx);
}

/* The queue is full or nobody is there; the second ends with an edge. */
static void retry_later(struct port *port)
{
	struct pollfd state = {.fd = port->fd, .events = POLLOUT};

	if (port->retry || poll(&state, 1, 0) < 0 || (state.revents & POLLHUP))
		return;
	port->retry = loop_timer_add(port->loop, port->retry_ms, on_retry, port);
	if (port->retry_ms < RETRY_LAST_MS)
		port->retry_ms *= 2;
}

int port_open(struct loop *loop, port_bytes_fn *on_bytes, loop_fn *on_writable, void *ctx,
	      struct port **ret_port, struct err *err)
{
	struct port *port = xcalloc(1, sizeof(*port)); /* lives as long as the machine */
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET};

	port->loop = loop;
	port->on_bytes = on_bytes;
	port->on_writable = on_writable;
	port->ctx = ctx;
	port->retry_ms = RETRY_FIRST_MS;
	port->fd = open_port(err);
	if (port->fd < 0)
		return -1;
	port->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (port->epoll_fd < 0 || epoll_ctl(port->epoll_fd, EPOLL_CTL_ADD, port->fd, &event) < 0)
		return err_sys(err, errno, "watch the port");
	if (loop_fd_add(loop, port->epoll_fd, LOOP_READ, on_edge, port, NULL, err) < 0)
		return -1;
	*ret_port = port;
	return 0;
}

size_t port_write(struct port *port, const void *bytes, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t put = write(port->fd, (const uint8_t *)bytes + done, len - done);

		if (put <= 0) {
			retry_later(port);
			break;
		}
		port->retry_ms = RETRY_FIRST_MS;
		done += (size_t)put;
	}
	return done;
}
