/* SPDX-License-Identifier: Apache-2.0 */
/*
 *     ------ interval ------> check runs ------> result, counted ------ interval ----> ...
 *                                  |  timeout
 *                                  +---> killed ---^
 *
 * A check is a process in the namespaces of its container and in a cgroup below the
 * container's: what it takes is the container's, and whatever it has started and left
 * behind is killed with that group when its first process ends.
 *
 * A change of status is reported when the session has room, so a check that changes
 * its mind while no host listens makes one report and not hundreds.
 */
#include "microvm/agent/health.h"

#include <errno.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "core/clock.h"
#include "core/log.h"
#include "microvm/agent/cgroup.h"
#include "microvm/agent/enter.h"
#include "microvm/agent/health_score.h"

#define REPORT_SIZE 256 /* more than a HEALTH takes */

struct health {
	struct health_options options;
	const struct wire_check *check;
	pid_t container;	  /* its first process; 0: nothing is to be checked */
	int64_t began_ms;	  /* the container */
	struct loop_timer *timer; /* of the next check or of this one's end */
	pid_t pid;		  /* of the check that runs; 0: none */
	bool timed_out;		  /* it was killed for that */
	int64_t check_began_ms;
	struct health_score score;
	enum wire_health_status said; /* to the host */
};

static void on_interval(void *ctx);

static const struct wire_check *check_of(const struct health_options *options)
{
	const struct wire_container *containers = options->task->containers.items;

	return &containers[options->index].check;
}

struct health *health_new(const struct health_options *options)
{
	struct health *health;

	if (check_of(options)->args.count == 0)
		return NULL;
	health = xcalloc(1, sizeof(*health)); /* as long as the machine */
	health->options = *options;
	health->check = check_of(options);
	return health;
}

static void report(struct health *health)
{
	struct wire_health message = {
		.container = health->options.index,
		.status = (int)health->score.status,
		.wall_ms = clock_wall_ms(),
	};

	if (health->said == health->score.status ||
	    !session_has_room(health->options.session, REPORT_SIZE))
		return;
	health->said = health->score.status;
	session_report(health->options.session, &wire_health_shape, &message, FRAME_HEALTH);
}

void health_go_on(struct health *health)
{
	if (health)
		report(health);
}

enum wire_health_status health_status(const struct health *health)
{
	return health ? health->score.status : WIRE_HEALTH_UNKNOWN;
}

static void wait_for_next(struct health *health)
{
	health->timer = loop_timer_add(health->options.loop, health->check->interval_s * 1000,
				       on_interval, health);
}

static void count(struct health *health, bool passed)
{
	enum wire_health_status before = health->score.status;

	health_score_count(&health->score, health->check, passed,
			   health->check_began_ms - health->began_ms);
	wait_for_next(health);
	if (health->score.status == before)
		return;
	log_debug("container=%u health=%s->%s", health->options.index, wire_health_names[before],
		  wire_health_names[health->score.status]);
	report(health);
	health->options.on_change(health->options.ctx);
}

static void on_timeout(void *ctx)
{
	struct health *health = ctx;

	health->timer = NULL;
	health->timed_out = true;
	cgroup_kill_check(health->options.index);
}

static int clone_check(struct health *health, const struct enter *enter, int cgroup_fd,
		       struct err *err)
{
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)cgroup_fd,
	};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid == 0)
		enter_run(enter);
	if (pid < 0)
		return err_sys(err, errno, "make the check's process");
	health->pid = (pid_t)pid;
	return 0;
}

static int start(struct health *health, struct err *err)
{
	const struct wire_container *container =
		(const struct wire_container *)health->options.task->containers.items +
		health->options.index;
	AUTO(fd_closep) int cgroup_fd = -1;
	AUTO(fd_closep) int target = (int)syscall(SYS_pidfd_open, health->container, 0);
	struct enter enter = {
		.child = {.spec = container,
			  .hostname = health->options.task->hostname,
			  .index = health->options.index,
			  .filter = health->options.filter},
		.args = &health->check->args,
		.target = target,
		.ends = ENTER_ALONE,
	};

	if (target < 0)
		return err_sys(err, errno, "find the container");
	if (cgroup_make_check(health->options.index, &cgroup_fd, err) < 0)
		return -1;
	return clone_check(health, &enter, cgroup_fd, err);
}

static void on_interval(void *ctx)
{
	struct health *health = ctx;
	struct err err = ERR_INIT;

	health->timer = NULL;
	health->timed_out = false;
	health->check_began_ms = clock_boot_ms();
	if (start(health, &err) < 0) {
		log_warn("container=%u health check: %s", health->options.index, err.text);
		count(health, false);
		return;
	}
	health->timer = loop_timer_add(health->options.loop, health->check->timeout_s * 1000,
				       on_timeout, health);
}

void health_begin(struct health *health, pid_t pid)
{
	if (!health)
		return;
	health->container = pid;
	health->began_ms = clock_boot_ms();
	health->score = (struct health_score){0};
	report(health); /* after a restart it is not known any more */
	wait_for_next(health);
}

void health_end(struct health *health)
{
	if (!health || health->container == 0)
		return;
	health->container = 0;
	loop_timer_cancel(STEAL(health->timer, NULL));
	if (health->pid > 0)
		cgroup_kill_check(health->options.index);
}

bool health_is_busy(const struct health *health)
{
	return health && health->pid > 0;
}

bool health_is_process(const struct health *health, pid_t pid)
{
	return health && health->pid > 0 && health->pid == pid;
}

void health_process_ended(struct health *health, const siginfo_t *info)
{
	bool passed = info->si_code == CLD_EXITED && info->si_status == 0 && !health->timed_out;

	health->pid = 0;
	cgroup_kill_check(health->options.index);
	if (health->container == 0) {
		health->options.on_idle(health->options.ctx);
		return;
	}
	loop_timer_cancel(STEAL(health->timer, NULL));
	count(health, passed);
}
