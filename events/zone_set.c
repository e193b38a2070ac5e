/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sorted list behind a lock. Names are paths below the folder, so they have the letters of
 * IANA's names only, and none of their parts begins with a dot. Names of tzdata's folders that
 * are no zones of IANA (the same zones with leap seconds, this host's own) are not found.
 */
#include "events/zone_set.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "core/file.h"

#define ZONES_MAX 1024 /* tzdata has 600; who installs more has a limit all the same */

struct entry {
	char name[ZONE_NAME_MAX + 1];
	struct zone *zone;
};

struct zone_set {
	char *folder;
	pthread_mutex_t lock;
	size_t count;
	struct entry *entries; /* ZONES_MAX, by name */
};

static const char *const not_zones[] = {"posix/",     "right/",	 "localtime",
					"posixrules", "Factory", "leapseconds"};

static bool is_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_+-/";
	size_t len = strlen(name);

	if (len == 0 || len > ZONE_NAME_MAX || name[strspn(name, letters)] != '\0')
		return false;
	if (name[0] == '/' || name[len - 1] == '/' || strstr(name, "//"))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(not_zones); i++) {
		if (strncmp(name, not_zones[i], strlen(not_zones[i])) == 0)
			return false;
	}
	return true;
}

static int no_zone(const char *name, struct err *err)
{
	return err_set(err, ERR_INVALID, "Invalid Schedule Expression Timezone %.*s.",
		       2 * ZONE_NAME_MAX, name);
}

struct zone_set *zone_set_new(const char *folder)
{
	struct zone_set *set = xcalloc(1, sizeof(*set));

	set->folder = xstrdup(folder);
	set->entries = xcalloc(ZONES_MAX, sizeof(*set->entries));
	(void)pthread_mutex_init(&set->lock, NULL); /* cannot fail without attributes */
	return set;
}

void zone_set_free(struct zone_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->count; i++)
		zone_free(set->entries[i].zone);
	free(set->entries);
	(void)pthread_mutex_destroy(&set->lock);
	free(set->folder);
	free(set);
}

void zone_set_freep(struct zone_set **set)
{
	zone_set_free(*set);
	*set = NULL;
}

static int read_zone(const struct zone_set *set, const char *name, struct zone **ret,
		     struct err *err)
{
	AUTO(freep) char *path = xasprintf("%s/%s", set->folder, name);
	AUTO(buf_done) struct buf bytes;

	struct stat status;

	buf_init(&bytes, ZONE_FILE_MAX);
	if (access(set->folder, R_OK | X_OK) < 0)
		return err_set(err, ERR_UNAVAILABLE, "time zones cannot be read from %s",
			       set->folder);
	if (stat(path, &status) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return no_zone(name, err);
		return err_sys(err, errno, "look at %s", path);
	}
	if (!S_ISREG(status.st_mode))
		return no_zone(name, err);
	if (file_read(path, &bytes, err) < 0)
		return -1;
	if (zone_parse(bytes.data, bytes.len, ret, err) < 0)
		return err_wrap(err, "%s", path);
	return 0;
}

/* Where @name is or belongs. */
static size_t place_of(const struct zone_set *set, const char *name)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(set->entries[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int get_locked(struct zone_set *set, const char *name, const struct zone **ret,
		      struct err *err)
{
	size_t place = place_of(set, name);
	struct entry *entry = &set->entries[place];
	struct zone *zone;

	if (place < set->count && strcmp(entry->name, name) == 0) {
		*ret = entry->zone;
		return 0;
	}
	if (set->count == ZONES_MAX)
		return err_set(err, ERR_LIMIT, "more than %d time zones are in use", ZONES_MAX);
	if (read_zone(set, name, &zone, err) < 0)
		return -1;
	memmove(entry + 1, entry, (set->count - place) * sizeof(*entry));
	*entry = (struct entry){.zone = zone};
	memcpy(entry->name, name, strlen(name) + 1);
	set->count++;
	*ret = zone;
	return 0;
}

int zone_set_get(struct zone_set *set, const char *name, const struct zone **ret, struct err *err)
{
	int result;

	if (!is_name(name))
		return no_zone(name, err);
	(void)pthread_mutex_lock(&set->lock);
	result = get_locked(set, name, ret, err);
	(void)pthread_mutex_unlock(&set->lock);
	return result;
}
