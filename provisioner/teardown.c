/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking away what a task's machine had. Each step of it is fine with what is not there, so
 * this is also how half a launch is cleaned up, and it is repeated until it succeeds: a task is
 * STOPPED only when nothing of it is left.
 *
 * The machine is ended at once. Its agent has nothing left to say (what it said is
 * acknowledged or lost), and its disk is deleted, so there is nothing to wait for. What it
 * has used is counted for the last time just before.
 */
#include <stdio.h>

#include "core/clock.h"
#include "provisioner/flow_private.h"
#include "provisioner/process_usage.h"

struct teardown {
	struct run *run;
	char machine[MACHINE_NAME_SIZE];
	struct network_lease lease;
	char tap[NETWORK_TAP_SIZE];
	struct process_id process;    /* pid 0: not known */
	struct machine_counts counts; /* what it has used in all */
	bool counted;
	int64_t counted_ns;
	int64_t ended_ns; /* 0: it may still run */
	bool ran;
	int result;
	struct err err;
};

static int destroy_all(struct teardown *teardown, struct err *err)
{
	/* A machine of the pool has no network before its task is claimed. */
	const struct network_lease *lease = teardown->lease.tap[0] ? &teardown->lease : NULL;

	/* Stopped before it was claimed: it has nothing. */
	if (!teardown->machine[0])
		return 0;
	if (machine_plan_undo(&teardown->run->flow->options, teardown->machine, lease,
			      &teardown->ended_ns, err) < 0)
		return err_wrap(err, "machine %s", teardown->machine);
	return 0;
}

static void do_destroy(void *ctx, unsigned worker)
{
	struct teardown *teardown = ctx;
	struct err gone = ERR_INIT;

	(void)worker; /* machines share nothing */
	teardown->ran = true;
	teardown->counted_ns = clock_boot_ns();
	teardown->counted =
		teardown->process.pid != 0 &&
		process_usage_read(teardown->process, teardown->tap, &teardown->counts, &gone) == 0;
	teardown->result = destroy_all(teardown, &teardown->err);
}

static void destroyed(void *ctx)
{
	AUTO(freep) struct teardown *teardown = ctx;
	struct run *run = teardown->run;

	if (!run_job_done(run) || !teardown->ran)
		return;
	/* An ended one has no memory; where no process is known its end would have been told. */
	if (teardown->process.pid == 0 || teardown->counts.memory_peak_bytes > 0)
		machine_life_prove(&run->life, teardown->counted_ns);
	if (teardown->counted)
		machine_life_sample(&run->life, &teardown->counts, teardown->counted_ns);
	if (teardown->ended_ns != 0)
		machine_watch_ended(run, teardown->ended_ns);
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
	teardown->process = run->life.process;
	(void)snprintf(teardown->tap, sizeof(teardown->tap), "%s",
		       run->blank_tap[0] ? run->blank_tap : run->lease.tap);
	(void)snprintf(teardown->machine, sizeof(teardown->machine), "%s", run->facts.machine);
	if (run_submit(run, run->flow->work, do_destroy, destroyed, teardown, "DESTROY") < 0) {
		free(teardown);
		return;
	}
	session_free(STEAL(run->session, NULL));
	loop_timer_cancel(STEAL(run->grace, NULL));
	run->view.machine = PART_GOING;
}
