/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "provisioner/reconcile.h"

#define STEPS_MAX 4

static const struct {
	const char *claim;
	struct reconcile_view view;
	enum reconcile_step steps[STEPS_MAX];
	size_t count;
} rows[] = {
	{"a new task asks for a place", {.state = TASK_PROVISIONING}, {STEP_ADMIT}, 1},
	{"one that waits asks once", {.state = TASK_PROVISIONING, .queued = true}, {0}, 0},
	{"one with a place is claimed",
	 {.state = TASK_PROVISIONING, .admitted = true},
	 {STEP_WRITE_CLAIMED},
	 1},
	{"a claim under way is not repeated",
	 {.state = TASK_PROVISIONING, .admitted = true, .writing = true},
	 {0},
	 0},
	{"a wish to stop ends what was not claimed",
	 {.state = TASK_PROVISIONING, .queued = true, .want_stopped = true},
	 {STEP_WRITE_STOPPING},
	 1},
	{"so does a failure", {.state = TASK_PROVISIONING, .failed = true}, {STEP_WRITE_FAILED}, 1},
	{"images and machine come side by side",
	 {.state = TASK_PENDING},
	 {STEP_PULL, STEP_START},
	 2},
	{"secrets are read before anything is pulled",
	 {.state = TASK_PENDING, .needs_secrets = true},
	 {STEP_READ_SECRETS, STEP_START},
	 2},
	{"and once",
	 {.state = TASK_PENDING,
	  .needs_secrets = true,
	  .reading_secrets = true,
	  .machine = PART_COMING},
	 {0},
	 0},
	{"a machine that may know its task is asked before secrets are read",
	 {.state = TASK_PENDING, .needs_secrets = true, .machine = PART_THERE},
	 {0},
	 0},
	{"no machine starts while starts are held",
	 {.state = TASK_PENDING, .held = true},
	 {STEP_PULL},
	 1},
	{"a name that was tried is changed first",
	 {.state = TASK_PENDING, .images = PART_THERE, .name_used = true},
	 {STEP_WRITE_NAME},
	 1},
	{"nothing starts while the new name is written",
	 {.state = TASK_PENDING, .images = PART_THERE, .name_used = true, .writing = true},
	 {0},
	 0},
	{"a machine without a word gets no disks",
	 {.state = TASK_PENDING, .images = PART_THERE, .machine = PART_THERE},
	 {0},
	 0},
	{"an adopted machine is asked before images are pulled",
	 {.state = TASK_PENDING, .machine = PART_THERE},
	 {0},
	 0},
	{"both there: disks are plugged in",
	 {.state = TASK_PENDING, .images = PART_THERE, .machine = PART_THERE, .hello = true},
	 {STEP_PLUG},
	 1},
	{"but a machine that waited gets nothing during a sweep",
	 {.state = TASK_PENDING,
	  .images = PART_THERE,
	  .machine = PART_THERE,
	  .hello = true,
	  .pooled = true,
	  .held = true},
	 {0},
	 0},
	{"and does when the sweep is over",
	 {.state = TASK_PENDING,
	  .images = PART_THERE,
	  .machine = PART_THERE,
	  .hello = true,
	  .pooled = true},
	 {STEP_PLUG},
	 1},
	{"then the agent is told",
	 {.state = TASK_PENDING,
	  .images = PART_THERE,
	  .machine = PART_THERE,
	  .disks = PART_THERE,
	  .hello = true},
	 {STEP_TELL},
	 1},
	{"it is told once",
	 {.state = TASK_PENDING,
	  .images = PART_THERE,
	  .machine = PART_THERE,
	  .disks = PART_THERE,
	  .hello = true,
	  .telling = true},
	 {0},
	 0},
	{"what it knows is written",
	 {.state = TASK_PENDING, .machine = PART_THERE, .hello = true, .told = true},
	 {STEP_WRITE_TOLD},
	 1},
	{"a told task that is wanted stopped is first written as told",
	 {.state = TASK_PENDING,
	  .machine = PART_THERE,
	  .hello = true,
	  .told = true,
	  .want_stopped = true},
	 {STEP_WRITE_TOLD},
	 1},
	{"a stale machine is taken away",
	 {.state = TASK_PENDING,
	  .images = PART_THERE,
	  .machine = PART_THERE,
	  .stale = true,
	  .hello = true},
	 {STEP_DESTROY},
	 1},
	{"but not while disks are plugged in",
	 {.state = TASK_PENDING,
	  .images = PART_THERE,
	  .machine = PART_THERE,
	  .disks = PART_COMING,
	  .stale = true},
	 {0},
	 0},
	{"a wish to stop cancels the pull",
	 {.state = TASK_PENDING,
	  .images = PART_COMING,
	  .machine = PART_COMING,
	  .want_stopped = true},
	 {STEP_CANCEL_PULL, STEP_WRITE_STOPPING},
	 2},
	{"once",
	 {.state = TASK_PENDING,
	  .images = PART_COMING,
	  .cancelled = true,
	  .writing = true,
	  .want_stopped = true},
	 {0},
	 0},
	{"a running task is limited",
	 {.state = TASK_RUNNING, .machine = PART_THERE, .hello = true, .told = true},
	 {STEP_LIMIT},
	 1},
	{"and then needs nothing",
	 {.state = TASK_RUNNING,
	  .machine = PART_THERE,
	  .limits = PART_THERE,
	  .hello = true,
	  .told = true},
	 {0},
	 0},
	{"one that is being set up is not limited yet",
	 {.state = TASK_ACTIVATING, .machine = PART_THERE, .hello = true, .told = true},
	 {0},
	 0},
	{"unless one of its containers runs while others wait for it",
	 {.state = TASK_ACTIVATING,
	  .machine = PART_THERE,
	  .hello = true,
	  .told = true,
	  .begun = true},
	 {STEP_LIMIT},
	 1},
	{"until it is wanted stopped",
	 {.state = TASK_RUNNING,
	  .machine = PART_THERE,
	  .limits = PART_THERE,
	  .hello = true,
	  .want_stopped = true},
	 {STEP_WRITE_STOPPING},
	 1},
	{"or has failed",
	 {.state = TASK_ACTIVATING,
	  .machine = PART_THERE,
	  .limits = PART_THERE,
	  .failed = true,
	  .want_stopped = true},
	 {STEP_WRITE_FAILED},
	 1},
	{"a stopping task's agent is asked",
	 {.state = TASK_STOPPING,
	  .machine = PART_THERE,
	  .limits = PART_THERE,
	  .hello = true,
	  .want_stopped = true},
	 {STEP_SEND_STOP},
	 1},
	{"when it can hear",
	 {.state = TASK_STOPPING, .machine = PART_COMING, .want_stopped = true},
	 {0},
	 0},
	{"and once",
	 {.state = TASK_STOPPING,
	  .machine = PART_THERE,
	  .limits = PART_THERE,
	  .hello = true,
	  .stop_sent = true},
	 {0},
	 0},
	{"a task that does not end fails",
	 {.state = TASK_STOPPING,
	  .machine = PART_THERE,
	  .limits = PART_THERE,
	  .hello = true,
	  .stop_sent = true,
	  .failed = true},
	 {STEP_WRITE_FAILED},
	 1},
	{"at the end the machine goes",
	 {.state = TASK_DEPROVISIONING, .machine = PART_THERE},
	 {STEP_DESTROY},
	 1},
	{"also one that is only now there, and the pull with it",
	 {.state = TASK_DEPROVISIONING, .machine = PART_THERE, .images = PART_COMING},
	 {STEP_CANCEL_PULL, STEP_DESTROY},
	 2},
	{"not before a start has ended",
	 {.state = TASK_DEPROVISIONING, .machine = PART_COMING, .cancelled = true},
	 {0},
	 0},
	{"nothing is released while anything is held",
	 {.state = TASK_DEPROVISIONING, .machine = PART_GOING},
	 {0},
	 0},
	{"nor while a pull is under way",
	 {.state = TASK_DEPROVISIONING, .images = PART_COMING, .cancelled = true},
	 {0},
	 0},
	{"then it is released", {.state = TASK_DEPROVISIONING}, {STEP_WRITE_RELEASED}, 1},
	{"and forgotten", {.state = TASK_STOPPED}, {STEP_FORGET}, 1},
	{"a task at rest takes no step",
	 {.state = TASK_DEPROVISIONING, .machine = PART_THERE, .resting = true},
	 {0},
	 0},
};

