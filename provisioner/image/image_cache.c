/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Locks are flock(): they belong to an open file, so two pulls in one program
 * exclude each other as two programs do, and the kernel drops them with the last
 * copy of the descriptor. A lock file may be removed by a sweep while somebody opens
 * it; whoever gets a lock therefore looks whether the name still leads to it.
 */
#include "provisioner/image/image_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/digest.h"
#include "core/file.h"
#include "core/ident.h"
#include "provisioner/image/image_use.h"

#define LOCK_LOOK_MS  50	  /* between two looks at a lock that another holds */
#define RECORD_MAX    (16 * 1024) /* bytes of a reference's record */
#define RECORD_MEMORY (64 * 1024)

struct record_shape {
	const char *reference, *platform, *digest, *manifest;
	bool open;
};
static const struct shape_field record_fields[] = {
	TEXT(struct record_shape, reference, "reference", 1, IMAGE_REFERENCE_SIZE, SHAPE_REQUIRED),
	TEXT(struct record_shape, platform, "platform", 1, IMAGE_PLATFORM_TEXT_SIZE,
	     SHAPE_REQUIRED),
	TEXT(struct record_shape, digest, "digest", 1, IMAGE_DIGEST_SIZE, SHAPE_REQUIRED),
	TEXT(struct record_shape, manifest, "manifest", 1, IMAGE_DIGEST_SIZE, SHAPE_REQUIRED),
	BOOL(struct record_shape, open, "open", 0),
};
static const struct shape record_shape = SHAPE_OF(struct record_shape, record_fields);

static int make_folder(const char *dir, const char *name, mode_t mode, char **ret_path,
		       struct err *err)
{
	*ret_path = xasprintf("%s/%s", dir, name);
	return file_make_dir(*ret_path, mode, err);
}

int image_cache_open(const char *dir, struct image_cache *ret_cache, struct err *err)
{
	struct image_cache cache = {.images = NULL};

	if (dir[0] != '/')
		return err_set(err, ERR_INVALID, "the cache's folder must be an absolute path");
	/* The hypervisor's users open images by a name that they are told; nobody else can
	 * list them, for some come from private registries. The rest is ours alone. */
	if (make_folder(dir, IMAGE_FILE_IMAGES, 0711, &cache.images, err) < 0 ||
	    make_folder(dir, "references", 0700, &cache.references, err) < 0 ||
	    make_folder(dir, IMAGE_FILE_LOCKS, 0700, &cache.locks, err) < 0 ||
	    make_folder(dir, "work", 0700, &cache.work, err) < 0) {
		image_cache_done(&cache);
		return err_wrap(err, "open the cache");
	}
	*ret_cache = cache;
	return 0;
}

void image_cache_done(struct image_cache *cache)
{
	free(cache->images);
	free(cache->references);
	free(cache->locks);
	free(cache->work);
	*cache = (struct image_cache){.images = NULL};
}

char *image_cache_file(const struct image_cache *cache, const char *digest, const char *suffix)
{
	return image_file_path(cache->images, digest, suffix);
}

static char *record_path(const struct image_cache *cache, const struct image_reference *reference,
			 const struct image_platform *platform)
{
	char name[IMAGE_REFERENCE_SIZE];
	char platform_text[IMAGE_PLATFORM_TEXT_SIZE];
	char hex[SHA256_HEX_SIZE];
	AUTO(freep)
	char *key = xasprintf("%s %s", image_platform_text(platform, platform_text),
			      image_reference_text(reference, name));

	sha256_hex(key, strlen(key), hex);
	return xasprintf("%s/%s.json", cache->references, hex);
}

