/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all machines have in common, whether a task asked for one or the pool makes it: how one
 * is started, what is taken away when it goes, and how much memory it may take.
 */
#ifndef SLIPWAY_PROVISIONER_MACHINE_PLAN_H
#define SLIPWAY_PROVISIONER_MACHINE_PLAN_H

#include "provisioner/flow.h"

/* All borrowed. */
struct machine_plan {
	const char *name;
	struct machine_size size;
	uid_t uid;
	const char *scratch;  /* file of its disk for what is written */
	const char *slot;     /* file behind the first image's disk; NULL: it has none yet */
	unsigned spare_ports; /* for disks of other images */
	enum machine_memory memory;
	const char *template_dir;    /* unless memory is BOOT */
	const struct shares *shares; /* NULL: none */
	const char *mac;	     /* NULL: no network card */
	const char *tap, *bridge;    /* bridge mode; else NULL */
	const char *socket;	     /* user mode; else NULL */
};

/* Blocks. Its disk, template, network and rules must be there. */
int machine_plan_start(const struct flow_options *options, const struct machine_plan *plan,
		       struct err *err) MUST_CHECK;
/* The process of one that was started; pid 0 where that cannot be known. */
void machine_plan_process(const struct flow_options *options, const char *name,
			  struct process_id *ret_process);
/* Blocks. Take away machine, network, disk and console, in the order in which they lean on each
 * other. What is not there is fine. @lease: NULL if no task has claimed it. *ret_ended_ns, also on
 * failure: when the machine was gone, by the boot clock, or 0; NULL: not wanted. */
int machine_plan_undo(const struct flow_options *options, const char *name,
		      const struct network_lease *lease, int64_t *ret_ended_ns, struct err *err)
	MUST_CHECK;
/* Pure: bytes of the host's memory that a machine of this size is counted with. */
int64_t machine_plan_memory(const struct flow_options *options, struct machine_size size);

#endif
