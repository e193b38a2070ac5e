/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that a container sees: its image below a writable layer, and the
 * kernel's own file systems as containers usually have them.
 */
#ifndef SLIPWAY_MICROVM_AGENT_ROOTFS_H
#define SLIPWAY_MICROVM_AGENT_ROOTFS_H

#include "microvm/wire/message.h"

/* In the agent: mount the image from @disk, and make the folders of the container's
 * writable layer on the scratch disk. */
int rootfs_prepare(const struct wire_task *task, unsigned index, const char *disk, struct err *err)
	MUST_CHECK;

/* In the agent: let the container enter its root once more, as it has left it. */
void rootfs_renew(unsigned index);

/* In the container's first process, with namespaces of its own: make the overlay,
 * enter it, and mount what belongs inside. */
int rootfs_enter(const struct wire_container *container, unsigned index, struct err *err)
	MUST_CHECK;

/* There: mount @fd, a detached file, at @path, over what is there. Closes it. */
int rootfs_put_file(int fd, const char *path, struct err *err) MUST_CHECK;

#endif
