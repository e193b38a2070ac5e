/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When the drivers of virtio devices take them. Disks are taken late: what is behind
 * them may change until the task is known, and a driver asks only once how large they are.
 */
#ifndef SLIPWAY_MICROVM_AGENT_VIRTIO_H
#define SLIPWAY_MICROVM_AGENT_VIRTIO_H

#include "core/err.h"

/* From here on no driver takes a device by itself, and none has a disk. */
int virtio_hold(struct err *err) MUST_CHECK;
/* Whether the machine was given a folder of the host. */
bool virtio_has_share(void);
/* Let the drivers take all devices that are no disks. */
void virtio_take_others(void);
/* Let the driver take the disks that it does not have. */
void virtio_take_disks(void);
/* Take the disk at @path ("/dev/vda") away from its driver. */
int virtio_release_disk(const char *path, struct err *err) MUST_CHECK;

#endif
