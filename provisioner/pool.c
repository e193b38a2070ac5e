/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which machines are made, when, and who gets one. Their lives are in pool_blank.c.
 *
 * Nothing of the pool is stored. After a crash its machines belong to no task, so
 * the sweep of the next start takes them away, and the pool begins anew with the size whose
 * template was used last.
 *
 * Whether templates can be had is found out by a job, once, after the first sweep.
 */
#include "provisioner/pool.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "provisioner/pool_private.h"

#define TEMPLATE_AGAIN_MS (10 * 60000) /* after a template that came to nothing */

static bool same_size(struct machine_size a, struct machine_size b)
{
	return a.memory_mib == b.memory_mib && a.vcpus == b.vcpus;
}

/* What a machine of the pool has is what most tasks ask for; the others boot. */
static bool is_usual(const struct run *run)
{
	return run->task.storage_gib == STORAGE_GIB_MIN && run->image_count >= 1 &&
	       run->image_count <= 1 + POOL_PORTS && !shares_needed(&run->spec);
}

/* --- policy ----------------------------------------------------------------- */

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

/* Until there are launches, the size of the last one is the best guess. */
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

/* It would not go, and is tried again after a pause. */
static bool is_stuck(const struct blank *blank)
{
	return blank->unwanted && !blank->working;
}

/* Machines are made one at a time, and only while nobody waits for one to start. */
static bool is_quiet(const struct pool *pool)
{
	const struct flow *flow = pool->flow;

	for (const struct blank *at = pool->blanks; at; at = at->next) {
		if (at->state != BLANK_READY && !is_stuck(at))
			return false;
	}
	return flow->complete && !flow->queue.first && flow->launches == 0 && !flow->sweeping &&
	       !flow->sweep_wanted && !flow->host_lost && !flow->options.refusal;
}

static size_t count_of(const struct pool *pool, struct machine_size size)
{
	size_t count = 0;

	for (const struct blank *at = pool->blanks; at; at = at->next)
		count += !at->unwanted && same_size(at->size, size);
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
			log_info("pool: machine %s: its size is not asked for any more",
				 at->machine);
			blank_end(at);
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

		if (flow->memory_bytes + machine_plan_memory(&flow->options, size) >
		    flow->options.memory_limit_bytes)
			continue;
		if (wants_template(pool, size)) {
			blank_begin(pool, size, MACHINE_RECORD);
			return;
		}
		if (flow->options.pool_machines > 0 &&
		    count_of(pool, size) < wanted_of(pool, size)) {
			blank_begin(pool, size,
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
		pool_poll_later(pool, left_ns / 1000000 + 1);
	else if (!end_surplus(pool))
		go_on(pool);
}

void pool_poll_later(struct pool *pool, int64_t delay_ms)
{
	if (!pool->timer)
		pool->timer = loop_timer_add(pool->flow->options.loop, delay_ms, on_timer, pool);
}

void pool_poll(struct pool *pool)
{
	if (pool && !pool->stopped && !pool->flow->closing)
		pool_poll_later(pool, pool->flow->options.pool_quiet_ms);
}

/* --- for launches ----------------------------------------------------------- */

static struct blank *find_ready(const struct pool *pool, const struct run *run)
{
	struct machine_size size = run_size(run);

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
	run->view.pooled = true;
	run->has_slot = true;
	run->slot_filled = false;
	machine_watch_take(run, blank->process, blank->tap);
	log_info("task=%s takes the waiting machine %s", run->id, blank->machine);
	blank_forget(blank);
	run_ask_for_life(run);
	return true;
}

void pool_note(struct pool *pool, const struct run *run)
{
	size_t room;

	if (!pool || !is_usual(run))
		return;
	/* Without a pool there may still be a template of it. */
	room = pool->flow->options.pool_machines > 0 ? pool->flow->options.pool_machines - 1 : 0;
	if (pool->wanted_count < room)
		room = pool->wanted_count;
	memmove(&pool->wanted[1], &pool->wanted[0], room * sizeof(pool->wanted[0]));
	pool->wanted[0] = run_size(run);
	pool->wanted_count = room + 1;
}

bool pool_yield(struct pool *pool)
{
	bool coming = false;

	for (struct blank *at = pool ? pool->blanks : NULL; at; at = at->next) {
		if (at->state == BLANK_READY) {
			log_info("pool: machine %s: gives way to a task", at->machine);
			blank_end(at);
			return true;
		}
		coming |= at->unwanted && at->working;
	}
	for (struct blank *at = pool ? pool->blanks : NULL; at && !coming; at = at->next) {
		if (at->unwanted)
			continue; /* it is stuck */
		blank_end(at);
		return true;
	}
	return coming;
}

char *pool_template(const struct pool *pool, const struct run *run)
{
	struct machine_size size = run_size(run);

	if (!pool || !pool->templates || !is_usual(run) ||
	    !template_store_has(pool->templates, size))
		return NULL;
	return template_store_path(pool->templates, size);
}

struct removal {
	struct template_store *templates;
	struct machine_size size;
};

static void do_remove(void *ctx, unsigned worker)
{
	const struct removal *removal = ctx;

	(void)worker; /* what is removed is not made again for a while */
	template_store_remove(removal->templates, removal->size);
}

void pool_template_failed(struct pool *pool, struct machine_size size)
{
	struct removal *removal;
	struct err err = ERR_INIT;

	if (!pool || !pool->templates)
		return;
	pool->template_not_before_ns = clock_boot_ns() + (int64_t)TEMPLATE_AGAIN_MS * 1000000;
	removal = xcalloc(1, sizeof(*removal));
	*removal = (struct removal){pool->templates, size};
	if (jobs_submit(pool->flow->work, do_remove, free, removal, &err) < 0) {
		log_warn("template: %s", err.text); /* it fails again, and goes then */
		free(removal);
	}
}

/* --- from outside ----------------------------------------------------------- */

bool pool_machine_ended(struct pool *pool, const char *name)
{
	for (struct blank *at = pool ? pool->blanks : NULL; at; at = at->next) {
		if (strcmp(at->machine, name) != 0)
			continue;
		if (at->state != BLANK_SAVING && at->state != BLANK_ENDING && !at->working)
			blank_fail(at, "it ended unexpectedly");
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
	char tap[NETWORK_TAP_SIZE];
	char bridge[NETWORK_TAP_SIZE];
	struct err err = ERR_INIT;
	struct pool *pool;

	if (!flow->options.blank_image ||
	    network_blank(flow->options.network, tap, bridge, &err) < 0)
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
		at->gone = blank_take_away(at, &err) == 0;
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
		blank_forget(pool->blanks);
	loop_timer_cancel(pool->timer);
	template_store_free(pool->templates);
	free(pool);
}
