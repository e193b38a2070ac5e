/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent mounts images (containers' processes may not open disks) at
 * /images/N; the writable layer is /scratch/N/upper. The rest is done by the
 * container's first process in a mount namespace of its own: overlay, pivot, and
 * only then everything inside, so that a link in an image can lead nowhere
 * but into the image.
 *
 * resolv.conf, hosts and hostname are files of the agent that are bound over
 * the image's. They are taken along as detached mounts, since the agent's own
 * tree is out of sight after the pivot.
 *
 * The overlay is "volatile": fsync costs nothing, since the layer ends with the machine.
 * A mark in its work folder keeps such a layer from being mounted again, since after a
 * crash it would be half written. Nothing has crashed when a container is restarted.
 */
#include "microvm/agent/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "microvm/agent/all_devices.h"
#include "microvm/agent/event_file.h"
#include "microvm/agent/folder.h"
#include "microvm/agent/mounts.h"
#include "microvm/agent/network.h"

/* sys/mount.h and linux/mount.h cannot be had together; these two are all of it. */
int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data);
int umount2(const char *target, int flags);
#define MNT_DETACH 2

#define IMAGES_DIR  "/images"
#define SCRATCH_DIR "/scratch"
#define FILES_DIR   "/files"
#define ROOT_DIR    "/container"
#define PATH_SIZE   128

static const char *const taken_files[] = {"resolv.conf", "hosts", "hostname"};

/* "DIR/INDEX/name", or without the name if it is "". */
static const char *path_of(const char *folder, unsigned index, const char *name,
			   char path[PATH_SIZE])
{
	(void)snprintf(path, PATH_SIZE, "%s/%u%s%s", folder, index, *name ? "/" : "", name);
	return path;
}

int rootfs_prepare(const struct wire_task *task, unsigned index, const char *disk, struct err *err)
{
	char path[PATH_SIZE];

	if (folder_make(IMAGES_DIR, 0711, err) < 0 || folder_make(FILES_DIR, 0711, err) < 0 ||
	    folder_make(ROOT_DIR, 0711, err) < 0 ||
	    folder_make(path_of(IMAGES_DIR, index, "", path), 0755, err) < 0)
		return -1;
	if (mount(disk, path, "squashfs", MS_RDONLY, NULL) < 0)
		return err_sys(err, errno, "mount the image disk %s", disk);
	if (folder_make(path_of(SCRATCH_DIR, index, "", path), 0755, err) < 0 ||
	    folder_make(path_of(SCRATCH_DIR, index, "upper", path), 0755, err) < 0 ||
	    folder_make(path_of(SCRATCH_DIR, index, "work", path), 0755, err) < 0 ||
	    folder_make(path_of(FILES_DIR, index, "", path), 0755, err) < 0)
		return -1;
	if (mounts_prepare(task, err) < 0)
		return -1;
	return network_write_files(task, path, err);
}

void rootfs_renew(unsigned index)
{
	static const char *const mark[] = {"work/work/incompat/volatile/dirty",
					   "work/work/incompat/volatile", "work/work/incompat"};
	char path[PATH_SIZE];

	/* A mark that stays is told by the mount that it refuses. */
	for (size_t i = 0; i < ARRAY_LEN(mark); i++)
		(void)remove(path_of(SCRATCH_DIR, index, mark[i], path));
}

static int mount_overlay(unsigned index, struct err *err)
{
	char options[512];

	(void)snprintf(options, sizeof(options),
		       "lowerdir=" IMAGES_DIR "/%u,upperdir=" SCRATCH_DIR
		       "/%u/upper,workdir=" SCRATCH_DIR "/%u/work,volatile",
		       index, index, index);
	if (mount("overlay", ROOT_DIR, "overlay", 0, options) < 0)
		return err_sys(err, errno, "mount the container's root");
	return 0;
}

static int take_files(unsigned index, int fds[ARRAY_LEN(taken_files)], struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(taken_files); i++) {
		char path[PATH_SIZE];

		fds[i] = (int)syscall(SYS_open_tree, AT_FDCWD,
				      path_of(FILES_DIR, index, taken_files[i], path),
				      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		if (fds[i] < 0)
			return err_sys(err, errno, "take %s", path);
	}
	return 0;
}

static int pivot(struct err *err)
{
	/* The old root ends up over the new one, in the same place, and goes from there. */
	if (chdir(ROOT_DIR) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return err_sys(err, errno, "enter the container's root");
	return 0;
}

/* A file to mount over: what is there, or an empty one, also in place of a link
 * that leads nowhere. What is there is not opened: a FIFO would wait for its writer. */
static int make_target(const char *path, struct err *err)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 && errno == ENOENT && unlink(path) == 0)
		fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(err, errno, "open %s", path);
	close(fd);
	return 0;
}

int rootfs_put_file(int fd, const char *path, struct err *err)
{
	if (make_target(path, err) < 0)
		return -1;
	if (syscall(SYS_move_mount, fd, "", AT_FDCWD, path,
		    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) < 0)
		return err_sys(err, errno, "mount %s", path);
	close(fd);
	return 0;
}

