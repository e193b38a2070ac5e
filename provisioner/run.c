/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One task in memory: how it is made from its row, what its agent tells, how it
 * is judged when its machine is lost, and the loop that takes the steps of
 * reconcile(). What the steps do is in the files that are named after them.
 *
 * A loss is judged only when everything that the agent managed to say has been
 * written: a task whose container ended a moment before its machine did has ended,
 * and not been lost.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include "core/clock.h"
#include "core/log.h"
#include "provisioner/flow_private.h"
#include "provisioner/supervision.h"
#include "store/port_range.h"

#define ANSWER_MS 3000 /* of a waiting machine: a few milliseconds are usual */

/* --- making --- */

static int read_spec(struct run *run, struct err *err)
{
	const char *text = run->task.spec_json ? run->task.spec_json : "";

	if (shape_parse(text, strlen(text), &run->spec_json, err) < 0)
		return -1;
	return shape_fill(&task_spec_shape, run->spec_json, run->arena, &run->spec, err);
}

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* Each distinct reference is one pull and one disk; with other credentials it is another. */
static void find_images(struct run *run)
{
	const struct spec_container *containers = run->spec.containers.items;

	for (size_t i = 0; i < run->spec.containers.count && i < TASK_CONTAINERS_MAX; i++) {
		size_t at = 0;

		while (at < run->image_count &&
		       !(strcmp(run->images[at].reference, containers[i].image) == 0 &&
			 same_text(run->images[at].credentials, containers[i].credentials)))
			at++;
		run->images[at].reference = containers[i].image;
		run->images[at].credentials = containers[i].credentials;
		run->image_of[i] = at;
		if (at == run->image_count)
			run->image_count++;
	}
}

static void read_task(struct run *run)
{
	struct err err = ERR_INIT;

	if (read_spec(run, &err) < 0 ||
	    task_order_check(&run->task, &run->spec, &run->flow->options.extensions, &err) < 0) {
		run_fail(run, "TaskFailedToStart", -1,
			 "ResourceInitializationError: the task cannot be run: %s", err.text);
		return;
	}
	find_images(run);
	run->view.needs_secrets =
		task_secrets_needed(&run->spec) || shares_needed(&run->spec) || run->task.has_event;
	if (output_plan(&run->task, &run->spec, &run->output, &err) < 0)
		run_fail(run, "TaskFailedToStart", -1, "%s", err.text);
}

struct run *run_new(struct flow *flow, struct arena *arena, const struct task *task, uint64_t taken,
		    const struct machine_life *life)
{
	struct run *run = xcalloc(1, sizeof(*run));
	struct err err = ERR_INIT;

	run->flow = flow;
	run->arena = arena;
	run->task = *task;
	run->life = *life;
	run->end_fd = -1;
	(void)snprintf(run->id, sizeof(run->id), "%s", task->id);
	facts_task_init(&run->facts, task);
	run->view.begun = facts_begun(&run->facts);
	run->view.state = task->state;
	run->view.want_stopped = task->want_stopped;
	run->unsurveyed = task->state != TASK_PROVISIONING;
	run->pause_ms = flow->options.pause_first_ms;
	run->launch_ns = clock_boot_ns();
	run->taken = taken;
	if (task->state == TASK_PROVISIONING)
		run_phase(run, "accepted", task->created_ms * 1000);
	if (task->state < TASK_DEPROVISIONING)
		read_task(run);
	if (task->state != TASK_PROVISIONING && run_fill_lease(run, &err) < 0)
		run_fail(run, "TaskFailedToStart", -1, "ResourceInitializationError: %s", err.text);
	return run;
}

void run_free(struct run *run)
{
	if (!run)
		return;
	exec_door_end_task(run->flow->exec_door, run);
	machine_watch_stop(run);
	session_free(run->session);
	report_list_free(run->batch);
	loop_timer_cancel(run->rest);
	loop_timer_cancel(run->limit);
	loop_timer_cancel(run->grace);
	for (size_t i = 0; i < run->image_count; i++)
		image_free(run->images[i].image);
	task_secrets_free(run->secrets);
	arena_free(run->event_arena);
	json_decref(run->spec_json);
	arena_free(run->arena);
	free(run);
}

