/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a machine of the pool:
 *
 *     STARTING   a job makes disk and machine, and opens the channel
 *     GREETING   the agent has not spoken yet
 *     PREPARING  it rehearses, or comes to the end of its boot if it shall become a template
 *     SETTLING   it shall become one, and has nothing more to do
 *     READY      it waits
 *     SAVING     a job makes a template of it, which ends it
 *     ENDING     a job takes away what there is of it
 *
 * From READY it goes to a run, by pool_take(), and is forgotten here. From every state
 * a machine that dies, falls silent or takes too long goes to ENDING, and another is made,
 * after a pause if it never was of use.
 *
 * Nothing of the pool is stored. After a crash its machines belong to no task, so
 * the sweep of the next start takes them away, and the pool begins anew with the sizes that
 * there are templates of.
 *
 * Whether templates can be had is found out by a job, once, after the first sweep.
 */
#include "provisioner/pool.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/ident.h"
#include "core/log.h"
#include "provisioner/flow_private.h"

#define MIB ((int64_t)1 << 20)

#define SETTLE_MS	  400	/* for the guest's kernel to come to rest before it is saved */
#define PREPARE_MS	  60000 /* hundreds of milliseconds are usual */
#define PAUSE_MS	  30000 /* after a machine that came to nothing */
#define TEMPLATE_AGAIN_MS (10 * 60000) /* after a template that came to nothing */

enum blank_state {
	BLANK_STARTING,
	BLANK_GREETING,
	BLANK_PREPARING,
	BLANK_SETTLING,
	BLANK_READY,
	BLANK_SAVING,
	BLANK_ENDING,
};

/* A machine without a task. */
struct blank {
	struct blank *next;
	struct pool *pool;
	enum blank_state state;
	struct machine_size size;
	char machine[MACHINE_NAME_SIZE];
	char tap[NETWORK_TAP_SIZE], bridge[NETWORK_TAP_SIZE], mac[18];
	uid_t uid;
	enum machine_memory memory;
	char *template_dir; /* unless memory is BOOT */
	struct session *session;
	int64_t boot_wall_us;
	int64_t held_bytes;
	struct loop_timer *limit;
	bool greeted;  /* its agent has said hello */
	bool working;  /* a job has it */
	bool unwanted; /* to be ended when the job is done */
	bool gone;     /* taken away by pool_stop() */
};

struct pool {
	struct flow *flow;
	struct template_store *templates; /* NULL: none can be had, or not known yet */
	bool looking, looked;		  /* for templates */
	struct blank *blanks;
	struct machine_size wanted[POOL_MACHINES_MAX]; /* of the last launches, newest first */
	size_t wanted_count;
	int64_t not_before_ns;		/* no machine is made earlier */
	int64_t template_not_before_ns; /* no template is made earlier */
	struct loop_timer *timer;
	bool stopped;
};

static bool same_size(struct machine_size a, struct machine_size b)
{
	return a.memory_mib == b.memory_mib && a.vcpus == b.vcpus;
}

struct machine_size pool_size_of(const struct run *run)
{
	int64_t cores = (run->task.cpu_units + FLOW_CPU_UNITS_A_CORE - 1) / FLOW_CPU_UNITS_A_CORE;

	return (struct machine_size){.memory_mib = run->task.memory_mib,
				     .vcpus = cores > 1 ? (unsigned)cores : 1};
}

/* What a machine of the pool has is what most tasks ask for; the others boot. */
static bool is_usual(const struct run *run)
{
	return run->task.storage_gib == STORAGE_GIB_MIN && run->image_count >= 1 &&
	       run->image_count <= 1 + POOL_PORTS;
}

/* --- one machine ------------------------------------------------------------ */

static void end(struct blank *blank);
static void poll_later(struct pool *pool, int64_t delay_ms);

static void forget(struct blank *blank)
{
	struct pool *pool = blank->pool;
	struct flow *flow = pool->flow;

	for (struct blank **at = &pool->blanks; *at; at = &(*at)->next) {
		if (*at == blank) {
			*at = blank->next;
			break;
		}
	}
	flow->memory_bytes -= blank->held_bytes;
	loop_timer_cancel(blank->limit);
	session_free(blank->session);
	free(blank->template_dir);
	free(blank);
}

struct blank_job {
	struct blank *blank; /* what it reads does not change meanwhile */
	struct machine_channel *channel;
	bool ran;
	int result;
	struct err err;
};

