/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mode is set after the bind: umask would have a say in it.
 */
#include "core/local_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

int local_socket_bind(const char *path, int type, const char *name, int *ret_fd, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	AUTO(fd_closep) int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return err_sys(err, errno, "make a socket");
	if (strlen(path) >= sizeof(address.sun_path))
		return err_set(err, ERR_LIMIT, "the path of %s is too long: %s", name, path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(err, errno, "remove %s", path);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return err_sys(err, errno, "bind %s", path);
	if (chmod(path, 0666) < 0)
		return err_sys(err, errno, "mode of %s", path);
	*ret_fd = STEAL(fd, -1);
	return 0;
}