struct machine_size run_size(const struct run *run)
{
	int64_t cores = (run->task.cpu_units + FLOW_CPU_UNITS_A_CORE - 1) / FLOW_CPU_UNITS_A_CORE;

	return (struct machine_size){.memory_mib = run->task.memory_mib,
				     .vcpus = cores > 1 ? (unsigned)cores : 1};
}

static void fill_groups(struct run *run)
{
	json_t *names = json_loads(run->task.groups_json ? run->task.groups_json : "[]", 0, NULL);
	json_t *name;
	size_t i;

	json_array_foreach (names, i, name) {
		const char *text = json_is_string(name)
					   ? arena_strdup(run->arena, json_string_value(name))
					   : NULL;

		if (text && run->lease.group_count < NETWORK_GROUPS_MAX)
			run->lease.groups[run->lease.group_count++] = text;
	}
	json_decref(names);
}

/* Its range was read before: task_order_check(). */
static struct network_port network_port_of(const struct spec_port *from)
{
	struct network_port port = {
		.port = (uint16_t)from->container_port,
		.udp = from->protocol == 1,
	};

	if (from->range && port_range_read(from->range, &port.port, &port.last) < 0)
		port.port = 0; /* nothing */
	return port;
}

static void fill_ports(struct run *run)
{
	const struct spec_container *containers = run->spec.containers.items;

	for (size_t i = 0; i < run->spec.containers.count; i++) {
		const struct spec_port *ports = containers[i].ports.items;

		for (size_t j = 0; j < containers[i].ports.count; j++) {
			if (run->lease.port_count == NETWORK_PORTS_MAX)
				return;
			run->lease.ports[run->lease.port_count++] = network_port_of(&ports[j]);
		}
	}
}

int run_fill_lease(struct run *run, struct err *err)
{
	struct network_lease *lease = &run->lease;

	memset(lease, 0, sizeof(*lease));
	(void)snprintf(lease->task, sizeof(lease->task), "%s", run->id);
	(void)snprintf(lease->subnet, sizeof(lease->subnet), "%s", run->facts.subnet);
	if (inet_aton(run->facts.address, &lease->address) == 0)
		return err_set(err, ERR_CORRUPT, "the task's address is %s", run->facts.address);
	if (network_fill(run->flow->options.network, lease, err) < 0)
		return -1;
	fill_groups(run);
	fill_ports(run);
	return 0;
}

/* --- ends --- */

void run_fail(struct run *run, const char *stop_code, int container, const char *fmt, ...)
{
	va_list args;

	if (run->view.failed)
		return;
	run->view.failed = true;
	run->cause.container = container;
	(void)snprintf(run->cause.stop_code, sizeof(run->cause.stop_code), "%s", stop_code);
	va_start(args, fmt);
	(void)vsnprintf(run->cause.reason, sizeof(run->cause.reason), fmt, args);
	va_end(args);
	log_warn("task=%s %s: %s", run->id, stop_code, run->cause.reason);
}

static void on_rested(void *ctx)
{
	struct run *run = ctx;

	run->rest = NULL;
	run->view.resting = false;
	run_drive(run);
}

void run_rest(struct run *run, const char *step, const struct err *err)
{
	log_warn("task=%s step=%s failed, again in %lld ms: %s", run->id, step,
		 (long long)run->pause_ms, err->text);
	if (run->rest)
		return;
	run->view.resting = true;
	run->rest = loop_timer_add(run->flow->options.loop, run->pause_ms, on_rested, run);
	run->pause_ms *= 2;
	if (run->pause_ms > run->flow->options.pause_most_ms)
		run->pause_ms = run->flow->options.pause_most_ms;
}

void run_rested(struct run *run)
{
	run->pause_ms = run->flow->options.pause_first_ms;
}

void run_phase(struct run *run, const char *name, int64_t wall_us)
{
	struct run_news *news = &run->news;

	if (news->phase_count == FACTS_PHASES_MAX)
		return;
	(void)snprintf(news->phases[news->phase_count].name, FACTS_PHASE_NAME_SIZE, "%s", name);
	news->phases[news->phase_count++].wall_us = wall_us;
}

