/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine is told who it is, then network and disks are waited for (the host
 * plugs image disks in while we boot), then containers are started one after the
 * other, in the order of the task as far as they do not wait for each other
 * (dependency.h). When an essential one ends, or cannot start, or when what one waits
 * for cannot come any more, all are stopped, those first that others do not wait for,
 * without asking the host: it may be away.
 *
 * Whatever happens to a container, review() looks at all of them and does what can be
 * done now. It may be called while it is at work, since what it does happens to
 * containers; every step is one that a second call leaves alone.
 */
#include "microvm/agent/task.h"

#include <assert.h>

#include "core/clock.h"
#include "core/log.h"
#include "microvm/agent/cgroup.h"
#include "microvm/agent/container.h"
#include "microvm/agent/dependency.h"
#include "microvm/agent/disks.h"
#include "microvm/agent/event_file.h"
#include "microvm/agent/exec.h"
#include "microvm/agent/metadata.h"
#include "microvm/agent/network.h"
#include "microvm/agent/privilege.h"
#include "microvm/agent/rehearsal.h"
#include "microvm/agent/system.h"
#include "microvm/agent/text.h"
#include "microvm/agent/virtio.h"

#define DISK_WAIT_MS	60000 /* for disks that the host plugs in; far beyond what it takes */
#define DISK_RETRY_MS	5
#define STATS_PERIOD_MS 10000
#define ARENA_MAX	(1024 * 1024) /* lists of a TASK, whose texts lie in the JSON */

/* IDLE -> WAITING -> RUNNING -> OVER, and from the first two to OVER. */
#define TASK_STATES(X)                                                                             \
	X(IDLE)	   /* none was given */                                                            \
	X(WAITING) /* for network and disks */                                                     \
	X(RUNNING) /* containers start, run and end */                                             \
	X(OVER)	   /* all containers have ended, or FAILED was said */
#define TASK_AS_ENUM(name) TASK_##name,
enum task_state { TASK_STATES(TASK_AS_ENUM) TASK_STATE_COUNT };

/* For how long others wait for a container. */
struct start_timeout {
	struct task *task;
	bool began, over;
};

struct task {
	struct loop *loop;
	struct session *session;
	struct metadata *metadata;
	const struct sock_fprog *filter;
	enum task_state state;
	struct rehearsal *rehearsal; /* NULL unless one is under way */
	bool stopping;		     /* nothing more is started */
	struct arena *arena;
	json_t *json; /* owns the texts of `words` */
	struct wire_task words;
	struct arena *new_arena; /* NULL until CREDENTIALS came ... */
	json_t *new_json;	 /* ... and then owns the texts of words.credentials */
	int64_t wait_end_ns;
	size_t steps_done; /* of arriving */
	char scratch[DISK_PATH_SIZE];
	char disks[WIRE_CONTAINERS_MAX][DISK_PATH_SIZE];
	struct container *containers[WIRE_CONTAINERS_MAX];
	struct execs *execs; /* NULL before RUNNING */
	struct start_timeout start_timeouts[WIRE_CONTAINERS_MAX];
	size_t count;
};

#define TASK_AS_NAME(name) [TASK_##name] = #name,
static const char *const state_names[] = {TASK_STATES(TASK_AS_NAME)};

static void move(struct task *task, enum task_state state, const char *why)
{
	assert(state > task->state);
	log_debug("task state=%s->%s why=\"%s\"", state_names[task->state], state_names[state],
		  why);
	task->state = state;
}

struct task *task_new(struct loop *loop)
{
	struct task *task = xcalloc(1, sizeof(*task));

	task->loop = loop;
	return task;
}

void task_set_up(struct task *task, struct session *session, struct metadata *metadata,
		 const struct sock_fprog *filter)
{
	task->session = session;
	task->metadata = metadata;
	task->filter = filter;
}

