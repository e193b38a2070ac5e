/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks that an earlier life of this program had begun. Each is held still until a
 * survey says what is left of it, because the same state of the store can mean a
 * machine that works, half of one, or none:
 *
 *     the store says       machine runs              it does not
 *     PENDING              ask it; told: go on,      take the rest away, start another
 *                          else as if it were none
 *     ACTIVATING..STOPPING go on where the last      the task has lost its machine
 *                          durable report ended
 *     DEPROVISIONING       take it away              take the rest away
 *
 * When a machine ended that is not there, the supervisor may have noted.
 *
 * Users of machines are claimed in the same pass, before any new machine can get
 * one that is held.
 */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "provisioner/flow_private.h"

#define SURVEY_AGAIN_MS 1000

struct survey_entry {
	char task[TASK_ID_SIZE];
	char machine[MACHINE_NAME_SIZE];
	enum machine_state state;
	uid_t uid;		   /* owner of its disk, 0 for none */
	struct process_id process; /* pid 0: not known */
	struct machine_note note;  /* of one that is gone */
};

struct survey {
	struct flow *flow;
	struct survey_entry *entries;
	size_t count;
	bool ran;
	int result;
	struct err err;
};

struct adoption {
	struct run *run;
	char machine[MACHINE_NAME_SIZE];
	struct machine_channel *channel;
	bool ran;
	int result;
	struct err err;
};

/* --- one machine --- */

static void do_adopt(void *ctx, unsigned worker)
{
	struct adoption *adoption = ctx;
	struct run *run = adoption->run;
	const struct flow_options *options = &run->flow->options;
	AUTO(freep) char *socket = NULL;

	(void)worker; /* machines share nothing */
	adoption->ran = true;
	adoption->result = network_admit(options->network, &run->lease, &socket, &adoption->err);
	if (adoption->result == 0)
		adoption->result =
			machine_channel_open(options->host, adoption->machine, session_bytes,
					     run->session, &adoption->channel, &adoption->err);
}

static void survey_later(struct flow *flow);

/*
 * The program that had the channel may be dead and still hold it for a moment (a
 * zombie that its parent has not seen), or the machine ends just now: look again,
 * and believe in a loss only when it lasts.
 */
static void adopt_failed(struct run *run, const struct err *err)
{
	int64_t since_ms = clock_ms_since(run->launch_ns);

	session_free(STEAL(run->session, NULL));
	if (since_ms < run->flow->options.session.silence_ms) {
		log_warn("task=%s machine=%s cannot be adopted, again in %d ms: %s", run->id,
			 run->facts.machine, SURVEY_AGAIN_MS, err->text);
		run->view.machine = PART_ABSENT;
		run->unsurveyed = true;
		survey_later(run->flow);
		return;
	}
	run_lose(run, err);
	if (run->view.state == TASK_PENDING)
		run->view.stale = true;
}

static void adopted(void *ctx)
{
	AUTO(freep) struct adoption *adoption = ctx;
	struct run *run = adoption->run;
	struct flow *flow = run->flow;

	flow->starting--;
	if (!run_job_done(run) || !adoption->ran) {
		machine_channel_close(adoption->channel);
		return;
	}
	run->view.machine = PART_THERE;
	if (adoption->result == 0) {
		log_info("task=%s machine=%s adopted", run->id, run->facts.machine);
		session_attach(run->session, adoption->channel, SESSION_ADOPTED);
	} else {
		adopt_failed(run, &adoption->err);
	}
	run_drive(run);
	sweep_poll(flow);
}

static void adopt(struct run *run)
{
	struct flow *flow = run->flow;
	struct adoption *adoption = xcalloc(1, sizeof(*adoption));

	adoption->run = run;
	(void)snprintf(adoption->machine, sizeof(adoption->machine), "%s", run->facts.machine);
	run->session = session_new(flow->options.loop, &flow->options.session, &run_session_events,
				   run, run->taken);
	run->adopted = true;
	if (run_submit(run, flow->work, do_adopt, adopted, adoption, "ADOPT") < 0) {
		/* Too many at once: survey again. */
		session_free(STEAL(run->session, NULL));
		free(adoption);
		run->unsurveyed = true;
		return;
	}
	run->view.machine = PART_COMING;
	flow->starting++;
}

