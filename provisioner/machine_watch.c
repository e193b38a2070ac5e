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
 * If none of them saw it the meter takes the last checkpoint (or the last moment at which the
 * supervisor says that it was there and had seen no end), which is why none is made as long
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

void machine_watch_look(struct run *run)
{
	if (run->end_watch && process_watch_ended(run->end_fd))
		machine_watch_ended(run, clock_boot_ns());
}

struct machine_note machine_watch_noted(const struct flow_options *options,
					struct process_id process)
{
	struct machine_note note = {.ended_ns = 0};
	struct err err = ERR_INIT;
	int found = 0;

	if (!options->process_ends || process.pid == 0)
		return note;
	found = process_end_find(options->process_ends, process, &note.ended_ns, &err);
	if (found >= 0)
		found = process_end_lived(options->process_ends, process, &note.lived_ns, &err);
	if (found < 0)
		log_warn("ends of machines: %s", err.text);
	return note;
}

void machine_watch_missed(struct run *run, const struct machine_note *note)
{
	if (note->ended_ns == 0) {
		machine_life_end_unseen(&run->life, note->lived_ns);
	} else {
		machine_life_end(&run->life, note->ended_ns);
		machine_life_prove(&run->life, note->lived_ns);
	}
	machine_watch_stop(run);
}

/* @new: it was started just now, so if it is gone that was just now. */
static void watch(struct run *run, bool new)
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
		struct machine_note note =
			machine_watch_noted(&run->flow->options, run->life.process);

		if (new &&note.ended_ns == 0)
			note.ended_ns = clock_boot_ns();
		machine_watch_missed(run, &note);
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
	watch(run, true);
}

void machine_watch_resume(struct run *run)
{
	watch(run, false);
}

bool machine_watch_is_gone(const struct run *run)
{
	/* Before it was told its task, another machine may take its place. */
	return machine_life_is_over(&run->life) &&
	       (run->view.state > TASK_PENDING || run->view.told);
}