int image_cache_read_record(const char *path, struct image_record *ret_record, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(RECORD_MEMORY);
	AUTO(json_decrefp) json_t *json = NULL;
	AUTO(buf_done) struct buf text;
	struct record_shape record;

	buf_init(&text, RECORD_MAX);
	if (file_read(path, &text, err) < 0 ||
	    shape_parse((const char *)text.data, text.len, &json, err) < 0 ||
	    shape_fill(&record_shape, json, arena, &record, err) < 0)
		return -1;
	if (!image_digest_is_valid(record.digest) || !image_digest_is_valid(record.manifest))
		return err_set(err, ERR_INVALID, "a digest is none");
	(void)snprintf(ret_record->reference, sizeof(ret_record->reference), "%s",
		       record.reference);
	memcpy(ret_record->digest, record.digest, IMAGE_DIGEST_SIZE);
	memcpy(ret_record->manifest, record.manifest, IMAGE_DIGEST_SIZE);
	ret_record->open = record.open;
	return 0;
}

int image_cache_recall(const struct image_cache *cache, const struct image_reference *reference,
		       const struct image_platform *platform, struct image_record *ret_record,
		       struct err *err)
{
	AUTO(freep) char *path = record_path(cache, reference, platform);

	/* A damaged record is no record: it is only there to save a question. */
	if (image_cache_read_record(path, ret_record, err) < 0) {
		err->code = ERR_NOT_FOUND;
		return -1;
	}
	return 0;
}

int image_cache_remember(const struct image_cache *cache, const struct image_reference *reference,
			 const struct image_platform *platform, const struct image_record *record,
			 struct err *err)
{
	AUTO(freep) char *path = record_path(cache, reference, platform);
	char name[IMAGE_REFERENCE_SIZE];
	char platform_text[IMAGE_PLATFORM_TEXT_SIZE];
	AUTO(json_decrefp)
	json_t *json = json_pack(
		"{s:s, s:s, s:s, s:s, s:b}", "reference", image_reference_text(reference, name),
		"platform", image_platform_text(platform, platform_text), "digest", record->digest,
		"manifest", record->manifest, "open", record->open);
	AUTO(freep) char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	if (!text)
		return err_set(err, ERR_NO_SPACE, "no memory for a record");
	return file_write(path, text, strlen(text), 0600, err);
}

/* Try once; *ret_fd stays -1 if another holds the lock. */
static int try_lock(const char *path, int operation, int *ret_fd, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(err, errno, "open %s", path);
	if (flock(fd, operation | LOCK_NB) == 0 && image_use_leads_to(path, fd)) {
		*ret_fd = fd;
		return 0;
	}
	(void)close(fd);
	return 0;
}

static int lock_file(const char *path, int operation, int64_t end_ns, int *ret_fd, struct err *err)
{
	int fd = -1;

	for (;;) {
		if (try_lock(path, operation, &fd, err) < 0)
			return -1;
		if (fd >= 0) {
			*ret_fd = fd;
			return 0;
		}
		if (clock_boot_ns() >= end_ns)
			return err_set(err, ERR_TIMEOUT,
				       "wait for another pull of this image: "
				       "context deadline exceeded");
		clock_pause_ms(LOCK_LOOK_MS);
	}
}

int image_cache_lock(const struct image_cache *cache, const char *digest, int64_t end_ns,
		     int *ret_fd, struct err *err)
{
	AUTO(freep) char *path = image_file_path(cache->locks, digest, IMAGE_FILE_LOCK);

	return lock_file(path, LOCK_EX, end_ns, ret_fd, err);
}

int image_cache_enter(const struct image_cache *cache, int *ret_fd, struct err *err)
{
	AUTO(freep) char *path = xasprintf("%s/all", cache->locks);

	/* Only a sweep holds it alone, and not for long. */
	return lock_file(path, LOCK_SH, clock_boot_ns() + INT64_C(60000000000), ret_fd, err);
}

int image_cache_close_door(const struct image_cache *cache, int *ret_fd, struct err *err)
{
	AUTO(freep) char *path = xasprintf("%s/all", cache->locks);

	if (lock_file(path, LOCK_EX, 0, ret_fd, err) == 0)
		return 0;
	*ret_fd = -1;
	return err->code == ERR_TIMEOUT ? 0 : -1;
}

