/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See supervisor.h. A program that lived at least STEADY_MS starts again after
 * DELAY_FIRST_MS; one that keeps dying waits twice as long each time, up to
 * DELAY_MOST_MS.
 */
#include "cli/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cli/log_tail.h"
#include "cli/witness.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/log.h"
#include "core/loop.h"

#define DELAY_FIRST_MS	 200
#define DELAY_MOST_MS	 10000
#define STEADY_MS	 10000
#define LAST_WORDS_SIZE	 512		    /* of a log, shown when its program ends */
#define LOG_ROTATE_BYTES (16 * 1024 * 1024) /* an older log is kept as NAME.1 */

struct program {
	struct supervisor *supervisor;
	const struct supervisor_program *spec;
	pid_t pid; /* 0: not running */
	int64_t started_ns, delay_ms;
	off_t log_start;	  /* of what this run wrote */
	struct loop_timer *timer; /* to start again, or to kill */
};

struct supervisor {
	struct loop *loop;
	struct witness *witness;
	struct program programs[SUPERVISOR_PROGRAMS_MAX];
	size_t count;
	bool stopping;
};

static void rotate_log(const char *path)
{
	struct stat info;
	if (stat(path, &info) < 0 || info.st_size < LOG_ROTATE_BYTES)
		return;
	AUTO(freep) char *older = xasprintf("%s.1", path);
	(void)rename(path, older); /* else it goes on growing: no reason not to start */
}

static bool become_user(const char *name)
{
	const struct passwd *user = getpwnam(name);
	return user != NULL && setgroups(0, NULL) == 0 &&
	       setresgid(user->pw_gid, user->pw_gid, user->pw_gid) == 0 &&
	       setresuid(user->pw_uid, user->pw_uid, user->pw_uid) == 0;
}

/* In the child: never returns. */
static void become(const struct supervisor_program *spec, pid_t parent, int log_fd)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	if (spec->user != NULL && !become_user(spec->user)) {
		dprintf(log_fd, "cannot become user %s\n", spec->user);
		_exit(126);
	}
	/* After the change of user, which would undo it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (getppid() != parent || null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(log_fd, 1) < 0 ||
	    dup2(log_fd, 2) < 0)
		_exit(126);
	execv(spec->argv[0], (char *const *)spec->argv);
	dprintf(2, "cannot run %s: %s\n", spec->argv[0], strerror(errno));
	_exit(127);
}

static int launch(struct program *program, struct err *err)
{
	const struct supervisor_program *spec = program->spec;
	rotate_log(spec->log_path);
	AUTO(fd_closep)
	int log_fd = open(spec->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (log_fd < 0)
		return err_sys(err, errno, "open %s", spec->log_path);
	program->log_start = lseek(log_fd, 0, SEEK_END);
	pid_t self = getpid();
	pid_t pid = fork();
	if (pid < 0)
		return err_sys(err, errno, "fork %s", spec->name);
	if (pid == 0)
		become(spec, self, log_fd);
	program->pid = pid;
	program->started_ns = clock_boot_ns();
	witness_stay_awake(program->supervisor->witness);
	char text[32];
	int len = snprintf(text, sizeof(text), "%d\n", (int)pid);
	return file_write(spec->pid_path, text, (size_t)len, 0644, err);
}

static void launch_or_retry(void *ctx)
{
	struct program *program = ctx;
	struct err err = ERR_INIT;
	program->timer = NULL;
	if (launch(program, &err) < 0) {
		log_error("cannot start program=%s why=%s", program->spec->name, err.text);
		program->timer = loop_timer_add(program->supervisor->loop, DELAY_MOST_MS,
						launch_or_retry, program);
	}
}

static void kill_it(void *ctx)
{
	struct program *program = ctx;
	program->timer = NULL;
	if (program->pid > 0)
		kill(program->pid, SIGKILL);
}

/* Stop the last program that still runs; when none does, the work is done. */
static void stop_next(struct supervisor *supervisor)
{
	for (size_t i = supervisor->count; i-- > 0;) {
		struct program *program = &supervisor->programs[i];
		loop_timer_cancel(STEAL(program->timer, NULL));
		if (program->pid == 0)
			continue;
		kill(program->pid, SIGTERM);
		program->timer =
			loop_timer_add(supervisor->loop, SUPERVISOR_STOP_MS, kill_it, program);
		return;
	}
	loop_stop(supervisor->loop);
}

