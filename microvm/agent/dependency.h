/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which container may start, which may stop, and which can never start, by what
 * containers wait for and what has become of the others. Pure.
 */
#ifndef SLIPWAY_MICROVM_AGENT_DEPENDENCY_H
#define SLIPWAY_MICROVM_AGENT_DEPENDENCY_H

#include "microvm/wire/message.h"

/* What has become of one container. */
struct dependency_state {
	bool started;	/* its program runs or has run */
	bool ended;	/* and will not run again, or never ran */
	int exit_code;	/* if it was started and has ended */
	bool healthy;	/* its last check that counted has passed */
	bool timed_out; /* its start timeout is over */
};

enum dependency_verdict {
	DEPENDENCY_MET,	  /* it may start */
	DEPENDENCY_WAITS, /* not yet */
	DEPENDENCY_LOST,  /* what it waits for cannot come any more */
};

#define DEPENDENCY_REASON_SIZE 512

/* @states: one for each of @containers (struct wire_container). If lost, @ret_reason
 * says for people what did not come; else it is untouched. */
enum dependency_verdict dependency_check(const struct shape_list *containers,
					 const struct dependency_state *states, size_t index,
					 char ret_reason[DEPENDENCY_REASON_SIZE]);

/* Whether all have ended that wait for it: stopping goes the way of starting backwards. */
bool dependency_may_stop(const struct shape_list *containers, const struct dependency_state *states,
			 size_t index);

#endif
