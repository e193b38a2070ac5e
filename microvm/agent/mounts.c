/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Volume N is the folder /scratch/volumes/N, over which a folder of the host is mounted if it is
 * one of those. A container takes it along as a detached mount, like the files of rootfs.c, and
 * mounts it when it sees nothing but its own root: a link in an image leads nowhere but into the
 * image.
 *
 * Only then is a path of the image looked at from which an empty volume begins.
 */
#include "microvm/agent/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "core/buf.h"
#include "microvm/agent/folder.h"
#include "microvm/agent/seed.h"

/* sys/mount.h and linux/mount.h cannot be had together. */
int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data);

#define FOLDER	    "/scratch/volumes"
#define OPTIONS_MAX 4000 /* the kernel takes a page */

static const struct {
	const char *word;
	unsigned long set, clear;
} flags[] = {
	{"defaults", 0, 0},
	{"ro", MS_RDONLY, 0},
	{"rw", 0, MS_RDONLY},
	{"suid", 0, MS_NOSUID},
	{"nosuid", MS_NOSUID, 0},
	{"dev", 0, MS_NODEV},
	{"nodev", MS_NODEV, 0},
	{"exec", 0, MS_NOEXEC},
	{"noexec", MS_NOEXEC, 0},
	{"sync", MS_SYNCHRONOUS, 0},
	{"async", 0, MS_SYNCHRONOUS},
	{"dirsync", MS_DIRSYNC, 0},
	{"atime", 0, MS_NOATIME},
	{"noatime", MS_NOATIME, 0},
	{"diratime", 0, MS_NODIRATIME},
	{"nodiratime", MS_NODIRATIME, 0},
	{"relatime", MS_RELATIME, 0},
	{"norelatime", 0, MS_RELATIME},
	{"strictatime", MS_STRICTATIME, 0},
	{"nostrictatime", 0, MS_STRICTATIME},
	/* Nothing of a container's is ever shared. */
	{"private", 0, 0},
	{"rprivate", 0, 0},
};

const char *mounts_volume_path(int64_t volume, char ret[MOUNTS_VOLUME_PATH_SIZE])
{
	(void)snprintf(ret, MOUNTS_VOLUME_PATH_SIZE, FOLDER "/%" PRId64, volume);
	return ret;
}

/* Whoever the router of logs runs as makes its socket there. */
static int open_routes(const struct wire_task *task, struct err *err)
{
	const struct wire_container *containers = task->containers.items;
	char path[MOUNTS_VOLUME_PATH_SIZE];

	for (size_t i = 0; i < task->containers.count; i++) {
		if (shape_given(containers[i].route.tag) &&
		    chmod(mounts_volume_path(containers[i].route.volume, path), 0777) < 0)
			return err_sys(err, errno, "chmod %s", path);
	}
	return 0;
}

/* Each container that starts asks for it. */
static int mount_share(int64_t volume, struct err *err)
{
	char path[MOUNTS_VOLUME_PATH_SIZE];
	char tag[MOUNTS_VOLUME_PATH_SIZE];
	struct stat here;
	struct stat above;

	(void)mounts_volume_path(volume, path);
	if (stat(path, &here) == 0 && stat(FOLDER, &above) == 0 && here.st_dev != above.st_dev)
		return 0;
	(void)snprintf(tag, sizeof(tag), WIRE_SHARE_TAG, (unsigned)volume);
	if (mount(tag, path, "virtiofs", MS_NODEV, NULL) < 0)
		return err_sys(err, errno, "mount the file system of volume %" PRId64, volume);
	return 0;
}

