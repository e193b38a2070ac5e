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
#define READINESS_RELAY_MS	 30000

struct readiness {
	const struct installation *installation;
	const volatile sig_atomic_t *stop; /* the wait ends with ERR_CONFLICT when it is not 0 */
	pid_t supervisor;		   /* filled when it was forked */
	int64_t since_ms;		   /* wall time */
	/* Bytes that earlier runs wrote. */
	off_t gateway_log, provisioner_log, relay_log;
};

/* Before the programs are started. Both pointers are borrowed. */
void readiness_begin(struct readiness *readiness, const struct installation *installation,
		     const volatile sig_atomic_t *stop);

/* ERR_UNAVAILABLE says what the program's log says, and what came when it was asked. */
int readiness_gateway(const struct readiness *readiness, struct client *client, struct err *err)
	MUST_CHECK;
int readiness_provisioner(const struct readiness *readiness, struct err *err) MUST_CHECK;
int readiness_relay(const struct readiness *readiness, struct err *err) MUST_CHECK;

#endif
