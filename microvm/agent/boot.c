/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent is the kernel's first program and has nobody to lean on: no udev, no
 * modprobe. Modules lie in the initramfs in load order, one folder for each step.
 *
 * The initramfs itself cannot be the root that containers leave: pivot_root(2)
 * refuses on the kernel's first root. So the second step moves everything that
 * is needed onto a tmpfs and makes that the root. The module files are removed, loaded or not.
 */
#include "microvm/agent/boot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "microvm/agent/sysfile.h"
#include "microvm/agent/virtio.h"

#define CMDLINE_SIZE 2048 /* the kernel's own limit on x86 */

struct mounting {
	const char *type, *target;
	unsigned long flags;
};

static int mount_all(const struct mounting *mounts, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		if (mkdir(mounts[i].target, 0755) < 0 && errno != EEXIST)
			return err_sys(err, errno, "make %s", mounts[i].target);
		if (mount(mounts[i].type, mounts[i].target, mounts[i].type, mounts[i].flags, NULL) <
		    0)
			return err_sys(err, errno, "mount %s", mounts[i].target);
	}
	return 0;
}

static int load_module(const char *path, struct err *err)
{
	AUTO(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, errno, "open %s", path);
	if (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST)
		return err_sys(err, errno, "load %s", path);
	return 0;
}

static int is_module(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The files go in either case, which gives their memory back. */
static int take_modules(const char *folder, bool wanted, struct err *err)
{
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, is_module, alphasort);
	int result = 0;

	if (count < 0)
		return err_sys(err, errno, "list %s", folder);
	for (int i = 0; i < count; i++) {
		char path[512];

		(void)snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		if (result == 0 && wanted)
			result = load_module(path, err);
		(void)unlink(path);
		free(entries[i]);
	}
	free(entries);
	return result;
}

static int load_modules(const char *folder, struct err *err)
{
	return take_modules(folder, true, err);
}

int boot_channel(struct err *err)
{
	static const struct mounting mounts[] = {
		{"proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC},
		{"sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC},
		{"devtmpfs", "/dev", MS_NOSUID | MS_NOEXEC},
	};

	if (mount_all(mounts, ARRAY_LEN(mounts), err) < 0)
		return -1;
	return load_modules("/modules/channel", err);
}

/* Make a tmpfs the root, with what is mounted below /proc, /sys and /dev. */
static int change_root(struct err *err)
{
	static const char *const kept[] = {"proc", "sys", "dev"};

	if (mkdir("/root", 0755) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make the new root");
	if (mount("tmpfs", "/root", "tmpfs", MS_NODEV, "mode=0755") < 0)
		return err_sys(err, errno, "mount the new root");
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		char from[16];
		char to[32];

		(void)snprintf(from, sizeof(from), "/%s", kept[i]);
		(void)snprintf(to, sizeof(to), "/root/%s", kept[i]);
		if (mkdir(to, 0755) < 0 || mount(from, to, NULL, MS_MOVE, NULL) < 0)
			return err_sys(err, errno, "move %s to the new root", from);
	}
	if (chdir("/root") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 ||
	    chdir("/") < 0)
		return err_sys(err, errno, "enter the new root");
	return 0;
}

int boot_devices(struct err *err)
{
	static const struct mounting mounts[] = {
		{"cgroup2", "/sys/fs/cgroup", MS_NOSUID | MS_NODEV | MS_NOEXEC},
	};

	if (virtio_hold(err) < 0 || load_modules("/modules/devices", err) < 0 ||
	    take_modules("/modules/shares", virtio_has_share(), err) < 0 || change_root(err) < 0)
		return -1;
	virtio_take_others();
	return mount_all(mounts, ARRAY_LEN(mounts), err);
}

bool boot_asked_for(const char *word)
{
	char cmdline[CMDLINE_SIZE];
	struct err err = ERR_INIT;
	char *rest = cmdline;
	char *one;

	if (sysfile_read("/proc/cmdline", cmdline, sizeof(cmdline), &err) < 0)
		return false;
	while ((one = strsep(&rest, " ")) != NULL) {
		if (strcmp(one, word) == 0)
			return true;
	}
	return false;
}

_Noreturn void boot_poweroff(void)
{
	/* Nothing is synced: every disk of this machine ends with it. */
	for (;;) {
		(void)reboot(RB_POWER_OFF);
		(void)pause(); /* only where the machine cannot power off; the host ends it */
	}
}

_Noreturn void boot_give_up(const char *why)
{
	static const char prefix[] = "slipway-agent: ";
	int console = open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC);

	/* There is nobody left to tell when the console fails. */
	(void)!write(console, prefix, sizeof(prefix) - 1);
	(void)!write(console, why, strlen(why));
	(void)!write(console, "\n", 1);
	boot_poweroff();
}
