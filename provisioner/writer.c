/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes of a run: one at a time, on the one thread of the store. A write works
 * on a copy of the facts; the loop takes the copy over when it was committed, and
 * keeps the old one when it was not.
 *
 * What a failure means:
 *     INVALID    the task or its agent broke a rule: the task fails with the text
 *     LIMIT      (claim) no free address: waited for, within the limit of admission
 *     CONFLICT   the store is not as we remember it: somebody else wrote. The
 *                program ends; the next start begins from what is stored
 *     others     tried again, after a pause
 */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "provisioner/flow_private.h"
#include "store/task_version.h"

enum write_kind {
	WRITE_MOVE, /* a step of reconcile() */
	WRITE_NAME,
	WRITE_WAIT,
	WRITE_OUTPUT,  /* of a batch of reports */
	WRITE_CONTROL, /* of a batch of reports */
};

struct write {
	struct run *run;
	enum write_kind kind;
	enum reconcile_step step;
	struct facts_task facts;
	struct facts_cause cause;
	char machine[MACHINE_NAME_SIZE];
	const struct report *reports; /* the run's batch, which stays while this runs */
	bool ran;
	int result;
	struct err err;
};

/* --- on the store's thread --- */

static int do_move(struct write *write)
{
	struct flow *flow = write->run->flow;
	struct db *db = flow->options.state;
	struct facts_task *facts = &write->facts;
	int64_t now_ms = clock_wall_ms();
	struct err *err = &write->err;

	switch (write->step) {
	case STEP_WRITE_CLAIMED:
		if (output_prepare(flow->options.logs, &write->run->output, now_ms, err) < 0)
			return -1;
		return facts_claim(db, flow->options.network, facts, now_ms, err);
	case STEP_WRITE_TOLD:
		return facts_told(db, facts, now_ms, err);
	case STEP_WRITE_STOPPING:
		return facts_stopping(db, facts, now_ms, err);
	case STEP_WRITE_FAILED:
		return facts_failed(db, facts, &write->cause, now_ms, err);
	case STEP_WRITE_RELEASED:
		/* First, while the state still says that there is something to do. */
		if (log_agent_seq_drop(flow->options.logs, facts->id, err) < 0)
			return -1;
		return facts_released(db, facts, now_ms, err);
	default:
		return err_set(err, ERR_UNSUPPORTED, "step %s writes nothing",
			       reconcile_step_name(write->step));
	}
}

static void do_write(void *ctx, unsigned worker)
{
	struct write *write = ctx;
	struct flow *flow = write->run->flow;
	int64_t now_ms = clock_wall_ms();
	bool first;

	(void)worker; /* there is one */
	write->ran = true;
	switch (write->kind) {
	case WRITE_MOVE:
		write->result = do_move(write);
		break;
	case WRITE_NAME:
		write->result = facts_rename(flow->options.state, &write->facts, write->machine,
					     &write->err);
		break;
	case WRITE_WAIT:
		write->result = task_version_note_wait(flow->options.state, write->facts.id, now_ms,
						       &first, &write->err);
		break;
	case WRITE_OUTPUT:
		write->result = output_write(flow->options.logs, &write->run->output,
					     write->reports, now_ms, &write->err);
		break;
	case WRITE_CONTROL:
		write->result = facts_reports(flow->options.state, &write->facts, write->reports,
					      now_ms, &write->err);
		break;
	}
	flow_tell_events(flow);
}

/* --- on the loop's thread --- */

static void batch_taken(struct run *run)
{
	uint64_t last = 0;

	for (const struct report *report = run->batch; report; report = report->next)
		last = report->seq;
	report_list_free(STEAL(run->batch, NULL));
	if (run->session)
		session_taken(run->session, last);
}

static void take_over(struct run *run, const struct write *write)
{
	enum task_state old = run->view.state;
	struct err err = ERR_INIT;

	run->facts = write->facts;
	facts_phases_count(&run->facts, run->task.created_ms * 1000);
	run->view.state = run->facts.state;
	run->view.begun = facts_begun(&run->facts);
	run->view.want_stopped = run->view.want_stopped || run->facts.want_stopped;
	run_rested(run);
	run->gone_written = run->gone_written || (write->kind == WRITE_MOVE && write->facts.gone);
	if (run->view.state == old)
		return;
	if (task_state_is_charged(run->view.state))
		checkpoint_soon(run->flow);
	log_info("task=%s %s -> %s machine=%s %s", run->id, task_state_name(old),
		 task_state_name(run->view.state), run->facts.machine,
		 run->view.failed ? run->cause.reason : "");
	if (old == TASK_PROVISIONING && run->view.state == TASK_PENDING &&
	    run_fill_lease(run, &err) < 0)
		run_fail(run, "TaskFailedToStart", -1, "ResourceInitializationError: %s", err.text);
	if (run->view.state > TASK_PENDING)
		admission_launched(run);
	if (run->view.state >= TASK_DEPROVISIONING)
		run_set_limit(run, 0, NULL);
}

