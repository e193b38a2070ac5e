/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One process has one set of counters, so they stand here and are not passed
 * around.
 */
#include "gateway/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

#include "core/clock.h"

static _Atomic int64_t values[METRIC_COUNT];

void metric_add(enum metric metric, int64_t value)
{
	atomic_fetch_add_explicit(&values[metric], value, memory_order_relaxed);
}

int64_t metric_get(enum metric metric)
{
	return atomic_load_explicit(&values[metric], memory_order_relaxed);
}

int metrics_print(struct buf *out, struct err *err)
{
#define METRICS_AS_ROW(name, kind, help) {"slipway_gateway_" #name, #kind, help},
	static const struct {
		const char *name, *kind, *help;
	} rows[] = {METRICS(METRICS_AS_ROW)};

	for (size_t i = 0; i < METRIC_COUNT; i++) {
		if (buf_printf(out, err, "# HELP %s %s\n# TYPE %s %s\n%s %" PRId64 "\n",
			       rows[i].name, rows[i].help, rows[i].name, rows[i].kind, rows[i].name,
			       metric_get((enum metric)i)) < 0)
			return -1;
	}
	return buf_printf(out, err,
			  "# HELP slipway_gateway_info the version that runs\n"
			  "# TYPE slipway_gateway_info gauge\n"
			  "slipway_gateway_info{version=\"%s\"} 1\n",
			  SLIPWAY_VERSION);
}
