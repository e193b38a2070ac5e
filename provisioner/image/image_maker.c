/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See image_maker.h. The child ends with its parent (PR_SET_PDEATHSIG), and whatever the
 * parent writes after the fork is not in its memory, but for the arrival, which they share.
 */
#include "provisioner/image/image_maker.h"

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

#include "core/clock.h"
#include "core/isolate.h"
#include "provisioner/image/image_flatten.h"

/* Of the child. */
#define DISK_FD	    3
#define REPORT_FD   4
#define CLOSED_FROM 5 /* from here on */

#define DISK_SLACK (64 * 1024 * 1024) /* tables beside the content */

struct report {
	bool made;
	struct err err; /* unless it was made */
};

struct image_maker {
	struct image_arrival *arrival;
	pid_t pid;     /* 0: collected */
	int report_fd; /* from the child */
};

struct image_arrival *image_maker_arrival(struct image_maker *maker)
{
	return maker->arrival;
}

int image_maker_fd(const struct image_maker *maker)
{
	return maker->report_fd;
}

/* --- the child --- */

static void write_line(const char *path, const char *text)
{
	AUTO(fd_closep) int fd = open(path, O_WRONLY | O_CLOEXEC);

	/* Without it the ids have no names here, which nothing needs. */
	if (fd >= 0)
		(void)!write(fd, text, strlen(text));
}

/*
 * Keep the two descriptors that are ours, as DISK_FD and REPORT_FD, and none of the parent's:
 * its answer, its locks, its folders.
 */
static bool keep_two(int disk_fd, int report_fd)
{
	/* Out of the way of the places that are taken next. */
	int disk = fcntl(disk_fd, F_DUPFD_CLOEXEC, CLOSED_FROM);
	int report = fcntl(report_fd, F_DUPFD_CLOEXEC, CLOSED_FROM);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	return disk >= 0 && report >= 0 && null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
	       dup2(null, STDOUT_FILENO) >= 0 && dup2(null, STDERR_FILENO) >= 0 &&
	       dup2(disk, DISK_FD) >= 0 && dup2(report, REPORT_FD) >= 0 &&
	       syscall(SYS_close_range, CLOSED_FROM, ~0u, 0) == 0;
}

/* It may name a proxy's password. */
static void forget_environment(void)
{
	for (char **at = environ; at && *at; at++)
		explicit_bzero(*at, strlen(*at));
	(void)clearenv();
}

/* Leave the network, where plain users may: else the filter alone keeps us from it. */
static void leave_network(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
	uid_t uid = getuid();
	char map[64];

	/* A root without capabilities may be mapped to nobody. */
	if (uid == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return;
	/* Our own files in /proc are root's otherwise. */
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	(void)snprintf(map, sizeof(map), "%u %u 1", (unsigned)uid, (unsigned)uid);
	write_line("/proc/self/uid_map", map);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* Over the new namespace we have every power; none is needed. */
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	(void)syscall(SYS_capset, &header, none);
}

/* End with the parent, leave nothing big behind, and shut every door. */
static int lock_in(const char *blobs, pid_t parent, int64_t bytes_max, struct err *err)
{
	const rlim_t most = (rlim_t)bytes_max + DISK_SLACK;
	struct rlimit size;
	const struct isolate_path paths[] = {{.path = blobs}};
	bool walled;

	(void)signal(SIGXFSZ, SIG_IGN); /* the write says so, too */
	if (getrlimit(RLIMIT_FSIZE, &size) < 0)
		return err_sys(err, errno, "limit a child");
	if (most < size.rlim_max)
		size.rlim_max = most;
	size.rlim_cur = size.rlim_max;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || setrlimit(RLIMIT_FSIZE, &size) < 0)
		return err_sys(err, errno, "limit a child");
	if (getppid() != parent)
		return err_set(err, ERR_UNAVAILABLE, "the parent has ended");
	leave_network();
	/* A kernel without Landlock has the other walls. */
	if (isolate_files(paths, ARRAY_LEN(paths), &walled, err) < 0)
		return -1;
	return isolate_syscalls_offline(err);
}

