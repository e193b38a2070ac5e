/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running a program. Everything that needs memory is prepared before fork();
 * between fork() and execve() the child makes system calls only, because other
 * threads of the parent may have held any lock at that moment. A step that fails
 * there is told to the parent through a pipe that a successful exec closes.
 *
 * The child leads a process group of its own. Its end is seen by a pidfd in the
 * same poll() as its output; as long as it is not waited for, its number cannot be
 * given to others, so killing the group is safe even then, and is always done:
 * nothing that the program left in its group outlives the call.
 *
 * Input comes from a memory file instead of a pipe: there is nothing to pump and
 * no SIGPIPE to fear. There is no PR_SET_PDEATHSIG, which follows the thread that
 * forked and would kill children when a worker thread ends.
 */
#include "core/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "core/clock.h"

#define DEFAULT_PATH	 "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define CANCEL_LOOK_MS	 100
#define READ_PIECE	 65536
#define READS_A_LOOK	 512 /* of 4 KiB at least: more than a pipe can ever hold (1 MiB) */
#define SIGNAL_LAST	 64
#define REPORT_FD	 3 /* in the child, behind the standard three */
#define EXIT_NOT_STARTED 127

/* What the child reports when it could not become the program. */
struct report {
	int errnum;
	const char *step; /* a literal: the child is a copy, it has them at the same place */
};

/* All that the child uses, ready before fork(). */
struct start {
	const struct proc_call *call;
	char *path; /* of the program */
	char **env; /* where the call has none; owned with its texts */
	int input_fd, output_fd, errors_fd, report_fd; /* the child's ends */
};

/* The parent's view of a child that was forked. */
struct run {
	const struct proc_call *call;
	pid_t pid;
	int pid_fd, output_fd, errors_fd, report_fd; /* the parent's ends */
	int64_t end_ns;
};

static void start_done(struct start *start)
{
	free(start->path);
	start->path = NULL;
	for (char **at = start->env; at && *at; at++)
		free(*at);
	free(start->env);
	start->env = NULL;
	fd_closep(&start->input_fd);
	fd_closep(&start->output_fd);
	fd_closep(&start->errors_fd);
	fd_closep(&start->report_fd);
}

/* Kill what is left of the group and collect the child; the wait status. */
static int run_end(struct run *run)
{
	int status = 0;

	if (run->pid <= 0)
		return 0;
	(void)kill(-run->pid, SIGKILL); /* fails when nobody is left, which is the aim */
	while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	run->pid = 0;
	return status;
}

static void run_done(struct run *run)
{
	(void)run_end(run); /* does nothing when the child was collected */
	fd_closep(&run->pid_fd);
	fd_closep(&run->output_fd);
	fd_closep(&run->errors_fd);
	fd_closep(&run->report_fd);
}

/* PATH, and behind it the folders that an ordinary user's PATH lacks on Debian (mkfs, nft):
 * many a tool there is of use to everybody. The caller frees it. */
static char *program_folders(void)
{
	const char *folders = getenv("PATH");

	if (!folders || !*folders)
		return xstrdup(DEFAULT_PATH);
	return xasprintf("%s:/usr/sbin:/sbin", folders);
}

/* The environment of a program whose caller gives none. */
static char **make_env(const char *folders, const char *const *pass)
{
	size_t count = 2;
	char **env;

	for (const char *const *name = pass; name && *name; name++)
		count++;
	env = xcalloc(count + 1, sizeof(*env));
	env[0] = xasprintf("PATH=%s", folders);
	env[1] = xstrdup("LANG=C.UTF-8");
	count = 2;
	for (const char *const *name = pass; name && *name; name++) {
		const char *value = getenv(*name);

		if (value)
			env[count++] = xasprintf("%s=%s", *name, value);
	}
	return env;
}

/* Find @name in @folders as a shell would. A path with a slash stays as it is. */
static int find_program(const char *name, const char *folders, char **ret_path, struct err *err)
{
	if (strchr(name, '/')) {
		*ret_path = xstrdup(name);
		return 0;
	}
	while (*folders) {
		size_t len = strcspn(folders, ":");
		AUTO(freep) char *path = xasprintf("%.*s/%s", (int)len, folders, name);
		struct stat st;

		/* Only absolute folders: the working directory must not choose programs. */
		if (folders[0] == '/' && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
		    access(path, X_OK) == 0) {
			*ret_path = STEAL(path, NULL);
			return 0;
		}
		folders += len + (folders[len] == ':');
	}
	return err_set(err, ERR_NOT_FOUND, "program %s is not in PATH", name);
}

/* Move a new descriptor above the standard ones, which a daemon may have closed. */
static int above_standard(int fd)
{
	int high;

	if (fd < 0 || fd > REPORT_FD)
		return fd;
	high = fcntl(fd, F_DUPFD_CLOEXEC, REPORT_FD + 1);
	close(fd);
	return high;
}

