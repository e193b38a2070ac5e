/* SPDX-License-Identifier: Apache-2.0 */
/* Times as `slipway bill` is told them. All UTC. */
#ifndef SLIPWAY_CLI_BILL_TIME_H
#define SLIPWAY_CLI_BILL_TIME_H

#include "core/err.h"

/* "2026-01-31", "2026-01-31T08:00:00Z", or so long before @now_s: "90min", "24h", "7d". Seconds
 * since 1970. ERR_INVALID names @option. */
int bill_time_parse(const char *option, const char *text, int64_t now_s, int64_t *ret_s,
		    struct err *err) MUST_CHECK;

#endif
