/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folders of this host that a task's machine is given: its EFS volumes. Each is served by a
 * virtiofsd of its own, which libvirt starts and ends with the machine (share_main.c).
 */
#ifndef SLIPWAY_PROVISIONER_SHARE_H
#define SLIPWAY_PROVISIONER_SHARE_H

#include "provisioner/machine.h"
#include "store/file_system.h"
#include "store/task_spec.h"

struct share_options {
	const char *folder; /* where it is written down who is given what; NULL: nobody is */
	struct file_systems systems;
};

bool shares_needed(const struct task_spec *spec);
/* Pure: more than a machine can have is ERR_INVALID. */
int shares_check(const struct task_spec *spec, struct err *err) MUST_CHECK;

/*
 * Blocks, for as long as a network's file system is away: whether what a task of @account names
 * is there. ERR_NOT_FOUND: the text is the reason for the user, and no other try would mend it.
 */
int shares_look(const struct share_options *options, const char *account,
		const struct task_spec *spec, struct err *err) MUST_CHECK;

/*
 * Blocks. What @machine, for a task of @account, is to be started with; each path is freed by
 * shares_done().
 * ERR_NOT_FOUND: the text is the reason for the user, and no other try would mend it.
 */
struct shares {
	struct machine_share items[MACHINE_SHARES_MAX];
	size_t count;
};
int shares_make(const struct share_options *options, const char *account, const char *machine,
		const struct task_spec *spec, struct shares *ret_shares, struct err *err)
	MUST_CHECK;
void shares_done(struct shares *shares);

/* What was written down for @machine, which is gone. Absent is fine. */
int shares_remove(const struct share_options *options, const char *machine, struct err *err)
	MUST_CHECK;
/* The same for all machines for which @is_kept does not say true. */
typedef bool share_kept_fn(void *ctx, const char *machine);
int shares_sweep(const struct share_options *options, share_kept_fn *is_kept, void *ctx,
		 struct err *err) MUST_CHECK;

#endif