static int submit(struct blank *blank, jobs_work_fn *work, loop_fn *done)
{
	struct blank_job *job = xcalloc(1, sizeof(*job));
	struct err err = ERR_INIT;

	job->blank = blank;
	if (jobs_submit(blank->pool->flow->work, work, done, job, &err) < 0) {
		log_warn("pool: %s", err.text);
		free(job);
		return -1;
	}
	blank->working = true;
	return 0;
}

/* The job's own end; NULL if nothing more may be done. */
static struct blank *job_done(const struct blank_job *job)
{
	job->blank->working = false;
	return job->blank->pool->flow->closing || !job->ran ? NULL : job->blank;
}

static int take_away(const struct blank *blank, struct err *err)
{
	const struct flow_options *options = &blank->pool->flow->options;

	if (machine_destroy(options->host, blank->machine, err) < 0 ||
	    storage_remove(options->storage, blank->machine, err) < 0)
		return -1;
	return flow_remove_console(options, blank->machine, err);
}

static void do_end(void *ctx, unsigned worker)
{
	struct blank_job *job = ctx;

	(void)worker; /* machines share nothing */
	job->ran = true;
	job->result = take_away(job->blank, &job->err);
}

static void ended(void *ctx)
{
	AUTO(freep) struct blank_job *job = ctx;
	struct blank *blank = job_done(job);
	struct flow *flow;

	if (!blank)
		return;
	flow = blank->pool->flow;
	if (job->result < 0) {
		log_warn("pool: machine %s: %s", blank->machine, job->err.text);
		sweep_soon(flow); /* what is left belongs to nobody */
	}
	user_pool_give(flow->users, blank->uid);
	forget(blank);
	admission_poll(flow);
	pool_poll(flow->pool);
}

static void end(struct blank *blank)
{
	loop_timer_cancel(STEAL(blank->limit, NULL));
	session_free(STEAL(blank->session, NULL));
	blank->unwanted = true;
	if (blank->working || blank->state == BLANK_ENDING)
		return;
	blank->state = BLANK_ENDING;
	if (submit(blank, do_end, ended) < 0)
		forget(blank); /* the sweep takes the machine; its user stays held until then */
}

/* It was of no use: not at once again. */
static void fail(struct blank *blank, const char *why)
{
	struct pool *pool = blank->pool;

	log_warn("pool: machine %s: %s", blank->machine, why);
	if (blank->memory == MACHINE_BOOT)
		pool->not_before_ns = clock_boot_ns() + (int64_t)PAUSE_MS * 1000000;
	if (blank->memory == MACHINE_RESTORE)
		pool_template_failed(pool, blank->size);
	if (blank->memory == MACHINE_RECORD) {
		pool->template_not_before_ns =
			clock_boot_ns() + (int64_t)TEMPLATE_AGAIN_MS * 1000000;
		template_store_abandon(pool->templates, blank->size);
	}
	end(blank);
}

static void on_limit(void *ctx)
{
	struct blank *blank = ctx;

	blank->limit = NULL;
	fail(blank, "it did not get ready in time");
}

static void set_limit(struct blank *blank, int64_t delay_ms, loop_fn *fn)
{
	loop_timer_cancel(blank->limit);
	blank->limit = loop_timer_add(blank->pool->flow->options.loop, delay_ms, fn, blank);
}

/* --- making ----------------------------------------------------------------- */

static int start_machine(struct blank *blank, const char *disk, struct err *err)
{
	const struct flow_options *options = &blank->pool->flow->options;
	AUTO(freep) char *console = NULL;
	char uuid[IDENT_UUID_SIZE];
	struct machine_spec spec = {
		.name = blank->machine,
		.uuid = uuid,
		.memory_mib = blank->size.memory_mib,
		.vcpus = blank->size.vcpus,
		.kernel = options->kernel,
		.initrd = options->initrd,
		.cmdline = options->kernel_words,
		.memory = blank->memory,
		.template_dir = blank->template_dir,
		.disks = {{.serial = WIRE_SCRATCH_SERIAL, .path = disk},
			  {.path = options->blank_image, .readonly = true}},
		.disk_count = 2,
		.spare_ports = POOL_PORTS,
		.mac = blank->mac,
		.tap = blank->tap,
		.bridge = blank->bridge,
		.uid = blank->uid,
		.gid = blank->uid,
	};

	ident_uuid(uuid);
	(void)snprintf(spec.disks[1].serial, sizeof(spec.disks[1].serial), WIRE_IMAGE_SERIAL, 0u);
	if (options->console_dir)
		console = xasprintf("%s/%s.log", options->console_dir, blank->machine);
	spec.console_path = console;
	return machine_start(options->host, &spec, err);
}

