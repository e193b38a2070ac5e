/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's own list of nodes is mounted for a moment and copied. It is not left
 * there, since all who mount it share one: a node that a container removed would be gone for the
 * agent as well.
 */
#include "microvm/agent/all_devices.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define LIST	 "/dev/.list"
#define FOLDERS	 16			  /* open at once */
#define PLACE(p) ((p) + sizeof(LIST) - 1) /* below /dev, with its slash */

static int copy_link(const char *from, const char *to)
{
	char target[PATH_MAX];
	ssize_t len = readlink(from, target, sizeof(target) - 1);

	if (len < 0)
		return -1;
	target[len] = '\0';
	return symlink(target, to);
}

static int copy_one(const char *path, const struct stat *about, int kind, struct FTW *where)
{
	char to[PATH_MAX];
	int result = 0;

	/* A container's terminal takes the place of the machine's console. */
	if (where->level == 0 || strcmp(PLACE(path), "/console") == 0)
		return 0;
	(void)snprintf(to, sizeof(to), "/dev%s", PLACE(path));
	if (kind == FTW_D)
		result = mkdir(to, about->st_mode & 07777);
	else if (kind == FTW_SL)
		result = copy_link(path, to);
	else if (S_ISCHR(about->st_mode) || S_ISBLK(about->st_mode))
		result = mknod(to, about->st_mode, about->st_rdev);
	return result < 0 && errno != EEXIST ? -1 : 0;
}

int all_devices_make(struct err *err)
{
	if (mkdir(LIST, 0700) < 0 || mount("devtmpfs", LIST, "devtmpfs", 0, NULL) < 0)
		return err_sys(err, errno, "mount the list of devices");
	if (nftw(LIST, copy_one, FOLDERS, FTW_PHYS | FTW_MOUNT) < 0)
		return err_sys(err, errno, "make all devices");
	if (umount2(LIST, MNT_DETACH) < 0 || rmdir(LIST) < 0)
		return err_sys(err, errno, "take the list of devices away");
	return 0;
}
