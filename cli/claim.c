/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See claim.h. A port is tried by binding it: who holds it is not ours to find out,
 * that it is held is enough. Between the try and the gateway's own bind another
 * program may take it; then the gateway's log says so.
 */
#include "cli/claim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/file.h"

#define WAIT_MS 3000 /* for one that is just ending */
#define STEP_MS 100

static void read_holder(int lock, char *ret, size_t size)
{
	ssize_t len = pread(lock, ret, size - 1, 0);
	ret[len > 0 ? len : 0] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
}

static int lock_state(const struct installation *in, int lock, struct err *err)
{
	char text[16];
	for (int64_t waited = 0; flock(lock, LOCK_EX | LOCK_NB) < 0; waited += STEP_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_sys(err, errno, "lock %s", in->state);
		if (waited >= WAIT_MS) {
			read_holder(lock, text, sizeof(text));
			return err_set(err, ERR_CONFLICT,
				       "another slipway up (process %s, or what it left running) "
				       "works on %s: stop it, or choose another folder with "
				       "--state",
				       text, in->state);
		}
		clock_pause_ms(STEP_MS);
	}
	int len = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (ftruncate(lock, 0) < 0 || pwrite(lock, text, (size_t)len, 0) != len)
		return err_sys(err, errno, "write to the lock of %s", in->state);
	return 0;
}

static int try_port(int64_t port, struct err *err)
{
	AUTO(fd_closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = {htonl(INADDR_LOOPBACK)},
	};
	int on = 1;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return err_sys(err, errno, "make a socket");
	for (int64_t waited = 0; bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0;
	     waited += STEP_MS) {
		if (errno != EADDRINUSE)
			return err_sys(err, errno, "listen on port %d of 127.0.0.1", (int)port);
		if (waited >= WAIT_MS)
			return err_set(err, ERR_CONFLICT,
				       "port %d of 127.0.0.1 is in use by another program: choose "
				       "another with --port (the one after it is taken as well)",
				       (int)port);
		clock_pause_ms(STEP_MS);
	}
	return 0;
}

int claim_installation(const struct installation *in, int *ret_lock, struct err *err)
{
	if (file_make_dir(in->state, 0711, err) < 0)
		return -1;
	AUTO(freep) char *path = xasprintf("%s/up.lock", in->state);
	AUTO(fd_closep) int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0)
		return err_sys(err, errno, "open %s", path);
	if (lock_state(in, lock, err) < 0 || try_port(in->port, err) < 0 ||
	    try_port(in->registry_port, err) < 0)
		return -1;
	*ret_lock = STEAL(lock, -1);
	return 0;
}
