/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stopped tasks are forgotten when they have been kept for as long as the configuration
 * says (store/task_forget.h). A walk over those that are old enough begins with the
 * timer; its batches are small and rest between each other, since each of them holds
 * the lock that everybody writes under. A batch that was cut off by a crash was never made, and
 * the next walk finds its tasks again.
 */
#include "core/clock.h"
#include "core/log.h"
#include "provisioner/flow_private.h"
#include "store/task_forget.h"

#define BATCH	      32
#define REST_MS	      50 /* so at most some 600 tasks a second go */
#define WALK_LEAST_MS 1000
#define WALK_MOST_MS  60000

struct forget {
	struct flow *flow;
	struct task_forget_place place;
	size_t total; /* of this walk */
	bool more, ran;
	int result;
	struct err err;
};

static void do_batch(void *ctx, unsigned worker)
{
	struct forget *forget = ctx;
	const struct flow_options *options = &forget->flow->options;
	int64_t now_ms = clock_wall_ms();
	size_t forgotten = 0;

	(void)worker; /* there is one */
	forget->ran = true;
	forget->more = false;
	forget->result = task_forget(options->state, now_ms - options->retention_ms, now_ms, BATCH,
				     &forget->place, &forgotten, &forget->more, &forget->err);
	forget->total += forgotten;
}

static void submit(struct flow *flow);

static void on_timer(void *ctx)
{
	struct flow *flow = ctx;

	flow->forget_timer = NULL;
	submit(flow);
}

/* Seldom enough to cost nothing, often enough that nothing stays for long. */
static int64_t pause_ms(const struct flow *flow)
{
	int64_t pause = flow->options.retention_ms / 8;

	if (pause > WALK_MOST_MS)
		return WALK_MOST_MS;
	return pause < WALK_LEAST_MS ? WALK_LEAST_MS : pause;
}

static void batch_done(void *ctx)
{
	struct forget *forget = ctx;
	struct flow *flow = forget->flow;
	int64_t delay_ms = REST_MS;

	if (flow->closing || !forget->ran)
		return;
	if (forget->result < 0)
		log_warn("forgetting stopped tasks: %s", forget->err.text);
	if (forget->result < 0 || !forget->more) {
		if (forget->total > 0)
			log_info("%zu stopped tasks are forgotten", forget->total);
		*forget = (struct forget){.flow = flow};
		delay_ms = pause_ms(flow);
	}
	flow->forget_timer = loop_timer_add(flow->options.loop, delay_ms, on_timer, flow);
}

static void submit(struct flow *flow)
{
	struct err err = ERR_INIT;

	if (jobs_submit(flow->sql, do_batch, batch_done, flow->forget, &err) < 0)
		flow->forget_timer =
			loop_timer_add(flow->options.loop, pause_ms(flow), on_timer, flow);
}

void forget_begin(struct flow *flow)
{
	if (flow->options.retention_ms == 0)
		return;
	flow->forget = xcalloc(1, sizeof(*flow->forget));
	flow->forget->flow = flow;
	flow->forget_timer = loop_timer_add(flow->options.loop, pause_ms(flow), on_timer, flow);
}

void forget_end(struct flow *flow)
{
	loop_timer_cancel(STEAL(flow->forget_timer, NULL));
}

void forget_free(struct flow *flow)
{
	free(STEAL(flow->forget, NULL));
}
