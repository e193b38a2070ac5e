/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who reads layers reads what strangers made, so it does it alone:
 *
 *   reader   forked from us; sees the folder with the layers, read only, nothing
 *            else of the file system, no network, no way to run programs (Landlock,
 *            a network namespace of its own where plain users may have one, seccomp);
 *            indexes, reports the root folder's attributes, writes the tar
 *   sqfstar  reads the tar, writes the one file; may see /usr and /etc
 *   we       hold the two ends, the deadline, and look at neither's data: a report
 *            is a struct of fixed size
 *
 * sqfstar begins when the reader's first pass is through: only then the root's
 * attributes are known, which no tar can tell it. It makes a root owned by its own
 * user (its options for that do nothing when it reads a tar) and as old as now, so
 * it lives in a user namespace where it has the ids that the root shall have, and
 * is told (SOURCE_DATE_EPOCH) that no time is later than the image's latest. Where
 * plain users may have no user namespace, the root belongs to our own user.
 */
#include "provisioner/image/image_squash.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/isolate.h"

#define SQFSTAR		    "sqfstar"
#define SQFSTAR_PATH	    "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
#define SQFSTAR_MEMORY	    "256M" /* its queues; its own default is a quarter of the machine */
/*
 * Measured on 750 MB in 34,000 files, processor time to make it and size: lz4 2.4 s and
 * 252 MiB; none 1.8 s and 589 MiB; zstd at level 1 3.8 s and 196 MiB; gzip at level 1
 * 9 s and 203 MiB; lz4 with -Xhc 53 s and 207 MiB. Reading in an emulated guest differs by
 * less than its noise. A launch waits for the making, so it is lz4.
 */
#define SQFSTAR_COMPRESSION "lz4"
#define SQFSTAR_BLOCK	    "128K"
#define COMPLAINTS_MAX	    4096	       /* bytes of what sqfstar says */
#define SQUASHFS_SLACK	    (64 * 1024 * 1024) /* tables beside the content */
#define WORD_SIZE	    24
#define EXIT_NOT_STARTED    126

enum report_kind { REPORT_ROOT, REPORT_DONE, REPORT_FAILED };

struct report {
	enum report_kind kind;
	uint32_t mode, uid, gid; /* ROOT: of the root folder */
	uint32_t latest;	 /* ROOT: mtime of the youngest entry */
	bool namespaces;	 /* ROOT: plain users may have them here */
	struct err err;		 /* FAILED */
};

struct child {
	pid_t pid;  /* 0: none or collected */
	int pid_fd; /* -1: none */
	int status; /* once collected */
};

/* Our view of the two. */
struct work {
	const struct image_squash *squash;
	struct child reader, sqfstar;
	int report_fd;		 /* from the reader */
	int tar_read, tar_write; /* ends that the children get */
	int complaints_fd;	 /* from sqfstar */
	struct buf complaints;
};

static void child_end(struct child *child)
{
	if (child->pid > 0) {
		(void)kill(child->pid, SIGKILL); /* our own child, not yet waited for */
		while (waitpid(child->pid, &child->status, 0) < 0 && errno == EINTR)
			continue;
	}
	child->pid = 0;
	fd_closep(&child->pid_fd);
}

static void work_done(struct work *work)
{
	child_end(&work->reader);
	child_end(&work->sqfstar);
	fd_closep(&work->report_fd);
	fd_closep(&work->tar_read);
	fd_closep(&work->tar_write);
	fd_closep(&work->complaints_fd);
	buf_done(&work->complaints);
}

/* In a child: end with the parent, and leave nothing big behind. */
static int enter_child(pid_t parent, int64_t file_bytes_max, struct err *err)
{
	const struct rlimit size = {(rlim_t)file_bytes_max, (rlim_t)file_bytes_max};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || setrlimit(RLIMIT_FSIZE, &size) < 0)
		return err_sys(err, errno, "limit a child");
	if (getppid() != parent)
		return err_set(err, ERR_UNAVAILABLE, "the parent has ended");
	return 0;
}

static void write_line(const char *path, const char *text)
{
	AUTO(fd_closep) int fd = open(path, O_WRONLY | O_CLOEXEC);

	/* Seen by its effect, the ids that the child has afterwards. */
	if (fd >= 0)
		(void)!write(fd, text, strlen(text));
}