START_TEST(a_view_gives_its_steps)
{
	enum reconcile_step steps[STEP_COUNT];
	size_t count = reconcile(&rows[_i].view, steps);

	ck_assert_msg(count == rows[_i].count, "%s: %zu steps, first %s", rows[_i].claim, count,
		      count > 0 ? reconcile_step_name(steps[0]) : "none");
	for (size_t i = 0; i < count; i++)
		ck_assert_msg(steps[i] == rows[_i].steps[i], "%s: step %zu is %s", rows[_i].claim,
			      i, reconcile_step_name(steps[i]));
}
END_TEST

static bool is_write(enum reconcile_step step)
{
	return strncmp(reconcile_step_name(step), "WRITE_", 6) == 0;
}

static struct reconcile_view view_of(unsigned bits, enum task_state state)
{
	struct reconcile_view view = {.state = state};

	view.want_stopped = bits & 1;
	view.failed = bits >> 1 & 1;
	view.writing = bits >> 2 & 1;
	view.told = bits >> 3 & 1;
	view.hello = bits >> 4 & 1;
	view.stale = bits >> 5 & 1;
	view.name_used = bits >> 6 & 1;
	view.images = bits >> 7 & 3;
	view.machine = bits >> 9 & 3;
	view.disks = bits >> 11 & 3;
	view.admitted = bits >> 13 & 1;
	return view;
}

START_TEST(no_view_at_all_breaks_the_promises)
{
	enum reconcile_step steps[STEP_COUNT];

	for (int state = TASK_NONE + 1; state < TASK_STATE_COUNT; state++) {
		for (unsigned bits = 0; bits < 1u << 14; bits++) {
			struct reconcile_view view = view_of(bits, (enum task_state)state);
			size_t count = reconcile(&view, steps);
			size_t writes = 0;

			for (size_t i = 0; i < count; i++) {
				writes += is_write(steps[i]);
				/* One at a time. */
				ck_assert(!is_write(steps[i]) || !view.writing);
				/* Only what is there is taken away, and only by one job. */
				ck_assert(steps[i] != STEP_DESTROY || view.machine == PART_THERE);
				/* A task that was told keeps its machine until it has ended. */
				ck_assert(steps[i] != STEP_DESTROY || !view.told ||
					  view.state == TASK_DEPROVISIONING);
				/* No second machine beside the first. */
				ck_assert(steps[i] != STEP_START || view.machine == PART_ABSENT);
				ck_assert(steps[i] != STEP_START || !view.name_used);
				ck_assert(steps[i] != STEP_WRITE_RELEASED ||
					  view.machine == PART_ABSENT);
			}
			ck_assert_uint_le(writes, 1);
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provisioner/reconcile");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, a_view_gives_its_steps, 0, ARRAY_LEN(rows));
	tcase_add_test(all, no_view_at_all_breaks_the_promises);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