static void program_ended(struct program *program, int status)
{
	int64_t lived_ms = (clock_boot_ns() - program->started_ns) / 1000000;
	char words[LAST_WORDS_SIZE] = "";
	program->pid = 0;
	if (program->supervisor->stopping) {
		stop_next(program->supervisor);
		return;
	}
	witness_stay_awake(program->supervisor->witness);
	if (lived_ms >= STEADY_MS || program->delay_ms == 0)
		program->delay_ms = DELAY_FIRST_MS;
	else if (program->delay_ms < DELAY_MOST_MS)
		program->delay_ms *= 2;
	if (WIFEXITED(status)) /* who was killed had no time to say why */
		log_tail(program->spec->log_path, program->log_start, words, sizeof(words));
	log_warn("program=%s ended %s=%d after_ms=%lld restart_in_ms=%lld log=%s%s%s",
		 program->spec->name, WIFSIGNALED(status) ? "signal" : "status",
		 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), (long long)lived_ms,
		 (long long)program->delay_ms, program->spec->log_path,
		 words[0] != '\0' ? " last: " : "", words);
	program->timer = loop_timer_add(program->supervisor->loop, program->delay_ms,
					launch_or_retry, program);
}

static struct program *find_program(struct supervisor *supervisor, pid_t pid)
{
	for (size_t i = 0; i < supervisor->count; i++) {
		if (supervisor->programs[i].pid == pid)
			return &supervisor->programs[i];
	}
	return NULL;
}

/* The next child that has ended, not reaped yet; 0: none has. */
static pid_t ended_child(void)
{
	siginfo_t info = {.si_pid = 0};
	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 ? info.si_pid : 0;
}

static void on_child(void *ctx, int signo)
{
	struct supervisor *supervisor = ctx;
	int64_t now_ns = clock_boot_ns();
	(void)signo;
	for (pid_t pid = ended_child(); pid > 0; now_ns = clock_boot_ns(), pid = ended_child()) {
		struct program *program = find_program(supervisor, pid);
		int status = 0;
		if (program == NULL)
			witness_child_ended(supervisor->witness, pid, now_ns);
		if (waitpid(pid, &status, 0) == pid && program != NULL)
			program_ended(program, status);
	}
}

static void on_stop(void *ctx, int signo)
{
	struct supervisor *supervisor = ctx;
	(void)signo;
	if (supervisor->stopping)
		return;
	supervisor->stopping = true;
	stop_next(supervisor);
}

static void on_ignored(void *ctx, int signo)
{
	(void)ctx;
	(void)signo;
}

static int supervise(const struct supervisor_program *programs, size_t count, const char *run_dir,
		     struct err *err)
{
	AUTO(loop_freep) struct loop *loop = NULL;
	struct supervisor supervisor = {.count = count};
	int result;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return err_sys(err, errno, "become the subreaper");
	/* Ctrl-C in the terminal is the parent's to handle; it says SIGTERM to us. */
	if (loop_new(&loop, err) < 0 || loop_signal_add(loop, SIGINT, on_ignored, NULL, err) < 0 ||
	    loop_signal_add(loop, SIGHUP, on_ignored, NULL, err) < 0 ||
	    loop_signal_add(loop, SIGTERM, on_stop, &supervisor, err) < 0 ||
	    loop_signal_add(loop, SIGCHLD, on_child, &supervisor, err) < 0)
		return -1;
	supervisor.loop = loop;
	supervisor.witness = witness_new(loop, run_dir);
	for (size_t i = 0; i < count; i++) {
		supervisor.programs[i] =
			(struct program){.supervisor = &supervisor, .spec = &programs[i]};
		launch_or_retry(&supervisor.programs[i]);
	}
	result = loop_run(loop, err);
	witness_free(supervisor.witness);
	return result;
}

int supervisor_fork(const struct supervisor_program *programs, size_t count, const char *run_dir,
		    pid_t *ret_pid, struct err *err)
{
	if (count > SUPERVISOR_PROGRAMS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d programs", SUPERVISOR_PROGRAMS_MAX);
	pid_t parent = getpid();
	pid_t pid = fork();
	if (pid < 0)
		return err_sys(err, errno, "fork the supervisor");
	if (pid == 0) {
		struct err child_err = ERR_INIT;
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(1);
		if (supervise(programs, count, run_dir, &child_err) < 0) {
			log_error("supervisor ended why=%s", child_err.text);
			_exit(1);
		}
		_exit(0);
	}
	*ret_pid = pid;
	return 0;
}

bool supervisor_has_ended(pid_t pid)
{
	siginfo_t info = {.si_pid = 0};
	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid != 0;
}
