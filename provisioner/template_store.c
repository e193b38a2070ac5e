/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key is a digest of all that a template's state depends on. Files stand in it with
 * size and time of change: the guest's kernel has 50 MiB, and who replaces it
 * changes its time.
 *
 * When a template was used last is the time of change of its folder.
 */
#include "provisioner/template_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/digest.h"
#include "core/file.h"
#include "core/log.h"

#define LAYOUT	   "1" /* of machines (domain_xml.c) and of the agent's way to wait in them */
#define KEY_DIGITS 16
#define PART	   ".part"
#define LISTED_MAX 64 /* there are TEMPLATES_MAX, and one that was just made */
#define TEXT_MAX   (32u * 1024)

struct template_store {
	char *folder;
	char key[SHA256_HEX_SIZE];
};

static int describe_file(const char *path, struct buf *out, struct err *err)
{
	struct stat about;

	if (stat(path, &about) < 0)
		return err_sys(err, errno, "%s", path);
	return buf_printf(out, err, "%s %lld %lld.%09ld\n", path, (long long)about.st_size,
			  (long long)about.st_mtim.tv_sec, about.st_mtim.tv_nsec);
}

static int make_key(const struct template_store_options *options, struct template_store *store,
		    struct err *err)
{
	AUTO(buf_done) struct buf text;

	buf_init(&text, TEXT_MAX);
	if (buf_printf(&text, err, "layout " LAYOUT " version %s words %s\n", SLIPWAY_VERSION,
		       options->kernel_words ? options->kernel_words : "") < 0 ||
	    machine_template_describe(options->host, &text, err) < 0 ||
	    describe_file(options->kernel, &text, err) < 0 ||
	    describe_file(options->initrd, &text, err) < 0 ||
	    describe_file(options->blank_image, &text, err) < 0)
		return -1;
	sha256_hex(text.data, text.len, store->key);
	store->key[KEY_DIGITS] = '\0';
	return 0;
}

static bool parse_name(const struct template_store *store, const char *name,
		       struct machine_size *ret_size)
{
	char *end;

	if (strncmp(name, store->key, KEY_DIGITS) != 0 || name[KEY_DIGITS] != '-')
		return false;
	ret_size->memory_mib = strtoll(name + KEY_DIGITS + 1, &end, 10);
	if (*end != 'x')
		return false;
	ret_size->vcpus = (unsigned)strtoul(end + 1, &end, 10);
	return *end == '\0' && ret_size->memory_mib > 0 && ret_size->vcpus > 0;
}

struct found {
	struct machine_size size;
	struct timespec used;
};

static int compare_used(const void *a, const void *b)
{
	const struct found *one = a;
	const struct found *other = b;

	if (one->used.tv_sec != other->used.tv_sec)
		return one->used.tv_sec > other->used.tv_sec ? -1 : 1;
	return one->used.tv_nsec > other->used.tv_nsec ? -1
						       : one->used.tv_nsec < other->used.tv_nsec;
}

/* Those that fit, the one used last first; the caller frees. */
static struct found *list(const struct template_store *store, size_t *ret_count)
{
	AUTO(dir_closep) DIR *folder = opendir(store->folder);
	struct found *list = xcalloc(LISTED_MAX, sizeof(*list));
	struct dirent *entry;
	size_t count = 0;

	while (folder && count < LISTED_MAX && (entry = readdir(folder)) != NULL) {
		struct found found;
		struct stat about;

		if (!parse_name(store, entry->d_name, &found.size) ||
		    fstatat(dirfd(folder), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		found.used = about.st_mtim;
		list[count++] = found;
	}
	qsort(list, count, sizeof(*list), compare_used);
	*ret_count = count;
	return list;
}

static void remove_folder(const char *path)
{
	struct err err = ERR_INIT;

	if (file_remove_tree(path, &err) < 0)
		log_warn("template: %s", err.text);
}

/* What was left half made, and what was made of something else. */
static int remove_others(const struct template_store *store, struct err *err)
{
	AUTO(dir_closep) DIR *folder = opendir(store->folder);
	struct machine_size size;
	struct dirent *entry;

	if (!folder)
		return err_sys(err, errno, "read %s", store->folder);
	while ((entry = readdir(folder)) != NULL) {
		AUTO(freep) char *path = xasprintf("%s/%s", store->folder, entry->d_name);

		/* Only names that this file makes. */
		if (strspn(entry->d_name, "0123456789abcdef") != KEY_DIGITS ||
		    entry->d_name[KEY_DIGITS] != '-' || parse_name(store, entry->d_name, &size))
			continue;
		remove_folder(path);
	}
	return 0;
}

static void store_freep(struct template_store **store)
{
	template_store_free(*store);
}

int template_store_open(const struct template_store_options *options,
			struct template_store **ret_store, struct err *err)
{
	AUTO(store_freep) struct template_store *store = xcalloc(1, sizeof(*store));

	store->folder = xstrdup(options->folder);
	if (make_key(options, store, err) < 0 || file_make_dir(store->folder, 0711, err) < 0 ||
	    remove_others(store, err) < 0)
		return -1;
	*ret_store = STEAL(store, NULL);
	return 0;
}

void template_store_free(struct template_store *store)
{
	if (!store)
		return;
	free(store->folder);
	free(store);
}

size_t template_store_sizes(const struct template_store *store,
			    struct machine_size ret_sizes[TEMPLATES_MAX])
{
	size_t count = 0;
	AUTO(freep) struct found *found = list(store, &count);

	if (count > TEMPLATES_MAX)
		count = TEMPLATES_MAX;
	for (size_t i = 0; i < count; i++)
		ret_sizes[i] = found[i].size;
	return count;
}

char *template_store_path(const struct template_store *store, struct machine_size size)
{
	return xasprintf("%s/%s-%" PRId64 "x%u", store->folder, store->key, size.memory_mib,
			 size.vcpus);
}

bool template_store_has(struct template_store *store, struct machine_size size)
{
	AUTO(freep) char *path = template_store_path(store, size);

	/* It is about to be used. */
	return utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW) == 0;
}

int template_store_begin(struct template_store *store, struct machine_size size, char **ret_path,
			 struct err *err)
{
	AUTO(freep) char *whole = template_store_path(store, size);
	AUTO(freep) char *path = xasprintf("%s" PART, whole);

	if (file_remove_tree(path, err) < 0 || file_make_dir(path, 0711, err) < 0)
		return -1;
	*ret_path = STEAL(path, NULL);
	return 0;
}

/* No more of them than there may be. Machines that run keep what they have mapped. */
static void trim(struct template_store *store)
{
	size_t count = 0;
	AUTO(freep) struct found *found = list(store, &count);

	for (size_t i = TEMPLATES_MAX; i < count; i++)
		template_store_remove(store, found[i].size);
}

int template_store_finish(struct template_store *store, struct machine_size size, struct err *err)
{
	AUTO(freep) char *whole = template_store_path(store, size);
	AUTO(freep) char *path = xasprintf("%s" PART, whole);

	if (file_remove_tree(whole, err) < 0)
		return -1;
	if (rename(path, whole) < 0)
		return err_sys(err, errno, "name %s", whole);
	trim(store);
	return 0;
}

void template_store_remove(struct template_store *store, struct machine_size size)
{
	AUTO(freep) char *whole = template_store_path(store, size);
	AUTO(freep) char *path = xasprintf("%s" PART, whole);

	remove_folder(whole);
	remove_folder(path);
}
