/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first two stages of a program that locks itself in: identity and files
 * (the third, system calls, is isolate_syscalls.c). Each goes one way, and each
 * would bind only the calling thread if others ran already, which is why they
 * refuse to work then.
 *
 * Landlock is called by its numbers: its rights grew with the kernel's versions,
 * and a program that was built on an older system shall use all that the running
 * kernel has. Executing is handled, and granted only where a path says so.
 */
#include "core/isolate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "core/isolate_private.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule	    445
#define SYS_landlock_restrict_self  446
#endif

#define LANDLOCK_ASK_VERSION  1u
#define LANDLOCK_PATH_BENEATH 1

/* The rights, each with the version of the interface that brought it. */
#define RIGHT_EXECUTE	  (UINT64_C(1) << 0)
#define RIGHT_WRITE_FILE  (UINT64_C(1) << 1)
#define RIGHT_READ_FILE	  (UINT64_C(1) << 2)
#define RIGHT_READ_DIR	  (UINT64_C(1) << 3)
#define RIGHT_REMOVE_DIR  (UINT64_C(1) << 4)
#define RIGHT_REMOVE_FILE (UINT64_C(1) << 5)
#define RIGHT_MAKE_CHAR	  (UINT64_C(1) << 6)
#define RIGHT_MAKE_DIR	  (UINT64_C(1) << 7)
#define RIGHT_MAKE_REG	  (UINT64_C(1) << 8)
#define RIGHT_MAKE_SOCK	  (UINT64_C(1) << 9)
#define RIGHT_MAKE_FIFO	  (UINT64_C(1) << 10)
#define RIGHT_MAKE_BLOCK  (UINT64_C(1) << 11)
#define RIGHT_MAKE_SYM	  (UINT64_C(1) << 12)
#define RIGHT_REFER	  (UINT64_C(1) << 13) /* 2: rename and link between folders */
#define RIGHT_TRUNCATE	  (UINT64_C(1) << 14) /* 3 */
#define RIGHT_IOCTL_DEV	  (UINT64_C(1) << 15) /* 5 */

#define RIGHTS_VERSION_1 (RIGHT_REFER - 1)
#define RIGHTS_READ	 (RIGHT_READ_FILE | RIGHT_READ_DIR)
/* All but programs and devices. */
#define RIGHTS_WRITE                                                                               \
	(RIGHTS_READ | RIGHT_WRITE_FILE | RIGHT_REMOVE_DIR | RIGHT_REMOVE_FILE | RIGHT_MAKE_DIR |  \
	 RIGHT_MAKE_REG | RIGHT_MAKE_SOCK | RIGHT_MAKE_FIFO | RIGHT_MAKE_SYM | RIGHT_REFER |       \
	 RIGHT_TRUNCATE)
/* What makes sense for a path that is not a folder; others are refused there. */
#define RIGHTS_OF_FILE                                                                             \
	(RIGHT_EXECUTE | RIGHT_WRITE_FILE | RIGHT_READ_FILE | RIGHT_TRUNCATE | RIGHT_IOCTL_DEV)

#if defined(__SANITIZE_THREAD__)
#define THREADS_AT_START 2 /* TSan has one of its own */
#else
#define THREADS_AT_START 1
#endif

struct landlock_ruleset {
	uint64_t handled_access_fs; /* the first member of the kernel's struct: enough for us */
};

struct landlock_path {
	uint64_t allowed_access;
	int32_t parent_fd;
} __attribute__((packed));

/* Asked by the leak check alone. */
static bool isolated __attribute__((unused));

void isolate_mark_done(void)
{
	isolated = true;
}

#if defined(__SANITIZE_ADDRESS__)
/*
 * The leak check at exit traces the process from a clone of itself, which is just
 * what an isolated program may not do; asked at that moment, we call it off.
 */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return isolated;
}
#endif

/* Nothing to say where /proc cannot be read: an earlier stage has closed it. */
static int refuse_threads(struct err *err)
{
	DIR *dir = opendir("/proc/self/task");
	unsigned threads = 0;

	if (!dir)
		return 0;
	for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
		threads += entry->d_name[0] != '.';
	closedir(dir);
	if (threads > THREADS_AT_START)
		return err_set(err, ERR_CONFLICT, "isolation comes before the start of threads");
	return 0;
}

