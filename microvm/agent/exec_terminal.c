/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end travels as a descriptor in a message of one byte.
 */
#include "microvm/agent/exec_terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* Room for the descriptor, aligned as the kernel wants it. */
union control {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static int send_end(int socket, int fd, struct err *err)
{
	char byte = 0;
	struct iovec piece = {&byte, 1};
	union control control;
	struct msghdr message = {
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	memset(&control, 0, sizeof(control));
	control.head = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(sizeof(fd)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
	};
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	if (sendmsg(socket, &message, 0) != 1)
		return err_sys(err, errno, "hand over the terminal");
	return 0;
}

int exec_terminal_make(int socket, struct err *err)
{
	AUTO(fd_closep) int master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	AUTO(fd_closep) int slave = -1;
	int unlocked = 0;

	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlocked) < 0)
		return err_sys(err, errno, "make a terminal");
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || ioctl(slave, TIOCSCTTY, 0) < 0 || dup2(slave, 0) < 0 ||
	    dup2(slave, 1) < 0 || dup2(slave, 2) < 0)
		return err_sys(err, errno, "make a terminal");
	return send_end(socket, master, err);
}

int exec_terminal_take(int socket, int *ret_fd, struct err *err)
{
	char byte;
	struct iovec piece = {&byte, 1};
	union control control;
	struct msghdr message = {
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1)
		return err_sys(err, errno, "take the terminal");
	if (message.msg_controllen < CMSG_LEN(sizeof(fd)) ||
	    control.head.cmsg_len != CMSG_LEN(sizeof(fd)))
		return err_set(err, ERR_CORRUPT, "take the terminal: there is none");
	memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	(void)fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK); /* cannot fail for a terminal */
	*ret_fd = fd;
	return 0;
}

void exec_terminal_resize(int fd, int64_t rows, int64_t columns)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};

	(void)ioctl(fd, TIOCSWINSZ, &size); /* one without a user has no size to care for */
}
