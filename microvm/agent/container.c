/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent makes cgroup, image mount and pipes, then clones a process into
 * namespaces and cgroup of its own. That process prepares itself (child.c) and
 * tells over a pipe what went wrong; the pipe's end without a word means that it
 * is about to become the container's program.
 *
 * A container that its restart policy starts again finds its files as it has left
 * them, and gets everything else anew.
 *
 * Its death takes everything else in its process namespace along (the kernel does
 * that before we hear of it), so afterwards the pipes hold all that was ever
 * written, and EXITED is said when both are drained.
 */
#include "microvm/agent/container.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "core/clock.h"
#include "core/log.h"
#include "microvm/agent/account.h"
#include "microvm/agent/boot.h"
#include "microvm/agent/cgroup.h"
#include "microvm/agent/child.h"
#include "microvm/agent/dependency.h"
#include "microvm/agent/health.h"
#include "microvm/agent/output.h"
#include "microvm/agent/pipes.h"
#include "microvm/agent/privilege.h"
#include "microvm/agent/process_space.h"
#include "microvm/agent/program.h"
#include "microvm/agent/restart.h"
#include "microvm/agent/rootfs.h"
#include "microvm/agent/text.h"

#define OTHERS_RETRY_MS 2 /* for processes that were killed: gone in less */

/* The API's words around a runtime's error, which clients look for. */
#define START_ERROR_BEGIN                                                                          \
	"CannotStartContainerError: ResourceInitializationError: failed to create new container "  \
	"runtime task: failed to create shim task: OCI runtime create failed: runc create "        \
	"failed: unable to start container process: "
#define START_ERROR_END ": unknown"

struct container {
	struct container_options options;
	const struct wire_container *spec;
	enum container_state state;
	pid_t pid;
	int stop_signal;
	bool stopping;		       /* container_stop() was called */
	bool last_run;		       /* container_forbid_restart() was called */
	struct loop_timer *kill_timer; /* NULL unless it runs */
	int in_fd;    /* the other end of an interactive one's stdin, open and silent; or -1 */
	int setup_fd; /* where the child tells that it is ready, or what went wrong */
	struct loop_fd *setup_watch;
	struct buf setup; /* what it told */
	struct output output;
	bool others_live; /* processes that are killed because its first one has ended */
	struct account account;
	struct health *health;			     /* NULL: it has no check */
	int64_t created_ms, started_ms, finished_ms; /* of the last run; 0: not yet */
};

#define CONTAINER_AS_NAME(name) [CONTAINER_##name] = #name,
static const char *const state_names[] = {CONTAINER_STATES(CONTAINER_AS_NAME)};

/* What may follow what. */
static const bool next_states[CONTAINER_STATE_COUNT][CONTAINER_STATE_COUNT] = {
	[CONTAINER_WAITING] = {[CONTAINER_STARTING] = true, [CONTAINER_ENDED] = true},
	[CONTAINER_STARTING] = {[CONTAINER_RUNNING] = true, [CONTAINER_ENDED] = true},
	[CONTAINER_RUNNING] = {[CONTAINER_ENDING] = true},
	[CONTAINER_ENDING] = {[CONTAINER_ENDED] = true, [CONTAINER_STARTING] = true},
};

static void move(struct container *container, enum container_state state, const char *why)
{
	assert(next_states[container->state][state]);
	log_debug("container=%u state=%s->%s why=\"%s\"", container->options.index,
		  state_names[container->state], state_names[state], why);
	container->state = state;
}

static void end_if_drained(void *ctx);

static void on_health(void *ctx)
{
	struct container *container = ctx;

	container->options.on_change(container->options.ctx, container);
}

static void end_if_drained_later(void *ctx)
{
	struct container *container = ctx;

	/* Not from here: a restart frees the stream that says this. */
	loop_post(container->options.loop, end_if_drained, container);
}

