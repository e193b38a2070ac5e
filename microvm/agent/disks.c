/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks by their serial in /sys/block. A disk that was just plugged in has its
 * device file a moment before it can be opened, so it counts as there only when
 * an open has worked.
 */
#include "microvm/agent/disks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "microvm/agent/sysfile.h"

#define BLOCK_DIR    "/sys/block"
#define SCRATCH_DIR  "/scratch"
#define STAT_READ    2 /* places in /sys/block/X/stat: sectors read, sectors written */
#define STAT_WRITTEN 6
#define SECTOR_BYTES 512 /* the unit of /sys/block/X/stat, whatever the disk's own */

static int open_once(const char *path, struct err *err)
{
	AUTO(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_set(err, ERR_NOT_FOUND, "%s cannot be opened yet: %s", path,
			       strerror(errno));
	return 0;
}

int disk_find(const char *serial, char ret_path[DISK_PATH_SIZE], struct err *err)
{
	DIR *folder = opendir(BLOCK_DIR);
	struct dirent *entry;

	while (folder && (entry = readdir(folder)) != NULL) {
		char path[512];
		char found[64];

		(void)snprintf(path, sizeof(path), BLOCK_DIR "/%s/serial", entry->d_name);
		if (sysfile_read(path, found, sizeof(found), err) < 0 || strcmp(found, serial) != 0)
			continue;
		(void)snprintf(ret_path, DISK_PATH_SIZE, "/dev/%.32s", entry->d_name);
		closedir(folder);
		return open_once(ret_path, err);
	}
	if (folder)
		closedir(folder);
	return err_set(err, ERR_NOT_FOUND, "there is no disk with the serial %s", serial);
}

/* The number at @place, counted from 0, in a line of numbers; 0 if there are fewer. */
static int64_t number_at(const char *text, unsigned place)
{
	char *end;
	int64_t number = 0;

	for (unsigned i = 0; i <= place; i++, text = end) {
		number = strtoll(text, &end, 10);
		if (end == text)
			return 0;
	}
	return number;
}

void disks_traffic(int64_t *ret_read, int64_t *ret_written)
{
	DIR *folder = opendir(BLOCK_DIR);
	struct dirent *entry;

	*ret_read = 0;
	*ret_written = 0;
	while (folder && (entry = readdir(folder)) != NULL) {
		char path[512];
		char text[512];
		struct err err = ERR_INIT;

		(void)snprintf(path, sizeof(path), BLOCK_DIR "/%s/stat", entry->d_name);
		if (entry->d_name[0] == '.' || sysfile_read(path, text, sizeof(text), &err) < 0)
			continue;
		*ret_read += number_at(text, STAT_READ) * SECTOR_BYTES;
		*ret_written += number_at(text, STAT_WRITTEN) * SECTOR_BYTES;
	}
	if (folder)
		closedir(folder);
}

int disk_mount_scratch(const char *path, struct err *err)
{
	struct stat here;
	struct stat above;

	/* A machine that waited for its task has it already. */
	if (stat(SCRATCH_DIR, &here) == 0 && stat("/", &above) == 0 && here.st_dev != above.st_dev)
		return 0;
	/* The disk is thrown away with the machine, so nothing needs to survive a power
	 * cut: no barriers. Freed blocks are given back to the host. */
	if (mkdir(SCRATCH_DIR, 0711) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make " SCRATCH_DIR);
	if (mount(path, SCRATCH_DIR, "ext4", MS_NOATIME, "barrier=0,discard") < 0)
		return err_sys(err, errno, "mount the scratch disk %s", path);
	return 0;
}

int64_t disk_scratch_used(void)
{
	struct statvfs info;

	if (statvfs(SCRATCH_DIR, &info) < 0)
		return 0;
	return (int64_t)(info.f_blocks - info.f_bfree) * (int64_t)info.f_frsize;
}