static int put_files(const int fds[ARRAY_LEN(taken_files)], struct err *err)
{
	if (folder_make("/etc", 0755, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(taken_files); i++) {
		char path[PATH_SIZE];

		(void)snprintf(path, sizeof(path), "/etc/%s", taken_files[i]);
		if (rootfs_put_file(fds[i], path, err) < 0)
			return -1;
	}
	return 0;
}

static const struct {
	const char *type, *target, *options;
	unsigned long flags;
	mode_t mode; /* of the folder, if it has to be made */
} mounts[] = {
	{"proc", "/proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC, 0555},
	{"tmpfs", "/dev", "mode=755,size=65536k", MS_NOSUID | MS_STRICTATIME, 0755},
	{"devpts", "/dev/pts", "newinstance,ptmxmode=0666,mode=0620,gid=5", MS_NOSUID | MS_NOEXEC,
	 0755},
	{"tmpfs", "/dev/shm", "mode=1777,size=65536k", MS_NOSUID | MS_NODEV | MS_NOEXEC, 0755},
	{"mqueue", "/dev/mqueue", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC, 0755},
	{"sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, 0555},
	{"cgroup2", "/sys/fs/cgroup", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, 0},
};

/* To the privileged what the kernel shows can be written, too. */
static int mount_kernel(bool privileged, struct err *err)
{
	unsigned long kept = privileged ? ~(unsigned long)MS_RDONLY : ~0UL;

	for (size_t i = 0; i < ARRAY_LEN(mounts); i++) {
		if (mounts[i].mode != 0 && folder_make(mounts[i].target, mounts[i].mode, err) < 0)
			return -1;
		if (mount(mounts[i].type, mounts[i].target, mounts[i].type, mounts[i].flags & kept,
			  mounts[i].options) < 0)
			return err_sys(err, errno, "mount %s", mounts[i].target);
	}
	return 0;
}

static int make_devices(struct err *err)
{
	static const struct {
		const char *path;
		unsigned major, minor;
	} nodes[] = {
		{"/dev/null", 1, 3},   {"/dev/zero", 1, 5},    {"/dev/full", 1, 7},
		{"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0},
	};
	static const struct {
		const char *path, *target;
	} links[] = {
		{"/dev/fd", "/proc/self/fd"},	    {"/dev/stdin", "/proc/self/fd/0"},
		{"/dev/stdout", "/proc/self/fd/1"}, {"/dev/stderr", "/proc/self/fd/2"},
		{"/dev/ptmx", "pts/ptmx"},	    {"/dev/core", "/proc/kcore"},
	};

	for (size_t i = 0; i < ARRAY_LEN(nodes); i++) {
		if (mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)) <
		    0)
			return err_sys(err, errno, "make %s", nodes[i].path);
	}
	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		if (symlink(links[i].target, links[i].path) < 0)
			return err_sys(err, errno, "make %s", links[i].path);
	}
	return 0;
}

/* Paths that tell about the kernel, or change it: out of sight, or read-only. A
 * kernel need not have all of them. */
static int mask(struct err *err)
{
	static const char *const hidden[] = {
		"/proc/acpi",
		"/proc/asound",
		"/proc/interrupts",
		"/proc/kcore",
		"/proc/keys",
		"/proc/latency_stats",
		"/proc/sched_debug",
		"/proc/scsi",
		"/proc/timer_list",
		"/proc/timer_stats",
		"/sys/firmware",
		"/sys/devices/virtual/powercap",
		"/sys/devices/virtual/dmi",
	};
	static const char *const readonly[] = {
		"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
	};

	for (size_t i = 0; i < ARRAY_LEN(hidden); i++) {
		struct stat info;
		int result;

		if (stat(hidden[i], &info) < 0)
			continue;
		if (S_ISDIR(info.st_mode))
			result = mount("tmpfs", hidden[i], "tmpfs", MS_RDONLY, "size=0");
		else
			result = mount("/dev/null", hidden[i], NULL, MS_BIND, NULL);
		if (result < 0)
			return err_sys(err, errno, "mask %s", hidden[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(readonly); i++) {
		if (mount(readonly[i], readonly[i], NULL, MS_BIND | MS_REC, NULL) < 0) {
			if (errno == ENOENT)
				continue;
			return err_sys(err, errno, "bind %s", readonly[i]);
		}
		if (mount(NULL, readonly[i], NULL,
			  MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
			  NULL) < 0)
			return err_sys(err, errno, "make %s read-only", readonly[i]);
	}
	return 0;
}

/* A file that the host has made for it. */
static int put_own_file(const struct wire_container *container, struct err *err)
{
	AUTO(fd_closep) int fd = -1;
	const char *path = container->file_path;
	size_t len;

	if (!shape_given(path))
		return 0;
	len = strlen(container->file_text);
	if (folder_make_above(path, err) < 0)
		return -1;
	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, container->file_text, len) != (ssize_t)len)
		return err_sys(err, errno, "write %s", path);
	return 0;
}

int rootfs_enter(const struct wire_container *container, unsigned index, struct err *err)
{
	int fds[ARRAY_LEN(taken_files)];
	int *volumes = NULL;
	int event;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_sys(err, errno, "make mounts private");
	(void)umask(0); /* modes are meant as they are written */
	if (mount_overlay(index, err) < 0 || take_files(index, fds, err) < 0 ||
	    event_file_seize(container, &event, err) < 0 ||
	    mounts_take(container, &volumes, err) < 0 || pivot(err) < 0 ||
	    mount_kernel(container->privileged, err) < 0 || make_devices(err) < 0 ||
	    (container->privileged && all_devices_make(err) < 0) ||
	    mounts_put(container, volumes, err) < 0 || put_files(fds, err) < 0 ||
	    put_own_file(container, err) < 0 || event_file_put(container, event, err) < 0 ||
	    (!container->privileged && mask(err) < 0))
		return -1;
	if (*container->directory && folder_make_all(container->directory, err) < 0)
		return -1;
	if (container->readonly_root &&
	    mount(NULL, "/", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) < 0)
		return err_sys(err, errno, "make the root read-only");
	(void)umask(022);
	return 0;
}
