/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking away what a task's machine had. Each step of it is fine with what is not there, so
 * this is also how half a launch is cleaned up, and it is repeated until it succeeds: a task is
 * STOPPED only when nothing of it is left.
 *
 * The machine is ended at once. Its agent has nothing left to say (what it said is
 * acknowledged or lost), and its disk is deleted, so there is nothing to wait for.
 */
#include <stdio.h>

#include "provisioner/flow_private.h"

struct teardown {
	struct run *run;
	char machine[MACHINE_NAME_SIZE];
	struct network_lease lease;
	bool ran;
	int result;
	struct err err;
};

static int destroy_all(const struct teardown *teardown, struct err *err)
{
	/* A machine of the pool has no network before its task is claimed. */
	const struct network_lease *lease = teardown->lease.tap[0] ? &teardown->lease : NULL;

	/* Stopped before it was claimed: it has nothing. */
	if (!teardown->machine[0])
		return 0;
	if (machine_plan_undo(&teardown->run->flow->options, teardown->machine, lease, err) < 0)
		return err_wrap(err, "machine %s", teardown->machine);
	return 0;
}

static void do_destroy(void *ctx, unsigned worker)
{
	struct teardown *teardown = ctx;

	(void)worker; /* machines share nothing */
	teardown->ran = true;
	teardown->result = destroy_all(teardown, &teardown->err);
}

static void destroyed(void *ctx)
{
	AUTO(freep) struct teardown *teardown = ctx;
	struct run *run = teardown->run;

	if (!run_job_done(run) || !teardown->ran)
		return;
	if (teardown->result < 0) {
		run->view.machine = PART_THERE;
		run_rest(run, "DESTROY", &teardown->err);
	} else {
		run->view.machine = PART_ABSENT;
		run->view.disks = PART_ABSENT;
		run->view.limits = PART_ABSENT;
		run->view.hello = false;
		run->view.telling = false;
		run->lost = false;
		run->adopted = false;
		run->blank_tap[0] = '\0';
		run->view.pooled = false;
		run->asked = false;
		user_pool_give(run->flow->users, STEAL(run->uid, 0));
		run_rested(run);
	}
	run_drive(run);
}

void teardown_destroy(struct run *run)
{
	struct teardown *teardown = xcalloc(1, sizeof(*teardown));

	teardown->run = run;
	teardown->lease = run->lease;
	(void)snprintf(teardown->machine, sizeof(teardown->machine), "%s", run->facts.machine);
	if (run_submit(run, run->flow->work, do_destroy, destroyed, teardown, "DESTROY") < 0) {
		free(teardown);
		return;
	}
	session_free(STEAL(run->session, NULL));
	loop_timer_cancel(STEAL(run->grace, NULL));
	run->view.machine = PART_GOING;
}
