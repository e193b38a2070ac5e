/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the gateway gives up what it does not need, in two stages.
 */
#ifndef SLIPWAY_GATEWAY_SANDBOX_H
#define SLIPWAY_GATEWAY_SANDBOX_H

#include "gateway/options.h"

/* Become the configured user. After the sockets listen, before anything is opened
 * that must belong to that user. */
int sandbox_drop(const struct gateway_options *options, struct err *err) MUST_CHECK;

/* Files and system calls. After everything is open, before threads start. */
int sandbox_close(const struct gateway_options *options, const struct shared_options *shared,
		  struct err *err) MUST_CHECK;

#endif
