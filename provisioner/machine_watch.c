/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a task's machine ends, told by who sees it first:
 *
 *     its process      watched while this program runs: to the moment, before libvirt has
 *                      cleared up behind it
 *     libvirt          its event, where the process is not known
 *     the teardown     which has just ended it
 *     the supervisor   which reaped it while this program was away (core/process_end.h)
 *
 * If none of them saw it the meter takes the last checkpoint, which is why none is made as long
 * as it is not known what is left of an earlier life's machines (checkpoint.c).
 */
#include "core/clock.h"
#include "core/log.h"
#include "core/process_end.h"
#include "provisioner/flow_private.h"
#include "provisioner/process_usage.h"

void machine_watch_stop(struct run *run)
{
	loop_fd_remove(STEAL(run->end_watch, NULL));
	fd_closep(&run->end_fd);
}

void machine_watch_ended(struct run *run, int64_t boot_ns)
{
	machine_life_end(&run->life, boot_ns);
	machine_watch_stop(run);
}

static void on_end(void *ctx, unsigned events)
{
	(void)events; /* only ever readable */
	machine_watch_ended(ctx, clock_boot_ns());
}

int64_t machine_watch_noted(const struct flow_options *options, struct process_id process)
{
	int64_t boot_ns = 0;
	struct err err = ERR_INIT;

	if (!options->process_ends || process.pid == 0)
		return 0;
	if (process_end_find(options->process_ends, process, &boot_ns, &err) < 0)
		log_warn("ends of machines: %s", err.text);
	return boot_ns;
}

/* @otherwise: when it ended if it has and nobody noted it; 0: nobody knows. */
static void watch(struct run *run, int64_t otherwise)
{
	struct err err = ERR_INIT;

	machine_watch_stop(run);
	if (run->life.process.pid == 0 || machine_life_is_over(&run->life))
		return;
	if (process_watch(run->life.process, &run->end_fd, &err) == 0 &&
	    loop_fd_add(run->flow->options.loop, run->end_fd, LOOP_READ, on_end, run,
			&run->end_watch, &err) == 0)
		return;
	if (err.code == ERR_NOT_FOUND) {
		int64_t noted = machine_watch_noted(&run->flow->options, run->life.process);

		machine_watch_ended(run, noted ? noted : otherwise);
		return;
	}
	fd_closep(&run->end_fd);
	log_warn("task=%s machine=%s its process is not watched: %s", run->id, run->life.machine,
		 err.text);
}

void machine_watch_take(struct run *run, struct process_id process, const char *waited_tap)
{
	struct machine_counts waited = {0};
	struct err err = ERR_INIT;

	/* Some small files of the kernel, which nothing waits for. */
	if (waited_tap && process.pid != 0 &&
	    process_usage_read(process, waited_tap, &waited, &err) < 0)
		log_debug("task=%s machine=%s: %s", run->id, run->facts.machine, err.text);
	machine_life_take(&run->life, run->facts.machine, run_size(run), process, &waited);
	watch(run, clock_boot_ns());
}

void machine_watch_resume(struct run *run)
{
	watch(run, 0);
}

bool machine_watch_is_gone(const struct run *run)
{
	/* Before it was told its task, another machine may take its place. */
	return machine_life_is_over(&run->life) &&
	       (run->view.state > TASK_PENDING || run->view.told);
}
