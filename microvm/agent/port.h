/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtio-serial port to the host: bytes in, bytes out, never blocking.
 */
#ifndef SLIPWAY_MICROVM_AGENT_PORT_H
#define SLIPWAY_MICROVM_AGENT_PORT_H

#include "core/loop.h"

struct port;

/* Bytes from the host. */
typedef void port_bytes_fn(void *ctx, const void *bytes, size_t len);

/* Find the port named WIRE_PORT_NAME, waiting for it, and open it. @on_bytes is
 * called with what comes, @on_writable whenever port_write() may get further. */
int port_open(struct loop *loop, port_bytes_fn *on_bytes, loop_fn *on_writable, void *ctx,
	      struct port **ret_port, struct err *err) MUST_CHECK;

/* How many bytes were taken: 0 while no host listens or its queue is full. */
size_t port_write(struct port *port, const void *bytes, size_t len);

#endif
