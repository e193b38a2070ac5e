/* SPDX-License-Identifier: Apache-2.0 */
/* See acceptor.h. */
#include "core/acceptor.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "core/log.h"

#define REST_MS 1000 /* without descriptors or memory, then it is tried again */

struct acceptor {
	struct loop *loop;
	int fd;
	struct loop_fd *watch;
	struct loop_timer *rest; /* NULL unless it rests */
	bool paused;
	acceptor_fn *taken;
	void *ctx;
};

static void choose_events(struct acceptor *acceptor)
{
	loop_fd_want(acceptor->watch, acceptor->paused || acceptor->rest ? 0 : LOOP_READ);
}

static void on_rested(void *ctx)
{
	struct acceptor *acceptor = ctx;

	acceptor->rest = NULL;
	choose_events(acceptor);
}

static void on_readable(void *ctx, unsigned events)
{
	struct acceptor *acceptor = ctx;
	/* cppcheck-suppress[nullPointer]: who does not ask for the address gives NULL */
	int fd = accept4(acceptor->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events; /* only ever readable */
	if (fd >= 0) {
		acceptor->taken(acceptor->ctx, fd);
	} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
		log_error("accept error=%s", strerror(errno));
		acceptor->rest = loop_timer_add(acceptor->loop, REST_MS, on_rested, acceptor);
		choose_events(acceptor);
	}
	/* Other errors concern the one connection that did not come to be. */
}

int acceptor_new(struct loop *loop, int listen_fd, acceptor_fn *taken, void *ctx,
		 struct acceptor **ret_acceptor, struct err *err)
{
	AUTO(freep) struct acceptor *acceptor = xcalloc(1, sizeof(*acceptor));

	acceptor->loop = loop;
	acceptor->taken = taken;
	acceptor->ctx = ctx;
	if (loop_fd_add(loop, listen_fd, LOOP_READ, on_readable, acceptor, &acceptor->watch, err) <
	    0)
		return -1;
	acceptor->fd = listen_fd;
	*ret_acceptor = STEAL(acceptor, NULL);
	return 0;
}

void acceptor_pause(struct acceptor *acceptor, bool pause)
{
	acceptor->paused = pause;
	choose_events(acceptor);
}

void acceptor_free(struct acceptor *acceptor)
{
	if (!acceptor)
		return;
	loop_timer_cancel(acceptor->rest);
	loop_fd_remove(acceptor->watch);
	fd_closep(&acceptor->fd);
	free(acceptor);
}