int image_cache_find(const struct image_cache *cache, const char *digest,
		     const struct image_platform *platform, struct arena *arena, json_t **ret_json,
		     char **ret_path, struct image_answer *ret_answer, struct err *err)
{
	AUTO(freep) char *note = image_cache_file(cache, digest, IMAGE_FILE_NOTE);
	AUTO(freep) char *path = image_cache_file(cache, digest, IMAGE_FILE_DISK);
	AUTO(json_decrefp) json_t *json = NULL;
	AUTO(buf_done) struct buf text;
	char wanted[IMAGE_PLATFORM_TEXT_SIZE];
	struct image_answer answer;
	struct stat st;

	buf_init(&text, IMAGE_ANSWER_MAX);
	/* Whatever is wrong with it: it will be made again. */
	if (file_read(note, &text, err) < 0 ||
	    image_answer_read((const char *)text.data, text.len, 0, arena, &json, &answer, err) <
		    0) {
		err->code = ERR_NOT_FOUND;
		return -1;
	}
	if (!json_is_object(answer.settings.volumes))
		return err_set(err, ERR_NOT_FOUND, "image %s has a note that lacks a part", digest);
	if (!answer.platform || strcmp(answer.platform, image_platform_text(platform, wanted)) != 0)
		return err_set(err, ERR_NOT_FOUND, "image %s is for another platform", digest);
	if (strcmp(answer.digest, digest) != 0 || lstat(path, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size != answer.size_bytes)
		return err_set(err, ERR_NOT_FOUND, "image %s is not whole", digest);
	if (utimensat(AT_FDCWD, note, NULL, 0) < 0)
		return err_sys(err, errno, "mark %s as used", note);
	*ret_path = STEAL(path, NULL);
	answer.path = *ret_path;
	*ret_json = STEAL(json, NULL);
	*ret_answer = answer;
	return 0;
}

int image_cache_commit(const struct image_cache *cache, const char *digest,
		       const struct image_platform *platform, const char *path,
		       const struct image_settings *settings, struct err *err)
{
	AUTO(freep) char *note = image_cache_file(cache, digest, IMAGE_FILE_NOTE);
	AUTO(freep) char *final = image_cache_file(cache, digest, IMAGE_FILE_DISK);
	char platform_text[IMAGE_PLATFORM_TEXT_SIZE];
	struct image_answer answer = {
		.digest = digest,
		.settings = *settings,
		.platform = image_platform_text(platform, platform_text),
		.path = final,
	};
	AUTO(buf_done) struct buf text;
	struct stat st;

	buf_init(&text, IMAGE_ANSWER_MAX);
	if (stat(path, &st) < 0)
		return err_sys(err, errno, "look at %s", path);
	answer.size_bytes = st.st_size;
	if (image_answer_write(&answer, &text, err) < 0)
		return err_wrap(err, "image config");
	/* A note from before would describe the file that is replaced now. */
	if (unlink(note) < 0 && errno != ENOENT)
		return err_sys(err, errno, "remove %s", note);
	if (chmod(path, 0644) < 0)
		return err_sys(err, errno, "set the mode of %s", path);
	if (rename(path, final) < 0)
		return err_sys(err, errno, "move the image to %s", final);
	/* Syncs the folder too, and with it the rename. */
	return file_write(note, text.data, text.len, 0644, err);
}

/* Try one name; *ret_fd stays -1 if a sweep came in between and took it for left over. */
static int try_work(const char *path, int *ret_fd, struct err *err)
{
	int fd;

	if (mkdir(path, 0700) < 0)
		return err_sys(err, errno, "create folder %s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_sys(err, errno, "open folder %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && image_use_leads_to(path, fd)) {
		*ret_fd = fd;
		return 0;
	}
	(void)close(fd);
	return 0;
}

int image_cache_work(const struct image_cache *cache, char **ret_path, int *ret_fd, struct err *err)
{
	char name[IDENT_HEX32_SIZE];
	char *path = NULL;
	int fd = -1;

	while (fd < 0) {
		free(path);
		ident_hex32(name);
		path = xasprintf("%s/%s", cache->work, name);
		if (try_work(path, &fd, err) < 0) {
			free(path);
			return -1;
		}
	}
	*ret_path = path;
	*ret_fd = fd;
	return 0;
}
