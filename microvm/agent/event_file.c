/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of root's with mode 0444, on a tmpfs of its own that becomes read-only before the first
 * container starts: not even one that is privileged changes by mistake what its neighbours read.
 * Its memory is the agent's and counts against no container. Containers get it as they get
 * /etc/hosts (rootfs.c), each under a mount of its own that is read-only as well.
 */
#include "microvm/agent/event_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "microvm/agent/folder.h"
#include "microvm/agent/rootfs.h"
#include "microvm/wire/event_part.h"

/* sys/mount.h and linux/mount.h cannot be had together. */
int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data);

#define FOLDER "/event"
#define PATH   FOLDER "/event.json"
#define SIZE   "size=2304k,mode=711" /* WIRE_EVENT_SIZE_MAX, and the file's own pages */
#define FLAGS  (MS_NOSUID | MS_NODEV | MS_NOEXEC)

static int begin(struct err *err)
{
	AUTO(fd_closep) int fd = -1;

	/* The first time that it begins. */
	if (access(PATH, F_OK) < 0) {
		if (folder_make(FOLDER, 0711, err) < 0)
			return -1;
		if (mount("tmpfs", FOLDER, "tmpfs", FLAGS, SIZE) < 0)
			return err_sys(err, errno, "mount " FOLDER);
	}
	fd = open(PATH, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0444);
	if (fd < 0 || fchmod(fd, 0444) < 0)
		return err_sys(err, errno, "make " PATH);
	return 0;
}

static int append(const struct wire_event_part *part, struct err *err)
{
	AUTO(fd_closep) int fd = open(PATH, O_WRONLY | O_APPEND | O_CLOEXEC);
	struct stat about;

	if (fd < 0 && errno == ENOENT)
		return 0; /* its begin is missing */
	if (fd < 0 || fstat(fd, &about) < 0)
		return err_sys(err, errno, "open " PATH);
	if ((size_t)about.st_size != part->offset)
		return 0;
	if (write(fd, part->bytes, part->len) != (ssize_t)part->len)
		return err_sys(err, errno, "write " PATH);
	return 0;
}

int event_file_take(const struct frame *frame, struct err *err)
{
	struct wire_event_part part;

	if (wire_event_part_read(frame, &part, err) < 0 || (part.offset == 0 && begin(err) < 0))
		return -1;
	return append(&part, err);
}

int event_file_close(const struct wire_task *task, struct err *err)
{
	struct stat about = {.st_size = 0};

	if (task->event_bytes == 0)
		return 0;
	if (stat(PATH, &about) < 0 && errno != ENOENT)
		return err_sys(err, errno, "look at " PATH);
	if (about.st_size != task->event_bytes)
		return err_set(err, ERR_CORRUPT, "%lld of %lld bytes of the task's event came",
			       (long long)about.st_size, (long long)task->event_bytes);
	/* It was written before the machine had its clock. */
	if (utimensat(AT_FDCWD, PATH, NULL, 0) < 0)
		return err_sys(err, errno, "date " PATH);
	if (mount(NULL, FOLDER, NULL, MS_REMOUNT | MS_RDONLY | FLAGS, NULL) < 0)
		return err_sys(err, errno, "make " FOLDER " read-only");
	return 0;
}

int event_file_seize(const struct wire_container *container, int *ret_fd, struct err *err)
{
	struct mount_attr readonly = {.attr_set = MOUNT_ATTR_RDONLY};

	*ret_fd = -1;
	if (!shape_given(container->event_path))
		return 0;
	*ret_fd = (int)syscall(SYS_open_tree, AT_FDCWD, PATH, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (*ret_fd < 0 ||
	    syscall(SYS_mount_setattr, *ret_fd, "", AT_EMPTY_PATH, &readonly, sizeof(readonly)) < 0)
		return err_sys(err, errno, "take " PATH);
	return 0;
}

int event_file_put(const struct wire_container *container, int fd, struct err *err)
{
	if (fd < 0)
		return 0;
	if (folder_make_above(container->event_path, err) < 0)
		return -1;
	return rootfs_put_file(fd, container->event_path, err);
}