static bool waited_too_long(const struct run *run)
{
	return clock_ms_since(run->launch_ns) >= run->flow->options.admission_ms &&
	       clock_wall_ms() >= run->task.admit_until_ms;
}

static void write_failed(struct run *run, const struct write *write)
{
	const struct err *err = &write->err;
	bool claims = write->kind == WRITE_MOVE && write->step == STEP_WRITE_CLAIMED;

	if (err->code == ERR_INVALID && claims) {
		run_fail(run, "TaskFailedToStart", -1, "%s", err->text);
	} else if (err->code == ERR_LIMIT && claims && waited_too_long(run)) {
		run_fail(run, "TaskFailedToStart", -1, "ResourceInitializationError: %s",
			 err->text);
	} else if (err->code == ERR_INVALID && write->reports) {
		report_list_free(STEAL(run->batch, NULL));
		run_fail(run, run->facts.was_running ? "InfrastructureHealth" : "TaskFailedToStart",
			 -1, "ResourceInitializationError: %s", err->text);
	} else if (err->code == ERR_CONFLICT || err->code == ERR_NOT_FOUND) {
		log_error("task=%s the store is not as it was left: %s", run->id, err->text);
		flow_give_up(run->flow);
	} else {
		run_rest(run,
			 write->kind == WRITE_MOVE ? reconcile_step_name(write->step) : "write",
			 err);
	}
}

static void written(void *ctx)
{
	AUTO(freep) struct write *write = ctx;
	struct run *run = write->run;

	run->view.writing = false;
	if (!run_job_done(run) || !write->ran)
		return;
	if (write->result < 0) {
		write_failed(run, write);
	} else {
		take_over(run, write);
		if (write->reports)
			batch_taken(run);
		if (write->kind == WRITE_NAME) {
			run->view.name_used = false;
			run->view.stale = false;
		}
	}
	run_drive(run);
}

/* What the loop has learnt goes into the facts that are about to be written. */
static void merge_news(struct run *run)
{
	struct facts_task *facts = &run->facts;
	struct run_news *news = &run->news;

	for (size_t i = 0; i < news->phase_count; i++)
		facts_phase_add(facts, news->phases[i].name, news->phases[i].wall_us);
	for (size_t i = 0; i < facts->container_count; i++) {
		if (!news->digests[i][0])
			continue;
		(void)snprintf(facts->containers[i].digest, sizeof(facts->containers[i].digest),
			       "%s", news->digests[i]);
		facts->containers[i].dirty = true;
	}
	if (news->pull_stopped_ms)
		facts->pull_stopped_ms = news->pull_stopped_ms;
	if (news->connectivity_ms)
		facts->connectivity_ms = news->connectivity_ms;
	if (news->boot_wall_us)
		facts->boot_wall_us = news->boot_wall_us;
	memset(news, 0, sizeof(*news));
}

static void submit(struct run *run, enum write_kind kind, enum reconcile_step step,
		   const char *machine)
{
	struct write *write = xcalloc(1, sizeof(*write));

	merge_news(run);
	write->run = run;
	write->kind = kind;
	write->step = step;
	write->facts = run->facts;
	write->facts.life = run->life;
	write->facts.gone = machine_watch_is_gone(run) && !run->gone_written;
	write->cause = run->cause;
	if (kind == WRITE_OUTPUT || kind == WRITE_CONTROL)
		write->reports = run->batch;
	if (machine)
		(void)snprintf(write->machine, sizeof(write->machine), "%s", machine);
	if (run_submit(run, run->flow->sql, do_write, written, write, "write") < 0)
		free(write);
	else
		run->view.writing = true;
}

void writer_write(struct run *run, enum reconcile_step step)
{
	submit(run, WRITE_MOVE, step, NULL);
}

void writer_rename(struct run *run)
{
	char task[TASK_ID_SIZE], machine[MACHINE_NAME_SIZE];
	unsigned attempt = 0;

	(void)facts_machine_parse(run->facts.machine, task, &attempt); /* 0 begins anew */
	facts_machine_name(run->id, attempt + 1, machine);
	submit(run, WRITE_NAME, STEP_WRITE_NAME, machine);
}

void writer_wait(struct run *run)
{
	submit(run, WRITE_WAIT, STEP_COUNT, NULL);
}

void writer_pump(struct run *run)
{
	if (run->view.writing || run->view.resting || run->view.state < TASK_ACTIVATING ||
	    run->view.state >= TASK_DEPROVISIONING)
		return;
	if (!run->batch && run->session)
		run->batch = session_take(run->session);
	if (run->batch)
		submit(run, run->batch->type == FRAME_OUTPUT ? WRITE_OUTPUT : WRITE_CONTROL,
		       STEP_COUNT, NULL);
}