static void make_output(struct container *container)
{
	struct output_options options = {
		.loop = container->options.loop,
		.session = container->options.session,
		.spec = container->spec,
		.index = container->options.index,
		.on_drained = end_if_drained_later,
		.ctx = container,
	};

	output_init(&container->output, &options);
}

static void make_health(struct container *container)
{
	struct health_options options = {
		.loop = container->options.loop,
		.session = container->options.session,
		.task = container->options.task,
		.index = container->options.index,
		.filter = container->options.filter,
		.on_change = on_health,
		.on_idle = end_if_drained,
		.ctx = container,
	};

	container->health = health_new(&options);
}

struct container *container_new(const struct container_options *options)
{
	struct container *container = xcalloc(1, sizeof(*container)); /* as long as the machine */

	container->options = *options;
	container->spec =
		(const struct wire_container *)options->task->containers.items + options->index;
	container->account = (struct account){.session = options->session,
					      .container = options->index,
					      .buffer_bytes = container->spec->output_buffer_bytes};
	container->in_fd = -1;
	container->setup_fd = -1;
	buf_init(&container->setup, ERR_TEXT_MAX + 1);
	make_output(container);
	make_health(container);
	return container;
}

enum container_state container_state(const struct container *container)
{
	return container->state;
}

pid_t container_pid(const struct container *container)
{
	return container->state == CONTAINER_RUNNING ? container->pid : 0;
}

void container_view(const struct container *container, struct container_view *ret_view)
{
	*ret_view = (struct container_view){
		.state = container->state,
		.stopping = container->stopping,
		.created_ms = container->created_ms,
		.started_ms = container->started_ms,
		.finished_ms = container->finished_ms,
		.exit_code = container->account.exit_code,
		.restarts = container->account.restarts,
		.has_check = container->health != NULL,
		.health = health_status(container->health),
	};
}

bool container_is_essential(const struct container *container)
{
	return container->spec->essential;
}

bool container_ran_well(const struct container *container)
{
	return container->state == CONTAINER_ENDED && container->account.began_ms > 0 &&
	       container->account.exit_code == 0;
}

void container_look(const struct container *container, struct dependency_state *ret_state)
{
	*ret_state = (struct dependency_state){
		.started = container->account.began_ms > 0,
		.ended = container->state == CONTAINER_ENDED,
		.exit_code = container->account.exit_code,
		.healthy = health_status(container->health) == WIRE_HEALTH_HEALTHY,
	};
}

bool container_is_process(const struct container *container, pid_t pid)
{
	bool lives =
		container->state == CONTAINER_STARTING || container->state == CONTAINER_RUNNING;

	return (lives && container->pid > 0 && container->pid == pid) ||
	       health_is_process(container->health, pid);
}

static void end(struct container *container, bool unmet, const char *error)
{
	move(container, CONTAINER_ENDED, *error ? error : "its output is handed over");
	if (container->options.on_ending)
		container->options.on_ending(container->options.ctx);
	account_end(&container->account, container->pid > 0, unmet, error);
	container->options.on_change(container->options.ctx, container);
}

void container_skip(struct container *container, bool unmet, const char *why)
{
	end(container, unmet, why);
}

static void fail_start(struct container *container, const char *why)
{
	char text[TEXT_SIZE];

	end(container, false, text_fit(START_ERROR_BEGIN, why, START_ERROR_END, text));
}

void container_go_on(struct container *container)
{
	output_go_on(&container->output);
	health_go_on(container->health);
	account_go_on(&container->account);
}

/* --- stopping ----------------------------------------------------------- */

static void on_stop_timeout(void *ctx)
{
	struct container *container = ctx;

	container->kill_timer = NULL;
	cgroup_kill_container(container->options.index);
}

static void send_stop(struct container *container)
{
	(void)kill(container->pid, container->stop_signal); /* it is not reaped yet */
}

void container_forbid_restart(struct container *container)
{
	container->last_run = true;
}

