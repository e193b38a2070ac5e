/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time that it must have run keeps a container that cannot work from being
 * started over and over: it ends, and an essential one ends its task.
 */
#include "microvm/agent/restart.h"

bool restart_is_due(const struct wire_restart_policy *policy, int exit_code, int64_t ran_ms)
{
	const int64_t *ignored = policy->ignored.items;

	if (!policy->enabled)
		return false;
	for (size_t i = 0; i < policy->ignored.count; i++) {
		if (ignored[i] == exit_code)
			return false;
	}
	return ran_ms >= policy->period_s * 1000;
}
