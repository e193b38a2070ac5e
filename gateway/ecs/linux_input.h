/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container asks of the kernel: linuxParameters and systemControls.
 */
#ifndef SLIPWAY_GATEWAY_ECS_LINUX_INPUT_H
#define SLIPWAY_GATEWAY_ECS_LINUX_INPUT_H

#include "core/shape.h"

struct capabilities_input {
	struct shape_list add, drop; /* texts */
};

struct tmpfs_input {
	const char *path;
	int64_t size_mib;
	struct shape_list options; /* texts */
};

struct linux_input {
	struct capabilities_input capabilities;
	bool init_process;
	struct shape_list tmpfs;   /* struct tmpfs_input */
	struct shape_list devices; /* of anything */
	int64_t shared_memory_mib, max_swap_mib, swappiness;
	bool has_shared_memory, has_max_swap, has_swappiness;
};

struct control_input {
	const char *name, *value;
};

extern const struct shape linux_shape;
/* Lists of it are lists of struct control_input. */
extern const struct shape control_shape;

struct container_input;

/* As container_check(), container_check_fargate() and container_check_supported(). */
int linux_check(const struct container_input *container, struct err *err) MUST_CHECK;
int linux_check_fargate(const struct linux_input *linux_parameters, struct err *err) MUST_CHECK;
int linux_check_supported(const struct linux_input *linux_parameters, size_t container_index,
			  struct err *err) MUST_CHECK;

#endif