int mounts_prepare(const struct wire_task *task, struct err *err)
{
	const int64_t *shares = task->shares.items;
	char path[MOUNTS_VOLUME_PATH_SIZE];

	if (task->volumes == 0)
		return 0;
	if (folder_make(FOLDER, 0711, err) < 0)
		return -1;
	for (int64_t i = 0; i < task->volumes; i++) {
		if (folder_make(mounts_volume_path(i, path), 0755, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < task->shares.count; i++) {
		if (mount_share(shares[i], err) < 0)
			return -1;
	}
	return open_routes(task, err);
}

int mounts_take(const struct wire_container *container, int **ret_fds, struct err *err)
{
	const struct wire_mount *mounts = container->mounts.items;
	int *fds = xcalloc(container->mounts.count + 1, sizeof(*fds));

	for (size_t i = 0; i < container->mounts.count; i++) {
		char path[MOUNTS_VOLUME_PATH_SIZE];

		fds[i] = -1;
		if (mounts[i].volume < 0)
			continue;
		fds[i] = (int)syscall(SYS_open_tree, AT_FDCWD,
				      mounts_volume_path(mounts[i].volume, path),
				      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		if (fds[i] < 0)
			return err_sys(err, errno, "take volume %" PRId64, mounts[i].volume);
	}
	*ret_fds = fds;
	return 0;
}

static int put_volume(const struct wire_mount *spec, int fd, struct err *err)
{
	struct mount_attr readonly = {.attr_set = MOUNT_ATTR_RDONLY};

	if (spec->seed && seed_volume(spec->path, fd, err) < 0)
		return err_wrap(err, "copy %s of the image to its volume", spec->path);
	if (spec->readonly &&
	    syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &readonly, sizeof(readonly)) < 0)
		return err_sys(err, errno, "make %s read-only", spec->path);
	if (syscall(SYS_move_mount, fd, "", AT_FDCWD, spec->path,
		    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) < 0)
		return err_sys(err, errno, "mount a volume at %s", spec->path);
	return 0;
}

/* A flag, or else a setting, which comes behind the others. */
static int read_option(const char *option, unsigned long *mask, struct buf *settings,
		       struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		if (strcmp(flags[i].word, option) == 0) {
			*mask = (*mask & ~flags[i].clear) | flags[i].set;
			return 0;
		}
	}
	if (buf_append_text(settings, ",", err) < 0)
		return -1;
	return buf_append_text(settings, option, err);
}

/* As container runtimes do: with the mode of the folder that it hides. */
static int put_memory(const struct wire_mount *spec, bool was_there, struct err *err)
{
	const char *const *options = spec->options.items;
	unsigned long mask = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	AUTO(buf_done) struct buf settings;
	struct stat about;
	char text[64];

	buf_init(&settings, OPTIONS_MAX);
	(void)snprintf(text, sizeof(text), "size=%" PRId64 "m", spec->size_mib);
	if (buf_append_text(&settings, text, err) < 0)
		return -1;
	if (was_there && stat(spec->path, &about) == 0) {
		(void)snprintf(text, sizeof(text), ",mode=%o", about.st_mode & 07777u);
		if (buf_append_text(&settings, text, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < spec->options.count; i++) {
		if (read_option(options[i], &mask, &settings, err) < 0)
			return err_wrap(err, "options of the tmpfs at %s", spec->path);
	}
	if (mount("tmpfs", spec->path, "tmpfs", mask, buf_text(&settings)) < 0)
		return err_sys(err, errno, "mount a tmpfs at %s", spec->path);
	return 0;
}

static int put(const struct wire_mount *spec, int fd, struct err *err)
{
	bool was_there = access(spec->path, F_OK) == 0;

	if (strcmp(spec->path, "/proc") == 0 || strncmp(spec->path, "/proc/", 6) == 0)
		return err_set(err, ERR_INVALID,
			       "\"%s\" cannot be mounted because it is inside /proc", spec->path);
	if (folder_make_all(spec->path, err) < 0)
		return -1;
	return fd < 0 ? put_memory(spec, was_there, err) : put_volume(spec, fd, err);
}

int mounts_put(const struct wire_container *container, int *fds, struct err *err)
{
	const struct wire_mount *mounts = container->mounts.items;

	for (size_t i = 0; i < container->mounts.count; i++) {
		if (put(&mounts[i], fds[i], err) < 0)
			return -1;
		fd_closep(&fds[i]);
	}
	free(fds);
	return 0;
}