static int start_all(struct blank_job *job, struct err *err)
{
	struct blank *blank = job->blank;
	const struct flow_options *options = &blank->pool->flow->options;
	AUTO(freep) char *disk = NULL;

	if (storage_make(options->storage, blank->machine, STORAGE_GIB_MIN, blank->uid, blank->uid,
			 &disk, err) < 0)
		return -1;
	if (blank->memory == MACHINE_RECORD &&
	    template_store_begin(blank->pool->templates, blank->size, &blank->template_dir, err) <
		    0)
		return err_wrap(err, "template");
	if (start_machine(blank, disk, err) < 0)
		return -1;
	return machine_channel_open(options->host, blank->machine, session_bytes, blank->session,
				    &job->channel, err);
}

static void do_start(void *ctx, unsigned worker)
{
	struct blank_job *job = ctx;

	(void)worker; /* machines share nothing */
	job->ran = true;
	job->result = start_all(job, &job->err);
}

/* When its agent has spoken, and we can answer: either may come first. */
static void prepare(struct blank *blank)
{
	if (blank->state != BLANK_GREETING || !blank->greeted)
		return;
	blank->state = BLANK_PREPARING;
	/* The answer comes when the agent has done all that comes before a task. */
	session_send(blank->session, blank->memory == MACHINE_RECORD ? FRAME_PING : FRAME_PREPARE);
	set_limit(blank, PREPARE_MS, on_limit);
}

static void started(void *ctx)
{
	AUTO(freep) struct blank_job *job = ctx;
	struct flow *flow = job->blank->pool->flow;
	struct blank *blank = job_done(job);

	flow->starting--;
	if (!blank) {
		machine_channel_close(job->channel);
		return;
	}
	if (blank->unwanted) {
		machine_channel_close(job->channel);
		end(blank);
	} else if (job->result < 0) {
		fail(blank, job->err.text);
	} else {
		blank->state = BLANK_GREETING;
		session_attach(blank->session, job->channel,
			       blank->memory == MACHINE_RESTORE ? SESSION_RESTORED
								: SESSION_BOOTED);
		prepare(blank);
	}
	sweep_poll(flow);
}

/* --- its agent -------------------------------------------------------------- */

static void on_hello(void *ctx, const struct session_hello *hello)
{
	struct blank *blank = ctx;

	blank->boot_wall_us = hello->boot_wall_us;
	blank->greeted = true;
	prepare(blank);
}

static void do_save(void *ctx, unsigned worker)
{
	struct blank_job *job = ctx;
	const struct flow_options *options = &job->blank->pool->flow->options;

	(void)worker; /* machines share nothing */
	job->ran = true;
	job->result = machine_template_save(options->host, job->blank->machine,
					    job->blank->template_dir, &job->err);
	if (job->result == 0)
		job->result = template_store_finish(job->blank->pool->templates, job->blank->size,
						    &job->err);
}

static void saved(void *ctx)
{
	AUTO(freep) struct blank_job *job = ctx;
	struct blank *blank = job_done(job);

	if (!blank)
		return;
	if (job->result < 0) {
		fail(blank, job->err.text);
		return;
	}
	log_info("template of %lld MiB and %u processors is made",
		 (long long)blank->size.memory_mib, blank->size.vcpus);
	end(blank);
}

static void on_settled(void *ctx)
{
	struct blank *blank = ctx;

	blank->limit = NULL;
	/* The channel must be closed, or the agents of all its copies would wait for its host. */
	session_free(STEAL(blank->session, NULL));
	blank->state = BLANK_SAVING;
	if (submit(blank, do_save, saved) < 0)
		fail(blank, "too much to do");
}

static void on_answered(void *ctx, enum frame_type type)
{
	struct blank *blank = ctx;

	if (blank->state != BLANK_PREPARING || blank->limit == NULL)
		return;
	if (blank->memory == MACHINE_RECORD) {
		blank->state = BLANK_SETTLING;
		set_limit(blank, SETTLE_MS, on_settled);
	} else if (type == FRAME_PREPARED) {
		loop_timer_cancel(STEAL(blank->limit, NULL));
		blank->state = BLANK_READY;
		log_info("pool: machine %s of %lld MiB is ready", blank->machine,
			 (long long)blank->size.memory_mib);
		admission_poll(blank->pool->flow);
		pool_poll(blank->pool);
	}
}

