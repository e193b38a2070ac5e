/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an order says about the places of a container that are not its image's:
 * volumes of the task, what it takes from other containers, memory. Pure.
 */
#ifndef SLIPWAY_PROVISIONER_TASK_MOUNTS_H
#define SLIPWAY_PROVISIONER_TASK_MOUNTS_H

#include "microvm/wire/message.h"
#include "provisioner/image/image_answer.h"
#include "store/task_spec.h"

/* Names that lead nowhere, paths, options: ERR_INVALID. */
int task_mounts_check(const struct task_spec *spec, size_t index, struct err *err) MUST_CHECK;

/* The mounts of container @index in the order in which they are to be made. */
int task_mounts_fill(const struct task_spec *spec, size_t index, const struct image_settings *image,
		     struct arena *arena, struct shape_list *ret_mounts, struct err *err)
	MUST_CHECK;

#endif
