/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ends travel as descriptors in one message: both of a container's, the reading one of
 * a command's. A container's /dev/console is its terminal too, as container runtimes have it.
 */
#include "microvm/agent/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

#define ENDS_MAX 2

/* Room for the descriptors of one message, aligned as the kernel wants it. */
union control {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(ENDS_MAX * sizeof(int))];
};

static int send_ends(int socket, const int *ends, size_t count, struct err *err)
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
		.cmsg_len = CMSG_LEN(count * sizeof(*ends)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
	};
	memcpy(CMSG_DATA(&control.head), ends, count * sizeof(*ends));
	if (sendmsg(socket, &message, 0) != 1)
		return err_sys(err, errno, "hand over the terminal");
	return 0;
}

static int make_console(int master, struct err *err)
{
	char path[32];
	unsigned number;
	int fd;

	if (ioctl(master, TIOCGPTN, &number) < 0)
		return err_sys(err, errno, "number of the terminal");
	(void)snprintf(path, sizeof(path), "/dev/pts/%u", number);
	fd = open("/dev/console", O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || mount(path, "/dev/console", NULL, MS_BIND, NULL) < 0)
		return err_sys(err, errno, "make /dev/console");
	close(fd);
	return 0;
}

int terminal_make(int socket, enum terminal_of of, struct err *err)
{
	AUTO(fd_closep) int master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	AUTO(fd_closep) int slave = -1;
	int unlocked = 0;

	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlocked) < 0)
		return err_sys(err, errno, "make a terminal");
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return err_sys(err, errno, "make a terminal");
	if (of == TERMINAL_OF_CONTAINER && make_console(master, err) < 0)
		return -1;
	if (dup2(slave, 0) < 0 || dup2(slave, 1) < 0 || dup2(slave, 2) < 0)
		return err_sys(err, errno, "set up the standard descriptors");
	return send_ends(socket, (const int[ENDS_MAX]){master, slave},
			 of == TERMINAL_OF_CONTAINER ? 2 : 1, err);
}

int terminal_own(struct err *err)
{
	return ioctl(0, TIOCSCTTY, 0) < 0 ? err_sys(err, errno, "take the terminal") : 0;
}

int terminal_take(int socket, int *ret_master, int *ret_slave, struct err *err)
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
	int ends[ENDS_MAX];
	size_t len = (ret_slave ? 2 : 1) * sizeof(ends[0]);

	if (recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1)
		return err_sys(err, errno, "take the terminal");
	if (message.msg_controllen < CMSG_LEN(len) || control.head.cmsg_len != CMSG_LEN(len))
		return err_set(err, ERR_CORRUPT, "take the terminal: there is none");
	memcpy(ends, CMSG_DATA(&control.head), len);
	(void)fcntl(ends[0], F_SETFL, O_RDWR | O_NONBLOCK); /* cannot fail for a terminal */
	*ret_master = ends[0];
	if (ret_slave)
		*ret_slave = ends[1];
	return 0;
}

void terminal_resize(int fd, int64_t rows, int64_t columns)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};

	(void)ioctl(fd, TIOCSWINSZ, &size); /* one without a user has no size to care for */
}
