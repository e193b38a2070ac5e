/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A launch: images are pulled while the machine starts (from a template, or by a boot), unless
 * one has waited for it. When both are there, the images get behind the machine's disks: the first
 * into the slot that every machine of ours has, the others are plugged in. Then the agent gets its
 * order. The CPU is limited last, when the containers run (reconcile.c says why).
 *
 * Whatever of a start went wrong, what it left is taken away by the one teardown
 * (teardown.c), as for a machine that had lived.
 */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "provisioner/flow_private.h"

/* --- images --- */

struct pull {
	struct run *run;
	size_t index;
	struct image *image;
	bool ran;
	int result;
	struct err err;
};

static void do_pull(void *ctx, unsigned worker)
{
	struct pull *pull = ctx;
	const struct image_source *source = &pull->run->flow->options.images;

	(void)worker; /* pulls share nothing */
	pull->ran = true;
	pull->result = source->pull(source->ctx, pull->run->images[pull->index].reference,
				    pull->run->images[pull->index].login, &pull->run->cancel,
				    &pull->image, &pull->err);
}

static void pull_failed(struct run *run, const struct pull *pull)
{
	size_t container = 0;

	while (container + 1 < run->spec.containers.count &&
	       run->image_of[container] != pull->index)
		container++;
	if (run->view.cancelled)
		return;
	run_fail(run, "TaskFailedToStart", (int)container, "%s%s",
		 strncmp(pull->err.text, IMAGE_ERROR_PREFIX, strlen(IMAGE_ERROR_PREFIX)) == 0
			 ? ""
			 : IMAGE_ERROR_PREFIX,
		 pull->err.text);
	/* The other pulls are for nothing now. */
	__atomic_store_n(&run->cancel, 1, __ATOMIC_RELAXED); /* a job looks at it */
	run->view.cancelled = true;
}

static bool has_all_images(const struct run *run)
{
	for (size_t i = 0; i < run->image_count; i++) {
		if (!run->images[i].image)
			return false;
	}
	return true;
}

static void pulls_ended(struct run *run)
{
	run->view.images = has_all_images(run) ? PART_THERE : PART_ABSENT;
	run->pull_stopped_ms = clock_wall_ms();
	run->news.pull_stopped_ms = run->pull_stopped_ms;
	if (run->view.images != PART_THERE)
		return;
	run_phase(run, "image", clock_wall_us());
	for (size_t i = 0; i < run->facts.container_count; i++)
		(void)snprintf(run->news.digests[i], IMAGE_DIGEST_SIZE, "%s",
			       run->images[run->image_of[i]].image->answer.digest);
}

static void pulled(void *ctx)
{
	AUTO(freep) struct pull *pull = ctx;
	struct run *run = pull->run;

	run->pulls--;
	if (!run_job_done(run) || !pull->ran) {
		image_free(pull->image);
		return;
	}
	if (pull->result == 0 && !pull->image->answer.cached)
		tidy_soon(run->flow);
	if (pull->result < 0)
		pull_failed(run, pull);
	else
		run->images[pull->index].image = pull->image;
	if (run->pulls == 0)
		pulls_ended(run);
	run_drive(run);
}

/* Those that can be had at once. */
static void look_for_images(struct run *run)
{
	const struct image_source *source = &run->flow->options.images;

	for (size_t i = 0; source->peek && i < run->image_count; i++) {
		struct run_image *image = &run->images[i];

		if (!image->image &&
		    source->peek(source->ctx, image->reference, image->login, &image->image) < 0)
			image->image = NULL;
	}
}

void launch_pull(struct run *run)
{
	look_for_images(run);
	if (has_all_images(run)) {
		pulls_ended(run);
		return;
	}
	for (size_t i = 0; i < run->image_count; i++) {
		struct pull *pull;

		if (run->images[i].image)
			continue;
		pull = xcalloc(1, sizeof(*pull));
		pull->run = run;
		pull->index = i;
		if (run_submit(run, run->flow->pulls, do_pull, pulled, pull, "PULL") < 0) {
			free(pull);
			break; /* the rest is asked for again when those have come */
		}
		run->pulls++;
	}
	if (run->pulls > 0)
		run->view.images = PART_COMING;
}

/* --- the machine --- */

struct start {
	struct run *run;
	char machine[MACHINE_NAME_SIZE];
	uid_t uid;
	struct session *session;
	struct machine_channel *channel;
	struct process_id process; /* pid 0: not known */
	char *template_dir;	   /* NULL: it boots */
	bool machine_failed;	   /* and not what comes before it */
	bool hopeless;		   /* another try would fail as well: the text is the reason */
	bool ran;
	int result;
	struct err err;
};

