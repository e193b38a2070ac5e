/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a task: one list of states, one of events, one table. The names are
 * the API's, are stored by name, and the column says whether the customer is charged while
 * the task is there (billing narrows it to the time from the start of the pull).
 */
#ifndef SLIPWAY_STORE_LIFECYCLE_H
#define SLIPWAY_STORE_LIFECYCLE_H

#include "core/common.h"

#define TASK_STATES(X) /* X(state, charged?) */                                                    \
	X(PROVISIONING, false)                                                                     \
	X(PENDING, true)                                                                           \
	X(ACTIVATING, true)                                                                        \
	X(RUNNING, true)                                                                           \
	X(DEACTIVATING, true)                                                                      \
	X(STOPPING, true)                                                                          \
	X(DEPROVISIONING, true)                                                                    \
	X(STOPPED, false)
#define TASK_AS_STATE(name, charged) TASK_##name,
enum task_state { TASK_NONE, TASK_STATES(TASK_AS_STATE) TASK_STATE_COUNT };

#define TASK_EVENTS(X)                                                                             \
	X(CLAIMED)     /* a provisioner has taken it and given it an address; the pull begins */   \
	X(AGENT_UP)    /* the agent was told the task */                                           \
	X(STARTED)     /* every container that must run at the start was started */                \
	X(STOP_ASKED)  /* a user, or a failing container: it shall end */                          \
	X(DEACTIVATED) /* nothing leads to it any more; containers get their signal */             \
	X(ENDED)       /* the last container ended, or the machine did */                          \
	X(FAILED)      /* it could not go on: pull, boot, agent, host */                           \
	X(RELEASED)    /* machine, disks, address are free */
#define TASK_AS_EVENT(name) TASK_EV_##name,
enum task_event { TASK_EVENTS(TASK_AS_EVENT) TASK_EVENT_COUNT };

/* The state after @event, TASK_NONE if that cannot happen in @from. */
enum task_state task_next(enum task_state from, enum task_event event);
bool task_state_is_charged(enum task_state state);
const char *task_state_name(enum task_state state); /* "RUNNING" */
enum task_state task_state_parse(const char *name); /* TASK_NONE for other words */
const char *task_event_name(enum task_event event);

#endif
