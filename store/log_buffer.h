/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container's log options `mode` and `max-buffer-size` ask for. The gateway
 * refuses by this what makes no sense, the provisioner tells the agent.
 */
#ifndef SLIPWAY_STORE_LOG_BUFFER_H
#define SLIPWAY_STORE_LOG_BUFFER_H

#include "core/err.h"
#include "core/shape.h"

#define LOG_BUFFER_DEFAULT (INT64_C(10) * 1024 * 1024) /* of mode=non-blocking: Fargate's */
/* A smaller one is made so large: it holds a few of the longest lines. */
#define LOG_BUFFER_MIN	   (INT64_C(256) * 1024)
/* All buffers of a task together may take one part in so many of its memory. */
#define LOG_BUFFER_SHARE   2

/*
 * *ret_bytes: how much output is kept for the container while it is not taken; 0 means
 * that the container waits instead. @options: struct shape_pair. ERR_INVALID names the
 * option: "mode must be ...".
 */
int log_buffer_read(const struct shape_list *options, int64_t *ret_bytes, struct err *err)
	MUST_CHECK;

/* Whether buffers of @bytes together fit into a task of @memory_mib. */
bool log_buffer_fits(int64_t bytes, int64_t memory_mib);

#endif
