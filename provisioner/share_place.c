/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file holds both paths, each with a zero behind it.
 */
#include "provisioner/share_place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/file.h"

#define TRIES 64 /* somebody renames folders while one is looked for */

int share_place_write(const char *path, const struct share_place *place, struct err *err)
{
	AUTO(buf_done) struct buf text;

	buf_init(&text, sizeof(*place));
	if (buf_append(&text, place->folder, strlen(place->folder) + 1, err) < 0 ||
	    buf_append(&text, place->root, strlen(place->root) + 1, err) < 0)
		return -1;
	return file_write(path, text.data, text.len, 0600, err);
}

int share_place_read(const char *path, struct share_place *ret_place, struct err *err)
{
	struct share_place place = {.folder = ""};
	AUTO(buf_done) struct buf text;
	const char *second;
	const char *end;

	buf_init(&text, sizeof(place));
	if (file_read(path, &text, err) < 0)
		return -1;
	second = text.len > 0 ? memchr(text.data, '\0', text.len) : NULL;
	end = second ? memchr(second + 1, '\0', text.len - (size_t)(second + 1 - (char *)text.data))
		     : NULL;
	if (!end || end + 1 != (char *)text.data + text.len)
		return err_set(err, ERR_CORRUPT, "%s holds no two paths", path);
	if (strlen((char *)text.data) >= SHARE_PATH_SIZE || strlen(second + 1) >= SHARE_PATH_SIZE)
		return err_set(err, ERR_LIMIT, "%s holds a path that is too long", path);
	memcpy(place.folder, text.data, strlen((char *)text.data) + 1);
	memcpy(place.root, second + 1, strlen(second + 1) + 1);
	*ret_place = place;
	return 0;
}

static enum err_code code_of(int error)
{
	switch (error) {
	case ENOENT:
		return ERR_NOT_FOUND;
	case EACCES:
	case EPERM:
		return ERR_DENIED;
	case ELOOP:
	case ENOTDIR:
	case EXDEV:
	case ENAMETOOLONG:
		return ERR_INVALID;
	default:
		return ERR_SYSTEM;
	}
}

int share_place_open(const struct share_place *place, int *ret_fd, struct err *err)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	struct open_how whole = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	AUTO(fd_closep)
	int folder = (int)syscall(SYS_openat2, AT_FDCWD, place->folder, &whole, sizeof(whole));
	int fd = -1;

	if (folder < 0)
		return err_set(err, ERR_SYSTEM, "open %s: %s", place->folder, strerror(errno));
	for (int i = 0; i < TRIES; i++) {
		fd = (int)syscall(SYS_openat2, folder, place->root, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	if (fd < 0)
		return err_set(err, code_of(errno), "%s", strerror(errno));
	*ret_fd = fd;
	return 0;
}