static void fail(struct task *task, const struct err *err)
{
	char text[TEXT_SIZE];
	struct wire_failed failed = {
		.error = text_fit("ResourceInitializationError: ", err->text, "", text),
	};

	move(task, TASK_OVER, err->text);
	session_report(task->session, &wire_failed_shape, &failed, FRAME_FAILED);
}

static int err_stopped(struct err *err)
{
	return err_set(err, ERR_CONFLICT, "the task was stopped before it was started");
}

/* --- containers --------------------------------------------------------- */

static void look(const struct task *task, struct dependency_state states[WIRE_CONTAINERS_MAX])
{
	for (size_t i = 0; i < task->count; i++) {
		container_look(task->containers[i], &states[i]);
		states[i].timed_out = task->start_timeouts[i].over;
	}
}

static void stop_next(struct task *task)
{
	struct dependency_state states[WIRE_CONTAINERS_MAX];

	look(task, states);
	for (size_t i = task->count; i-- > 0;) {
		if (container_state(task->containers[i]) == CONTAINER_WAITING)
			container_skip(task->containers[i], false,
				       "the task was stopped before this container was started");
		else if (dependency_may_stop(&task->words.containers, states, i))
			container_stop(task->containers[i]);
	}
}

static void stop_containers(struct task *task)
{
	if (task->stopping)
		return;
	task->stopping = true;
	for (size_t i = 0; i < task->count; i++)
		container_forbid_restart(task->containers[i]);
	stop_next(task);
}

static bool any_is_starting(const struct task *task)
{
	for (size_t i = 0; i < task->count; i++) {
		if (container_state(task->containers[i]) == CONTAINER_STARTING)
			return true;
	}
	return false;
}

/* Start the first that may, and end the task if one never will. */
static void start_next(struct task *task)
{
	struct dependency_state states[WIRE_CONTAINERS_MAX];
	char why[DEPENDENCY_REASON_SIZE];

	look(task, states);
	for (size_t i = 0; i < task->count; i++) {
		if (container_state(task->containers[i]) != CONTAINER_WAITING)
			continue;
		switch (dependency_check(&task->words.containers, states, i, why)) {
		case DEPENDENCY_LOST:
			container_skip(task->containers[i], true, why);
			stop_containers(task);
			return;
		case DEPENDENCY_MET:
			if (any_is_starting(task))
				break;
			/* on_change() goes on from here. */
			container_start(task->containers[i], task->disks[i]);
			return;
		case DEPENDENCY_WAITS:
			break;
		}
	}
}

static void review(struct task *task)
{
	if (task->stopping)
		stop_next(task);
	else
		start_next(task);
}

static void on_start_timeout(void *ctx)
{
	struct start_timeout *timeout = ctx;

	timeout->over = true;
	review(timeout->task);
}

/* From the moment that each has started for the first time. */
static void begin_start_timeouts(struct task *task)
{
	const struct wire_container *words = task->words.containers.items;

	for (size_t i = 0; i < task->count; i++) {
		struct start_timeout *timeout = &task->start_timeouts[i];

		if (timeout->began || words[i].start_timeout_s == 0 ||
		    container_state(task->containers[i]) != CONTAINER_RUNNING)
			continue;
		timeout->task = task;
		timeout->began = true;
		(void)loop_timer_add(task->loop, words[i].start_timeout_s * 1000, on_start_timeout,
				     timeout);
	}
}

static bool all_ended(const struct task *task)
{
	for (size_t i = 0; i < task->count; i++) {
		if (container_state(task->containers[i]) != CONTAINER_ENDED)
			return false;
	}
	return true;
}

static void on_change(void *ctx, struct container *container)
{
	struct task *task = ctx;

	if (container_state(container) == CONTAINER_ENDED && container_is_essential(container))
		stop_containers(task);
	begin_start_timeouts(task);
	review(task);
	if (task->state == TASK_RUNNING && all_ended(task))
		move(task, TASK_OVER, "all containers have ended");
}

static pid_t container_pid_of(void *ctx, size_t index)
{
	struct task *task = ctx;

	return index < task->count ? container_pid(task->containers[index]) : 0;
}