static void settle(struct run *run, const struct survey_entry *entry)
{
	struct err err = ERR_INIT;
	bool runs = entry->state == MACHINE_RUNNING;

	run->unsurveyed = false;
	run->view.machine = PART_THERE;
	run->view.name_used = true;
	if (run->uid == 0 && user_pool_claim(run->flow->users, entry->uid))
		run->uid = entry->uid;
	admission_take(run);
	if (runs && run->life.taken_ns == 0)
		machine_watch_take(run, entry->process, run->lease.tap);
	else if (runs)
		machine_watch_resume(run);
	else
		machine_watch_missed(run, &entry->note);
	if (run->view.state == TASK_DEPROVISIONING)
		return;
	if (runs) {
		adopt(run);
	} else if (run->view.state == TASK_PENDING) {
		run->view.stale = true;
	} else {
		(void)err_set(&err, ERR_NOT_FOUND,
			      "it ended while nobody watched it"); /* the loss */
		run_lose(run, &err);
	}
}

/* --- all of them --- */

static enum machine_state state_in(const struct machine_seen *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i].name, name) == 0)
			return list[i].state;
	}
	return MACHINE_GONE;
}

static void do_survey(void *ctx, unsigned worker)
{
	struct survey *survey = ctx;
	const struct flow_options *options = &survey->flow->options;
	AUTO(freep) struct machine_seen *list = NULL;
	struct err none = ERR_INIT;
	size_t count;

	(void)worker; /* machines share nothing */
	survey->ran = true;
	survey->result = machine_list(options->host, &list, &count, &survey->err);
	if (survey->result < 0)
		return;
	for (size_t i = 0; i < survey->count; i++) {
		struct survey_entry *entry = &survey->entries[i];

		entry->state = state_in(list, count, entry->machine);
		/* Without a disk there is no user to claim. */
		if (storage_owner(options->storage, entry->machine, &entry->uid, &none) < 0)
			entry->uid = 0;
		if (entry->state == MACHINE_RUNNING && entry->process.pid == 0)
			machine_plan_process(options, entry->machine, &entry->process);
		if (entry->state != MACHINE_RUNNING)
			entry->note = machine_watch_noted(options, entry->process);
	}
}

static void survey_again(void *ctx)
{
	struct flow *flow = ctx;

	flow->survey_timer = NULL;
	adopt_survey(flow);
}

static void survey_later(struct flow *flow)
{
	if (!flow->survey_timer)
		flow->survey_timer =
			loop_timer_add(flow->options.loop, SURVEY_AGAIN_MS, survey_again, flow);
}

static void surveyed(void *ctx)
{
	AUTO(freep) struct survey *survey = ctx;
	AUTO(freep) struct survey_entry *entries = survey->entries;
	struct flow *flow = survey->flow;

	flow->surveying = false;
	if (flow->closing || !survey->ran)
		return;
	if (survey->result < 0) {
		log_warn("machines cannot be listed, again in %d ms: %s", SURVEY_AGAIN_MS,
			 survey->err.text);
		flow->survey_timer =
			loop_timer_add(flow->options.loop, SURVEY_AGAIN_MS, survey_again, flow);
		return;
	}
	for (size_t i = 0; i < survey->count; i++) {
		struct run *run = flow_find(flow, entries[i].task);

		if (run && run->unsurveyed)
			settle(run, &entries[i]);
	}
	sweep_soon(flow);
	flow_drive_all(flow);
	adopt_survey(flow); /* those that were found meanwhile, or could not be queued */
}

static void count_unsurveyed(struct run *run, void *count)
{
	*(size_t *)count += run->unsurveyed;
}

static void add_entry(struct run *run, void *ctx)
{
	struct survey *survey = ctx;
	struct survey_entry *entry;

	if (!run->unsurveyed)
		return;
	entry = &survey->entries[survey->count++];
	(void)snprintf(entry->task, sizeof(entry->task), "%s", run->id);
	(void)snprintf(entry->machine, sizeof(entry->machine), "%s", run->facts.machine);
	entry->process = run->life.process;
}

void adopt_survey(struct flow *flow)
{
	struct survey *survey;
	struct err err = ERR_INIT;
	size_t count = 0;

	flow_each(flow, count_unsurveyed, &count);
	if (count == 0 || flow->surveying || flow->survey_timer)
		return;
	survey = xcalloc(1, sizeof(*survey));
	survey->flow = flow;
	survey->entries = xcalloc(count, sizeof(*survey->entries));
	flow_each(flow, add_entry, survey);
	if (jobs_submit(flow->work, do_survey, surveyed, survey, &err) < 0) {
		free(survey->entries);
		free(survey);
		flow->survey_timer =
			loop_timer_add(flow->options.loop, SURVEY_AGAIN_MS, survey_again, flow);
		return;
	}
	flow->surveying = true;
}

void adopt_free(struct flow *flow)
{
	loop_timer_cancel(STEAL(flow->survey_timer, NULL));
}
