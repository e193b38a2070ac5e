/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each stage is entered in a forked child, whose exit code (or signal) is the
 * result: the test's own process stays free.
 */
#include "tests/support/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#include "core/clock.h"
#include "core/file.h"
#include "core/ident.h"
#include "core/isolate.h"

static struct err err;
static char folder[64];

/* In the child, ck_assert would long-jump into the parent's test: exit instead. */
#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			(void)fprintf(stderr, "%d: %s: errno %d: %s\n", __LINE__, #condition,      \
				      errno, err.text);                                            \
			_exit(99);                                                                 \
		}                                                                                  \
	} while (0)

/* 0, an exit code, or 128 + signal. */
static int in_child(void (*body)(void))
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		body();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static bool status_says(const char *line)
{
	AUTO(buf_done) struct buf status;

	buf_init(&status, 65536);
	MUST(file_read("/proc/self/status", &status, &err) == 0);
	return strstr(buf_text(&status), line);
}

static void drop(void)
{
	bool root = geteuid() == 0;
	uid_t uid = root ? 65534 : geteuid();
	gid_t gid = root ? 65534 : getegid();
	int parent_signal = 0;

	MUST(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
	MUST(isolate_drop(uid, gid, &err) == 0);
	MUST(prctl(PR_GET_PDEATHSIG, &parent_signal) == 0 && parent_signal == SIGKILL);
	MUST(getuid() == uid && geteuid() == uid && getgid() == gid);
	MUST(setuid(0) < 0);
	MUST(status_says("NoNewPrivs:\t1\n"));
	MUST(status_says("CapEff:\t0000000000000000\n"));
	MUST(status_says("CapPrm:\t0000000000000000\n"));
	MUST(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	if (root) {
		MUST(status_says("CapBnd:\t0000000000000000\n"));
		MUST(getgroups(0, NULL) == 0);
	}
}

START_TEST(a_dropped_identity_does_not_come_back)
{
	ck_assert_int_eq(in_child(drop), 0);
}
END_TEST

static void drop_to_stranger(void)
{
	MUST(isolate_drop(12345, 12345, &err) == -1);
	MUST(err.code == ERR_DENIED);
}

static void drop_twice(void)
{
	drop();
	drop_to_stranger();
}

START_TEST(a_plain_user_cannot_become_another)
{
	ck_assert_int_eq(in_child(drop_twice), 0);
}
END_TEST

static void *sleeper(void *ctx)
{
	(void)ctx;
	(void)sleep(10);
	return NULL;
}

static void stages_with_threads(void)
{
	pthread_t thread;
	bool done = false;

	MUST(pthread_create(&thread, NULL, sleeper, NULL) == 0);
	MUST(isolate_drop(geteuid(), getegid(), &err) == -1 && err.code == ERR_CONFLICT);
	MUST(isolate_files(NULL, 0, &done, &err) == -1 && err.code == ERR_CONFLICT);
}

START_TEST(stages_that_bind_one_thread_are_refused_when_there_are_more)
{
	ck_assert_int_eq(in_child(stages_with_threads), 0);
}
END_TEST

static void only_some_files(void)
{
	char read_only[128];
	char writable[128];
	char file[160];
	struct isolate_path paths[2];
	AUTO(buf_done) struct buf buf;
	bool done = false;

	(void)snprintf(read_only, sizeof(read_only), "%s/r", folder);
	(void)snprintf(writable, sizeof(writable), "%s/w", folder);
	(void)snprintf(file, sizeof(file), "%s/file", read_only);
	MUST(file_make_dir(read_only, 0700, &err) == 0);
	MUST(file_make_dir(writable, 0700, &err) == 0);
	MUST(file_write(file, "x", 1, 0600, &err) == 0);
	paths[0] = (struct isolate_path){.path = read_only};
	paths[1] = (struct isolate_path){.path = writable, .write = true};
	MUST(isolate_files(paths, 2, &done, &err) == 0);
	if (!done)
		_exit(77);
	buf_init(&buf, 100);
	MUST(file_read(file, &buf, &err) == 0);
	MUST(open(file, O_WRONLY) < 0 && errno == EACCES);
	MUST(file_write(file, "y", 1, 0600, &err) == -1);
	MUST(open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES);
	MUST(open(folder, O_RDONLY) < 0 && errno == EACCES);
	(void)snprintf(file, sizeof(file), "%s/a", writable);
	MUST(file_write(file, "abc", 3, 0600, &err) == 0);
	MUST(truncate(file, 1) == 0);
	(void)snprintf(file, sizeof(file), "%s/sub", writable);
	MUST(file_make_dir(file, 0700, &err) == 0);
	MUST(rmdir(file) == 0);
	/* Once more, for less. */
	MUST(isolate_files(&paths[1], 1, &done, &err) == 0 && done);
	MUST(open(read_only, O_RDONLY) < 0);
}

START_TEST(only_the_named_trees_are_left_and_some_only_for_reading)
{
	int result;

	suite_folder(folder, sizeof(folder));
	result = in_child(only_some_files);
	ASSERT_OK(file_remove_tree(folder, &err), &err);
	/* 77: this kernel has no Landlock, which isolate_files() says, too. */
	ck_assert_msg(result == 0 || result == 77, "%d", result);
}
END_TEST

static void a_single_file(void)
{
	struct isolate_path path = {.path = "/etc/passwd"};
	struct isolate_path missing = {.path = "/nonexistent"};
	bool done = false;

	MUST(isolate_files(&path, 1, &done, &err) == 0);
	if (!done)
		return;
	MUST(open("/etc/passwd", O_RDONLY) >= 0);
	MUST(open("/etc/group", O_RDONLY) < 0);
	MUST(isolate_files(&missing, 1, &done, &err) == -1 && err.code == ERR_NOT_FOUND);
}

START_TEST(a_path_may_be_a_file_and_must_exist)
{
	ck_assert_int_eq(in_child(a_single_file), 0);
}
END_TEST

static void programs_only_where_allowed(void)
{
	const struct isolate_path paths[] = {
		{.path = "/usr", .execute = true},
		{.path = "/lib"},
		{.path = folder, .write = true},
	};
	bool done = false;

	MUST(isolate_files(paths, ARRAY_LEN(paths), &done, &err) == 0);
	if (!done)
		_exit(0);
	MUST(execl(folder, "x", NULL) < 0 && errno == EACCES);
	/* Tells the programs apart by their exit codes. */
	execl("/usr/bin/false", "false", NULL);
	_exit(99);
}

START_TEST(programs_run_from_trees_that_say_so_only)
{
	int result;

	suite_folder(folder, sizeof(folder));
	result = in_child(programs_only_where_allowed);
	ck_assert_int_eq(rmdir(folder), 0);
	ck_assert_msg(result == 1 || result == 0, "%d", result);
}
END_TEST

static void *thread_body(void *ctx)
{
	char id[IDENT_HEX32_SIZE];

	ident_hex32(id);
	*(char *)ctx = id[0];
	return NULL;
}

static void use_threads(void)
{
	for (int i = 0; i < 4; i++) {
		pthread_t thread;
		char got = 0;

		MUST(pthread_create(&thread, NULL, thread_body, &got) == 0);
		MUST(pthread_setname_np(thread, "x") == 0 || errno != EPERM);
		MUST(pthread_join(thread, NULL) == 0);
		MUST(got != 0);
	}
}

static void use_files(void)
{
	char path[128];
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
	int fd;
	void *map;

	(void)snprintf(path, sizeof(path), "%s/db", folder);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	MUST(fd >= 0);
	MUST(ftruncate(fd, 65536) == 0);
	MUST(pwrite(fd, "x", 1, 9) == 1);
	MUST(fdatasync(fd) == 0 && fsync(fd) == 0);
	MUST(fcntl(fd, F_SETLK, &lock) == 0);
	map = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	MUST(map != MAP_FAILED && ((char *)map)[9] == 'x');
	MUST(munmap(map, 65536) == 0);
	MUST(close(fd) == 0 && unlink(path) == 0);
}

static void use_loop_things(void)
{
	struct epoll_event event = {.events = EPOLLIN};
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	int event_fd = eventfd(1, EFD_CLOEXEC);
	int pair[2];

	MUST(epoll_fd >= 0 && event_fd >= 0);
	MUST(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, event_fd, &event) == 0);
	MUST(epoll_wait(epoll_fd, &event, 1, 1000) == 1);
	MUST(timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC) >= 0);
	MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0);
	MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0);
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	MUST(clock_boot_ns() > 0 && usleep(1000) == 0);
}