static int start_machine(struct start *start, const char *disk, const char *socket,
			 const struct shares *shares, struct err *err)
{
	struct run *run = start->run; /* what is read here does not change while jobs run */
	const struct flow_options *options = &run->flow->options;
	struct machine_plan plan = {
		.name = start->machine,
		.size = run_size(run),
		.uid = start->uid,
		.scratch = disk,
		.spare_ports = (unsigned)run->image_count,
		.memory = start->template_dir ? MACHINE_RESTORE : MACHINE_BOOT,
		.template_dir = start->template_dir,
		.shares = shares,
		.mac = run->lease.mac[0] ? run->lease.mac : NULL,
		.tap = socket ? NULL : run->lease.tap,
		.bridge = socket ? NULL : run->lease.bridge,
		.socket = socket,
	};

	if (run->has_slot) {
		plan.slot =
			run->slot_filled ? run->images[0].image->answer.path : options->blank_image;
		plan.spare_ports = start->template_dir ? POOL_PORTS : plan.spare_ports - 1;
	}
	return machine_plan_start(options, &plan, err);
}

static int start_all(struct start *start, struct err *err)
{
	struct run *run = start->run;
	const struct flow_options *options = &run->flow->options;
	AUTO(freep) char *disk = NULL;
	AUTO(freep) char *socket = NULL;
	AUTO(shares_done) struct shares shares = {.count = 0};

	if (shares_make(&options->shares, run->task.account, start->machine, &run->spec, &shares,
			err) < 0) {
		start->hopeless = err->code == ERR_NOT_FOUND;
		return -1;
	}
	if (storage_make(options->storage, start->machine, run->task.storage_gib, start->uid,
			 start->uid, &disk, err) < 0)
		return -1;
	if (network_admit(options->network, &run->lease, &socket, err) < 0)
		return err_wrap(err, "network");
	if (start_machine(start, disk, socket, &shares, err) < 0) {
		start->machine_failed = true;
		return err_wrap(err, "machine");
	}
	machine_plan_process(options, start->machine, &start->process);
	if (machine_channel_open(options->host, start->machine, session_bytes, start->session,
				 &start->channel, err) < 0)
		return err_wrap(err, "channel");
	return 0;
}

static void do_start(void *ctx, unsigned worker)
{
	struct start *start = ctx;

	(void)worker; /* machines share nothing */
	start->ran = true;
	start->result = start_all(start, &start->err);
}

/* Another try, or the end: the teardown comes first in both cases. */
static void start_failed(struct run *run, const struct err *err)
{
	int64_t since_ms = clock_ms_since(run->launch_ns);

	run->view.stale = true;
	if (err->code == ERR_UNAVAILABLE && since_ms < run->flow->options.admission_ms) {
		run_rest(run, "START", err); /* the hypervisor is away: it may come back */
		return;
	}
	log_warn("task=%s machine=%s did not start: %s", run->id, run->facts.machine, err->text);
	if (++run->boots < FLOW_BOOTS_MAX)
		return;
	run_fail(run, "TaskFailedToStart", -1,
		 "ResourceInitializationError: the task's machine could not be started: %s",
		 err->text);
}

static void started(void *ctx)
{
	AUTO(freep) struct start *start = ctx;
	AUTO(freep) char *template_dir = start->template_dir;
	struct run *run = start->run;
	struct flow *flow = run->flow;

	flow->starting--;
	if (!run_job_done(run) || !start->ran) {
		machine_channel_close(start->channel);
		return;
	}
	run->view.machine = PART_THERE;
	machine_watch_take(run, start->process, NULL);
	if (start->result < 0) {
		session_free(STEAL(run->session, NULL));
		if (template_dir && start->machine_failed && start->err.code != ERR_UNAVAILABLE)
			pool_template_failed(flow->pool, run_size(run));
		if (start->hopeless)
			run_fail(run, "TaskFailedToStart", -1, "%s", start->err.text);
		else
			start_failed(run, &start->err);
	} else {
		run_phase(run, "machine", clock_wall_us());
		session_attach(run->session, start->channel,
			       template_dir ? SESSION_RESTORED : SESSION_BOOTED);
	}
	run_drive(run);
	sweep_poll(flow);
}