/* Leave the network, and be @uid and @gid where nobody but us is anybody. False where
 * plain users may not have that, or only in part: then there is one wall less. */
static bool leave_network(uint32_t uid, uint32_t gid)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
	uid_t outer_uid = getuid();
	gid_t outer_gid = getgid();
	char map[64];

	/* A root without capabilities may be mapped to nobody. */
	if (outer_uid == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return false;
	/* Our own files in /proc are root's otherwise. */
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	write_line("/proc/self/setgroups", "deny");
	(void)snprintf(map, sizeof(map), "%u %u 1", uid, (unsigned)outer_uid);
	write_line("/proc/self/uid_map", map);
	(void)snprintf(map, sizeof(map), "%u %u 1", gid, (unsigned)outer_gid);
	write_line("/proc/self/gid_map", map);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* Over the new namespace we have every power; none is needed. */
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	(void)syscall(SYS_capset, &header, none);
	return getuid() == uid && getgid() == gid;
}

static void send_report(int fd, const struct report *report)
{
	/* Smaller than PIPE_BUF would be needed for several writers; there is one. A
	 * failure shows at the other end as a report that never came. */
	(void)!write(fd, report, sizeof(*report));
}

static int read_layers(const struct image_squash *squash, int tar_fd, int report_fd,
		       struct err *err)
{
	AUTO(image_tree_freep) struct image_tree *tree = NULL;
	const struct isolate_path paths[] = {{.path = squash->stack.dir}};
	const struct image_entry *root;
	struct report report = {.kind = REPORT_ROOT};
	bool walled;

	report.namespaces = leave_network(getuid(), getgid());
	/* A kernel without Landlock has the other walls. */
	if (isolate_files(paths, ARRAY_LEN(paths), &walled, err) < 0 ||
	    isolate_syscalls_server(err) < 0 || image_flatten_index(&squash->stack, &tree, err) < 0)
		return -1;
	root = &image_tree_root(tree)->entry;
	report.mode = root->mode;
	report.uid = root->uid;
	report.gid = root->gid;
	report.latest = image_tree_latest(tree);
	send_report(report_fd, &report);
	return image_flatten_write(&squash->stack, tree, tar_fd, err);
}

__attribute__((noreturn)) static void be_reader(const struct image_squash *squash, pid_t parent,
						int tar_fd, int report_fd)
{
	struct report report = {.kind = REPORT_DONE};

	(void)signal(SIGPIPE, SIG_IGN); /* sqfstar's end is an error like others */
	if (enter_child(parent, 0, &report.err) < 0 ||
	    read_layers(squash, tar_fd, report_fd, &report.err) < 0)
		report.kind = REPORT_FAILED;
	send_report(report_fd, &report);
	_exit(0);
}

__attribute__((noreturn)) static void be_sqfstar(const struct work *work, pid_t parent,
						 int complaints_fd, const struct report *root)
{
	const struct image_squash *squash = work->squash;
	const struct isolate_path paths[] = {
		{.path = "/usr", .execute = true},
		{.path = "/etc"},
		{.path = squash->dir, .write = true},
	};
	char mode[WORD_SIZE];
	char epoch[2 * WORD_SIZE];
	const char *const argv[] = {SQFSTAR,	  "-no-progress",
				    "-quiet",	  "-exit-on-error",
				    "-mem",	  SQFSTAR_MEMORY,
				    "-comp",	  SQFSTAR_COMPRESSION,
				    "-b",	  SQFSTAR_BLOCK,
				    "-root-mode", mode,
				    squash->path, NULL};
	const char *const env[] = {SQFSTAR_PATH, epoch, NULL};
	struct err err = ERR_INIT;
	bool walled;

	(void)snprintf(mode, sizeof(mode), "%o", root->mode & 07777);
	(void)snprintf(epoch, sizeof(epoch), "SOURCE_DATE_EPOCH=%u", root->latest);
	if (dup2(work->tar_read, 0) < 0 || dup2(complaints_fd, 1) < 0 ||
	    dup2(complaints_fd, 2) < 0 || syscall(SYS_close_range, 3u, ~0u, 0) < 0)
		_exit(EXIT_NOT_STARTED);
	if (root->namespaces)
		(void)leave_network(root->uid, root->gid); /* as it did for the reader */
	if (enter_child(parent, squash->stack.bytes_max + SQUASHFS_SLACK, &err) < 0 ||
	    isolate_files(paths, ARRAY_LEN(paths), &walled, &err) < 0) {
		(void)dprintf(2, "%s\n", err.text);
		_exit(EXIT_NOT_STARTED);
	}
	(void)execvpe(argv[0], (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)env);
	(void)dprintf(2, "run %s: %s\n", argv[0], strerror(errno));
	_exit(EXIT_NOT_STARTED);
}

