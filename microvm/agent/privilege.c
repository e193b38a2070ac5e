/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of privilege_drop() matters: the bounding set and the filter need
 * what is then given up. no_new_privs stays unset, so set-uid programs work as
 * in any container; the bounding set limits them too.
 */
#include "microvm/agent/privilege.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define NOFILE_DEFAULT 65535 /* soft and hard, as on Fargate */

static const unsigned capabilities[] = {
	CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FSETID,	     CAP_FOWNER,
	CAP_MKNOD,   CAP_NET_RAW,      CAP_SETGID,	     CAP_SETUID,
	CAP_SETFCAP, CAP_SETPCAP,      CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT,
	CAP_KILL,    CAP_AUDIT_WRITE,
};

static const struct {
	const char *name;
	int resource;
} ulimit_names[] = {
	{"core", RLIMIT_CORE},	       {"cpu", RLIMIT_CPU},
	{"data", RLIMIT_DATA},	       {"fsize", RLIMIT_FSIZE},
	{"locks", RLIMIT_LOCKS},       {"memlock", RLIMIT_MEMLOCK},
	{"msgqueue", RLIMIT_MSGQUEUE}, {"nice", RLIMIT_NICE},
	{"nofile", RLIMIT_NOFILE},     {"nproc", RLIMIT_NPROC},
	{"rss", RLIMIT_RSS},	       {"rtprio", RLIMIT_RTPRIO},
	{"rttime", RLIMIT_RTTIME},     {"sigpending", RLIMIT_SIGPENDING},
	{"stack", RLIMIT_STACK},
};

/* -1 if there is no such limit. */
static int ulimit_resource(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(ulimit_names); i++) {
		if (strcmp(ulimit_names[i].name, name) == 0)
			return ulimit_names[i].resource;
	}
	return -1;
}

int privilege_check_ulimits(const struct shape_list *ulimits, struct err *err)
{
	const struct wire_ulimit *items = ulimits->items;

	for (size_t i = 0; i < ulimits->count; i++) {
		if (ulimit_resource(items[i].name) < 0)
			return err_set(err, ERR_INVALID, "invalid ulimit type: %s", items[i].name);
	}
	return 0;
}

static rlim_t limit_of(int64_t value)
{
	return value < 0 ? RLIM_INFINITY : (rlim_t)value;
}

static int set_limit(int resource, int64_t soft, int64_t hard, struct err *err)
{
	struct rlimit limit = {.rlim_cur = limit_of(soft), .rlim_max = limit_of(hard)};

	if (setrlimit((unsigned)resource, &limit) < 0)
		return err_sys(err, errno, "error setting rlimit type %d", resource);
	return 0;
}

int privilege_set_ulimits(const struct shape_list *ulimits, struct err *err)
{
	const struct wire_ulimit *items = ulimits->items;

	/* The kernel's own default for processes depends on memory; the cgroup bounds them. */
	if (set_limit(RLIMIT_NOFILE, NOFILE_DEFAULT, NOFILE_DEFAULT, err) < 0 ||
	    set_limit(RLIMIT_NPROC, -1, -1, err) < 0)
		return -1;
	for (size_t i = 0; i < ulimits->count; i++) {
		if (set_limit(ulimit_resource(items[i].name), items[i].soft, items[i].hard, err) <
		    0)
			return -1;
	}
	return 0;
}

uint64_t privilege_capabilities(const struct wire_container *container)
{
	uint64_t set = 0;

	if (container->privileged)
		return (UINT64_C(2) << CAP_LAST_CAP) - 1;
	for (size_t i = 0; i < ARRAY_LEN(capabilities); i++)
		set |= UINT64_C(1) << capabilities[i];
	return (set & ~(uint64_t)container->capabilities_dropped) |
	       (uint64_t)container->capabilities_added;
}

/* No process below here gets anything else, by whatever program. */
static int bound_capabilities(uint64_t kept, struct err *err)
{
	for (unsigned i = 0; i <= CAP_LAST_CAP; i++) {
		if (!(kept >> i & 1) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0 && errno != EINVAL)
			return err_sys(err, errno, "drop capability %u", i);
	}
	return 0;
}

/* What is held now, down to the kept ones; nothing is inheritable. */
static int set_capabilities(uint64_t kept, struct err *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	for (size_t i = 0; i < ARRAY_LEN(data); i++) {
		data[i].permitted = (uint32_t)(kept >> (32 * i));
		data[i].effective = data[i].permitted;
	}
	if (syscall(SYS_capset, &header, data) < 0)
		return err_sys(err, errno, "set capabilities");
	return 0;
}

int privilege_drop(const struct identity *identity, uint64_t kept, const struct sock_fprog *filter,
		   struct err *err)
{
	if (bound_capabilities(kept, err) < 0)
		return -1;
	if (filter && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter) < 0)
		return err_sys(err, errno, "install the system call filter");
	if (setgroups(identity->group_count, identity->groups) < 0 ||
	    setresgid(identity->gid, identity->gid, identity->gid) < 0 ||
	    setresuid(identity->uid, identity->uid, identity->uid) < 0)
		return err_sys(err, errno, "become user %u", identity->uid);
	return set_capabilities(identity->uid == 0 ? kept : 0, err);
}
