/* SPDX-License-Identifier: Apache-2.0 */
/* See image_open.h. */
#include "provisioner/image_open.h"

#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#include "core/clock.h"
#include "core/file.h"

#define PASSWORDS_MS (INT64_C(48) * 3600 * 1000) /* a pull may take a day */

/* The group of a user that exists; else a number of its own. */
static gid_t group_of(uid_t uid)
{
	const struct passwd *user = getpwuid(uid);

	return user ? user->pw_gid : (gid_t)uid;
}

int image_open(const struct shared_options *shared, const struct provisioner_options *options,
	       const char *auth_dir, struct image_store **ret_store, struct err *err)
{
	AUTO(freep) char *beside = file_beside_program("slipway-image");
	AUTO(freep) char *cache = xasprintf("%s/images", shared->state_dir);
	struct image_store_options store = {
		.program = options->image_program[0] ? options->image_program : beside,
		.cache_dir = cache,
		.auth_dir = auth_dir,
		.cache_bytes = options->image_cache_bytes,
		.deadline_ms = options->pull_ms,
		.fresh_ms = options->image_fresh_ms,
		.users = &options->registry_users,
		.passwords = &options->registry_passwords,
		.plain_http = options->plain_http_registries,
	};

	if (geteuid() == 0) {
		store.uid = (uid_t)options->image_uid;
		store.gid = group_of(store.uid);
	}
	return image_store_open(&store, ret_store, err);
}

static int forget(void *ctx, const char *folder, const char *name, struct err *err)
{
	const int64_t *now_ms = ctx;
	AUTO(freep) char *path = NULL;
	struct stat st;

	if (strncmp(name, IMAGE_AUTH_PREFIX, strlen(IMAGE_AUTH_PREFIX)) != 0)
		return 0;
	path = xasprintf("%s/%s", folder, name);
	if (lstat(path, &st) < 0 || *now_ms - (int64_t)st.st_mtim.tv_sec * 1000 < PASSWORDS_MS)
		return 0;
	return file_remove_tree(path, err);
}

int image_forget_passwords(const char *run_dir, struct err *err)
{
	int64_t now_ms = clock_wall_ms();

	return file_each_name(run_dir, forget, &now_ms, err);
}
