/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One rule a state of the store. Two orders carry the promises:
 *
 *   - the agent is told first, and WRITE_TOLD comes when it has shown that it knows.
 *     A crash between the two leaves PENDING with a machine that may know its task:
 *     recovery asks it (HELLO names the task), so that no task is run twice.
 *   - nothing is given back before DEPROVISIONING is durable, and RELEASED is
 *     written only when machine, network and disk are gone and no job uses them.
 */
#include "provisioner/reconcile.h"

#define STEP_AS_NAME(name) #name,
static const char *const step_names[] = {RECONCILE_STEPS(STEP_AS_NAME)};

const char *reconcile_step_name(enum reconcile_step step)
{
	return step < STEP_COUNT ? step_names[step] : "?";
}

struct plan {
	enum reconcile_step *steps;
	size_t count;
};

static void add(struct plan *plan, enum reconcile_step step)
{
	plan->steps[plan->count++] = step;
}

static void plan_provisioning(const struct reconcile_view *view, struct plan *plan)
{
	if (view->writing)
		return;
	if (view->want_stopped)
		add(plan, STEP_WRITE_STOPPING);
	else if (view->failed)
		add(plan, STEP_WRITE_FAILED);
	else if (view->admitted)
		add(plan, STEP_WRITE_CLAIMED);
	else if (!view->queued)
		add(plan, STEP_ADMIT);
}

static void plan_machine(const struct reconcile_view *view, struct plan *plan)
{
	if (view->machine == PART_ABSENT && view->name_used) {
		if (!view->writing)
			add(plan, STEP_WRITE_NAME);
	} else if (view->machine == PART_ABSENT && !view->writing && !view->held) {
		add(plan, STEP_START);
	} else if (view->machine == PART_THERE && view->stale && view->disks != PART_COMING) {
		add(plan, STEP_DESTROY);
	}
}

static void plan_pending(const struct reconcile_view *view, struct plan *plan)
{
	if (view->told) {
		if (!view->writing)
			add(plan, view->failed ? STEP_WRITE_FAILED : STEP_WRITE_TOLD);
		return;
	}
	if (view->want_stopped || view->failed) {
		if (view->images == PART_COMING && !view->cancelled)
			add(plan, STEP_CANCEL_PULL);
		if (!view->writing)
			add(plan, view->want_stopped ? STEP_WRITE_STOPPING : STEP_WRITE_FAILED);
		return;
	}
	/* A machine that was found running may know its task: ask before all else. */
	if (view->needs_secrets && !view->reading_secrets &&
	    (view->machine != PART_THERE || view->hello))
		add(plan, STEP_READ_SECRETS);
	if (view->images == PART_ABSENT && !view->needs_secrets &&
	    (view->machine != PART_THERE || view->hello))
		add(plan, STEP_PULL);
	plan_machine(view, plan);
	if (view->images != PART_THERE || view->machine != PART_THERE || !view->hello ||
	    view->stale)
		return;
	/* A sweep does not know the tap and the rules that a waiting machine is given. */
	if (view->disks == PART_ABSENT && !(view->pooled && view->held))
		add(plan, STEP_PLUG);
	else if (view->disks == PART_THERE && !view->telling)
		add(plan, STEP_TELL);
}

/*
 * Booting, and setting the containers up, under a quarter of a core would take four
 * times as long. So the limit comes when they run (with the first one, since others may
 * wait for it to be healthy), and again after an adoption, since nobody knows how far the
 * life before had come.
 */
static void plan_limits(const struct reconcile_view *view, struct plan *plan)
{
	if ((view->state != TASK_ACTIVATING || view->begun) && view->machine == PART_THERE &&
	    view->limits == PART_ABSENT)
		add(plan, STEP_LIMIT);
}

static void plan_working(const struct reconcile_view *view, struct plan *plan)
{
	plan_limits(view, plan);
	if (view->writing)
		return;
	if (view->failed)
		add(plan, STEP_WRITE_FAILED);
	else if (view->want_stopped)
		add(plan, STEP_WRITE_STOPPING);
}

static void plan_stopping(const struct reconcile_view *view, struct plan *plan)
{
	plan_limits(view, plan);
	if (!view->stop_sent && view->machine == PART_THERE && view->hello)
		add(plan, STEP_SEND_STOP);
	if (view->failed && !view->writing)
		add(plan, STEP_WRITE_FAILED);
}

static void plan_deprovisioning(const struct reconcile_view *view, struct plan *plan)
{
	if (view->images == PART_COMING && !view->cancelled)
		add(plan, STEP_CANCEL_PULL);
	if (view->machine == PART_THERE && view->disks != PART_COMING)
		add(plan, STEP_DESTROY);
	if (view->machine == PART_ABSENT && view->images != PART_COMING &&
	    view->disks != PART_COMING && !view->writing)
		add(plan, STEP_WRITE_RELEASED);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the plan writes there */
size_t reconcile(const struct reconcile_view *view, enum reconcile_step ret[STEP_COUNT])
{
	struct plan plan = {.steps = ret};

	if (view->resting)
		return 0;
	switch (view->state) {
	case TASK_PROVISIONING:
		plan_provisioning(view, &plan);
		break;
	case TASK_PENDING:
		plan_pending(view, &plan);
		break;
	case TASK_ACTIVATING:
	case TASK_RUNNING:
		plan_working(view, &plan);
		break;
	case TASK_DEACTIVATING:
	case TASK_STOPPING:
		plan_stopping(view, &plan);
		break;
	case TASK_DEPROVISIONING:
		plan_deprovisioning(view, &plan);
		break;
	case TASK_STOPPED:
		if (!view->writing)
			add(&plan, STEP_FORGET);
		break;
	case TASK_NONE:
	case TASK_STATE_COUNT:
		break;
	}
	return plan.count;
}
