/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The socket is addressed anew each time, so who is rung may come and go.
 */
#include "store/doorbell.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

struct doorbell {
	int fd;
	struct sockaddr_un address;
};

int doorbell_open(const char *path, struct doorbell **ret_doorbell, struct err *err)
{
	struct doorbell *doorbell;
	size_t len = strlen(path);

	if (len >= sizeof(doorbell->address.sun_path))
		return err_set(err, ERR_INVALID, "the path of the doorbell is too long: %s", path);
	doorbell = xcalloc(1, sizeof(*doorbell));
	doorbell->address.sun_family = AF_UNIX;
	memcpy(doorbell->address.sun_path, path, len + 1);
	doorbell->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (doorbell->fd < 0) {
		free(doorbell);
		return err_sys(err, errno, "make the doorbell's socket");
	}
	*ret_doorbell = doorbell;
	return 0;
}

void doorbell_free(struct doorbell *doorbell)
{
	if (!doorbell)
		return;
	close(doorbell->fd);
	free(doorbell);
}

void doorbell_ring(void *ctx)
{
	const struct doorbell *doorbell = ctx;

	/* A full socket has rung already; an absent one is looked for by nobody. */
	(void)sendto(doorbell->fd, "!", 1, MSG_NOSIGNAL,
		     (const struct sockaddr *)&doorbell->address, sizeof(doorbell->address));
}
