/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secrets of a launch: read on the store's thread before anything is pulled (a pull may
 * need a login), kept while the launch may need them again, wiped when the agent has them. So is
 * the event that the task was launched for.
 * Then what the operator's folders have for it, on a thread that may wait for them: files of
 * variables, and whether its file systems are there.
 */
#include <stdio.h>
#include <string.h>

#include "provisioner/flow_private.h"
#include "provisioner/task_env_files.h"

/* An event, and its words once more. */
#define EVENT_ARENA (2 * TASK_PAYLOAD_MAX + 64 * 1024)

struct reading {
	struct run *run;
	struct task_secrets *secrets;
	struct arena *event_arena;
	struct task_payload *event;
	bool ran;
	int result;
	struct err err;
};

static int read_event(struct reading *reading, struct err *err)
{
	const struct run *run = reading->run;

	if (!run->task.has_event)
		return 0;
	reading->event_arena = arena_new_secret(EVENT_ARENA);
	reading->event = arena_alloc(reading->event_arena, sizeof(*reading->event));
	if (reading->event && task_payload_find(run->flow->options.state, run->id,
						reading->event_arena, reading->event, err) == 0)
		return 0;
	if (err->code != ERR_NOT_FOUND && err->code != ERR_LIMIT)
		return -1;
	err->code = ERR_NOT_FOUND; /* no other try would mend it */
	return err_wrap(err, "ResourceInitializationError");
}

static void reading_free(struct reading *reading)
{
	task_secrets_free(reading->secrets);
	arena_free(reading->event_arena);
	free(reading);
}

static void do_read(void *ctx, unsigned worker)
{
	struct reading *reading = ctx;
	const struct run *run = reading->run; /* what is read here does not change while jobs run */
	const struct flow_options *options = &run->flow->options;

	(void)worker; /* the store has one */
	reading->ran = true;
	reading->result =
		task_secrets_read(options->state, options->secret_key, options->region,
				  run->task.account, &run->spec, &reading->secrets, &reading->err);
	if (reading->result == 0)
		reading->result = read_event(reading, &reading->err);
}

/* Containers of one image have one login: they name the same secret. */
static void set_logins(struct run *run)
{
	for (size_t i = 0; i < run->spec.containers.count; i++) {
		const struct container_secrets *own = task_secrets_of(run->secrets, i);

		if (own->has_login)
			run->images[run->image_of[i]].login = &own->login;
	}
}

/* Takes @reading. */
static void end_reading(struct reading *reading)
{
	struct run *run = reading->run;

	run->view.reading_secrets = false;
	if (reading->result == 0) {
		run->secrets = STEAL(reading->secrets, NULL);
		run->event_arena = STEAL(reading->event_arena, NULL);
		run->event = reading->event;
		run->view.needs_secrets = false;
		set_logins(run);
		run_rested(run);
	} else if (reading->err.code == ERR_NOT_FOUND) {
		run_fail(run, "TaskFailedToStart", -1, "%s", reading->err.text);
	} else {
		run_rest(run, "READ_SECRETS", &reading->err);
	}
	reading_free(reading);
	run_drive(run);
}

/* The job has ended; false: nothing more may be done, and @reading is gone. */
static bool goes_on(struct reading *reading)
{
	if (run_job_done(reading->run) && reading->ran)
		return true;
	reading->run->view.reading_secrets = false;
	reading_free(reading);
	return false;
}

static bool folders_needed(const struct task_spec *spec)
{
	return task_env_files_needed(spec) || shares_needed(spec);
}

static void do_look_into_folders(void *ctx, unsigned worker)
{
	struct reading *reading = ctx;
	const struct run *run = reading->run; /* as above */
	const struct flow_options *options = &run->flow->options;
	const struct env_file_source source = {options->buckets, run->task.account, options->roles};

	(void)worker; /* files are nobody's */
	reading->ran = true;
	reading->result = task_env_files_read(&source, &run->spec, reading->secrets, &reading->err);
	if (reading->result == 0)
		reading->result =
			shares_look(&options->shares, run->task.account, &run->spec, &reading->err);
}

static void folders_read(void *ctx)
{
	if (goes_on(ctx))
		end_reading(ctx);
}

static void was_read(void *ctx)
{
	struct reading *reading = ctx;
	struct run *run = reading->run;

	if (!goes_on(reading))
		return;
	if (reading->result < 0 || !folders_needed(&run->spec)) {
		end_reading(reading);
		return;
	}
	reading->ran = false;
	if (run_submit(run, run->flow->folders, do_look_into_folders, folders_read, reading,
		       "READ_FOLDERS") == 0)
		return;
	run->view.reading_secrets = false; /* all of it is done again */
	reading_free(reading);
	run_drive(run);
}

void launch_read_secrets(struct run *run)
{
	struct reading *reading = xcalloc(1, sizeof(*reading));

	reading->run = run;
	if (run_submit(run, run->flow->sql, do_read, was_read, reading, "READ_SECRETS") < 0)
		free(reading);
	else
		run->view.reading_secrets = true;
}

void launch_forget_secrets(struct run *run)
{
	if (!run->secrets || run->pulls > 0 || !(run->view.told || run->view.state > TASK_PENDING))
		return;
	for (size_t i = 0; i < run->image_count; i++)
		run->images[i].login = NULL;
	task_secrets_free(STEAL(run->secrets, NULL));
	arena_free(STEAL(run->event_arena, NULL));
	run->event = NULL;
}
