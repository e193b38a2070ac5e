/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is left of the file system: the databases (SQLite makes files beside
 * them), the certificate's and key's folders (they are read again when they
 * change, and a renewal puts new files in their place), and the provisioner's
 * status and metrics files, and the time zones of schedules. The doorbell is a socket, which
 * Landlock does not ask about.
 */
#include "gateway/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <pwd.h>

#include "core/isolate.h"
#include "core/log.h"
#include "events/zone_set.h"

static int find_user(const struct gateway_options *options, uid_t *ret_uid, gid_t *ret_gid,
		     struct err *err)
{
	const struct passwd *user;
	const struct group *group;

	if (!options->user[0]) {
		*ret_uid = geteuid();
		*ret_gid = getegid();
		return 0;
	}
	errno = 0;
	user = getpwnam(options->user);
	if (!user)
		return err_set(err, ERR_NOT_FOUND, "there is no user %s", options->user);
	*ret_uid = user->pw_uid;
	*ret_gid = user->pw_gid;
	if (!options->group[0])
		return 0;
	group = getgrnam(options->group);
	if (!group)
		return err_set(err, ERR_NOT_FOUND, "there is no group %s", options->group);
	*ret_gid = group->gr_gid;
	return 0;
}

int sandbox_drop(const struct gateway_options *options, struct err *err)
{
	uid_t uid;
	gid_t gid;

	if (find_user(options, &uid, &gid, err) < 0)
		return -1;
	if (geteuid() != 0 && uid != geteuid())
		return err_set(err, ERR_DENIED, "only root can become user %s", options->user);
	if (uid == 0)
		log_warn("runs as root: set user in the configuration");
	if (isolate_drop(uid, gid, err) < 0)
		return err_wrap(err, "drop privileges");
	return 0;
}

int sandbox_close(const struct gateway_options *options, const struct shared_options *shared,
		  struct err *err)
{
	AUTO(freep) char *databases = xasprintf("%s/db", shared->state_dir);
	AUTO(freep) char *certificate = gateway_certificate(options, shared);
	AUTO(freep) char *key = gateway_key(options, shared);
	const struct isolate_path wanted[] = {
		{.path = databases, .write = true},
		{.path = dirname(certificate)},
		{.path = dirname(key)},
		/* The status file is replaced by renaming, so its folder is what stays. */
		{.path = shared->state_dir},
		{.path = ZONE_FOLDER}, /* the last: a host may lack it */
	};
	size_t count = ARRAY_LEN(wanted);
	bool done = false;

	if (access(ZONE_FOLDER, R_OK) < 0) {
		log_warn("there is no %s: schedules know no time zone but UTC", ZONE_FOLDER);
		count--;
	}
	if (isolate_files(wanted, count, &done, err) < 0)
		return err_wrap(err, "close the file system");
	if (!done)
		log_warn("this kernel has no Landlock: the file system stays open to file rights");
	if (isolate_syscalls_server(err) < 0)
		return err_wrap(err, "close system calls");
	return 0;
}
