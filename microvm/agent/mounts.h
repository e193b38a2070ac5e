/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The places of a container that are not its image's: volumes, which are folders of
 * the scratch disk that containers share, and memory.
 */
#ifndef SLIPWAY_MICROVM_AGENT_MOUNTS_H
#define SLIPWAY_MICROVM_AGENT_MOUNTS_H

#include "microvm/wire/message.h"

/* In the agent, as often as one likes: the task's volumes are there. */
/* "/scratch/volumes/3" */
#define MOUNTS_VOLUME_PATH_SIZE 64
const char *mounts_volume_path(int64_t volume, char ret[MOUNTS_VOLUME_PATH_SIZE]);

int mounts_prepare(const struct wire_task *task, struct err *err) MUST_CHECK;

/* In the container's first process, while it still sees the agent's files: a
 * descriptor for each mount, -1 for memory. The array is the caller's. */
int mounts_take(const struct wire_container *container, int **ret_fds, struct err *err) MUST_CHECK;
/* In the container's root: mount them all. Closes the descriptors. */
int mounts_put(const struct wire_container *container, int *fds, struct err *err) MUST_CHECK;

#endif
