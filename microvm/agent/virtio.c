/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtio bus in /sys: each device is a folder with its kind in the file
 * "device" and, once a driver has it, a link "driver".
 *
 * Where drivers are modules, disks are held by not giving them to a driver. A kernel
 * that has its drivers built in has given them away before the agent began; those are
 * taken back. Nobody has mounted them yet, and the driver asks again when it gets them.
 */
#include "microvm/agent/virtio.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "microvm/agent/sysfile.h"

#define BUS	   "/sys/bus/virtio"
/* virtio 1.2, section 5: device types */
#define KIND_DISK  "0x0002"
#define KIND_SHARE "0x001a"
#define PATH_SIZE  512

static bool is_of(const char *name, const char *kind)
{
	char path[PATH_SIZE];
	char found[32];
	struct err err = ERR_INIT;

	(void)snprintf(path, sizeof(path), BUS "/devices/%s/device", name);
	return sysfile_read(path, found, sizeof(found), &err) == 0 && strcmp(found, kind) == 0;
}

static bool is_disk(const char *name)
{
	return is_of(name, KIND_DISK);
}

static bool has_driver(const char *name)
{
	char path[PATH_SIZE];

	(void)snprintf(path, sizeof(path), BUS "/devices/%s/driver", name);
	return access(path, F_OK) == 0;
}

static int release(const char *name, struct err *err)
{
	return sysfile_write(BUS "/drivers/virtio_blk/unbind", "%s", err, name);
}

int virtio_hold(struct err *err)
{
	DIR *folder;
	struct dirent *entry;
	int result = sysfile_write(BUS "/drivers_autoprobe", "0", err);

	folder = result == 0 ? opendir(BUS "/devices") : NULL;
	while (folder && result == 0 && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] != '.' && is_disk(entry->d_name) && has_driver(entry->d_name))
			result = release(entry->d_name, err);
	}
	if (folder)
		closedir(folder);
	return result;
}

bool virtio_has_share(void)
{
	DIR *folder = opendir(BUS "/devices");
	struct dirent *entry;
	bool found = false;

	while (folder && !found && (entry = readdir(folder)) != NULL)
		found = is_of(entry->d_name, KIND_SHARE);
	if (folder)
		closedir(folder);
	return found;
}

static void take(bool disks)
{
	DIR *folder = opendir(BUS "/devices");
	struct dirent *entry;
	struct err err = ERR_INIT;

	while (folder && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.' || has_driver(entry->d_name) ||
		    is_disk(entry->d_name) != disks)
			continue;
		/* One that nobody drives is no harm; one that is missed is asked for by name. */
		(void)!sysfile_write(BUS "/drivers_probe", "%s", &err, entry->d_name);
	}
	if (folder)
		closedir(folder);
}

void virtio_take_others(void)
{
	take(false);
}

void virtio_take_disks(void)
{
	take(true);
}

int virtio_release_disk(const char *path, struct err *err)
{
	char link[PATH_SIZE];
	char target[PATH_SIZE];
	ssize_t len;

	(void)snprintf(link, sizeof(link), "/sys/block/%s/device", path + strlen("/dev/"));
	len = readlink(link, target, sizeof(target) - 1);
	if (len < 0)
		return err_sys(err, errno, "look at %s", link);
	target[len] = '\0';
	return release(basename(target), err);
}
