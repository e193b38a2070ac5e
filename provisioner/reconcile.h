/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What to do next for one task: from what is wanted and what is seen to a list of
 * steps. It is a pure function of a view, so that every road (a launch, a stop in
 * the middle of one, a recovery after a crash) is the same few rules, and a table of
 * views tests them. The shell (flow.c) fills the view, takes the steps as jobs and
 * frames, and asks again after everything that happens; whatever is under way is
 * PART_COMING, PART_GOING or `writing`, so that no step is given twice.
 */
#ifndef SLIPWAY_PROVISIONER_RECONCILE_H
#define SLIPWAY_PROVISIONER_RECONCILE_H

#include "core/common.h"
#include "store/lifecycle.h"

/* The life of something that a launch needs. */
enum part_state {
	PART_ABSENT, /* not there, and nothing is under way */
	PART_COMING, /* a job is making it */
	PART_THERE,
	PART_GOING, /* a job is taking it away */
};

struct reconcile_view {
	enum task_state state; /* as the store has it */
	bool want_stopped;
	bool failed;		 /* there is a cause to end it, not yet written */
	bool writing;		 /* a change is on its way to the store */
	bool resting;		 /* a step failed and is tried again after a pause */
	bool queued;		 /* it waits for a place and memory */
	bool admitted;		 /* it has a place and memory on this machine */
	bool held;		 /* nothing may be added to the world just now */
	bool pooled;		 /* its machine waited, and has no network of its own yet */
	bool needs_secrets;	 /* values that its launch needs were not read yet ... */
	bool reading_secrets;	 /* ... but a job reads them */
	enum part_state images;	 /* all of them together */
	enum part_state machine; /* network, scratch disk, machine and channel together */
	enum part_state disks;	 /* images are plugged in */
	enum part_state limits;	 /* the CPU limit is set */
	bool name_used;		 /* the machine's name was tried: it needs a new one */
	bool stale;		 /* the machine is of no use for this task (before it was told) */
	bool hello;		 /* the agent has spoken */
	bool cancelled;		 /* the pulls were told to end */
	bool telling;		 /* TASK was sent */
	bool told;		 /* the agent has shown that it has the task */
	bool begun;		 /* a container of it was started */
	bool stop_sent;		 /* the agent was asked to stop */
};

#define RECONCILE_STEPS(X)                                                                         \
	X(ADMIT)	  /* ask for a place and memory */                                         \
	X(WRITE_CLAIMED)  /* address, machine name, meter */                                       \
	X(WRITE_NAME)	  /* a new name for another attempt */                                     \
	X(WRITE_TOLD)	  /* the agent has the task */                                             \
	X(WRITE_STOPPING) /* it is wanted stopped */                                               \
	X(WRITE_FAILED)	  /* the cause is recorded, what is held is taken down */                  \
	X(WRITE_RELEASED) /* nothing is held any more; the meter is closed */                      \
	X(READ_SECRETS)	  /* the values that containers name */                                    \
	X(PULL)		  /* fetch the images */                                                   \
	X(CANCEL_PULL)	  /* they are not needed any more */                                       \
	X(START)	  /* network, scratch disk, machine, channel */                            \
	X(PLUG)		  /* attach the images' disks */                                           \
	X(TELL)		  /* send TASK */                                                          \
	X(LIMIT)	  /* limit the CPU, once the containers run */                             \
	X(SEND_STOP)                                                                               \
	X(DESTROY) /* machine, network, scratch disk */                                            \
	X(FORGET)  /* it is over */
#define RECONCILE_AS_ENUM(name) STEP_##name,
enum reconcile_step { RECONCILE_STEPS(RECONCILE_AS_ENUM) STEP_COUNT };

const char *reconcile_step_name(enum reconcile_step step);

/* Fills @ret with the steps to take now, in order, and returns their number. At
 * most one of them is a WRITE. */
size_t reconcile(const struct reconcile_view *view, enum reconcile_step ret[STEP_COUNT]);

#endif
