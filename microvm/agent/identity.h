/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who a container runs as: the task's word for it, resolved with the image's own
 * /etc/passwd and /etc/group. Pure: texts in, numbers out; no NSS.
 */
#ifndef SLIPWAY_MICROVM_AGENT_IDENTITY_H
#define SLIPWAY_MICROVM_AGENT_IDENTITY_H

#include <sys/types.h>

#include "core/err.h"

#define IDENTITY_GROUPS_MAX 1024 /* more memberships than that are left out */
#define IDENTITY_FILE_MAX   (1024u * 1024)

struct identity {
	uid_t uid;
	gid_t gid;
	gid_t groups[IDENTITY_GROUPS_MAX]; /* supplementary; the first is gid */
	size_t group_count;
	char home[256]; /* "/" if not known */
};

/* @user is "", "name", "uid", and each with ":group" or ":gid". A name must be in
 * @passwd (or @group); a number need not be, but takes group and home from there if it is.
 * "" is uid 0. Memberships count only when no group is named. */
int identity_resolve(const char *user, const char *passwd, const char *group,
		     struct identity *ret_identity, struct err *err) MUST_CHECK;

#endif
