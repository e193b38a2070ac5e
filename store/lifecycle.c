/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of a task's life. It only leads forward, so every path ends in
 * STOPPED. Two roads lead there: through DEACTIVATING and STOPPING where a
 * container may be running, straight to DEPROVISIONING where none can be. Until
 * the agent says that all were started (ACTIVATING) some may run already, so
 * a wish to stop takes the long road there too; ENDED and FAILED cut it short from
 * anywhere, because then the machine or its containers are gone.
 */
#include "store/lifecycle.h"

#include <assert.h>
#include <string.h>

static const enum task_state next[TASK_STATE_COUNT][TASK_EVENT_COUNT] = {
	[TASK_PROVISIONING] = {[TASK_EV_CLAIMED] = TASK_PENDING,
			       [TASK_EV_STOP_ASKED] = TASK_DEPROVISIONING,
			       [TASK_EV_FAILED] = TASK_DEPROVISIONING},
	[TASK_PENDING] = {[TASK_EV_AGENT_UP] = TASK_ACTIVATING,
			  [TASK_EV_STOP_ASKED] = TASK_DEPROVISIONING,
			  [TASK_EV_ENDED] = TASK_DEPROVISIONING,
			  [TASK_EV_FAILED] = TASK_DEPROVISIONING},
	[TASK_ACTIVATING] = {[TASK_EV_STARTED] = TASK_RUNNING,
			     [TASK_EV_STOP_ASKED] = TASK_DEACTIVATING,
			     [TASK_EV_ENDED] = TASK_DEPROVISIONING,
			     [TASK_EV_FAILED] = TASK_DEPROVISIONING},
	[TASK_RUNNING] = {[TASK_EV_STOP_ASKED] = TASK_DEACTIVATING,
			  [TASK_EV_ENDED] = TASK_DEPROVISIONING,
			  [TASK_EV_FAILED] = TASK_DEPROVISIONING},
	[TASK_DEACTIVATING] = {[TASK_EV_DEACTIVATED] = TASK_STOPPING,
			       [TASK_EV_ENDED] = TASK_DEPROVISIONING,
			       [TASK_EV_FAILED] = TASK_DEPROVISIONING},
	[TASK_STOPPING] =
		{[TASK_EV_ENDED] = TASK_DEPROVISIONING, [TASK_EV_FAILED] = TASK_DEPROVISIONING},
	[TASK_DEPROVISIONING] = {[TASK_EV_RELEASED] = TASK_STOPPED},
};

#define AS_STATE_NAME(name, charged) [TASK_##name] = #name,
static const char *const state_names[TASK_STATE_COUNT] = {TASK_STATES(AS_STATE_NAME)};

#define AS_STATE_CHARGED(name, charged) [TASK_##name] = charged,
static const bool state_charged[TASK_STATE_COUNT] = {TASK_STATES(AS_STATE_CHARGED)};

#define AS_EVENT_NAME(name) [TASK_EV_##name] = #name,
static const char *const event_names[TASK_EVENT_COUNT] = {TASK_EVENTS(AS_EVENT_NAME)};

enum task_state task_next(enum task_state from, enum task_event event)
{
	assert(from > TASK_NONE && from < TASK_STATE_COUNT);
	assert(event < TASK_EVENT_COUNT);
	return next[from][event];
}

bool task_state_is_charged(enum task_state state)
{
	assert(state > TASK_NONE && state < TASK_STATE_COUNT);
	return state_charged[state];
}

const char *task_state_name(enum task_state state)
{
	assert(state > TASK_NONE && state < TASK_STATE_COUNT);
	return state_names[state];
}

enum task_state task_state_parse(const char *name)
{
	for (int state = TASK_NONE + 1; state < TASK_STATE_COUNT; state++) {
		if (strcmp(state_names[state], name) == 0)
			return (enum task_state)state;
	}
	return TASK_NONE;
}

const char *task_event_name(enum task_event event)
{
	assert(event < TASK_EVENT_COUNT);
	return event_names[event];
}
