/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files below the folder:
 *
 *     template-20.ext4         an empty file system of 20 GiB, sparse
 *     MACHINE.ext4             a running machine's disk
 *     *.part                   being made; renamed when whole
 *
 * The file systems have no journal (a disk never outlives its machine) and say
 * that their inode tables are zeroed, which holds for a sparse file: else the guest's
 * kernel would write hundreds of megabytes of zeros behind the task's back.
 *
 * One lock keeps two jobs from making one template, and the sweep from taking a
 * file that is being made.
 */
#include "provisioner/storage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <linux/fs.h>

#include "core/file.h"
#include "core/proc.h"

#define MKFS_MS	    120000 /* a second is usual; a loaded disk may take long */
#define MKFS_ERRORS 4096
#define GIB	    ((int64_t)1 << 30)
#define SUFFIX	    ".ext4"
#define PART	    ".part"
#define TEMPLATE    "template-"

struct storage {
	char *folder;
	pthread_rwlock_t lock; /* disks are made under it shared; templates and sweeps alone */
};

int storage_open(const char *folder, struct storage **ret_storage, struct err *err)
{
	struct storage *storage;

	if (file_make_dir(folder, 0711, err) < 0)
		return err_wrap(err, "folder of scratch disks");
	storage = xcalloc(1, sizeof(*storage));
	storage->folder = xstrdup(folder);
	if (pthread_rwlock_init(&storage->lock, NULL) != 0)
		abort(); /* cannot fail for a plain one */
	*ret_storage = storage;
	return 0;
}

void storage_free(struct storage *storage)
{
	if (!storage)
		return;
	pthread_rwlock_destroy(&storage->lock);
	free(storage->folder);
	free(storage);
}

static char *disk_path(const struct storage *storage, const char *machine)
{
	return xasprintf("%s/%s" SUFFIX, storage->folder, machine);
}

static int run_mkfs(const char *path, struct err *err)
{
	const char *const argv[] = {
		"mkfs.ext4",	"-q", "-F",
		"-m",		"0",  "-O",
		"^has_journal", "-E", "assume_storage_prezeroed=1,nodiscard,root_owner=0:0",
		path,		NULL};
	AUTO(buf_done) struct buf errors;
	struct proc_call call = {.argv = argv, .errors = &errors, .deadline_ms = MKFS_MS};
	int exit_code;

	buf_init(&errors, MKFS_ERRORS);
	if (proc_run(&call, &exit_code, err) < 0)
		return err_wrap(err, "mkfs.ext4");
	if (exit_code != 0) {
		const char *text = buf_text(&errors);

		return err_set(err, ERR_SYSTEM, "mkfs.ext4 ended with %d: %s", exit_code,
			       text ? text : "");
	}
	return 0;
}

static int make_template(const char *path, int64_t size_gib, struct err *err)
{
	AUTO(freep) char *part = xasprintf("%s" PART, path);
	int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int result;

	if (fd < 0)
		return err_sys(err, errno, "create %s", part);
	result = ftruncate(fd, size_gib * GIB);
	if (result < 0)
		(void)err_sys(err, errno, "size of %s", part);
	close(fd);
	if (result == 0)
		result = run_mkfs(part, err);
	if (result == 0 && rename(part, path) < 0)
		result = err_sys(err, errno, "name %s", path);
	if (result < 0)
		(void)unlink(part); /* the sweep takes it if this fails */
	return result;
}

/* One piece of data, from @at up to @end. */
static int copy_range(int from, int to, off_t at, off_t end, struct err *err)
{
	off_t out = at;

	while (at < end) {
		ssize_t copied = copy_file_range(from, &at, to, &out, (size_t)(end - at), 0);

		if (copied < 0 && errno == EINTR)
			continue;
		if (copied < 0)
			return err_sys(err, errno, "copy");
		if (copied == 0)
			return err_set(err, ERR_CORRUPT, "copy: the template became shorter");
	}
	return 0;
}

static int copy_sparse(int from, int to, struct err *err)
{
	struct stat about;
	off_t end = 0;

	if (fstat(from, &about) < 0)
		return err_sys(err, errno, "size of the template");
	if (ioctl(to, FICLONE, from) == 0) /* where the file system shares blocks */
		return 0;
	if (ftruncate(to, about.st_size) < 0)
		return err_sys(err, errno, "size of the disk");
	for (;;) {
		off_t at = lseek(from, end, SEEK_DATA);

		if (at < 0 && errno == ENXIO) /* only a hole is left */
			return 0;
		if (at < 0)
			return err_sys(err, errno, "find data");
		end = lseek(from, at, SEEK_HOLE);
		if (end < 0)
			return err_sys(err, errno, "find a hole");
		if (copy_range(from, to, at, end, err) < 0)
			return -1;
	}
}

