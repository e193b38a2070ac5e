/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the store knows of commands in containers: which command a session is for, and how it
 * ended. Both are jobs of the flow.
 */
#ifndef SLIPWAY_PROVISIONER_EXEC_RECORD_H
#define SLIPWAY_PROVISIONER_EXEC_RECORD_H

#include "core/arena.h"
#include "store/exec_link.h"
#include "store/exec_session.h"

struct flow;

/* An answer of the store. Its texts live as long as it does. */
struct exec_look {
	const void *asker; /* may be gone by now */
	char id[EXEC_ID_SIZE];
	int result; /* -1: @err says why there is no such command, or not for this token */
	struct err err;
	struct exec_session session;
	const char **words; /* of the command */
	size_t word_count;
};
typedef void exec_looked_fn(struct flow *flow, const struct exec_look *look);

/* Begin the session of @open, which happens once, and tell @done on the loop. */
int exec_look_begin(struct flow *flow, const struct exec_link_open *open, const void *asker,
		    exec_looked_fn *done, struct err *err) MUST_CHECK;

/* Commands that begun in an earlier life of this program, whose end nobody has recorded, have
 * ended with it: a job, before any other of the store. */
int exec_record_end_open(struct flow *flow, struct err *err) MUST_CHECK;
/* This life ends: the same at once. When no job of the flow runs. */
void exec_record_end_now(struct flow *flow);

/* Session @id has ended now. */
void exec_record_end(struct flow *flow, const char *id, int64_t exit_code, const char *reason);

#endif