static void on_reports(void *ctx)
{
	fail(ctx, "its agent reports of a task that it does not have");
}

static void on_lost(void *ctx, const struct err *err)
{
	fail(ctx, err->text);
}

static const struct session_events events = {
	.hello = on_hello, .reports = on_reports, .lost = on_lost, .answered = on_answered};

/* --- policy ----------------------------------------------------------------- */

static int64_t need(const struct flow *flow, struct machine_size size)
{
	return size.memory_mib * MIB + flow->options.machine_overhead_bytes;
}

static void begin(struct pool *pool, struct machine_size size, enum machine_memory memory)
{
	struct flow *flow = pool->flow;
	struct blank *blank = xcalloc(1, sizeof(*blank));
	char digits[IDENT_HEX32_SIZE];
	uint8_t bytes[4];
	struct err err = ERR_INIT;

	blank->pool = pool;
	blank->size = size;
	blank->memory = memory;
	if (network_blank(flow->options.network, blank->tap, blank->bridge, &err) < 0 ||
	    user_pool_take(flow->users, &blank->uid, &err) < 0) {
		log_debug("pool: %s", err.text);
		pool->not_before_ns = clock_boot_ns() + (int64_t)PAUSE_MS * 1000000;
		free(blank);
		return;
	}
	ident_hex32(digits);
	facts_machine_name(digits, 1, blank->machine);
	ident_random(bytes, sizeof(bytes));
	(void)snprintf(blank->mac, sizeof(blank->mac), "02:74:%02x:%02x:%02x:%02x", bytes[0],
		       bytes[1], bytes[2], bytes[3]);
	if (memory == MACHINE_RESTORE)
		blank->template_dir = template_store_path(pool->templates, size);
	blank->session = session_new(flow->options.loop, &flow->options.session, &events, blank, 0);
	blank->held_bytes = need(flow, size);
	flow->memory_bytes += blank->held_bytes;
	blank->next = pool->blanks;
	pool->blanks = blank;
	flow->starting++;
	if (submit(blank, do_start, started) < 0) {
		flow->starting--;
		user_pool_give(flow->users, blank->uid);
		forget(blank);
	}
}

struct look {
	struct pool *pool;
	struct template_store *templates;
	bool ran;
	int result;
	struct err err;
};

static void do_look(void *ctx, unsigned worker)
{
	struct look *look = ctx;
	const struct flow_options *flow = &look->pool->flow->options;
	struct template_store_options options = {
		.folder = flow->template_dir,
		.host = flow->host,
		.kernel = flow->kernel,
		.initrd = flow->initrd,
		.kernel_words = flow->kernel_words,
		.blank_image = flow->blank_image,
	};

	(void)worker; /* it is the only one */
	look->ran = true;
	look->result = template_store_open(&options, &look->templates, &look->err);
}

/* Until there are launches, the sizes of the earlier ones are the best guess. */
static void guess(struct pool *pool)
{
	struct machine_size sizes[TEMPLATES_MAX];
	size_t count = template_store_sizes(pool->templates, sizes);

	while (count > 0 && pool->wanted_count < pool->flow->options.pool_machines)
		pool->wanted[pool->wanted_count++] = sizes[0];
}

static void looked(void *ctx)
{
	AUTO(freep) struct look *look = ctx;
	struct pool *pool = look->pool;

	pool->looking = false;
	if (pool->flow->closing || !look->ran) {
		template_store_free(look->templates);
		return;
	}
	pool->looked = true;
	if (look->result < 0) {
		log_info("machines boot, without templates: %s", look->err.text);
	} else {
		pool->templates = look->templates;
		guess(pool);
	}
	pool_poll(pool);
}

static void look_for_templates(struct pool *pool)
{
	struct look *look;
	struct err err = ERR_INIT;

	if (pool->looking)
		return;
	if (!pool->flow->options.template_dir) {
		pool->looked = true;
		pool_poll(pool);
		return;
	}
	look = xcalloc(1, sizeof(*look));
	look->pool = pool;
	if (jobs_submit(pool->flow->work, do_look, looked, look, &err) < 0)
		free(look); /* the next poll tries again */
	else
		pool->looking = true;
}