int run_submit(struct run *run, struct jobs *jobs, jobs_work_fn *work, loop_fn *done, void *ctx,
	       const char *step)
{
	struct err err = ERR_INIT;

	if (jobs_submit(jobs, work, done, ctx, &err) < 0) {
		run_rest(run, step, &err);
		return -1;
	}
	run->jobs++;
	return 0;
}

bool run_job_done(struct run *run)
{
	run->jobs--;
	return !run->flow->closing;
}

void run_set_limit(struct run *run, int64_t delay_ms, loop_fn *fn)
{
	loop_timer_cancel(run->limit);
	run->limit = fn ? loop_timer_add(run->flow->options.loop, delay_ms, fn, run) : NULL;
}

void run_lose(struct run *run, const struct err *err)
{
	if (!run->lost) {
		run->lost = true;
		run->loss = *err;
		log_warn("task=%s machine=%s %s", run->id, run->facts.machine, err->text);
		exec_door_end_task(run->flow->exec_door, run);
	}
}

/* Everything that its agent said is written. */
static bool is_drained(const struct run *run)
{
	return !run->batch && (!run->session || !session_has_reports(run->session));
}

static void judge_loss(struct run *run)
{
	bool may_run = run->view.told || run->view.state > TASK_PENDING;

	if (!run->lost || (may_run && !is_drained(run)) || run->view.writing ||
	    run->view.machine != PART_THERE || run->view.failed || run->view.stale ||
	    run->view.state >= TASK_DEPROVISIONING)
		return;
	if (run->restored && !run->view.hello)
		pool_template_failed(run->flow->pool, run_size(run));
	if (!may_run && ++run->boots < FLOW_BOOTS_MAX) {
		run->view.stale = true; /* another machine may do better */
		return;
	}
	if (!may_run)
		run_fail(run, "TaskFailedToStart", -1,
			 "ResourceInitializationError: the task's machine did not start: %s",
			 run->loss.text);
	else if (!run->facts.was_running)
		run_fail(run, "TaskFailedToStart", -1,
			 "ResourceInitializationError: the task's machine was lost: %s",
			 run->loss.text);
	else
		run_fail(run, "InfrastructureHealth", -1, "The task's machine was lost: %s",
			 run->loss.text);
}

/* --- the agent --- */

static void on_hello(void *ctx, const struct session_hello *hello)
{
	struct run *run = ctx;
	bool first = !run->view.hello;

	run->news.boot_wall_us = hello->boot_wall_us;
	if (first) {
		log_info("task=%s machine=%s agent says hello, has %s", run->id, run->facts.machine,
			 hello->task[0] ? "its task" : "no task");
		run_phase(run, "kernel", hello->boot_wall_us);
		run_phase(run, "hello", hello->wall_us);
	}
	run->view.hello = true;
	if (hello->task[0] && strcmp(hello->task, run->id) != 0) {
		struct err err = ERR_INIT;

		(void)err_set(&err, ERR_INVALID, "the agent has another task"); /* the loss */
		run_lose(run, &err);
	} else if (hello->task[0]) {
		run->view.told = true;
	} else if (first && run->view.state > TASK_PENDING) {
		struct err err = ERR_INIT;

		(void)err_set(&err, ERR_INVALID, "the agent has lost its task"); /* the loss */
		run_lose(run, &err);
	} else if (first && run->adopted) {
		run->view.stale = true; /* of what was plugged in nobody knows any more */
	}
	run_drive(run);
}

static void on_reports(void *ctx)
{
	struct run *run = ctx;

	/* Only an agent that has its task goes on reporting. */
	if (run->view.telling && session_received(run->session) > run->told_after)
		run->view.told = true;
	run_drive(run);
}

static void on_lost(void *ctx, const struct err *err)
{
	struct run *run = ctx;

	run_lose(run, err);
	run_drive(run);
}

/* It was told nothing yet, so another machine can have the task. */
static void on_no_answer(void *ctx)
{
	struct run *run = ctx;
	struct err err = ERR_INIT;

	run->limit = NULL;
	if (!run->asked)
		return; /* that machine is gone */
	run->asked = false;
	(void)err_set(&err, ERR_TIMEOUT, "the waiting machine does not answer"); /* the loss */
	run_lose(run, &err);
	run_drive(run);
}

