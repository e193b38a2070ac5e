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
 */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/ident.h"
#include "core/log.h"
#include "provisioner/pool_private.h"

#define SETTLE_MS  400	 /* for the guest's kernel to come to rest before it is saved */
#define PREPARE_MS 60000 /* hundreds of milliseconds are usual */

void blank_forget(struct blank *blank)
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

static const char *const state_names[] = {BLANK_STATES(BLANK_AS_NAME)};

static void move(struct blank *blank, enum blank_state state)
{
	log_debug("pool: machine %s %s -> %s", blank->machine, state_names[blank->state],
		  state_names[state]);
	blank->state = state;
}

static void set_limit(struct blank *blank, int64_t delay_ms, loop_fn *fn)
{
	loop_timer_cancel(blank->limit);
	blank->limit = loop_timer_add(blank->pool->flow->options.loop, delay_ms, fn, blank);
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

int blank_take_away(const struct blank *blank, struct err *err)
{
	return machine_plan_undo(&blank->pool->flow->options, blank->machine, NULL, NULL, err);
}

static void do_end(void *ctx, unsigned worker)
{
	struct blank_job *job = ctx;

	(void)worker; /* machines share nothing */
	job->ran = true;
	job->result = blank_take_away(job->blank, &job->err);
}

static void end_now(void *ctx);

/* Until it has gone, its user, its memory and its name are not anybody else's. */
static void ended(void *ctx)
{
	AUTO(freep) struct blank_job *job = ctx;
	struct blank *blank = job_done(job);
	struct flow *flow;

	if (!blank)
		return;
	flow = blank->pool->flow;
	if (job->result < 0) {
		log_warn("pool: machine %s, again in %d s: %s", blank->machine,
			 POOL_PAUSE_MS / 1000, job->err.text);
		set_limit(blank, POOL_PAUSE_MS, end_now);
		pool_poll(flow->pool); /* it is in nobody's way but for its memory */
		return;
	}
	user_pool_give(flow->users, blank->uid);
	blank_forget(blank);
	admission_poll(flow);
	pool_poll(flow->pool);
}

static void end_now(void *ctx)
{
	struct blank *blank = ctx;

	blank->limit = NULL;
	if (submit(blank, do_end, ended) < 0)
		set_limit(blank, POOL_PAUSE_MS, end_now);
}

void blank_end(struct blank *blank)
{
	loop_timer_cancel(STEAL(blank->limit, NULL));
	blank->unwanted = true;
	if (blank->working || blank->state == BLANK_ENDING)
		return;
	session_free(STEAL(blank->session, NULL));
	move(blank, BLANK_ENDING);
	end_now(blank);
}

/* It was of no use: not at once again. */
void blank_fail(struct blank *blank, const char *why)
{
	struct pool *pool = blank->pool;

	log_warn("pool: machine %s: %s", blank->machine, why);
	/* One that got ready was made of what is good. */
	if (blank->state != BLANK_READY && blank->memory != MACHINE_BOOT && !blank->innocent)
		pool_template_failed(pool, blank->size);
	else if (blank->state != BLANK_READY)
		pool->not_before_ns = clock_boot_ns() + (int64_t)POOL_PAUSE_MS * 1000000;
	blank_end(blank);
}

static void on_limit(void *ctx)
{
	struct blank *blank = ctx;

	blank->limit = NULL;
	blank_fail(blank, "it did not get ready in time");
}

/* --- making ----------------------------------------------------------------- */

static int start_machine(const struct blank *blank, const char *disk, struct err *err)
{
	const struct flow_options *options = &blank->pool->flow->options;
	const struct machine_plan plan = {
		.name = blank->machine,
		.size = blank->size,
		.uid = blank->uid,
		.scratch = disk,
		.slot = options->blank_image,
		.spare_ports = POOL_PORTS,
		.memory = blank->memory,
		.template_dir = blank->template_dir,
		.mac = blank->mac,
		.tap = blank->tap,
		.bridge = blank->bridge,
	};

	return machine_plan_start(options, &plan, err);
}

static int start_all(struct blank_job *job, struct err *err)
{
	struct blank *blank = job->blank;
	const struct flow_options *options = &blank->pool->flow->options;
	AUTO(freep) char *disk = NULL;

	blank->innocent = true;
	if (storage_make(options->storage, blank->machine, STORAGE_GIB_MIN, blank->uid, blank->uid,
			 &disk, err) < 0)
		return -1;
	if (blank->memory == MACHINE_RECORD &&
	    template_store_begin(blank->pool->templates, blank->size, &blank->template_dir, err) <
		    0)
		return err_wrap(err, "template");
	if (start_machine(blank, disk, err) < 0) {
		blank->innocent = err->code == ERR_UNAVAILABLE;
		return -1;
	}
	blank->innocent = false;
	machine_plan_process(options, blank->machine, &blank->process);
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
	move(blank, BLANK_PREPARING);
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
		blank_end(blank);
	} else if (job->result < 0) {
		blank_fail(blank, job->err.text);
	} else {
		move(blank, BLANK_GREETING);
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
		blank_fail(blank, job->err.text);
		return;
	}
	log_info("template of %lld MiB and %u processors is made",
		 (long long)blank->size.memory_mib, blank->size.vcpus);
	blank_end(blank);
}

static void on_settled(void *ctx)
{
	struct blank *blank = ctx;

	blank->limit = NULL;
	/* The channel must be closed, or the agents of all its copies would wait for its host. */
	session_free(STEAL(blank->session, NULL));
	move(blank, BLANK_SAVING);
	if (submit(blank, do_save, saved) < 0)
		blank_fail(blank, "too much to do");
}

static void on_answered(void *ctx, enum frame_type type)
{
	struct blank *blank = ctx;
	struct pool *pool = blank->pool;

	if (blank->state != BLANK_PREPARING || blank->limit == NULL)
		return;
	if (blank->memory == MACHINE_RECORD) {
		move(blank, BLANK_SETTLING);
		set_limit(blank, SETTLE_MS, on_settled);
	} else if (type == FRAME_PREPARED) {
		loop_timer_cancel(STEAL(blank->limit, NULL));
		move(blank, BLANK_READY);
		log_info("pool: machine %s of %lld MiB is ready", blank->machine,
			 (long long)blank->size.memory_mib);
		pool_poll(pool);
		admission_poll(pool->flow); /* may take it, and free this */
	}
}

static void on_reports(void *ctx)
{
	blank_fail(ctx, "its agent reports of a task that it does not have");
}

static void on_lost(void *ctx, const struct err *err)
{
	blank_fail(ctx, err->text);
}

static const struct session_events events = {
	.hello = on_hello, .reports = on_reports, .lost = on_lost, .answered = on_answered};

void blank_begin(struct pool *pool, struct machine_size size, enum machine_memory memory)
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
		pool->not_before_ns = clock_boot_ns() + (int64_t)POOL_PAUSE_MS * 1000000;
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
	blank->held_bytes = machine_plan_memory(&flow->options, size);
	flow->memory_bytes += blank->held_bytes;
	blank->next = pool->blanks;
	pool->blanks = blank;
	flow->starting++;
	if (submit(blank, do_start, started) < 0) {
		flow->starting--;
		user_pool_give(flow->users, blank->uid);
		blank_forget(blank);
	}
}
