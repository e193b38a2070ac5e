/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting until the programs that `slipway up` started are ready, and, when one is
 * not, telling why in its own words.
 */
#ifndef SLIPWAY_CLI_READINESS_H
#define SLIPWAY_CLI_READINESS_H

#include <signal.h>
#include <sys/types.h>

#include "cli/client.h"
#include "cli/installation.h"

#define READINESS_GATEWAY_MS	 30000
#define READINESS_PROVISIONER_MS 60000 /* it may boot a guest to try KVM */

/* @stop: looked at while waiting; when it is not 0 the wait ends with ERR_CONFLICT. */
int readiness_gateway(struct client *client, const struct installation *installation,
		      const volatile sig_atomic_t *stop, struct err *err) MUST_CHECK;
/* @since_ms: wall time before it was started. */
int readiness_provisioner(const struct installation *installation, int64_t since_ms,
			  const volatile sig_atomic_t *stop, struct err *err) MUST_CHECK;

#endif