static int watch_child(struct child *child, pid_t pid, struct err *err)
{
	if (pid < 0)
		return err_sys(err, errno, "fork");
	child->pid = pid;
	child->pid_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (child->pid_fd < 0)
		return err_sys(err, errno, "watch a child");
	return 0;
}

static int start_reader(struct work *work, struct err *err)
{
	AUTO(fd_closep) int report_write = -1;
	pid_t parent = getpid();
	int report[2];
	int tar[2];
	pid_t pid;

	if (pipe2(report, O_CLOEXEC) < 0)
		return err_sys(err, errno, "create a pipe");
	work->report_fd = report[0];
	report_write = report[1];
	if (pipe2(tar, O_CLOEXEC) < 0)
		return err_sys(err, errno, "create a pipe");
	work->tar_read = tar[0];
	work->tar_write = tar[1];
	(void)fcntl(tar[1], F_SETPIPE_SZ, 1024 * 1024); /* fewer wake-ups; smaller works too */
	pid = fork();
	if (pid == 0) {
		fd_closep(&work->tar_read);
		fd_closep(&work->report_fd);
		be_reader(work->squash, parent, work->tar_write, report_write);
	}
	fd_closep(&work->tar_write);
	return watch_child(&work->reader, pid, err);
}

static int start_sqfstar(struct work *work, const struct report *root, struct err *err)
{
	AUTO(fd_closep) int complaints_write = -1;
	pid_t parent = getpid();
	int complaints[2];
	pid_t pid;

	if (pipe2(complaints, O_CLOEXEC) < 0)
		return err_sys(err, errno, "create a pipe");
	work->complaints_fd = complaints[0];
	complaints_write = complaints[1];
	if (fcntl(work->complaints_fd, F_SETFL, O_NONBLOCK) < 0)
		return err_sys(err, errno, "set up a pipe");
	pid = fork();
	if (pid == 0)
		be_sqfstar(work, parent, complaints_write, root);
	fd_closep(&work->tar_read);
	return watch_child(&work->sqfstar, pid, err);
}

/* What sqfstar's end means. */
static int judge_sqfstar(const struct work *work, struct err *err)
{
	struct buf *complaints = (struct buf *)(uintptr_t)&work->complaints;
	const char *text = buf_text(complaints);
	int status = work->sqfstar.status;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (!text)
		text = "";
	if (strstr(text, "No space left on device") || strstr(text, "Disk quota exceeded"))
		return err_set(err, ERR_NO_SPACE, "write the image: no space left on device");
	if (strstr(text, "File too large") || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ))
		return err_set(err, ERR_LIMIT, "image unpacks to more bytes than are allowed");
	if (WIFSIGNALED(status))
		return err_set(err, ERR_SYSTEM, SQFSTAR " was ended by signal %d",
			       WTERMSIG(status));
	return err_set(err, ERR_SYSTEM, SQFSTAR ": %.*s", (int)strcspn(text, "\n"), text);
}

static void collect(struct child *child)
{
	while (waitpid(child->pid, &child->status, 0) < 0 && errno == EINTR)
		continue;
	child->pid = 0;
	fd_closep(&child->pid_fd);
}

/* The reader is gone without a last word. */
static int judge_reader(struct work *work, struct err *err)
{
	collect(&work->reader);
	if (WIFSIGNALED(work->reader.status))
		return err_set(err, ERR_SYSTEM, "the reader of layers was ended by signal %d",
			       WTERMSIG(work->reader.status));
	return err_set(err, ERR_SYSTEM, "the reader of layers ended without a report");
}