void launch_start(struct run *run)
{
	struct flow *flow = run->flow;
	struct start *start;
	struct err err = ERR_INIT;

	if (run->uid == 0 && user_pool_take(flow->users, &run->uid, &err) < 0) {
		(void)pool_yield(flow->pool); /* a machine that waits has one, if there is any */
		run_rest(run, "START", &err);
		return;
	}
	start = xcalloc(1, sizeof(*start));
	start->run = run;
	start->uid = run->uid;
	(void)snprintf(start->machine, sizeof(start->machine), "%s", run->facts.machine);
	start->session = session_new(flow->options.loop, &flow->options.session,
				     &run_session_events, run, 0);
	run->has_slot = flow->options.blank_image && run->image_count > 0;
	run->slot_filled = run->has_slot && run->view.images == PART_THERE;
	/* What has failed once boots. */
	start->template_dir = run->boots > 0 ? NULL : pool_template(flow->pool, run);
	run->restored = start->template_dir != NULL;
	if (run_submit(run, flow->work, do_start, started, start, "START") < 0) {
		session_free(start->session);
		free(start->template_dir);
		free(start);
		return;
	}
	run->session = start->session;
	machine_watch_stop(run);
	run->life = (struct machine_life){.taken_ns = 0};
	run->view.machine = PART_COMING;
	run->view.name_used = true;
	flow->starting++;
}

/* --- disks and limit --- */

struct plug {
	struct run *run;
	char machine[MACHINE_NAME_SIZE];
	char blank_tap[NETWORK_TAP_SIZE];
	bool guest_limits_cpu;
	bool ran;
	int result;
	struct err err;
};

static int plug_image(const struct plug *plug, size_t index, struct err *err)
{
	const struct run *run = plug->run;
	struct machine_host *host = run->flow->options.host;
	struct machine_disk disk = {.path = run->images[index].image->answer.path,
				    .readonly = true};
	int done;

	(void)snprintf(disk.serial, sizeof(disk.serial), WIRE_IMAGE_SERIAL, (unsigned)index);
	if (index == 0 && run->has_slot)
		done = run->slot_filled ? 0
					: machine_swap_disk(host, plug->machine, disk.serial,
							    disk.path, err);
	else
		done = machine_attach(host, plug->machine, &disk, err);
	return done < 0 ? err_wrap(err, "disk of image %s", run->images[index].reference) : 0;
}

/* A machine of the pool gets what others are started with. */
static int give_network(const struct plug *plug, struct err *err)
{
	const struct run *run = plug->run;
	struct network *network = run->flow->options.network;
	AUTO(freep) char *socket = NULL;

	if (!plug->blank_tap[0])
		return 0;
	if (network_admit(network, &run->lease, &socket, err) < 0 ||
	    network_assume(network, &run->lease, plug->blank_tap, err) < 0)
		return err_wrap(err, "network");
	return 0;
}

static int plug_all(struct plug *plug, struct err *err)
{
	struct run *run = plug->run;
	struct machine_host *host = run->flow->options.host;
	unsigned vcpus = run_size(run).vcpus;
	struct err inner = ERR_INIT;

	if (give_network(plug, err) < 0)
		return -1;
	for (size_t i = 0; i < run->image_count; i++) {
		if (plug_image(plug, i, err) < 0)
			return -1;
	}
	/* As much as it has: whether the host limits at all must be known before TASK. */
	if (machine_limit_cpu(host, plug->machine, vcpus, (int64_t)vcpus * FLOW_CPU_UNITS_A_CORE,
			      &inner) == 0)
		return 0;
	if (inner.code == ERR_UNSUPPORTED) {
		plug->guest_limits_cpu = true;
		return 0;
	}
	*err = inner;
	return err_wrap(err, "cpu limit");
}

static void do_plug(void *ctx, unsigned worker)
{
	struct plug *plug = ctx;

	(void)worker; /* machines share nothing */
	plug->ran = true;
	plug->result = plug_all(plug, &plug->err);
}

static void plugged(void *ctx)
{
	AUTO(freep) struct plug *plug = ctx;
	struct run *run = plug->run;

	if (!run_job_done(run) || !plug->ran)
		return;
	if (plug->result < 0) {
		run->view.disks = PART_ABSENT;
		if (run->view.state < TASK_DEPROVISIONING && !run->lost)
			start_failed(run, &plug->err);
	} else {
		run->view.disks = PART_THERE;
		run->blank_tap[0] = '\0';
		run->view.pooled = false;
		run->guest_limits_cpu = plug->guest_limits_cpu;
		run_phase(run, "plugged", clock_wall_us());
	}
	run_drive(run);
}

void launch_plug(struct run *run)
{
	struct plug *plug = xcalloc(1, sizeof(*plug));

	plug->run = run;
	(void)snprintf(plug->machine, sizeof(plug->machine), "%s", run->facts.machine);
	(void)snprintf(plug->blank_tap, sizeof(plug->blank_tap), "%s", run->blank_tap);
	if (run_submit(run, run->flow->work, do_plug, plugged, plug, "PLUG") < 0)
		free(plug);
	else
		run->view.disks = PART_COMING;
}

