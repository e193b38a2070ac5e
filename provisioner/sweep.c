/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking away what belongs to no unfinished task: machines, scratch disks, network
 * rules and taps or passt processes, consoles. It finds what a crash left between two
 * steps, at the start and then now and again.
 *
 * A sweep compares the world with a list of what is kept. Nothing may be added to
 * the world meanwhile, so it runs only while no machine is being started, and starts
 * and the plugging of machines that waited are held back (view.held) from the moment
 * that it is wanted. It does not run at all while some task could not be read: its
 * machine would look like nobody's.
 *
 * The same timer trims the log events to their limit, in small batches, since those share
 * the store's thread with everything else.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "provisioner/flow_private.h"
#include "store/definition.h"

#define TRIM_BATCH 2000 /* events in one transaction */

struct sweep {
	struct flow *flow;
	char (*machines)[MACHINE_NAME_SIZE]; /* that are kept, sorted */
	struct network_lease *leases;	     /* that are kept */
	size_t machine_count, lease_count;
	bool ran;
	size_t destroyed, removed;
	int result;
	struct err err;
};

struct trim {
	struct flow *flow;
	bool ran, more;
	int result;
	struct err err;
};

/* --- jobs --- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool is_kept(void *ctx, const char *machine)
{
	const struct sweep *sweep = ctx;
	char key[MACHINE_NAME_SIZE];

	(void)snprintf(key, sizeof(key), "%s", machine);
	return sweep->machine_count > 0 &&
	       bsearch(key, sweep->machines, sweep->machine_count, sizeof(sweep->machines[0]),
		       compare_names) != NULL;
}

static int sweep_machines(struct sweep *sweep, struct err *err)
{
	struct machine_host *host = sweep->flow->options.host;
	AUTO(freep) struct machine_seen *list = NULL;
	char task[TASK_ID_SIZE];
	unsigned attempt;
	size_t count;
	int result = 0;

	if (machine_list(host, &list, &count, err) < 0)
		return err_wrap(err, "machines");
	for (size_t i = 0; i < count; i++) {
		if (!facts_machine_parse(list[i].name, task, &attempt) ||
		    is_kept(sweep, list[i].name))
			continue;
		if (machine_destroy(host, list[i].name, err) < 0)
			result = err_wrap(err, "machine %s", list[i].name);
		else
			sweep->destroyed++;
	}
	return result;
}

static int sweep_consoles(struct sweep *sweep, struct err *err)
{
	const char *path = sweep->flow->options.console_dir;
	DIR *folder = path ? opendir(path) : NULL;
	struct dirent *entry;
	int result = 0;

	if (!path || (!folder && errno == ENOENT))
		return 0;
	if (!folder)
		return err_sys(err, errno, "read %s", path);
	while ((entry = readdir(folder))) {
		char *dot = strrchr(entry->d_name, '.');
		AUTO(freep) char *machine = NULL;
		char task[TASK_ID_SIZE];
		unsigned attempt;

		if (!dot || strcmp(dot, ".log") != 0)
			continue;
		machine = xstrndup(entry->d_name, (size_t)(dot - entry->d_name));
		if (!facts_machine_parse(machine, task, &attempt) || is_kept(sweep, machine))
			continue;
		if (unlinkat(dirfd(folder), entry->d_name, 0) < 0 && errno != ENOENT)
			result = err_sys(err, errno, "remove %s", entry->d_name);
	}
	closedir(folder);
	return result;
}

static void do_sweep(void *ctx, unsigned worker)
{
	struct sweep *sweep = ctx;
	const struct flow_options *options = &sweep->flow->options;
	struct err *err = &sweep->err;

	(void)worker; /* it is alone by the rule above */
	sweep->ran = true;
	/* Machines first: disks and network are theirs as long as they run. */
	sweep->result = sweep_machines(sweep, err);
	if (sweep->result == 0)
		sweep->result =
			network_sweep(options->network, sweep->leases, sweep->lease_count, err);
	if (sweep->result == 0)
		sweep->result =
			storage_sweep(options->storage, is_kept, sweep, &sweep->removed, err);
	if (sweep->result == 0)
		sweep->result = sweep_consoles(sweep, err);
	if (sweep->result == 0)
		sweep->result = shares_sweep(&options->shares, is_kept, sweep, err);
}