static void make_execs(struct task *task)
{
	struct execs_options options = {
		.loop = task->loop,
		.session = task->session,
		.task = &task->words,
		.filter = task->filter,
		.container_pid = container_pid_of,
		.ctx = task,
	};

	task->execs = execs_new(&options);
}

/* The host ends the machine as soon as it knows that the last container has ended. */
static void tell_stats(void *ctx)
{
	struct task *task = ctx;
	struct cgroup_usage usage;
	struct wire_stats stats = {0};

	cgroup_task_usage(&usage);
	stats.cpu_us = usage.cpu_us;
	stats.memory_bytes = usage.memory_bytes;
	stats.memory_peak_bytes = usage.memory_peak_bytes;
	network_traffic(&task->words.network, &stats.receive_bytes, &stats.transmit_bytes);
	disks_traffic(&stats.read_bytes, &stats.write_bytes);
	stats.scratch_used_bytes = disk_scratch_used();
	session_tell(task->session, &wire_stats_shape, &stats, FRAME_STATS);
}

static void look_for_metadata(void *ctx, struct metadata_facts *ret_facts)
{
	const struct task *task = ctx;

	ret_facts->stopping = task->stopping;
	ret_facts->storage_used_bytes = disk_scratch_used();
	for (size_t i = 0; i < task->count; i++)
		container_view(task->containers[i], &ret_facts->containers[i]);
}

static void run(struct task *task)
{
	struct metadata_source source = {
		.task = &task->words, .look = look_for_metadata, .ctx = task};

	move(task, TASK_RUNNING, "disks are there");
	task->count = task->words.containers.count;
	for (size_t i = 0; i < task->count; i++) {
		struct container_options options = {
			.loop = task->loop,
			.session = task->session,
			.task = &task->words,
			.index = (unsigned)i,
			.filter = task->filter,
			.on_change = on_change,
			.on_ending = tell_stats,
			.ctx = task,
		};

		task->containers[i] = container_new(&options);
	}
	make_execs(task);
	/* Before the first of them could ask. */
	metadata_serve(task->metadata, &source);
	review(task);
}

/* --- arriving ----------------------------------------------------------- */

static int find_disks(struct task *task, struct err *err)
{
	const struct wire_container *containers = task->words.containers.items;

	virtio_take_disks();
	if (disk_find(task->words.scratch, task->scratch, err) < 0)
		return -1;
	for (size_t i = 0; i < task->words.containers.count; i++) {
		if (disk_find(containers[i].disk, task->disks[i], err) < 0)
			return -1;
	}
	return 0;
}

static int set_up_network(struct task *task, struct err *err)
{
	return network_set_up(&task->words.network, err);
}

static int mount_scratch(struct task *task, struct err *err)
{
	return disk_mount_scratch(task->scratch, err);
}

/* In this order, each until it has worked: ERR_NOT_FOUND means not yet. */
static const struct {
	const char *phase;
	int (*take)(struct task *task, struct err *err);
} steps[] = {
	{"disks", find_disks},
	{"network", set_up_network},
	{"scratch", mount_scratch},
};

static int arrive(struct task *task, struct err *err)
{
	for (; task->steps_done < ARRAY_LEN(steps); task->steps_done++) {
		if (steps[task->steps_done].take(task, err) < 0)
			return -1;
		session_phase(task->session, steps[task->steps_done].phase);
	}
	return 0;
}

static void try_to_arrive(void *ctx)
{
	struct task *task = ctx;
	struct err err = ERR_INIT;

	if (task->state != TASK_WAITING)
		return;
	if (arrive(task, &err) == 0)
		run(task);
	else if (err.code == ERR_NOT_FOUND && clock_boot_ns() < task->wait_end_ns)
		(void)loop_timer_add(task->loop, DISK_RETRY_MS, try_to_arrive, task);
	else
		fail(task, &err);
}