void container_stop(struct container *container)
{
	if (container->stopping)
		return;
	container->stopping = true;
	health_end(container->health);
	if (container->state != CONTAINER_STARTING && container->state != CONTAINER_RUNNING)
		return;
	container->kill_timer =
		loop_timer_add(container->options.loop, container->spec->stop_timeout_s * 1000,
			       on_stop_timeout, container);
	/* While it prepares itself it would not feel the signal; become_running() sends it. */
	if (container->state == CONTAINER_RUNNING)
		send_stop(container);
}

/* --- starting ----------------------------------------------------------- */

static void become_running(struct container *container)
{
	move(container, CONTAINER_RUNNING, "its program runs");
	container->started_ms = clock_wall_ms();
	container->finished_ms = 0;
	account_begin(&container->account);
	output_begin(&container->output);
	if (container->stopping)
		send_stop(container);
	else
		health_begin(container->health, container->pid);
	container->options.on_change(container->options.ctx, container);
}

static bool said_ready(const struct container *container)
{
	return container->setup.len > 0 && container->setup.data[0] == CHILD_READY;
}

/* Read what the child has told; at the end of it, act. */
static void read_setup(struct container *container)
{
	struct err err = ERR_INIT;
	char bytes[512];
	ssize_t got;

	while ((got = read(container->setup_fd, bytes, sizeof(bytes))) > 0) {
		if (buf_append(&container->setup, bytes, (size_t)got, &err) < 0)
			break; /* its text is that long at most; the rest would be noise */
	}
	if (got < 0 && errno == EAGAIN)
		return;
	loop_fd_remove(STEAL(container->setup_watch, NULL));
	fd_closep(&container->setup_fd);
	if (said_ready(container))
		become_running(container);
	/* Else it is about to die: container_process_ended() tells why. */
}

static void on_setup(void *ctx, unsigned events)
{
	(void)events; /* reading tells */
	read_setup(ctx);
}

static int clone_child(struct container *container, const struct pipes *pipes, int cgroup_fd,
		       struct err *err)
{
	struct clone_args args = {
		.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
			 CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)cgroup_fd,
	};
	struct child child = {
		.spec = container->spec,
		.hostname = container->options.task->hostname,
		.index = container->options.index,
		.filter = container->options.filter,
		.in = pipes->in[0],
		.out = pipes->out[1],
		.errors = pipes->errors[1],
		.setup = pipes->setup[1],
		.terminal = pipes->terminal[1],
		.buffer = container->output.buffer_fd,
	};
	bool together = container->options.task->one_process_space;
	long pid;

	if (together && process_space_enter(err) < 0)
		return -1;
	if (together)
		args.flags &= ~(uint64_t)CLONE_NEWPID;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	/* Only in a common space does anybody see it before it is its program. */
	if (pid == 0 && together)
		child_run_fresh(&child);
	if (pid == 0)
		child_run(&child);
	if (together)
		process_space_leave();
	if (pid < 0)
		return err_sys(err, errno, "make the container's process");
	container->pid = (pid_t)pid;
	return 0;
}

/* @disk: NULL for another run. */
static int make_root(struct container *container, const char *disk, struct err *err)
{
	if (disk)
		return rootfs_prepare(container->options.task, container->options.index, disk, err);
	rootfs_renew(container->options.index);
	return 0;
}

