/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the host is told about one container's life: when it began, that it began
 * again, how it ended and what it used, over all its runs.
 */
#ifndef SLIPWAY_MICROVM_AGENT_ACCOUNT_H
#define SLIPWAY_MICROVM_AGENT_ACCOUNT_H

#include "microvm/agent/cgroup.h"
#include "microvm/agent/session.h"

/* Begins as zeros but for the first three. Fields are for reading. */
struct account {
	struct session *session;
	unsigned container;
	int64_t buffer_bytes; /* of its memory, and none of what it took itself */

	int64_t began_ms;	    /* the last run; 0: there was none */
	int64_t ran_ms;		    /* the last run that is over */
	int exit_code;		    /* of that */
	int64_t restarts, told;	    /* told: so many of them to the host */
	struct cgroup_usage before; /* what runs have used whose groups are gone */
};

/* Its program runs: STARTED, or for a later run RESTARTED. */
void account_begin(struct account *account);
/* Its program has ended. */
void account_run_over(struct account *account, int exit_code);
/* It will begin again: count what was used, and remove its cgroup. */
void account_restart(struct account *account);
/* EXITED, and its cgroup is removed. @has_group: there may be one. */
void account_end(struct account *account, bool has_group, bool unmet, const char *error);
/* The session has room again. */
void account_go_on(struct account *account);

#endif