static void on_stats(void *ctx)
{
	struct task *task = ctx;

	tell_stats(task);
	(void)loop_timer_add(task->loop, STATS_PERIOD_MS, on_stats, task);
}

static int begin(struct task *task, const struct frame *frame, struct err *err)
{
	task->arena = arena_new(ARENA_MAX);
	if (wire_read(&wire_task_shape, frame, task->arena, &task->words, &task->json, err) < 0)
		return -1;
	session_set_task(task->session, task->words.task);
	if (system_identify(&task->words, err) < 0 || event_file_close(&task->words, err) < 0)
		return -1;
	if (cgroup_limit_task(&task->words, err) < 0)
		return -1;
	return privilege_split_devices(&task->words, err);
}

static void on_rehearsed(void *ctx)
{
	struct task *task = ctx;

	task->rehearsal = NULL;
	session_prepared(task->session);
}

void task_prepare(struct task *task)
{
	struct rehearsal_options options = {
		.loop = task->loop,
		.session = task->session,
		.filter = task->filter,
		.on_done = on_rehearsed,
		.ctx = task,
	};

	if (task->session && task->state == TASK_IDLE && !task->rehearsal)
		task->rehearsal = rehearsal_begin(&options);
}

void task_begin(struct task *task, const struct frame *frame)
{
	struct err err = ERR_INIT;
	int result;

	if (!task->session || task->state != TASK_IDLE || task->rehearsal)
		return;
	result = task->stopping ? err_stopped(&err) : begin(task, frame, &err);
	if (result < 0) {
		fail(task, &err);
		return;
	}
	move(task, TASK_WAITING, "the host gave the task");
	session_phase(task->session, "task");
	task->wait_end_ns = clock_boot_ns() + DISK_WAIT_MS * INT64_C(1000000);
	(void)loop_timer_add(task->loop, STATS_PERIOD_MS, on_stats, task);
	try_to_arrive(task);
}

void task_take_event(struct task *task, const struct frame *frame)
{
	struct err err = ERR_INIT;

	if (task->state != TASK_IDLE)
		return;
	if (event_file_take(frame, &err) < 0) /* begin() will miss it */
		log_warn("%s", err.text);
}

void task_take_credentials(struct task *task, const struct frame *frame)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	struct wire_credentials credentials;
	struct err err = ERR_INIT;
	json_t *json;

	if (task->state != TASK_RUNNING)
		return;
	if (wire_read(&wire_credentials_shape, frame, arena, &credentials, &json, &err) < 0) {
		log_warn("%s", err.text);
		return;
	}
	task->words.credentials = credentials;
	json_decref(task->new_json);
	arena_free(task->new_arena);
	task->new_json = json;
	task->new_arena = STEAL(arena, NULL);
}

void task_stop(struct task *task)
{
	struct err err = ERR_INIT;

	if (task->state == TASK_WAITING) {
		(void)err_stopped(&err);
		fail(task, &err);
	}
	stop_containers(task);
}

void task_process_ended(struct task *task, const siginfo_t *info)
{
	if (task->rehearsal && rehearsal_process_ended(task->rehearsal, info))
		return;
	if (task->execs && execs_process_ended(task->execs, info))
		return;
	for (size_t i = 0; i < task->count; i++) {
		if (container_is_process(task->containers[i], info->si_pid)) {
			container_process_ended(task->containers[i], info);
			return;
		}
	}
	/* Somebody who was left behind: reaped, and nobody asks. */
}

void task_go_on(struct task *task)
{
	for (size_t i = 0; i < task->count; i++)
		container_go_on(task->containers[i]);
}

void task_take_exec(struct task *task, const struct frame *frame)
{
	if (task->execs) /* else the host knows better than to ask */
		execs_take(task->execs, frame);
}

void task_talk_on(struct task *task)
{
	if (task->execs)
		execs_go_on(task->execs);
}

void task_end_execs(struct task *task)
{
	if (task->execs)
		execs_end_all(task->execs);
}
