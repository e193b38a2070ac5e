/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container that nobody asked for, run before the machine has a task. If anything of it
 * fails, the machine ends.
 */
#ifndef SLIPWAY_MICROVM_AGENT_REHEARSAL_H
#define SLIPWAY_MICROVM_AGENT_REHEARSAL_H

#include <signal.h>

#include "microvm/agent/session.h"

struct rehearsal;
struct sock_fprog;

struct rehearsal_options {
	struct loop *loop;
	struct session *session;	 /* says nothing meanwhile */
	const struct sock_fprog *filter; /* borrowed for ever */
	loop_fn *on_done;		 /* once, when all went well */
	void *ctx;
};

/* Lives until on_done; then nothing is left of it but the mounted scratch disk. */
struct rehearsal *rehearsal_begin(const struct rehearsal_options *options);
/* True if @info was about its process. */
bool rehearsal_process_ended(struct rehearsal *rehearsal, const siginfo_t *info);

#endif
