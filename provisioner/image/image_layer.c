/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image_stream makes the unpacked bytes and a reader of libarchive takes them as a tar. In
 * between is the one place where they can be counted, all of them, the padding included.
 *
 * Some builders leave out the padding behind the last file's content, and everyone
 * reads their layers all the same; the tar reader is given what is missing of the
 * last block of 512 bytes. It is padding only: content that lies in it is missing.
 *
 * When reading fails the rest of the file is hashed all the same: if the digest
 * is wrong, that is what went wrong and what is said.
 *
 * Names are bytes here. No locale is set in this program, and libarchive then
 * hands over what the archive holds (with a warning that is not one for us).
 */
#include "provisioner/image/image_layer.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TAR_BLOCK 512

static const uint8_t padding[TAR_BLOCK];

struct image_layer {
	struct image_layer_options options;
	struct image_stream *stream; /* stored bytes to tar bytes */
	struct archive *tar;	     /* tar bytes to entries */
	bool begun;		     /* it has read its first bytes */
	uint64_t unpacked_len;	     /* bytes so far */
	struct err inner;	     /* of a callback, which can only tell libarchive "no" */
	struct image_xattr xattrs[IMAGE_XATTRS_MAX];
};

static void keep_inner(struct image_layer *layer, struct archive *archive)
{
	archive_set_error(archive, EIO, "%.200s", layer->inner.text);
}

/* The text of the tar reader's failure, or of ours if a callback failed. */
static int fail(struct image_layer *layer, struct err *err)
{
	if (layer->inner.code != ERR_NONE) {
		*err = layer->inner;
		return -1;
	}
	if (archive_errno(layer->tar) == ENOMEM)
		return err_set(err, ERR_NO_SPACE, "no memory to read it");
	return err_set(err, ERR_CORRUPT, "%s",
		       archive_error_string(layer->tar) ? archive_error_string(layer->tar)
							: "it cannot be read");
}

/* The next unpacked bytes; *ret_len 0 at the end. */
static int read_unpacked(struct image_layer *layer, const void **ret_bytes, size_t *ret_len,
			 struct err *err)
{
	if (image_stream_next(layer->stream, ret_bytes, ret_len, err) < 0)
		return -1;
	if ((int64_t)*ret_len > *layer->options.bytes_left)
		return err_set(err, ERR_LIMIT, "image unpacks to more bytes than are allowed");
	*layer->options.bytes_left -= (int64_t)*ret_len;
	layer->unpacked_len += *ret_len;
	return 0;
}

/* libarchive asks for tar bytes. */
static la_ssize_t read_tar(struct archive *archive, void *ctx, const void **ret_bytes)
{
	struct image_layer *layer = ctx;
	size_t len;

	if (read_unpacked(layer, ret_bytes, &len, &layer->inner) < 0) {
		keep_inner(layer, archive);
		return -1;
	}
	if (len == 0 && layer->unpacked_len % TAR_BLOCK != 0) {
		*ret_bytes = padding;
		len = TAR_BLOCK - layer->unpacked_len % TAR_BLOCK;
		layer->unpacked_len += len;
	}
	return (la_ssize_t)len;
}

static int say_wrong(struct err *err)
{
	return err_set(err, ERR_CORRUPT, "its bytes have another digest than the manifest's");
}

/* After @err was set by a failing read. */
static int judge(struct image_layer *layer, struct err *err)
{
	if (err->code == ERR_CORRUPT && image_stream_is_wrong(layer->stream))
		return say_wrong(err);
	return -1;
}

int image_layer_open(int fd, const struct image_layer_options *options,
		     struct image_layer **ret_layer, struct err *err)
{
	AUTO(image_layer_freep) struct image_layer *layer = xcalloc(1, sizeof(*layer));
	const struct image_stream_options stream = {.digest = options->digest,
						    .arrival = options->arrival,
						    .layer = options->index,
						    .size_bytes = options->size_bytes};

	layer->options = *options;
	layer->tar = archive_read_new();
	if (!layer->tar)
		return err_set(err, ERR_NO_SPACE, "no memory to read it");
	if (archive_read_support_format_tar(layer->tar) != ARCHIVE_OK)
		return err_set(err, ERR_SYSTEM, "libarchive reads no tar here");
	if (image_stream_open(fd, &stream, &layer->stream, err) < 0)
		return -1;
	*ret_layer = STEAL(layer, NULL);
	return 0;
}

/* The first bytes are looked at when the first entry is asked for: until then the
 * stream works ahead alone. */
static int begin(struct image_layer *layer, struct err *err)
{
	layer->begun = true;
	if (archive_read_open(layer->tar, layer, NULL, read_tar, NULL) != ARCHIVE_OK)
		return fail(layer, err);
	return 0;
}

/* What of a tar's xattrs goes into the image: the three spaces that a squashfs can
 * hold. Overlay's own marks would steer the guest's overlay mount. */
static bool xattr_is_kept(const char *name)
{
	static const char *const spaces[] = {"user.", "trusted.", "security."};
	static const char *const overlay[] = {"trusted.overlay.", "user.overlay."};

	for (size_t i = 0; i < ARRAY_LEN(overlay); i++) {
		if (strncmp(name, overlay[i], strlen(overlay[i])) == 0)
			return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(spaces); i++) {
		if (strncmp(name, spaces[i], strlen(spaces[i])) == 0)
			return name[strlen(spaces[i])] != '\0';
	}
	return false;
}

static int take_xattrs(struct image_layer *layer, struct archive_entry *from,
		       struct image_entry *entry, struct err *err)
{
	const char *name;
	const void *value;
	size_t len;

