/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Only our ends do not block: a container expects its own to.
 */
#include "microvm/agent/pipes.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

static int make_plain(struct pipes *pipes, bool interactive, struct err *err)
{
	if (pipe2(pipes->out, O_CLOEXEC) < 0 || pipe2(pipes->errors, O_CLOEXEC) < 0 ||
	    (interactive && pipe2(pipes->in, O_CLOEXEC) < 0))
		return err_sys(err, errno, "make pipes");
	if (!interactive)
		pipes->in[0] = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (pipes->in[0] < 0 || fcntl(pipes->out[0], F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(pipes->errors[0], F_SETFL, O_NONBLOCK) < 0)
		return err_sys(err, errno, "make pipes");
	return 0;
}

/* Until the terminal is made nothing is read and nothing heard. */
static int make_for_terminal(struct pipes *pipes, struct err *err)
{
	pipes->in[0] = open("/dev/null", O_RDWR | O_CLOEXEC);
	pipes->out[1] = open("/dev/null", O_RDWR | O_CLOEXEC);
	pipes->errors[1] = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (pipes->in[0] < 0 || pipes->out[1] < 0 || pipes->errors[1] < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pipes->terminal) < 0)
		return err_sys(err, errno, "make pipes");
	return 0;
}

int pipes_make(struct pipes *pipes, bool interactive, bool terminal, struct err *err)
{
	if (pipe2(pipes->setup, O_CLOEXEC) < 0 || fcntl(pipes->setup[0], F_SETFL, O_NONBLOCK) < 0)
		return err_sys(err, errno, "make pipes");
	return terminal ? make_for_terminal(pipes, err) : make_plain(pipes, interactive, err);
}

void pipes_done(struct pipes *pipes)
{
	for (int i = 0; i < 2; i++) {
		fd_closep(&pipes->in[i]);
		fd_closep(&pipes->out[i]);
		fd_closep(&pipes->errors[i]);
		fd_closep(&pipes->setup[i]);
		fd_closep(&pipes->terminal[i]);
	}
}
