/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libvirt's embedded QEMU driver needs before it can be opened: a root folder with its
 * configuration. And what this machine lacks for it, in words.
 */
#ifndef SLIPWAY_PROVISIONER_HYPERVISOR_H
#define SLIPWAY_PROVISIONER_HYPERVISOR_H

#include <sys/types.h>

#include "core/buf.h"

/* libvirt puts sockets at ROOT/lib/qemu/channel/target/domain-ID-NAME/PORT, and a
 * socket's path has 107 characters at most. */
#define HYPERVISOR_ROOT_MAX 40

/*
 * Make @root (kept from start to start: libvirt caches there what QEMU can do, and finds its
 * machines again), write its qemu.conf, and give the URI to open; the caller frees it.
 * ERR_LIMIT for a @root that is too long, ERR_NOT_FOUND for a missing QEMU or system user.
 */
int hypervisor_prepare(const char *root, char **ret_uri, struct err *err) MUST_CHECK;

/* Whether the host makes the mounts, users and groups of confinement possible: a text for each
 * thing that is missing, one a line; empty when all is there. */
int hypervisor_check(struct buf *ret_lines, struct err *err) MUST_CHECK;

/* The text of qemu.conf; pure. @mount_namespace: QEMU gets one of its own (only where
 * privileged). */
int hypervisor_conf(bool privileged, bool mount_namespace, struct buf *out, struct err *err)
	MUST_CHECK;

#endif
