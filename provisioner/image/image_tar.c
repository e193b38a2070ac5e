/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libarchive's restricted pax format: plain headers wherever they suffice. Names go
 * out as the bytes that they are: no locale is set in this program, so that libarchive
 * cannot translate what is not ASCII, says so in a warning, and writes the bytes.
 * Extended attributes go under the one name that squashfs tools read (SCHILY).
 */
#include "provisioner/image/image_tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>

#define BLOCK_BYTES (256 * 1024)

struct image_tar {
	struct archive *archive;
	struct archive_entry *entry;
	uint8_t zeros[BLOCK_BYTES];
};

static int fail(struct image_tar *tar, struct err *err)
{
	/* The reader of our pipe is gone: the caller knows why. */
	if (archive_errno(tar->archive) == EPIPE)
		return err_set(err, ERR_UNAVAILABLE, "the reader of the image's tar ended early");
	return err_set(err, ERR_SYSTEM, "write the image's tar: %s",
		       archive_error_string(tar->archive) ? archive_error_string(tar->archive)
							  : "unknown error");
}

int image_tar_open(int fd, struct image_tar **ret_tar, struct err *err)
{
	AUTO(image_tar_freep) struct image_tar *tar = xcalloc(1, sizeof(*tar));
	struct archive *archive = archive_write_new();

	tar->archive = archive;
	tar->entry = archive_entry_new();
	if (!archive || !tar->entry)
		return err_set(err, ERR_NO_SPACE, "no memory for the image's tar");
	if (archive_write_set_format_pax_restricted(archive) != ARCHIVE_OK ||
	    archive_write_add_filter_none(archive) != ARCHIVE_OK ||
	    archive_write_set_format_option(archive, "pax", "xattrheader", "SCHILY") !=
		    ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(archive, BLOCK_BYTES) != ARCHIVE_OK ||
	    /* No padding behind the end mark: the reader may be gone by then. */
	    archive_write_set_bytes_in_last_block(archive, 1) != ARCHIVE_OK ||
	    archive_write_open_fd(archive, fd) != ARCHIVE_OK)
		return fail(tar, err);
	*ret_tar = STEAL(tar, NULL);
	return 0;
}

static void set_type(struct archive_entry *to, const struct image_entry *entry)
{
	static const __LA_MODE_T modes[] = {
		[IMAGE_ENTRY_FILE] = AE_IFREG,	    [IMAGE_ENTRY_FOLDER] = AE_IFDIR,
		[IMAGE_ENTRY_SYMLINK] = AE_IFLNK,   [IMAGE_ENTRY_HARDLINK] = AE_IFREG,
		[IMAGE_ENTRY_CHARACTER] = AE_IFCHR, [IMAGE_ENTRY_BLOCK] = AE_IFBLK,
		[IMAGE_ENTRY_FIFO] = AE_IFIFO,
	};

	archive_entry_set_filetype(to, modes[entry->type]);
	archive_entry_set_size(to, 0);
	switch (entry->type) {
	case IMAGE_ENTRY_FILE:
		archive_entry_set_size(to, entry->size_bytes);
		break;
	case IMAGE_ENTRY_SYMLINK:
		archive_entry_set_symlink(to, entry->link);
		break;
	case IMAGE_ENTRY_HARDLINK:
		archive_entry_set_hardlink(to, entry->link);
		break;
	case IMAGE_ENTRY_CHARACTER:
	case IMAGE_ENTRY_BLOCK:
		archive_entry_set_rdevmajor(to, entry->major);
		archive_entry_set_rdevminor(to, entry->minor);
		break;
	default:
		break;
	}
}

int image_tar_entry(struct image_tar *tar, const char *path, const struct image_entry *entry,
		    struct err *err)
{
	struct archive_entry *to = archive_entry_clear(tar->entry);
	int result;

	archive_entry_set_pathname(to, path);
	set_type(to, entry);
	archive_entry_set_perm(to, entry->mode);
	archive_entry_set_uid(to, entry->uid);
	archive_entry_set_gid(to, entry->gid);
	archive_entry_set_mtime(to, entry->mtime_seconds, 0);
	for (size_t i = 0; i < entry->xattr_count; i++)
		archive_entry_xattr_add_entry(to, entry->xattrs[i].name, entry->xattrs[i].value,
					      entry->xattrs[i].value_len);
	result = archive_write_header(tar->archive, to);
	/* A warning says that a name is not UTF-8; it was written as it is. */
	if (result != ARCHIVE_OK && result != ARCHIVE_WARN)
		return fail(tar, err);
	return 0;
}

int image_tar_data(struct image_tar *tar, const void *bytes, size_t len, struct err *err)
{
	const uint8_t *from = bytes;

	while (len > 0) {
		la_ssize_t wrote = archive_write_data(tar->archive, from, len);

		if (wrote < 0)
			return fail(tar, err);
		if (wrote == 0)
			return err_set(err, ERR_CORRUPT, "a file is longer than its size");
		from += wrote;
		len -= (size_t)wrote;
	}
	return 0;
}

int image_tar_zeros(struct image_tar *tar, int64_t len, struct err *err)
{
	while (len > 0) {
		size_t piece = len < BLOCK_BYTES ? (size_t)len : BLOCK_BYTES;

		if (image_tar_data(tar, tar->zeros, piece, err) < 0)
			return -1;
		len -= (int64_t)piece;
	}
	return 0;
}

int image_tar_finish(struct image_tar *tar, struct err *err)
{
	if (archive_write_close(tar->archive) != ARCHIVE_OK)
		return fail(tar, err);
	return 0;
}

void image_tar_free(struct image_tar *tar)
{
	if (!tar)
		return;
	/* Without a finish the tar is unwanted: nothing more is to be written. */
	if (tar->archive) {
		(void)archive_write_fail(tar->archive);
		(void)archive_write_free(tar->archive);
	}
	archive_entry_free(tar->entry);
	free(tar);
}

void image_tar_freep(struct image_tar **tar)
{
	image_tar_free(*tar);
	*tar = NULL;
}
