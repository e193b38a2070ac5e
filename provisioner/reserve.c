/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See reserve.h. The file is made under its own name: half of one after a crash is
 * still a reserve, and the next giving-up makes room for a whole one.
 */
#include "provisioner/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>

#define FREE_TIMES 4 /* of RESERVE_BYTES must be free, so that making it fills no disk */

static int make(const char *path, struct err *err)
{
	AUTO(fd_closep)
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct statvfs disk;
	int failure = 0;
	bool failed;

	if (fd < 0)
		return errno == EEXIST ? 0 : err_sys(err, errno, "make the reserve %s", path);
	failed = fstatvfs(fd, &disk) < 0;
	if (!failed && disk.f_bavail * disk.f_frsize < (uint64_t)(FREE_TIMES * RESERVE_BYTES))
		failure = ENOSPC;
	else if (failed || fallocate(fd, 0, 0, RESERVE_BYTES) < 0)
		failure = errno;
	if (failure == 0)
		return 0;
	(void)unlink(path);
	if (failure == ENOSPC) /* later, perhaps */
		return 0;
	if (failure == EOPNOTSUPP)
		return err_set(err, ERR_UNSUPPORTED, "the file system of %s holds no room free",
			       path);
	return err_sys(err, failure, "make the reserve %s", path);
}

int reserve_tend(const char *path, bool full, bool *ret_given, struct err *err)
{
	*ret_given = false;
	if (!full)
		return make(path, err);
	if (unlink(path) == 0)
		*ret_given = true;
	else if (errno != ENOENT)
		return err_sys(err, errno, "give up the reserve %s", path);
	return 0;
}
