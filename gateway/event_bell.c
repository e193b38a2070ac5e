/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring carries no authority: all that it does is to wake the thread of events.
 */
#include "gateway/event_bell.h"

#include <sys/socket.h>

#include "core/local_socket.h"

struct event_bell {
	struct event_hub *hub;
	struct loop_fd *watch;
	int fd;
};

static void on_ring(void *ctx, unsigned events)
{
	const struct event_bell *bell = ctx;
	char byte;

	(void)events; /* only ever readable */
	while (recv(bell->fd, &byte, sizeof(byte), MSG_DONTWAIT) >= 0)
		; /* many rings are one */
	event_hub_stir();
	event_hub_ring(bell->hub);
}

int event_bell_open(struct loop *loop, const char *path, struct event_hub *hub,
		    struct event_bell **ret_bell, struct err *err)
{
	struct event_bell *bell = xcalloc(1, sizeof(*bell));

	bell->hub = hub;
	bell->fd = -1;
	if (local_socket_bind(path, SOCK_DGRAM, "the bell of events", &bell->fd, err) < 0 ||
	    loop_fd_add(loop, bell->fd, LOOP_READ, on_ring, bell, &bell->watch, err) < 0) {
		event_bell_free(bell);
		return -1;
	}
	*ret_bell = bell;
	return 0;
}

void event_bell_free(struct event_bell *bell)
{
	if (!bell)
		return;
	loop_fd_remove(bell->watch);
	fd_closep(&bell->fd);
	free(bell);
}
