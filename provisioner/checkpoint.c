/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every minute the meters of all tasks are told that their tasks still hold what
 * they hold. If the host dies, nobody sees the end, and this is what bounds the error.
 * All of them in one transaction: one commit a minute, however many tasks there are.
 */
#include <stdio.h>

#include "billing/meter.h"
#include "core/log.h"
#include "provisioner/facts_private.h"
#include "provisioner/flow_private.h"

#define CHECKPOINT_MS 60000

struct checkpoint {
	struct flow *flow;
	char (*tasks)[TASK_ID_SIZE];
	size_t count;
	bool ran;
	int result;
	struct err err;
};

static void do_checkpoint(void *ctx, unsigned worker)
{
	struct checkpoint *checkpoint = ctx;

	(void)worker; /* there is one */
	checkpoint->ran = true;
	checkpoint->result = meter_checkpoint(checkpoint->flow->options.state, &checkpoint->err);
}

static void checkpointed(void *ctx)
{
	AUTO(freep) struct checkpoint *checkpoint = ctx;

	if (checkpoint->ran && checkpoint->result < 0)
		log_error("checkpoint of the meters: %s", checkpoint->err.text);
	free(checkpoint->tasks);
}

static void add_task(struct run *run, void *ctx)
{
	struct checkpoint *checkpoint = ctx;

	if (task_state_is_charged(run->view.state))
		(void)snprintf(checkpoint->tasks[checkpoint->count++], TASK_ID_SIZE, "%s", run->id);
}

static void on_timer(void *ctx)
{
	struct flow *flow = ctx;
	struct checkpoint *checkpoint = xcalloc(1, sizeof(*checkpoint));
	struct err err = ERR_INIT;

	checkpoint->flow = flow;
	checkpoint->tasks = xcalloc(flow->run_count + 1, sizeof(*checkpoint->tasks));
	flow_each(flow, add_task, checkpoint);
	if (checkpoint->count == 0 ||
	    jobs_submit(flow->sql, do_checkpoint, checkpointed, checkpoint, &err) < 0)
		checkpointed(checkpoint);
	flow->checkpoint_timer = loop_timer_add(flow->options.loop, CHECKPOINT_MS, on_timer, flow);
}

void checkpoint_begin(struct flow *flow)
{
	flow->checkpoint_timer = loop_timer_add(flow->options.loop, CHECKPOINT_MS, on_timer, flow);
}

void checkpoint_free(struct flow *flow)
{
	loop_timer_cancel(STEAL(flow->checkpoint_timer, NULL));
}