/* Machines are made one at a time, and only while nobody waits for one to start. */
static bool is_quiet(const struct pool *pool)
{
	const struct flow *flow = pool->flow;

	for (const struct blank *at = pool->blanks; at; at = at->next) {
		if (at->state != BLANK_READY)
			return false;
	}
	return flow->complete && !flow->queue_first && flow->launches == 0 && !flow->sweeping &&
	       !flow->sweep_wanted && !flow->host_lost && !flow->options.refusal;
}

static size_t count_of(const struct pool *pool, struct machine_size size)
{
	size_t count = 0;

	for (const struct blank *at = pool->blanks; at; at = at->next)
		count += same_size(at->size, size);
	return count;
}

static size_t wanted_of(const struct pool *pool, struct machine_size size)
{
	size_t count = 0;

	for (size_t i = 0; i < pool->wanted_count; i++)
		count += same_size(pool->wanted[i], size);
	/* Before there were that many launches, the last one stands for those to come. */
	if (pool->wanted_count > 0 && pool->wanted_count < pool->flow->options.pool_machines &&
	    same_size(pool->wanted[0], size))
		count += pool->flow->options.pool_machines - pool->wanted_count;
	return count;
}

/* One that waits and that nobody wants any more. */
static bool end_surplus(struct pool *pool)
{
	for (struct blank *at = pool->blanks; at; at = at->next) {
		if (at->state == BLANK_READY &&
		    count_of(pool, at->size) > wanted_of(pool, at->size)) {
			end(at);
			return true;
		}
	}
	return false;
}

static bool wants_template(struct pool *pool, struct machine_size size)
{
	return pool->templates && clock_boot_ns() >= pool->template_not_before_ns &&
	       !template_store_has(pool->templates, size);
}

static void go_on(struct pool *pool)
{
	struct flow *flow = pool->flow;

	for (size_t i = 0; i < pool->wanted_count; i++) {
		struct machine_size size = pool->wanted[i];

		if (flow->memory_bytes + need(flow, size) > flow->options.memory_limit_bytes)
			continue;
		if (wants_template(pool, size)) {
			begin(pool, size, MACHINE_RECORD);
			return;
		}
		if (flow->options.pool_machines > 0 &&
		    count_of(pool, size) < wanted_of(pool, size)) {
			begin(pool, size,
			      pool->templates && template_store_has(pool->templates, size)
				      ? MACHINE_RESTORE
				      : MACHINE_BOOT);
			return;
		}
	}
}

static void on_timer(void *ctx)
{
	struct pool *pool = ctx;
	int64_t left_ns = pool->not_before_ns - clock_boot_ns();

	pool->timer = NULL;
	if (pool->stopped || pool->flow->closing || !is_quiet(pool))
		return;
	if (!pool->looked)
		look_for_templates(pool);
	else if (left_ns > 0)
		poll_later(pool, left_ns / 1000000 + 1);
	else if (!end_surplus(pool))
		go_on(pool);
}

static void poll_later(struct pool *pool, int64_t delay_ms)
{
	if (!pool->timer)
		pool->timer = loop_timer_add(pool->flow->options.loop, delay_ms, on_timer, pool);
}

void pool_poll(struct pool *pool)
{
	if (pool && !pool->stopped && !pool->flow->closing)
		poll_later(pool, pool->flow->options.pool_quiet_ms);
}

/* --- for launches ----------------------------------------------------------- */

static struct blank *find_ready(const struct pool *pool, const struct run *run)
{
	struct machine_size size = pool_size_of(run);

	if (!pool || !is_usual(run))
		return NULL;
	for (struct blank *at = pool->blanks; at; at = at->next) {
		if (at->state == BLANK_READY && same_size(at->size, size))
			return at;
	}
	return NULL;
}

bool pool_fits(const struct pool *pool, const struct run *run)
{
	return find_ready(pool, run) != NULL;
}

bool pool_take(struct pool *pool, struct run *run)
{
	struct blank *blank = find_ready(pool, run);

	if (!blank)
		return false;
	run->session = STEAL(blank->session, NULL);
	session_hand_over(run->session, &run_session_events, run);
	run->uid = STEAL(blank->uid, 0);
	(void)snprintf(run->facts.machine, sizeof(run->facts.machine), "%s", blank->machine);
	(void)snprintf(run->blank_tap, sizeof(run->blank_tap), "%s", blank->tap);
	run->news.boot_wall_us = blank->boot_wall_us;
	run->view.machine = PART_THERE;
	run->view.name_used = true;
	run->has_slot = true;
	run->slot_filled = false;
	log_info("task=%s takes the waiting machine %s", run->id, blank->machine);
	forget(blank);
	run_ask_for_life(run);
	return true;
}