static int start(struct container *container, const char *disk, struct err *err)
{
	AUTO(pipes_done) struct pipes pipes = PIPES_NONE;
	AUTO(fd_closep) int cgroup_fd = -1;
	const struct container_options *options = &container->options;

	container->stop_signal = program_signal(container->spec->stop_signal);
	if (container->stop_signal < 0)
		return err_set(err, ERR_INVALID, "invalid stop signal: %s",
			       container->spec->stop_signal);
	if (privilege_check_ulimits(&container->spec->ulimits, err) < 0 ||
	    cgroup_make_container(options->index, container->spec, &cgroup_fd, err) < 0 ||
	    privilege_limit_container(options->task, options->index, err) < 0 ||
	    make_root(container, disk, err) < 0 ||
	    pipes_make(&pipes, container->spec->interactive, container->spec->terminal, err) < 0 ||
	    output_make(&container->output, err) < 0 ||
	    clone_child(container, &pipes, cgroup_fd, err) < 0)
		return -1;
	if (loop_fd_add(options->loop, pipes.setup[0], LOOP_READ, on_setup, container,
			&container->setup_watch, err) < 0) {
		cgroup_kill_container(options->index);
		return -1;
	}
	container->setup_fd = STEAL(pipes.setup[0], -1);
	container->in_fd = STEAL(pipes.in[1], -1);
	output_take_ends(&container->output, &pipes);
	return 0;
}

static void start_or_fail(struct container *container, const char *disk)
{
	struct err err = ERR_INIT;

	container->created_ms = clock_wall_ms();
	if (start(container, disk, &err) < 0) {
		container->pid = 0;
		output_renew(&container->output);
		fail_start(container, err.text);
	}
}

void container_start(struct container *container, const char *disk)
{
	move(container, CONTAINER_STARTING, "its turn has come");
	start_or_fail(container, disk);
}

/* --- the end ------------------------------------------------------------ */

static void restart(struct container *container)
{
	move(container, CONTAINER_STARTING, "its restart policy");
	account_restart(&container->account);
	output_renew(&container->output);
	fd_closep(&container->in_fd);
	buf_clear(&container->setup);
	start_or_fail(container, NULL);
}

static void end_if_drained(void *ctx)
{
	struct container *container = ctx;

	if (container->state != CONTAINER_ENDING || !output_is_drained(&container->output) ||
	    container->others_live || health_is_busy(container->health))
		return;
	output_end(&container->output);
	if (!container->stopping && !container->last_run &&
	    restart_is_due(&container->spec->restart, container->account.exit_code,
			   container->account.ran_ms)) {
		restart(container);
		return;
	}
	end(container, false, "");
}

/* It died before it became its program. */
static void fail_setup(struct container *container, int exit_code)
{
	char text[64];

	output_renew(&container->output);
	(void)snprintf(text, sizeof(text), "the container's process ended with %d", exit_code);
	fail_start(container, container->setup.len > 0 ? buf_text(&container->setup) : text);
}

static void finish_output(struct container *container)
{
	output_finish(&container->output);
	loop_post(container->options.loop, end_if_drained, container);
}

/* In a process namespace that containers share, its other processes outlive the first: they are
 * killed, and have written their last when they are gone. */
static void wait_for_others(void *ctx)
{
	struct container *container = ctx;

	container->others_live = cgroup_container_lives(container->options.index);
	if (container->others_live)
		(void)loop_timer_add(container->options.loop, OTHERS_RETRY_MS, wait_for_others,
				     container);
	else
		finish_output(container);
}

void container_process_ended(struct container *container, const siginfo_t *info)
{
	int exit_code = info->si_code == CLD_EXITED ? info->si_status : 128 + info->si_status;

	if (health_is_process(container->health, info->si_pid)) {
		health_process_ended(container->health, info);
		return;
	}
	loop_timer_cancel(STEAL(container->kill_timer, NULL));
	/* Its end may be seen before what it told. */
	if (container->state == CONTAINER_STARTING && container->setup_fd >= 0)
		read_setup(container);
	health_end(container->health);
	if (container->state == CONTAINER_STARTING) {
		fail_setup(container, exit_code);
		return;
	}
	container->finished_ms = clock_wall_ms();
	account_run_over(&container->account, exit_code);
	move(container, CONTAINER_ENDING, "its process has ended");
	if (container->options.task->one_process_space) {
		cgroup_kill_container(container->options.index);
		wait_for_others(container);
	} else {
		finish_output(container);
	}
}