static int drop_bounding_set(struct err *err)
{
	/* The kernel's last capability is where it begins to refuse the question. */
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 0)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return err_sys(err, errno, "drop capability %lu for good", cap);
	}
	return 0;
}

static int drop_capabilities(struct err *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	/* Unknown before Linux 4.3, where there is nothing to clear. */
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &header, none) < 0)
		return err_sys(err, errno, "drop capabilities");
	return 0;
}

int isolate_drop(uid_t uid, gid_t gid, struct err *err)
{
	uid_t real;
	uid_t effective;
	uid_t saved;
	int parent_signal = 0;

	if (refuse_threads(err) < 0)
		return -1;
	if (prctl(PR_GET_PDEATHSIG, &parent_signal) < 0)
		return err_sys(err, errno, "look what ends this process with its parent");
	if (geteuid() == 0) {
		if (drop_bounding_set(err) < 0)
			return -1;
		if (setgroups(0, NULL) < 0)
			return err_sys(err, errno, "leave all groups");
	}
	if (setresgid(gid, gid, gid) < 0)
		return err_sys(err, errno, "become group %u", (unsigned)gid);
	if (setresuid(uid, uid, uid) < 0)
		return err_sys(err, errno, "become user %u", (unsigned)uid);
	if (drop_capabilities(err) < 0)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(err, errno, "renounce new privileges");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys(err, errno, "forbid dumps");
	/* The kernel forgets it with each change of rights. */
	if (prctl(PR_SET_PDEATHSIG, parent_signal) < 0)
		return err_sys(err, errno, "end with the parent");
	/* Believe only what the kernel says afterwards. */
	if (getresuid(&real, &effective, &saved) < 0 || real != uid || effective != uid ||
	    saved != uid || (uid != 0 && setresuid(0, 0, 0) == 0))
		return err_set(err, ERR_DENIED, "the user could be changed back");
	isolate_mark_done();
	return 0;
}

static uint64_t rights_of_version(long version)
{
	uint64_t rights = RIGHTS_VERSION_1;

	if (version >= 2)
		rights |= RIGHT_REFER;
	if (version >= 3)
		rights |= RIGHT_TRUNCATE;
	if (version >= 5)
		rights |= RIGHT_IOCTL_DEV;
	return rights;
}

static int allow_path(int ruleset_fd, const struct isolate_path *path, uint64_t handled,
		      struct err *err)
{
	AUTO(fd_closep) int fd = open(path->path, O_PATH | O_CLOEXEC);
	struct landlock_path rule = {
		.allowed_access = handled & (path->write ? RIGHTS_WRITE : RIGHTS_READ),
		.parent_fd = fd,
	};
	struct stat st;

	if (fd < 0)
		return err_sys(err, errno, "open %s", path->path);
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "look at %s", path->path);
	if (path->execute)
		rule.allowed_access |= RIGHT_EXECUTE;
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= RIGHTS_OF_FILE;
	if (syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_PATH_BENEATH, &rule, 0) < 0)
		return err_sys(err, errno, "allow %s", path->path);
	return 0;
}

int isolate_files(const struct isolate_path *paths, size_t count, bool *ret_done, struct err *err)
{
	struct landlock_ruleset ruleset = {0};
	AUTO(fd_closep) int fd = -1;
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_ASK_VERSION);

	if (refuse_threads(err) < 0)
		return -1;
	if (version < 1) {
		*ret_done = false;
		return 0;
	}
	ruleset.handled_access_fs = rights_of_version(version);
	fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, sizeof(ruleset), 0);
	if (fd < 0)
		return err_sys(err, errno, "create a landlock ruleset");
	for (size_t i = 0; i < count; i++)
		if (allow_path(fd, &paths[i], ruleset.handled_access_fs, err) < 0)
			return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(err, errno, "renounce new privileges");
	if (syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		return err_sys(err, errno, "restrict files");
	isolate_mark_done();
	*ret_done = true;
	return 0;
}
