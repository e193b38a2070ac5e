/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order that an agent gets: from the task's frozen description, its images'
 * own settings and its lease to one wire_task. Pure.
 *
 * The description comes from the store, which the gateway may write. It is
 * checked again here, so that no row of the store can make this program give a
 * machine more than the API allows, or the agent something it must not see.
 */
#ifndef SLIPWAY_PROVISIONER_TASK_ORDER_H
#define SLIPWAY_PROVISIONER_TASK_ORDER_H

#include "microvm/wire/message.h"
#include "provisioner/image/image_answer.h"
#include "provisioner/network.h"
#include "provisioner/task_secrets.h"
#include "store/extensions.h"
#include "store/task.h"
#include "store/task_payload.h"
#include "store/task_spec.h"

#define TASK_ORDER_ARENA (1024u * 1024)

/* Sizes, names, counts, log drivers: ERR_INVALID with a text for the user. What @extensions do not
 * permit (any more) is no reason against a task that was begun. */
int task_order_check(const struct task *task, const struct task_spec *spec,
		     const struct extensions *extensions, struct err *err) MUST_CHECK;

struct task_order_input {
	const struct task *task;
	const struct task_spec *spec;
	const struct network_lease *lease;
	const char *region, *dns, *blocked;	    /* of network_dns(), network_blocked() */
	const struct image_settings *const *images; /* one a container */
	const struct task_secrets *secrets;	    /* NULL: none */
	const struct task_payload *event;	    /* NULL: none */
	const size_t *disks;			    /* number of the image disk, one a container */
	const struct wire_credentials *credentials; /* of the task's role; NULL: none */
	bool guest_limits_cpu;			    /* the hypervisor cannot */
};

/* Texts and lists are borrowed from the input or live in @arena. */
int task_order_fill(const struct task_order_input *input, struct arena *arena,
		    struct wire_task *ret_order, struct err *err) MUST_CHECK;

#endif