static void use_all_that_a_server_needs(void)
{
	AUTO(freep) char *large = NULL;

	MUST(isolate_syscalls_server(&err) == 0);
	use_threads();
	use_files();
	use_loop_things();
	large = xcalloc(1, 32 << 20);
	large[12345] = 1;
	MUST(raise(SIGURG) == 0);
}

START_TEST(a_server_goes_on_working)
{
	suite_folder(folder, sizeof(folder));
	ck_assert_int_eq(in_child(use_all_that_a_server_needs), 0);
	ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

static void try_what_is_refused(void)
{
	MUST(isolate_syscalls_server(&err) == 0);
	MUST(socket(AF_NETLINK, SOCK_RAW, 0) < 0 && errno == EPERM);
	MUST(socket(AF_PACKET, SOCK_RAW, 0) < 0 && errno == EPERM);
	MUST(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		  0) == MAP_FAILED &&
	     errno == EPERM);
	MUST(kill(getppid(), 0) < 0 && errno == EPERM);
	MUST(symlink("/etc", "/tmp/slipway-link") < 0 && errno == EPERM);
	MUST(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0 && errno == EPERM);
}

static void go_offline(void)
{
	int pair[2] = {0, 1};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = {.sin_family = AF_INET};

	MUST(isolate_syscalls_offline(&err) == 0);
	use_threads();
	MUST(socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM);
	MUST(socket(AF_INET6, SOCK_STREAM, 0) < 0 && errno == EPERM);
	MUST(socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM);
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 && errno == EPERM);
	MUST(connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 && errno == EPERM);
}