static void do_trim(void *ctx, unsigned worker)
{
	struct trim *trim = ctx;
	const struct flow_options *options = &trim->flow->options;

	(void)worker; /* there is one */
	trim->ran = true;
	trim->result = log_trim(options->logs, clock_wall_ms(), options->logs_limit_bytes,
				TRIM_BATCH, &trim->more, &trim->err);
	/* Deletion of a task definition was promised for an hour after it was asked for. */
	if (trim->result == 0)
		trim->result = definition_expunge(options->state, clock_wall_ms(), &trim->err);
}

/* --- on the loop's thread --- */

static void on_timer(void *ctx)
{
	struct flow *flow = ctx;

	flow->sweep_timer = NULL;
	sweep_soon(flow);
}

static void schedule(struct flow *flow)
{
	if (!flow->sweep_timer)
		flow->sweep_timer =
			loop_timer_add(flow->options.loop, flow->options.sweep_ms, on_timer, flow);
}

static void trim_soon(struct flow *flow);

static void trimmed(void *ctx)
{
	AUTO(freep) struct trim *trim = ctx;
	struct flow *flow = trim->flow;

	flow->trimming = false;
	if (flow->closing || !trim->ran)
		return;
	if (trim->result < 0)
		log_warn("trimming logs and deleted task definitions: %s", trim->err.text);
	else if (trim->more)
		trim_soon(flow);
}

static void trim_soon(struct flow *flow)
{
	struct trim *trim;
	struct err err = ERR_INIT;

	if (flow->trimming)
		return;
	trim = xcalloc(1, sizeof(*trim));
	trim->flow = flow;
	if (jobs_submit(flow->sql, do_trim, trimmed, trim, &err) < 0)
		free(trim); /* with the next sweep */
	else
		flow->trimming = true;
}

static void swept(void *ctx)
{
	AUTO(freep) struct sweep *sweep = ctx;
	struct flow *flow = sweep->flow;

	free(sweep->machines);
	free(sweep->leases);
	flow->sweeping = false;
	if (flow->closing)
		return;
	if (sweep->ran && sweep->result < 0)
		log_warn("sweep: %s", sweep->err.text);
	if (sweep->ran && sweep->destroyed + sweep->removed > 0)
		log_info("sweep: %zu machines and %zu disks belonged to no task", sweep->destroyed,
			 sweep->removed);
	schedule(flow);
	flow_drive_all(flow);
	pool_poll(flow->pool);
}

static void add_kept(struct run *run, void *ctx)
{
	struct sweep *sweep = ctx;

	if (!run->facts.machine[0])
		return;
	(void)snprintf(sweep->machines[sweep->machine_count++], MACHINE_NAME_SIZE, "%s",
		       run->facts.machine);
	if (run->lease.tap[0]) /* it is claimed */
		sweep->leases[sweep->lease_count++] = run->lease;
}

static void count_unsurveyed(struct run *run, void *count)
{
	*(size_t *)count += run->unsurveyed;
}

static void sweep_begin(struct flow *flow)
{
	struct sweep *sweep = xcalloc(1, sizeof(*sweep));
	struct err err = ERR_INIT;

	flow->sweep_wanted = false;
	sweep->flow = flow;
	sweep->machines =
		xcalloc(flow->run_count + pool_count(flow->pool) + 1, sizeof(*sweep->machines));
	sweep->leases = xcalloc(flow->run_count + 1, sizeof(*sweep->leases));
	flow_each(flow, add_kept, sweep);
	sweep->machine_count += pool_names(flow->pool, sweep->machines + sweep->machine_count,
					   pool_count(flow->pool));
	qsort(sweep->machines, sweep->machine_count, sizeof(sweep->machines[0]), compare_names);
	flow->sweeping = true;
	if (jobs_submit(flow->work, do_sweep, swept, sweep, &err) < 0)
		swept(sweep); /* with the next one */
	trim_soon(flow);
	tidy_soon(flow);
}

void sweep_poll(struct flow *flow)
{
	size_t unsurveyed = 0;

	flow_each(flow, count_unsurveyed, &unsurveyed);
	if (flow->sweep_wanted && !flow->sweeping && flow->starting == 0 && unsurveyed == 0)
		sweep_begin(flow);
}

void sweep_soon(struct flow *flow)
{
	if (!flow->complete) {
		schedule(flow);
		return;
	}
	flow->sweep_wanted = true;
	sweep_poll(flow);
}

void sweep_free(struct flow *flow)
{
	loop_timer_cancel(STEAL(flow->sweep_timer, NULL));
}
