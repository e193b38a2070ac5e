/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent: the first and only program of a microVM besides its containers. It
 * never ends by itself; when it cannot go on, it says why on the console and
 * powers the machine off, which the host notices. If it crashes the kernel panics,
 * says so there, and resets the machine, which is its end as well.
 *
 * One thread, one loop. Hello is said as soon as the port works; modules and
 * the rest are loaded while the host makes up its mind.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "core/log.h"
#include "microvm/agent/boot.h"
#include "microvm/agent/cgroup.h"
#include "microvm/agent/fresh.h"
#include "microvm/agent/init_program.h"
#include "microvm/agent/metadata.h"
#include "microvm/agent/metadata_door.h"
#include "microvm/agent/network.h"
#include "microvm/agent/privilege.h"
#include "microvm/agent/session.h"
#include "microvm/agent/task.h"

#define PROBE_WAIT_MS 1000 /* for the host to read the hello before the power goes */

static void on_child(void *ctx, int signo)
{
	siginfo_t info = {0};

	(void)signo; /* one signal may stand for many children */
	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0) {
		task_process_ended(ctx, &info);
		info.si_pid = 0;
	}
}

static void on_task(void *ctx, const struct frame *frame)
{
	task_begin(ctx, frame);
}

static void on_prepare(void *ctx)
{
	task_prepare(ctx);
}

static void on_credentials(void *ctx, const struct frame *frame)
{
	task_take_credentials(ctx, frame);
}

static void on_event_part(void *ctx, const struct frame *frame)
{
	task_take_event(ctx, frame);
}

static void on_stop(void *ctx)
{
	task_stop(ctx);
}

static void on_room(void *ctx)
{
	task_go_on(ctx);
}

static void on_exec(void *ctx, const struct frame *frame)
{
	task_take_exec(ctx, frame);
}

static void on_talk_room(void *ctx)
{
	task_talk_on(ctx);
}

static void on_new_host(void *ctx)
{
	task_end_execs(ctx);
}

static void on_poweroff(void *ctx)
{
	(void)ctx; /* whatever runs ends with the machine */
	boot_poweroff();
}

static int run(struct err *err)
{
	struct loop *loop;
	struct session *session;
	struct metadata *metadata;
	struct task *task;
	struct session_handlers handlers = {
		.on_task = on_task,
		.on_prepare = on_prepare,
		.on_credentials = on_credentials,
		.on_event_part = on_event_part,
		.on_stop = on_stop,
		.on_poweroff = on_poweroff,
		.on_room = on_room,
		.on_exec = on_exec,
		.on_talk_room = on_talk_room,
		.on_new_host = on_new_host,
	};

	if (boot_channel(err) < 0 || loop_new(&loop, err) < 0)
		return -1;
	task = task_new(loop);
	handlers.ctx = task;
	if (session_open(loop, &handlers, &session, err) < 0)
		return -1;
	if (init_program_open(err) < 0 || boot_devices(err) < 0 || cgroup_protect_agent(err) < 0 ||
	    cgroup_make_task(err) < 0 || privilege_limit_devices(CGROUP_TASK, err) < 0 ||
	    metadata_door_open(CGROUP_TASK, err) < 0)
		return -1;
	/* A probe has neither network nor disks. */
	if (boot_asked_for(WIRE_CMDLINE_PROBE)) {
		(void)loop_timer_add(loop, PROBE_WAIT_MS, on_poweroff, NULL);
		return loop_run(loop, err);
	}
	if (network_begin(err) < 0 || metadata_open(loop, &metadata, err) < 0 ||
	    loop_signal_add(loop, SIGCHLD, on_child, task, err) < 0)
		return -1;
	task_set_up(task, session, metadata, &privilege_filter);
	return loop_run(loop, err);
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;

	(void)argc; /* NULL ends them */
	if (fresh_is_asked(argv))
		fresh_run(argv);
	if (getpid() != 1) {
		(void)fprintf(stderr, "slipway-agent is the first program of a microVM\n");
		return 1;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	(void)umask(022);
	log_open("slipway-agent", LOG_LEVEL_WARN);
	(void)!run(&err);
	boot_give_up(err.text);
}
