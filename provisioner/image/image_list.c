/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read without locks: what comes or goes meanwhile is listed or not, and nothing that
 * is listed was ever not there.
 */
#include "provisioner/image/image_list.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/file.h"

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NO_SPACE, "no memory for the list of images");
}

struct list {
	const struct image_cache *cache;
	json_t *images;
};

/* One image, if @name is that of a note and its file is there. */
static int add_image(void *ctx, const char *folder, const char *name, struct err *err)
{
	const struct list *list = ctx;
	AUTO(freep) char *note = xasprintf("%s/%s", folder, name);
	AUTO(freep) char *file = NULL;
	char manifest[IMAGE_DIGEST_SIZE];
	struct stat used;
	struct stat st;
	json_t *image;

	if (!image_file_digest(name, IMAGE_FILE_NOTE, manifest))
		return 0;
	file = image_cache_file(list->cache, manifest, IMAGE_FILE_DISK);
	if (lstat(note, &used) < 0 || lstat(file, &st) < 0)
		return 0;
	image = json_pack("{s:s, s:I, s:I, s:[]}", "manifest", manifest, "bytes",
			  (json_int_t)st.st_size, "used", (json_int_t)used.st_mtim.tv_sec,
			  "references");
	return json_array_append_new(list->images, image) < 0 ? no_memory(err) : 0;
}

/* A name that last led to one of them. */
static int add_reference(void *ctx, const char *folder, const char *name, struct err *err)
{
	const struct list *list = ctx;
	AUTO(freep) char *path = xasprintf("%s/%s", folder, name);
	struct image_record record;
	struct err unread;
	json_t *image;
	size_t i;

	if (image_cache_read_record(path, &record, &unread) < 0)
		return 0; /* half-written or damaged: the sweep's business */
	json_array_foreach (list->images, i, image) {
		const char *manifest = json_string_value(json_object_get(image, "manifest"));

		if (manifest && strcmp(manifest, record.manifest) == 0 &&
		    json_array_append_new(json_object_get(image, "references"),
					  json_string(record.reference)) < 0)
			return no_memory(err);
	}
	return 0;
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
	struct list list = {cache, images};

	if (file_each_name(cache->images, add_image, &list, err) < 0 ||
	    file_each_name(cache->references, add_reference, &list, err) < 0 ||
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