static int open_pipe(int *ret_read, int *ret_write, struct err *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "create a pipe");
	*ret_read = above_standard(ends[0]);
	*ret_write = above_standard(ends[1]);
	if (*ret_read < 0 || *ret_write < 0)
		return err_sys(err, errno, "create a pipe");
	/* Only our end: the program expects an ordinary pipe. */
	if (fcntl(*ret_read, F_SETFL, O_NONBLOCK) < 0)
		return err_sys(err, errno, "set up a pipe");
	return 0;
}

static int open_null(int flags, int *ret_fd, struct err *err)
{
	*ret_fd = above_standard(open("/dev/null", flags | O_CLOEXEC));
	if (*ret_fd < 0)
		return err_sys(err, errno, "open /dev/null");
	return 0;
}

static int open_input(const struct proc_call *call, int *ret_fd, struct err *err)
{
	const uint8_t *bytes = call->input;
	size_t left = call->input_len;

	if (!bytes)
		return open_null(O_RDONLY, ret_fd, err);
	*ret_fd = above_standard(memfd_create("input", MFD_CLOEXEC));
	if (*ret_fd < 0)
		return err_sys(err, errno, "create the program's input");
	while (left > 0) {
		ssize_t wrote = write(*ret_fd, bytes, left);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return err_sys(err, errno, "write the program's input");
		bytes += wrote;
		left -= (size_t)wrote;
	}
	if (lseek(*ret_fd, 0, SEEK_SET) < 0)
		return err_sys(err, errno, "rewind the program's input");
	return 0;
}

static int prepare(struct start *start, struct run *run, struct err *err)
{
	const struct proc_call *call = start->call;
	AUTO(freep) char *folders = program_folders();

	if (find_program(call->argv[0], folders, &start->path, err) < 0 ||
	    open_input(call, &start->input_fd, err) < 0 ||
	    open_pipe(&run->report_fd, &start->report_fd, err) < 0)
		return -1;
	if (call->output ? open_pipe(&run->output_fd, &start->output_fd, err) < 0
			 : open_null(O_WRONLY, &start->output_fd, err) < 0)
		return -1;
	if (call->errors ? open_pipe(&run->errors_fd, &start->errors_fd, err) < 0
			 : open_null(O_WRONLY, &start->errors_fd, err) < 0)
		return -1;
	start->env = make_env(folders, call->pass);
	return 0;
}

/* In the child: tell the parent which step failed, and end. */
__attribute__((noreturn)) static void give_up(const char *step)
{
	const struct report report = {.errnum = errno, .step = step};

	(void)!write(REPORT_FD, &report, sizeof(report));
	_exit(EXIT_NOT_STARTED);
}

/* In the child. Raw system calls: glibc's would signal threads that are not here. */
static void become_user(const struct proc_call *call)
{
	if (geteuid() == 0 && syscall(SYS_setgroups, 0, NULL) < 0)
		give_up("drop groups");
	if (syscall(SYS_setresgid, call->gid, call->gid, call->gid) < 0)
		give_up("set group");
	if (syscall(SYS_setresuid, call->uid, call->uid, call->uid) < 0)
		give_up("set user");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		give_up("limit rights");
}

/* In the child: system calls only, see the top. */
__attribute__((noreturn)) static void become_program(const struct start *start)
{
	const struct proc_call *call = start->call;
	const struct sigaction standard = {.sa_handler = SIG_DFL};
	const struct rlimit no_core = {0, 0};
	char *const *env = start->env;
	sigset_t none;

	/* The report's place first, so that all later steps can fail in words. All other
	 * descriptors of ours lie above it. */
	if (dup3(start->report_fd, REPORT_FD, O_CLOEXEC) < 0)
		_exit(EXIT_NOT_STARTED);
	if (setpgid(0, 0) < 0)
		give_up("lead a group");
	if (dup2(start->input_fd, 0) < 0 || dup2(start->output_fd, 1) < 0 ||
	    dup2(start->errors_fd, 2) < 0)
		give_up("set up pipes");
	if (syscall(SYS_close_range, REPORT_FD + 1, ~0u, 0) < 0)
		give_up("close files");
	for (int signo = 1; signo <= SIGNAL_LAST; signo++)
		(void)sigaction(signo, &standard, NULL); /* refused for KILL, STOP and libc's */
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (setrlimit(RLIMIT_CORE, &no_core) < 0)
		give_up("limit cores");
	if (call->as_user)
		become_user(call);
	if (call->dir && chdir(call->dir) < 0)
		give_up("enter folder");
	if (call->env)
		env = (char *const *)(uintptr_t)call->env;
	execve(start->path, (char *const *)(uintptr_t)call->argv, env);
	give_up("execute");
}

/* Read what is there, but not for ever: the writer may never pause. At the end of
 * the stream @fd is closed and -1. */
