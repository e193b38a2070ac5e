/* SPDX-License-Identifier: Apache-2.0 */
/* See image_open.h. */
#include "provisioner/image_open.h"

#include <pwd.h>

#include "core/file.h"

/* The group of a user that exists; else a number of its own. */
static gid_t group_of(uid_t uid)
{
	const struct passwd *user = getpwuid(uid);

	return user ? user->pw_gid : (gid_t)uid;
}

int image_open(const struct shared_options *shared, const struct provisioner_options *options,
	       struct image_store **ret_store, struct err *err)
{
	AUTO(freep) char *beside = file_beside_program("slipway-image");
	AUTO(freep) char *cache = xasprintf("%s/images", shared->state_dir);
	struct image_store_options store = {
		.program = options->image_program[0] ? options->image_program : beside,
		.cache_dir = cache,
		.cache_bytes = options->image_cache_bytes,
		.deadline_ms = options->pull_ms,
		.fresh_ms = options->image_fresh_ms,
		.users = &options->registry_users,
		.passwords = &options->registry_passwords,
		.plain_http = options->plain_http_registries,
		.mirrors = &options->registry_mirrors,
	};

	if (geteuid() == 0) {
		store.uid = (uid_t)options->image_uid;
		store.gid = group_of(store.uid);
	}
	return image_store_open(&store, ret_store, err);
}