static void on_answered(void *ctx, enum frame_type type)
{
	struct run *run = ctx;

	if (!run->asked || type != FRAME_PONG)
		return;
	run->asked = false;
	run_set_limit(run, 0, NULL);
	run->view.hello = true;
	run_drive(run);
}

void run_ask_for_life(struct run *run)
{
	run->asked = true;
	session_send(run->session, FRAME_PING);
	run_set_limit(run, ANSWER_MS, on_no_answer);
}

static void on_exec(void *ctx, const struct frame *frame)
{
	struct run *run = ctx;

	if (run->flow->exec_door)
		exec_door_take(run->flow->exec_door, run, frame);
}

static void on_stats(void *ctx, const struct wire_stats *stats)
{
	struct run *run = ctx;

	machine_life_hear(&run->life, stats);
}

const struct session_events run_session_events = {.hello = on_hello,
						  .reports = on_reports,
						  .stats = on_stats,
						  .lost = on_lost,
						  .answered = on_answered,
						  .exec = on_exec};

/* --- steps --- */

static void on_stop_limit(void *ctx)
{
	struct run *run = ctx;

	run->limit = NULL;
	run_fail(run, "InfrastructureHealth", -1,
		 "The task's containers did not end in time and were ended with their machine");
	run_drive(run);
}

static void send_stop(struct run *run)
{
	int64_t limit_ms =
		supervision_stop_seconds(&run->spec) * 1000 + run->flow->options.stop_grace_ms;

	session_send(run->session, FRAME_STOP);
	run->view.stop_sent = true;
	run_set_limit(run, limit_ms, on_stop_limit);
}

static void take_step(struct run *run, enum reconcile_step step)
{
	log_debug("task=%s step=%s", run->id, reconcile_step_name(step));
	switch (step) {
	case STEP_ADMIT:
		admission_ask(run);
		break;
	case STEP_WRITE_NAME:
		writer_rename(run);
		break;
	case STEP_WRITE_CLAIMED:
	case STEP_WRITE_TOLD:
	case STEP_WRITE_STOPPING:
	case STEP_WRITE_FAILED:
	case STEP_WRITE_RELEASED:
		writer_write(run, step);
		break;
	case STEP_READ_SECRETS:
		launch_read_secrets(run);
		break;
	case STEP_PULL:
		launch_pull(run);
		break;
	case STEP_CANCEL_PULL:
		__atomic_store_n(&run->cancel, 1, __ATOMIC_RELAXED); /* a job looks at it */
		run->view.cancelled = true;
		break;
	case STEP_START:
		launch_start(run);
		break;
	case STEP_PLUG:
		launch_plug(run);
		break;
	case STEP_TELL:
		launch_tell(run);
		break;
	case STEP_LIMIT:
		launch_limit(run);
		break;
	case STEP_SEND_STOP:
		send_stop(run);
		break;
	case STEP_DESTROY:
		teardown_destroy(run);
		break;
	case STEP_FORGET:
	case STEP_COUNT:
		break; /* run_drive() does it */
	}
}

/* true if it is over and was freed. */
static bool forget(struct run *run)
{
	if (run->jobs > 0)
		return false;
	log_info("task=%s is over", run->id);
	admission_release(run);
	flow_remove(run->flow, run);
	return true;
}

void run_drive(struct run *run)
{
	enum reconcile_step steps[STEP_COUNT];
	size_t count;

	if (run->driving || run->flow->closing || run->unsurveyed)
		return;
	run->driving = true;
	do {
		run->view.held = run->flow->sweeping || run->flow->sweep_wanted;
		judge_loss(run);
		count = reconcile(&run->view, steps);
		for (size_t i = 0; i < count && steps[i] != STEP_FORGET; i++)
			take_step(run, steps[i]);
	} while (count > 0 && steps[0] != STEP_FORGET);
	launch_forget_secrets(run);
	writer_pump(run);
	run->driving = false;
	if (count > 0 && steps[0] == STEP_FORGET)
		(void)forget(run); /* else the last job's end comes here again */
}