static int copy_template(const char *from_path, const char *to_path, uid_t uid, gid_t gid,
			 struct err *err)
{
	AUTO(fd_closep) int from = open(from_path, O_RDONLY | O_CLOEXEC);
	AUTO(fd_closep) int to = -1;

	if (from < 0)
		return err_sys(err, errno, "open %s", from_path);
	to = open(to_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (to < 0)
		return err_sys(err, errno, "create %s", to_path);
	if (copy_sparse(from, to, err) < 0)
		return err_wrap(err, "%s", to_path);
	if (uid != 0 && fchown(to, uid, gid) < 0)
		return err_sys(err, errno, "owner of %s", to_path);
	return 0;
}

static int ensure_template(struct storage *storage, const char *path, int64_t size_gib,
			   struct err *err)
{
	int result = 0;

	if (access(path, F_OK) == 0)
		return 0;
	pthread_rwlock_wrlock(&storage->lock);
	if (access(path, F_OK) < 0)
		result = make_template(path, size_gib, err);
	pthread_rwlock_unlock(&storage->lock);
	return result;
}

int storage_make(struct storage *storage, const char *machine, int64_t size_gib, uid_t uid,
		 gid_t gid, char **ret_path, struct err *err)
{
	AUTO(freep)
	char *template =
		xasprintf("%s/" TEMPLATE "%lld" SUFFIX, storage->folder, (long long)size_gib);
	AUTO(freep) char *path = disk_path(storage, machine);
	AUTO(freep) char *part = xasprintf("%s" PART, path);
	int result;

	if (size_gib < 1 || size_gib > STORAGE_GIB_MAX)
		return err_set(err, ERR_INVALID, "a scratch disk of %lld GiB", (long long)size_gib);
	if (ensure_template(storage, template, size_gib, err) < 0)
		return err_wrap(err, "template of scratch disks");
	pthread_rwlock_rdlock(&storage->lock);
	result = copy_template(template, part, uid, gid, err);
	if (result == 0 && rename(part, path) < 0)
		result = err_sys(err, errno, "name %s", path);
	if (result < 0)
		(void)unlink(part); /* the sweep takes it if this fails */
	pthread_rwlock_unlock(&storage->lock);
	if (result < 0)
		return err_wrap(err, "scratch disk");
	*ret_path = STEAL(path, NULL);
	return 0;
}

int storage_remove(struct storage *storage, const char *machine, struct err *err)
{
	AUTO(freep) char *path = disk_path(storage, machine);

	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(err, errno, "remove %s", path);
	return 0;
}

int storage_owner(struct storage *storage, const char *machine, uid_t *ret_uid, struct err *err)
{
	AUTO(freep) char *path = disk_path(storage, machine);
	struct stat about;

	if (lstat(path, &about) < 0)
		return err_sys(err, errno, "%s", path);
	*ret_uid = about.st_uid;
	return 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text);
	size_t end_len = strlen(end);

	return len > end_len && strcmp(text + len - end_len, end) == 0;
}

/* Only names that this file makes are ever removed. */
static bool is_orphan(const char *name, storage_kept_fn *is_kept, void *ctx)
{
	AUTO(freep) char *machine = NULL;

	if (ends_with(name, SUFFIX PART))
		return true;
	if (!ends_with(name, SUFFIX) || strncmp(name, TEMPLATE, strlen(TEMPLATE)) == 0)
		return false;
	machine = xstrndup(name, strlen(name) - strlen(SUFFIX));
	return !is_kept(ctx, machine);
}

int storage_sweep(struct storage *storage, storage_kept_fn *is_kept, void *ctx, size_t *ret_removed,
		  struct err *err)
{
	DIR *folder = opendir(storage->folder);
	struct dirent *entry;
	int result = 0;

	if (!folder)
		return err_sys(err, errno, "read %s", storage->folder);
	*ret_removed = 0;
	pthread_rwlock_wrlock(&storage->lock);
	while ((entry = readdir(folder))) {
		if (!is_orphan(entry->d_name, is_kept, ctx))
			continue;
		if (unlinkat(dirfd(folder), entry->d_name, 0) == 0)
			(*ret_removed)++;
		else if (errno != ENOENT)
			result = err_sys(err, errno, "remove %s", entry->d_name);
	}
	pthread_rwlock_unlock(&storage->lock);
	closedir(folder);
	return result;
}
