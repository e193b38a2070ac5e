/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Failures (see the header). Clients match the reason ("MISSING") exactly.
 */
#include "gateway/ecs/failures_json.h"

#include "gateway/json_out.h"

json_t *failure_json(const char *arn, const char *reason)
{
	json_t *failure = out_object();

	out_text(failure, "arn", arn);
	out_text(failure, "reason", reason);
	return failure;
}
