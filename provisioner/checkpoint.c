/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Twice a second, as long as any meter runs, one small write says that all of them hold
 * what they hold. If the host dies, nobody sees the end, and this is what bounds the error. It
 * is a transaction of its own: what fails here fails no task.
 *
 * Before that, in the same transaction, the meter is told of machines whose end is known and
 * was not yet written by a move of their tasks, so that no checkpoint reaches behind an end: its
 * time is taken before all are looked at.
 * For the same reason there is none until it is known what is left of the machines that an
 * earlier life of this program had.
 */
#include <stdio.h>

#include "billing/meter.h"
#include "core/clock.h"
#include "core/log.h"
#include "provisioner/facts_private.h"
#include "provisioner/flow_private.h"

#define CHECKPOINT_MS	     500 /* late by as much, it is still within a second of the end */
#define CHECKPOINTS_A_SAMPLE 60	 /* of what machines use */

struct checkpoint_end {
	char task[TASK_ID_SIZE];
	struct machine_life life;
};

struct checkpoint {
	struct flow *flow;
	struct checkpoint_end *ends;
	size_t end_count;
	int64_t boot_ns; /* the machines of all others lived then */
	size_t holding;	 /* tasks whose machine is not known to be gone */
	size_t charged, unsurveyed;
	bool ran;
	int result;
	struct err err;
};

static int write_all(const struct checkpoint *checkpoint, struct db *db, struct err *err)
{
	int result = 0;

	for (size_t i = 0; i < checkpoint->end_count && result == 0; i++)
		result = facts_gone(db, checkpoint->ends[i].task, &checkpoint->ends[i].life, err);
	return result == 0 ? meter_checkpoint(db, checkpoint->boot_ns, err) : result;
}

static void do_checkpoint(void *ctx, unsigned worker)
{
	struct checkpoint *checkpoint = ctx;
	struct db *db = checkpoint->flow->options.state;

	(void)worker; /* there is one */
	checkpoint->ran = true;
	checkpoint->result = db_begin(db, &checkpoint->err);
	if (checkpoint->result == 0)
		checkpoint->result = facts_end(db, write_all(checkpoint, db, &checkpoint->err),
					       &checkpoint->err);
}

static void checkpoint_done(struct checkpoint *checkpoint)
{
	free(checkpoint->ends);
	free(checkpoint);
}

static void checkpointed(void *ctx)
{
	struct checkpoint *checkpoint = ctx;
	struct flow *flow = checkpoint->flow;

	flow->checkpointing = false;
	if (checkpoint->ran && checkpoint->result < 0 && !flow->checkpoint_failed)
		log_error("checkpoint of the meters: %s", checkpoint->err.text);
	if (checkpoint->ran && checkpoint->result == 0 && flow->checkpoint_failed)
		log_info("checkpoints of the meters go on");
	if (checkpoint->ran)
		flow->checkpoint_failed = checkpoint->result < 0;
	for (size_t i = 0; checkpoint->ran && checkpoint->result == 0 && i < checkpoint->end_count;
	     i++) {
		struct run *run = flow_find(flow, checkpoint->ends[i].task);

		if (run)
			run->gone_written = true;
	}
	checkpoint_done(checkpoint);
}

static void look_at(struct run *run, void *ctx)
{
	struct checkpoint *checkpoint = ctx;
	struct checkpoint_end *end = &checkpoint->ends[checkpoint->end_count];

	checkpoint->unsurveyed += run->unsurveyed;
	if (!task_state_is_charged(run->view.state))
		return;
	checkpoint->charged++;
	machine_watch_look(run);
	if (!machine_watch_is_gone(run)) {
		checkpoint->holding++;
	} else if (!run->gone_written) {
		(void)snprintf(end->task, sizeof(end->task), "%s", run->id);
		end->life = run->life;
		checkpoint->end_count++;
	}
}

static bool is_due(const struct flow *flow, const struct checkpoint *checkpoint)
{
	return flow->complete && checkpoint->unsurveyed == 0 && !flow->checkpointing &&
	       (checkpoint->holding > 0 || checkpoint->end_count > 0);
}

static void count_time(struct flow *flow, size_t holding)
{
	int64_t now_ns = clock_boot_ns();

	flow->metered_ns += (now_ns - flow->checkpoint_ns) * (int64_t)holding;
	flow->checkpoint_ns = now_ns;
}

static void on_timer(void *ctx)
{
	struct flow *flow = ctx;
	struct checkpoint *checkpoint = xcalloc(1, sizeof(*checkpoint));
	struct err err = ERR_INIT;

	flow->checkpoint_timer = NULL;
	checkpoint->flow = flow;
	checkpoint->boot_ns = clock_boot_ns();
	checkpoint->ends = xcalloc(flow->run_count + 1, sizeof(*checkpoint->ends));
	flow_each(flow, look_at, checkpoint);
	count_time(flow, checkpoint->holding);
	if (checkpoint->charged > 0)
		flow->checkpoint_timer =
			loop_timer_add(flow->options.loop, CHECKPOINT_MS, on_timer, flow);
	if (checkpoint->charged > 0 && ++flow->checkpoints % CHECKPOINTS_A_SAMPLE == 0)
		sample_begin(flow);
	if (is_due(flow, checkpoint) &&
	    jobs_submit(flow->sql, do_checkpoint, checkpointed, checkpoint, &err) == 0)
		flow->checkpointing = true;
	else
		checkpoint_done(checkpoint);
}

void checkpoint_soon(struct flow *flow)
{
	if (flow->checkpoint_timer)
		return;
	flow->checkpoint_ns = clock_boot_ns();
	flow->checkpoint_timer = loop_timer_add(flow->options.loop, CHECKPOINT_MS, on_timer, flow);
}

void checkpoint_free(struct flow *flow)
{
	loop_timer_cancel(STEAL(flow->checkpoint_timer, NULL));
}