struct limit {
	struct run *run;
	char machine[MACHINE_NAME_SIZE];
	int64_t cpu_units;
	bool ran;
	int result;
	struct err err;
};

static void do_limit(void *ctx, unsigned worker)
{
	struct limit *limit = ctx;

	(void)worker; /* machines share nothing */
	limit->ran = true;
	limit->result =
		machine_limit_cpu(limit->run->flow->options.host, limit->machine,
				  run_size(limit->run).vcpus, limit->cpu_units, &limit->err);
}

static void limited(void *ctx)
{
	AUTO(freep) struct limit *limit = ctx;
	struct run *run = limit->run;

	if (!run_job_done(run) || !limit->ran)
		return;
	if (limit->result == 0 || limit->err.code == ERR_UNSUPPORTED) {
		run->view.limits = PART_THERE; /* by us, or by the agent */
		run_rested(run);
	} else {
		run->view.limits = PART_ABSENT;
		if (run->view.state < TASK_DEPROVISIONING && !run->lost)
			run_rest(run, "LIMIT", &limit->err);
	}
	run_drive(run);
}

void launch_limit(struct run *run)
{
	struct limit *limit = xcalloc(1, sizeof(*limit));

	limit->run = run;
	limit->cpu_units = run->task.cpu_units;
	(void)snprintf(limit->machine, sizeof(limit->machine), "%s", run->facts.machine);
	if (run_submit(run, run->flow->work, do_limit, limited, limit, "LIMIT") < 0)
		free(limit);
	else
		run->view.limits = PART_COMING;
}

/* --- the order --- */

static void on_tell_limit(void *ctx)
{
	struct run *run = ctx;
	struct err err = ERR_INIT;

	run->limit = NULL;
	(void)err_set(&err, ERR_TIMEOUT, "the agent did not take its task"); /* the loss */
	if (run->view.state == TASK_PENDING && !run->view.told)
		run_lose(run, &err);
	run_drive(run);
}

/* *ret_metadata owns what @order->metadata borrows. */
static int describe(struct run *run, struct wire_task *order, json_t **ret_metadata,
		    struct err *err)
{
	const char *digests[TASK_CONTAINERS_MAX];
	struct task_metadata_input input = {
		.task = &run->task,
		.spec = &run->spec,
		.lease = &run->lease,
		.output = &run->output,
		.order = order,
		.region = run->flow->options.region,
		.digests = digests,
		.pull_started_ms = run->facts.pull_started_ms,
		.pull_stopped_ms = run->pull_stopped_ms,
	};

	for (size_t i = 0; i < run->spec.containers.count; i++)
		digests[i] = run->images[run->image_of[i]].image->answer.digest;
	if (task_metadata_make(&input, ret_metadata, err) < 0)
		return -1;
	order->metadata = *ret_metadata;
	return 0;
}

void launch_tell(struct run *run)
{
	const struct flow_options *options = &run->flow->options;
	AUTO(arena_freep) struct arena *arena = arena_new_secret(TASK_ORDER_ARENA);
	const struct image_settings *settings[TASK_CONTAINERS_MAX];
	struct task_order_input input = {
		.task = &run->task,
		.spec = &run->spec,
		.lease = &run->lease,
		.region = options->region,
		.dns = network_dns(options->network),
		.blocked = network_blocked(options->network),
		.images = settings,
		.secrets = run->secrets,
		.event = run->event,
		.disks = run->image_of,
		.guest_limits_cpu = run->guest_limits_cpu,
	};
	AUTO(json_decrefp) json_t *metadata = NULL;
	struct task_role role;
	struct wire_task order;
	struct err err = ERR_INIT;

	if (task_role_make(options->roles, &options->role_seed, &run->task, &run->spec,
			   clock_wall_ms(), &role))
		input.credentials = &role.credentials;
	run->view.telling = true;
	run->told_after = session_received(run->session);
	for (size_t i = 0; i < run->spec.containers.count; i++)
		settings[i] = &run->images[run->image_of[i]].image->answer.settings;
	if (task_order_fill(&input, arena, &order, &err) < 0 ||
	    describe(run, &order, &metadata, &err) < 0 ||
	    (run->event &&
	     session_send_event(run->session, run->event->body, run->event->body_len, &err) < 0) ||
	    session_send_task(run->session, &order, &err) < 0) {
		run_fail(run, "TaskFailedToStart", -1, "%s", err.text);
		return;
	}
	run->news.connectivity_ms = clock_wall_ms();
	run_set_limit(run, options->session.hello_ms, on_tell_limit);
}