	(void)archive_entry_xattr_reset(from);
	while (archive_entry_xattr_next(from, &name, &value, &len) == ARCHIVE_OK) {
		if (!name || !xattr_is_kept(name))
			continue;
		if (entry->xattr_count == IMAGE_XATTRS_MAX || len > IMAGE_XATTR_VALUE_MAX ||
		    strlen(name) > IMAGE_XATTR_NAME_MAX)
			return err_set(err, ERR_LIMIT,
				       "an entry has too many or too long extended "
				       "attributes");
		layer->xattrs[entry->xattr_count++] =
			(struct image_xattr){.name = name, .value = value, .value_len = len};
	}
	entry->xattrs = layer->xattrs;
	return 0;
}

static int take_type(struct archive_entry *from, struct image_entry *entry, struct err *err)
{
	if (archive_entry_hardlink(from)) {
		entry->type = IMAGE_ENTRY_HARDLINK;
		entry->link = archive_entry_hardlink(from);
		return 0;
	}
	switch (archive_entry_filetype(from)) {
	case AE_IFREG:
		entry->type = IMAGE_ENTRY_FILE;
		entry->size_bytes = archive_entry_size(from);
		return 0;
	case AE_IFDIR:
		entry->type = IMAGE_ENTRY_FOLDER;
		return 0;
	case AE_IFLNK:
		entry->type = IMAGE_ENTRY_SYMLINK;
		entry->link = archive_entry_symlink(from);
		if (!entry->link || !entry->link[0])
			return err_set(err, ERR_INVALID, "a symbolic link has no target");
		return 0;
	case AE_IFCHR:
	case AE_IFBLK:
		entry->type = archive_entry_filetype(from) == AE_IFCHR ? IMAGE_ENTRY_CHARACTER
								       : IMAGE_ENTRY_BLOCK;
		entry->major = (uint32_t)archive_entry_rdevmajor(from);
		entry->minor = (uint32_t)archive_entry_rdevminor(from);
		return 0;
	case AE_IFIFO:
		entry->type = IMAGE_ENTRY_FIFO;
		return 0;
	default:
		return err_set(err, ERR_UNSUPPORTED, "an entry is of an unknown type");
	}
}

static uint32_t cut_time(int64_t seconds)
{
	if (seconds < 0)
		return 0;
	return seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
}

static int take_entry(struct image_layer *layer, struct archive_entry *from,
		      struct image_entry *entry, struct err *err)
{
	int64_t uid = archive_entry_uid(from);
	int64_t gid = archive_entry_gid(from);

	*entry = (struct image_entry){.path = archive_entry_pathname(from)};
	if (!entry->path || !entry->path[0])
		return err_set(err, ERR_INVALID, "an entry has no name");
	if (uid < 0 || uid > UINT32_MAX || gid < 0 || gid > UINT32_MAX)
		return err_set(err, ERR_INVALID, "a user or group id is out of range");
	if (take_type(from, entry, err) < 0)
		return -1;
	if (entry->size_bytes < 0)
		return err_set(err, ERR_INVALID, "a file has a negative size");
	/* The mode of a symbolic link is none that anybody could set. */
	entry->mode = archive_entry_filetype(from) == AE_IFLNK
			      ? 0777
			      : (uint32_t)archive_entry_perm(from) & 07777;
	entry->uid = (uint32_t)uid;
	entry->gid = (uint32_t)gid;
	entry->mtime_seconds = cut_time(archive_entry_mtime(from));
	return take_xattrs(layer, from, entry, err);
}

int image_layer_next(struct image_layer *layer, struct image_entry *ret_entry, bool *ret_end,
		     struct err *err)
{
	struct archive_entry *from;
	int result;

	if (!layer->begun && begin(layer, err) < 0)
		return judge(layer, err);
	result = archive_read_next_header(layer->tar, &from);
	if (result == ARCHIVE_EOF) {
		*ret_end = true;
		return 0;
	}
	if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
		(void)fail(layer, err);
		return judge(layer, err);
	}
	*ret_end = false;
	if (take_entry(layer, from, ret_entry, err) < 0)
		return -1;
	return 0;
}

int image_layer_data(struct image_layer *layer, const void **ret_bytes, size_t *ret_len,
		     int64_t *ret_offset, struct err *err)
{
	la_int64_t offset = 0;
	int result;

	*ret_len = 0;
	do {
		result = archive_read_data_block(layer->tar, ret_bytes, ret_len, &offset);
	} while (result == ARCHIVE_OK && *ret_len == 0);
	if (result == ARCHIVE_EOF) {
		*ret_len = 0;
		return 0;
	}
	if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
		(void)fail(layer, err);
		return judge(layer, err);
	}
	if ((const uint8_t *)*ret_bytes >= padding &&
	    (const uint8_t *)*ret_bytes < padding + TAR_BLOCK)
		return err_set(err, ERR_CORRUPT, "it ends within a file");
	*ret_offset = offset;
	return 0;
}

int image_layer_finish(struct image_layer *layer, char ret_diff_id[IMAGE_DIGEST_SIZE],
		       struct err *err)
{
	const void *bytes;
	size_t len;

	do {
		if (read_unpacked(layer, &bytes, &len, err) < 0)
			return judge(layer, err);
	} while (len > 0);
	if (image_stream_is_wrong(layer->stream))
		return say_wrong(err);
	if (layer->inner.code != ERR_NONE) {
		*err = layer->inner;
		return -1;
	}
	image_stream_diff_id(layer->stream, ret_diff_id);
	return 0;
}

void image_layer_free(struct image_layer *layer)
{
	if (!layer)
		return;
	/* The tar reads from the stream: it goes first. */
	(void)archive_read_free(layer->tar);
	image_stream_free(layer->stream);
	free(layer);
}

void image_layer_freep(struct image_layer **layer)
{
	image_layer_free(*layer);
	*layer = NULL;
}
