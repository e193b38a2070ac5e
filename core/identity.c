/* SPDX-License-Identifier: Apache-2.0 */
#include "core/identity.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include "core/isolate.h"
#include "core/log.h"

static int find_user(const char *name, const char *group_name, uid_t *ret_uid, gid_t *ret_gid,
		     struct err *err)
{
	const struct passwd *user;
	const struct group *group;

	if (!name[0]) {
		*ret_uid = geteuid();
		*ret_gid = getegid();
		return 0;
	}
	errno = 0;
	user = getpwnam(name);
	if (!user)
		return err_set(err, ERR_NOT_FOUND, "there is no user %s", name);
	*ret_uid = user->pw_uid;
	*ret_gid = user->pw_gid;
	if (!group_name[0])
		return 0;
	group = getgrnam(group_name);
	if (!group)
		return err_set(err, ERR_NOT_FOUND, "there is no group %s", group_name);
	*ret_gid = group->gr_gid;
	return 0;
}

int identity_become(const char *user, const char *group, struct err *err)
{
	uid_t uid;
	gid_t gid;

	if (find_user(user, group, &uid, &gid, err) < 0)
		return -1;
	if (geteuid() != 0 && uid != geteuid())
		return err_set(err, ERR_DENIED, "only root can become user %s", user);
	if (uid == 0)
		log_warn("runs as root: set user in the configuration");
	if (isolate_drop(uid, gid, err) < 0)
		return err_wrap(err, "drop privileges");
	return 0;
}