/* One report; *ret_done is true when it was the last and good. */
static int take_report(struct work *work, bool *ret_done, struct err *err)
{
	struct report report;
	ssize_t got = read(work->report_fd, &report, sizeof(report));

	if (got < 0 && errno == EINTR)
		return 0;
	if (got != (ssize_t)sizeof(report))
		return judge_reader(work, err);
	switch (report.kind) {
	case REPORT_ROOT:
		if (work->tar_read < 0)
			break;
		return start_sqfstar(work, &report, err);
	case REPORT_DONE:
		*ret_done = true;
		return 0;
	case REPORT_FAILED:
		report.err.text[sizeof(report.err.text) - 1] = '\0';
		if (report.err.code <= ERR_NONE || report.err.code >= ERR_CODE_COUNT)
			break;
		*err = report.err;
		return -1;
	}
	return err_set(err, ERR_SYSTEM, "the reader of layers sent a report that makes no sense");
}

static void take_complaints(struct work *work)
{
	uint8_t piece[COMPLAINTS_MAX];
	struct err err;
	ssize_t got;

	while ((got = read(work->complaints_fd, piece, sizeof(piece))) > 0) {
		size_t room = work->complaints.max - work->complaints.len;
		size_t len = (size_t)got < room ? (size_t)got : room;

		/* No memory: then the words are lost, not the exit code. */
		(void)!buf_append(&work->complaints, piece, len, &err);
	}
	if (got == 0)
		fd_closep(&work->complaints_fd);
}

static int wait_for_either(struct work *work, short *ret_report, bool *ret_sqfstar, struct err *err)
{
	struct pollfd polled[] = {
		{.fd = work->report_fd, .events = POLLIN},
		{.fd = work->sqfstar.pid_fd, .events = POLLIN},
		{.fd = work->complaints_fd, .events = POLLIN},
	};
	int64_t left_ms = (work->squash->end_ns - clock_boot_ns()) / 1000000;

	if (left_ms <= 0)
		return err_set(err, ERR_TIMEOUT, "unpack the image: context deadline exceeded");
	if (poll(polled, ARRAY_LEN(polled), left_ms > 1000 ? 1000 : (int)left_ms) < 0 &&
	    errno != EINTR)
		return err_sys(err, errno, "wait for children");
	if (polled[2].revents)
		take_complaints(work);
	*ret_report = polled[0].revents;
	*ret_sqfstar = polled[1].revents != 0;
	return 0;
}

/* After sqfstar's end: collect it and its last words. */
static int finish_sqfstar(struct work *work, struct err *err)
{
	collect(&work->sqfstar);
	if (work->complaints_fd >= 0)
		take_complaints(work);
	return judge_sqfstar(work, err);
}

static int follow(struct work *work, struct err *err)
{
	bool read_all = false;
	bool made = false;

	while (!read_all || !made) {
		short reported;
		bool ended;

		if (wait_for_either(work, &reported, &ended, err) < 0)
			return -1;
		/* When sqfstar breaks down, the reader's pipe breaks too: sqfstar knows why. */
		if (ended) {
			if (finish_sqfstar(work, err) < 0)
				return -1;
			made = true;
		}
		if (!reported)
			continue;
		if (take_report(work, &read_all, err) < 0) {
			if (err->code != ERR_UNAVAILABLE || work->sqfstar.pid == 0)
				return -1;
			return finish_sqfstar(work, err) < 0
				       ? -1
				       : err_set(err, ERR_SYSTEM,
						 SQFSTAR " ended before the image did");
		}
		if (read_all)
			fd_closep(&work->report_fd);
	}
	return 0;
}

int image_squash(const struct image_squash *squash, struct err *err)
{
	AUTO(work_done)
	struct work work = {
		.squash = squash,
		.reader.pid_fd = -1,
		.sqfstar.pid_fd = -1,
		.report_fd = -1,
		.tar_read = -1,
		.tar_write = -1,
		.complaints_fd = -1,
	};
	AUTO(fd_closep) int fd = -1;

	buf_init(&work.complaints, COMPLAINTS_MAX);
	if (start_reader(&work, err) < 0 || follow(&work, err) < 0)
		return -1;
	fd = open(squash->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "open %s", squash->path);
	if (fsync(fd) < 0)
		return err_sys(err, errno, "sync %s", squash->path);
	return 0;
}