START_TEST(offline_there_is_no_socket)
{
	ck_assert_int_eq(in_child(go_offline), 0);
}
END_TEST

START_TEST(what_is_merely_not_needed_fails)
{
	ck_assert_int_eq(in_child(try_what_is_refused), 0);
}
END_TEST

#define DEADLY(name, call)                                                                         \
	static void name(void)                                                                     \
	{                                                                                          \
		MUST(isolate_syscalls_server(&err) == 0);                                          \
		(void)call;                                                                        \
	}
DEADLY(do_fork, syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0))
DEADLY(do_exec, syscall(SYS_execve, "/bin/true", NULL, NULL))
DEADLY(do_ptrace, syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0))
DEADLY(do_mount, syscall(SYS_mount, "none", "/mnt", "tmpfs", 0, NULL))
DEADLY(do_unshare, syscall(SYS_unshare, 0))
DEADLY(do_bpf, syscall(SYS_bpf, 0, NULL, 0))
DEADLY(do_setuid, syscall(SYS_setuid, 0))
DEADLY(do_io_uring, syscall(SYS_io_uring_setup, 1, NULL))
DEADLY(do_module, syscall(SYS_init_module, NULL, 0, NULL))

START_TEST(what_only_an_intruder_needs_ends_the_process)
{
	void (*const bodies[])(void) = {do_fork, do_exec,   do_ptrace,	 do_mount, do_unshare,
					do_bpf,	 do_setuid, do_io_uring, do_module};

	for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
		ck_assert_msg(in_child(bodies[i]) == 128 + SIGSYS, "number %zu", i);
}
END_TEST

static void *forker(void *ctx)
{
	(void)ctx;
	(void)usleep(50000);
	(void)syscall(SYS_execve, "/bin/true", NULL, NULL);
	return NULL;
}

static void filter_with_threads(void)
{
	pthread_t thread;

	MUST(pthread_create(&thread, NULL, forker, NULL) == 0);
	MUST(isolate_syscalls_server(&err) == 0);
	MUST(pthread_join(thread, NULL) == 0);
}

START_TEST(the_filter_binds_threads_that_run_already)
{
	ck_assert_int_eq(in_child(filter_with_threads), 128 + SIGSYS);
}
END_TEST

static void all_stages_and_exit(void)
{
	bool done = false;
	char *leaked = xstrdup("not freed, so that a leak check has something to say");

	drop();
	MUST(isolate_files(NULL, 0, &done, &err) == 0);
	MUST(isolate_syscalls_server(&err) == 0);
	MUST(leaked != NULL);
	exit(0); /* with all handlers, as a program does */
}

START_TEST(all_stages_together_let_the_program_end)
{
	ck_assert_int_eq(in_child(all_stages_and_exit), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_dropped_identity_does_not_come_back,
		a_plain_user_cannot_become_another,
		stages_that_bind_one_thread_are_refused_when_there_are_more,
		only_the_named_trees_are_left_and_some_only_for_reading,
		a_path_may_be_a_file_and_must_exist,
		programs_run_from_trees_that_say_so_only,
		a_server_goes_on_working,
		offline_there_is_no_socket,
		what_is_merely_not_needed_fails,
		what_only_an_intruder_needs_ends_the_process,
		the_filter_binds_threads_that_run_already,
		all_stages_together_let_the_program_end,
	};

	return suite_run("core/isolate", tests, ARRAY_LEN(tests));
}
