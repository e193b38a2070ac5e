/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many rings are one: the socket is emptied before its owner is told.
 */
#include "core/bell.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "core/local_socket.h"

struct bell {
	bell_fn *rung;
	void *ctx;
	struct loop_fd *watch;
	int fd;
};

static void on_ring(void *ctx, unsigned events)
{
	const struct bell *bell = ctx;
	char byte;

	(void)events; /* only ever readable */
	while (recv(bell->fd, &byte, sizeof(byte), MSG_DONTWAIT) >= 0)
		;
	bell->rung(bell->ctx);
}

int bell_open(struct loop *loop, const struct bell_place *place, bell_fn *rung, void *ctx,
	      struct bell **ret_bell, struct err *err)
{
	struct bell *bell = xcalloc(1, sizeof(*bell));

	*bell = (struct bell){.rung = rung, .ctx = ctx, .fd = -1};
	if (local_socket_bind(place->path, SOCK_DGRAM, place->name, &bell->fd, err) < 0 ||
	    loop_fd_add(loop, bell->fd, LOOP_READ, on_ring, bell, &bell->watch, err) < 0) {
		bell_free(bell);
		return -1;
	}
	*ret_bell = bell;
	return 0;
}

void bell_free(struct bell *bell)
{
	if (!bell)
		return;
	loop_fd_remove(bell->watch);
	fd_closep(&bell->fd);
	free(bell);
}