void pool_note(struct pool *pool, struct machine_size size)
{
	size_t room;

	if (!pool)
		return;
	/* Without a pool there may still be a template of it. */
	room = pool->flow->options.pool_machines > 0 ? pool->flow->options.pool_machines - 1 : 0;
	if (pool->wanted_count < room)
		room = pool->wanted_count;
	memmove(&pool->wanted[1], &pool->wanted[0], room * sizeof(pool->wanted[0]));
	pool->wanted[0] = size;
	pool->wanted_count = room + 1;
}

bool pool_yield(struct pool *pool)
{
	bool coming = false;

	for (struct blank *at = pool ? pool->blanks : NULL; at; at = at->next) {
		if (at->state == BLANK_READY) {
			end(at);
			return true;
		}
		coming |= at->state == BLANK_ENDING || at->unwanted;
	}
	for (struct blank *at = pool ? pool->blanks : NULL; at && !coming; at = at->next) {
		end(at);
		return true;
	}
	return coming;
}

char *pool_template(const struct pool *pool, const struct run *run)
{
	struct machine_size size = pool_size_of(run);

	if (!pool || !pool->templates || !is_usual(run) ||
	    !template_store_has(pool->templates, size))
		return NULL;
	return template_store_path(pool->templates, size);
}

void pool_template_failed(struct pool *pool, struct machine_size size)
{
	pool->template_not_before_ns = clock_boot_ns() + (int64_t)TEMPLATE_AGAIN_MS * 1000000;
	template_store_remove(pool->templates, size);
}

/* --- from outside ----------------------------------------------------------- */

bool pool_machine_ended(struct pool *pool, const char *name)
{
	for (struct blank *at = pool ? pool->blanks : NULL; at; at = at->next) {
		if (strcmp(at->machine, name) != 0)
			continue;
		if (at->state != BLANK_SAVING && at->state != BLANK_ENDING && !at->working)
			fail(at, "it ended unexpectedly");
		return true;
	}
	return false;
}

size_t pool_count(const struct pool *pool)
{
	size_t count = 0;

	for (const struct blank *at = pool ? pool->blanks : NULL; at; at = at->next)
		count++;
	return count;
}

size_t pool_ready(const struct pool *pool)
{
	size_t count = 0;

	for (const struct blank *at = pool ? pool->blanks : NULL; at; at = at->next)
		count += at->state == BLANK_READY;
	return count;
}

size_t pool_names(const struct pool *pool, char (*ret_names)[MACHINE_NAME_SIZE], size_t max)
{
	size_t count = 0;

	for (const struct blank *at = pool ? pool->blanks : NULL; at && count < max; at = at->next)
		(void)snprintf(ret_names[count++], MACHINE_NAME_SIZE, "%s", at->machine);
	return count;
}

/* --- life ------------------------------------------------------------------- */

struct pool *pool_new(struct flow *flow)
{
	struct pool *pool;

	if (!flow->options.blank_image)
		return NULL;
	pool = xcalloc(1, sizeof(*pool));
	pool->flow = flow;
	if (flow->options.pool_machines > POOL_MACHINES_MAX)
		flow->options.pool_machines = POOL_MACHINES_MAX;
	return pool;
}

static void take_all_away(struct pool *pool)
{
	struct err err = ERR_INIT;

	for (struct blank *at = pool->blanks; at; at = at->next) {
		if (at->working || at->gone)
			continue;
		session_free(STEAL(at->session, NULL));
		at->gone = take_away(at, &err) == 0;
		if (!at->gone)
			log_warn("pool: machine %s: %s", at->machine, err.text);
	}
}

void pool_stop(struct pool *pool)
{
	if (!pool)
		return;
	pool->stopped = true;
	take_all_away(pool);
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	/* Those that a job had when the pool was stopped, and those that would not go at once;
	 * no job is under way any more. */
	for (struct blank *at = pool->blanks; at; at = at->next)
		at->working = false;
	if (pool->stopped)
		take_all_away(pool);
	while (pool->blanks)
		forget(pool->blanks);
	loop_timer_cancel(pool->timer);
	template_store_free(pool->templates);
	free(pool);
}
