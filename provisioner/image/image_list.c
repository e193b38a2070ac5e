/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read without locks: what comes or goes meanwhile is listed or not, and nothing that
 * is listed was ever not there.
 */
#include "provisioner/image/image_list.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/file.h"

#define NAME_PREFIX "sha256-"
#define NAME_SUFFIX ".json"
#define HEX_LEN	    64

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NO_SPACE, "no memory for the list of images");
}

/* One image, if @name is that of a note and its file is there. */
static int add_image(const struct image_cache *cache, const char *name, json_t *images,
		     struct err *err)
{
	AUTO(freep) char *note = xasprintf("%s/%s", cache->images, name);
	AUTO(freep)
	char *file = xasprintf("%s/%.*s.squashfs", cache->images,
			       (int)(sizeof(NAME_PREFIX) - 1 + HEX_LEN), name);
	char manifest[IMAGE_DIGEST_SIZE];
	struct stat used;
	struct stat st;
	json_t *image;

	if (strlen(name) != strlen(NAME_PREFIX NAME_SUFFIX) + HEX_LEN ||
	    strncmp(name, NAME_PREFIX, strlen(NAME_PREFIX)) != 0 ||
	    strcmp(name + strlen(NAME_PREFIX) + HEX_LEN, NAME_SUFFIX) != 0)
		return 0;
	(void)snprintf(manifest, sizeof(manifest), "sha256:%.*s", HEX_LEN,
		       name + strlen(NAME_PREFIX));
	if (!image_digest_is_valid(manifest) || lstat(note, &used) < 0 || lstat(file, &st) < 0)
		return 0;
	image = json_pack("{s:s, s:I, s:I, s:[]}", "manifest", manifest, "bytes",
			  (json_int_t)st.st_size, "used", (json_int_t)used.st_mtim.tv_sec,
			  "references");
	return json_array_append_new(images, image) < 0 ? no_memory(err) : 0;
}

/* A name that last led to one of them. */
static int add_reference(const struct image_cache *cache, const char *name, json_t *images,
			 struct err *err)
{
	AUTO(freep) char *path = xasprintf("%s/%s", cache->references, name);
	struct image_record record;
	struct err unread;
	json_t *image;
	size_t i;

	if (image_cache_read_record(path, &record, &unread) < 0)
		return 0; /* half-written or damaged: the sweep's business */
	json_array_foreach (images, i, image) {
		const char *manifest = json_string_value(json_object_get(image, "manifest"));

		if (manifest && strcmp(manifest, record.manifest) == 0 &&
		    json_array_append_new(json_object_get(image, "references"),
					  json_string(record.reference)) < 0)
			return no_memory(err);
	}
	return 0;
}

typedef int each_fn(const struct image_cache *cache, const char *name, json_t *images,
		    struct err *err);

static int each_name(const struct image_cache *cache, const char *folder, each_fn *fn,
		     json_t *images, struct err *err)
{
	AUTO(dir_closep) DIR *dir = opendir(folder);

	if (!dir)
		return err_sys(err, errno, "open folder %s", folder);
	for (;;) {
		const struct dirent *entry;

		errno = 0;
		entry = readdir(dir);
		if (!entry && errno != 0)
			return err_sys(err, errno, "read folder %s", folder);
		if (!entry)
			return 0;
		if (entry->d_name[0] != '.' && fn(cache, entry->d_name, images, err) < 0)
			return -1;
	}
}

static int compare_use(const void *a, const void *b)
{
	const json_t *left = *(json_t *const *)a;
	const json_t *right = *(json_t *const *)b;
	json_int_t left_used = json_integer_value(json_object_get(left, "used"));
	json_int_t right_used = json_integer_value(json_object_get(right, "used"));

	return left_used == right_used ? 0 : left_used > right_used ? -1 : 1;
}

static int sort_images(json_t *images, json_t **ret_sorted, struct err *err)
{
	size_t count = json_array_size(images);
	AUTO(freep) json_t **list = xcalloc(count + 1, sizeof(json_t *));
	AUTO(json_decrefp) json_t *sorted = json_array();

	for (size_t i = 0; i < count; i++)
		list[i] = json_array_get(images, i);
	if (count > 1)
		qsort(list, count, sizeof(json_t *), compare_use);
	for (size_t i = 0; i < count; i++) {
		if (json_array_append(sorted, list[i]) < 0)
			return no_memory(err);
	}
	if (!sorted)
		return no_memory(err);
	*ret_sorted = STEAL(sorted, NULL);
	return 0;
}

int image_list(const struct image_cache *cache, struct buf *out, struct err *err)
{
	AUTO(json_decrefp) json_t *images = json_array();
	AUTO(json_decrefp) json_t *sorted = NULL;
	AUTO(json_decrefp) json_t *whole = NULL;
	AUTO(freep) char *text = NULL;

	if (each_name(cache, cache->images, add_image, images, err) < 0 ||
	    each_name(cache, cache->references, add_reference, images, err) < 0 ||
	    sort_images(images, &sorted, err) < 0)
		return -1;
	whole = json_pack("{s:O}", "images", sorted);
	text = whole ? json_dumps(whole, JSON_COMPACT) : NULL;
	if (!text)
		return no_memory(err);
	if (buf_append_text(out, text, err) < 0)
		return -1;
	return buf_append_text(out, "\n", err);
}