static int make(const struct image_arrival *arrival, const char *blobs, int disk_fd,
		unsigned threads, struct err *err)
{
	static char diff_ids[IMAGE_LAYERS_MAX][IMAGE_DIGEST_SIZE];
	const struct image_order *order = &arrival->order;
	AUTO(image_tree_freep) struct image_tree *tree = NULL;
	AUTO(image_disk_freep) struct image_disk *disk = NULL;
	struct image_stack stack = {.dir = blobs, .arrival = arrival};

	if (image_disk_open(disk_fd, threads, &disk, err) < 0)
		return -1;
	image_arrival_await_order(arrival);
	stack.layers = order->layers;
	stack.count = order->count;
	stack.bytes_max = order->bytes_max;
	if (image_flatten(&stack, disk, &tree, diff_ids, err) < 0)
		return -1;
	image_arrival_await_judge(arrival);
	for (size_t i = 0; i < order->count; i++) {
		if (strcmp(diff_ids[i], order->diff_ids[i]) != 0)
			return image_flatten_refuse(&order->layers[i], err);
	}
	return image_disk_finish(disk, tree, err);
}

__attribute__((noreturn)) static void be_child(const struct image_maker *maker, const char *blobs,
					       int disk_fd, int64_t bytes_max, pid_t parent,
					       int report_fd)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN); /* later it sees no /sys */
	struct report report = {.made = true};

	forget_environment();
	if (!keep_two(disk_fd, report_fd))
		_exit(1); /* where to say it is not known */
	if (lock_in(blobs, parent, bytes_max, &report.err) < 0 ||
	    make(maker->arrival, blobs, DISK_FD, processors > 0 ? (unsigned)processors : 1,
		 &report.err) < 0)
		report.made = false;
	/* Smaller than a pipe's room, so in one piece; what fails shows as an end without. */
	(void)!write(REPORT_FD, &report, sizeof(report));
	_exit(0);
}

/* --- the parent --- */

int image_maker_start(const char *blobs, int disk_fd, int64_t bytes_max,
		      struct image_maker **ret_maker, struct err *err)
{
	struct image_maker *maker = xcalloc(1, sizeof(*maker));
	AUTO(fd_closep) int report_write = -1;
	pid_t parent = getpid();
	int report[2];

	maker->report_fd = -1;
	maker->arrival = image_arrival_new();
	if (!maker->arrival || pipe2(report, O_CLOEXEC) < 0) {
		image_maker_free(maker);
		return err_sys(err, errno, "prepare a child");
	}
	maker->report_fd = report[0];
	report_write = report[1];
	maker->pid = fork();
	if (maker->pid == 0) {
		fd_closep(&maker->report_fd);
		be_child(maker, blobs, disk_fd, bytes_max, parent, report_write);
	}
	if (maker->pid < 0) {
		int failure = errno;

		maker->pid = 0;
		image_maker_free(maker);
		return err_sys(err, failure, "fork");
	}
	*ret_maker = maker;
	return 0;
}

static int collect(struct image_maker *maker)
{
	int status = 0;

	while (waitpid(maker->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	maker->pid = 0;
	return status;
}

void image_maker_free(struct image_maker *maker)
{
	if (!maker)
		return;
	if (maker->pid > 0) {
		(void)kill(maker->pid, SIGKILL); /* our own child, not yet waited for */
		(void)collect(maker);
	}
	image_arrival_free(maker->arrival);
	fd_closep(&maker->report_fd);
	free(maker);
}

/* It is gone without a last word. */
static int judge_end(struct image_maker *maker, struct err *err)
{
	int status = collect(maker);

	if (WIFSIGNALED(status))
		return err_set(err, ERR_SYSTEM, "the reader of layers was ended by signal %d",
			       WTERMSIG(status));
	return err_set(err, ERR_SYSTEM, "the reader of layers ended without a report");
}

int image_maker_finish(struct image_maker *maker, int64_t end_ns, struct err *err)
{
	struct pollfd polled = {.fd = maker->report_fd, .events = POLLIN};
	struct report report;
	ssize_t got;

	do {
		int64_t left_ms = (end_ns - clock_boot_ns()) / 1000000;

		if (left_ms <= 0)
			return err_set(err, ERR_TIMEOUT,
				       "unpack the image: context deadline exceeded");
		if (poll(&polled, 1, left_ms > 1000 ? 1000 : (int)left_ms) < 0 && errno != EINTR)
			return err_sys(err, errno, "wait for a child");
	} while (!polled.revents);
	do {
		got = read(maker->report_fd, &report, sizeof(report));
	} while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(report))
		return judge_end(maker, err);
	(void)collect(maker);
	if (report.made)
		return 0;
	report.err.text[sizeof(report.err.text) - 1] = '\0';
	if (report.err.code <= ERR_NONE || report.err.code >= ERR_CODE_COUNT)
		return err_set(err, ERR_SYSTEM,
			       "the reader of layers sent a report that makes no sense");
	*err = report.err;
	return -1;
}
