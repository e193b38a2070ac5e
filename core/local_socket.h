/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets of the file system by which programs of one host reach each other.
 */
#ifndef SLIPWAY_CORE_LOCAL_SOCKET_H
#define SLIPWAY_CORE_LOCAL_SOCKET_H

#include "core/err.h"

/* Bind a non-blocking socket of @type (SOCK_DGRAM, ...) at @path, in place of what an earlier
 * life left there. Whoever may enter the folder may use it. @name ("the doorbell") is for the
 * error of a path that is too long. The caller closes *ret_fd. */
int local_socket_bind(const char *path, int type, const char *name, int *ret_fd, struct err *err)
	MUST_CHECK;

#endif