static int take_output(int *fd, struct buf *to, bool drop_excess, struct err *err)
{
	uint8_t excess[4096];

	for (unsigned i = 0; i < READS_A_LOOK; i++) {
		size_t left = to->max - to->len;
		size_t want = left < READ_PIECE ? left : READ_PIECE;
		uint8_t *room = excess;
		ssize_t got;

		if (want > 0 && buf_reserve(to, want, &room, err) < 0)
			return -1;
		got = read(*fd, room, want > 0 ? want : sizeof(excess));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return 0;
		if (got <= 0) {
			fd_closep(fd);
			return 0;
		}
		if (want > 0)
			buf_added(to, (size_t)got);
		else if (!drop_excess)
			return err_set(err, ERR_LIMIT, "it wrote more than %zu bytes", to->max);
	}
	return 0;
}

static int take_outputs(struct run *run, struct err *err)
{
	if (run->output_fd >= 0 && take_output(&run->output_fd, run->call->output, false, err) < 0)
		return -1;
	if (run->errors_fd >= 0 && take_output(&run->errors_fd, run->call->errors, true, err) < 0)
		return -1;
	return 0;
}

/* Did the child become the program? Its end of the pipe is closed if so. */
static int take_report(struct run *run, struct err *err)
{
	struct report report;
	ssize_t got = read(run->report_fd, &report, sizeof(report));

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	fd_closep(&run->report_fd);
	if (got != (ssize_t)sizeof(report))
		return 0;
	return err_sys(err, report.errnum, "%s", report.step);
}

/* How long poll() may wait; fails when the run must end. */
static int wait_ms(const struct run *run, int *ret_ms, struct err *err)
{
	int64_t left_ms = (run->end_ns - clock_boot_ns() + 999999) / 1000000;

	if (run->call->cancel && __atomic_load_n(run->call->cancel, __ATOMIC_RELAXED))
		return err_set(err, ERR_CONFLICT, "cancelled");
	if (left_ms <= 0)
		return err_set(err, ERR_TIMEOUT, "not done within %lld ms",
			       (long long)run->call->deadline_ms);
	/* A second at most: the clock may jump behind poll()'s back in a suspend. */
	*ret_ms = run->call->cancel ? CANCEL_LOOK_MS : 1000;
	if (left_ms < *ret_ms)
		*ret_ms = (int)left_ms;
	return 0;
}

/* Until the child has ended, or must be. */
static int follow(struct run *run, struct err *err)
{
	for (;;) {
		struct pollfd polled[] = {
			{.fd = run->pid_fd, .events = POLLIN},
			{.fd = run->report_fd, .events = POLLIN},
			{.fd = run->output_fd, .events = POLLIN},
			{.fd = run->errors_fd, .events = POLLIN},
		};
		int timeout = 0;

		if (wait_ms(run, &timeout, err) < 0)
			return -1;
		if (poll(polled, ARRAY_LEN(polled), timeout) < 0 && errno != EINTR)
			return err_sys(err, errno, "wait for it");
		if (run->report_fd >= 0 && take_report(run, err) < 0)
			return -1;
		if (take_outputs(run, err) < 0)
			return -1;
		/* It had ended before the streams were read, so they are complete. */
		if (polled[0].revents)
			return 0;
	}
}

int proc_run(const struct proc_call *call, int *ret_exit, struct err *err)
{
	AUTO(start_done)
	struct start start = {
		.call = call, .input_fd = -1, .output_fd = -1, .errors_fd = -1, .report_fd = -1};
	AUTO(run_done)
	struct run run = {
		.call = call, .pid_fd = -1, .output_fd = -1, .errors_fd = -1, .report_fd = -1};
	int64_t deadline_ns;
	int status;

	if (call->deadline_ms <= 0 ||
	    __builtin_mul_overflow(call->deadline_ms, INT64_C(1000000), &deadline_ns) ||
	    __builtin_add_overflow(clock_boot_ns(), deadline_ns, &run.end_ns))
		return err_set(err, ERR_INVALID, "run %s: a deadline is needed", call->argv[0]);
	if (prepare(&start, &run, err) < 0)
		return err_wrap(err, "run %s", call->argv[0]);
	run.pid = fork();
	if (run.pid == 0)
		become_program(&start);
	if (run.pid < 0)
		return err_sys(err, errno, "run %s: fork", call->argv[0]);
	/* Here too: whoever comes first, the group is there before it may be killed. */
	(void)setpgid(run.pid, run.pid);
	start_done(&start); /* or the streams would not end with the child */
	run.pid_fd = (int)syscall(SYS_pidfd_open, run.pid, 0);
	if (run.pid_fd < 0)
		return err_sys(err, errno, "run %s: watch it", call->argv[0]);
	if (follow(&run, err) < 0)
		return err_wrap(err, "run %s", call->argv[0]);
	status = run_end(&run);
	*ret_exit = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}
