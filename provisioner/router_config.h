/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration of a log router, fluent-bit or fluentd. Pure.
 */
#ifndef SLIPWAY_PROVISIONER_ROUTER_CONFIG_H
#define SLIPWAY_PROVISIONER_ROUTER_CONFIG_H

#include "core/buf.h"
#include "provisioner/task_order.h"

#define ROUTER_CONFIG_MAX (64u * 1024) /* the options of ten containers fit well */

/* Append the configuration to @out. Options are those that log_router_check() has passed. */
int router_config_write(const struct task_order_input *input, const struct spec_firelens *router,
			struct buf *out, struct err *err) MUST_CHECK;

#endif
