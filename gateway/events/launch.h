/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A task for an event: a RunTask that nobody sent, through the same door as all others.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_LAUNCH_H
#define SLIPWAY_GATEWAY_EVENTS_LAUNCH_H

#include "core/digest.h"
#include "gateway/api.h"
#include "gateway/events/target.h"
#include "store/event_queue.h"

struct event_launch;

/*
 * Plan the tasks of @delivery on @target's cluster, on @state, which is in a transaction that
 * reads. @overrides is the target's input, NULL if it has none. The launch belongs to the caller,
 * and borrows delivery and event until event_launch_free(). ERR_INVALID: it can never work
 * (*ret_code is the API's error, a literal); other codes: perhaps later.
 */
struct event_launch_order {
	const struct api_options *options;
	const struct event_delivery *delivery;
	const struct event_accepted *event; /* what its tasks see */
	const struct event_target *target;
	const char *cluster;
	const char *overrides;
	const char *started_by; /* NULL: the rule */
	int64_t now_ms;
	int64_t until_ms; /* its tasks may wait so long for room on the host */
};
int event_launch_plan(const struct event_launch_order *order, struct db *state,
		      struct event_launch **ret_launch, const char **ret_code, struct err *err)
	MUST_CHECK;
/* Whether @target with @overrides is something that RunTask could ever take. ERR_INVALID names the
 * member. */
int event_launch_check(const struct event_target *target, const char *overrides,
		       struct arena *arena, struct err *err) MUST_CHECK;
/* Write them, in the caller's transaction. Fails as above; ERR_CONFLICT: plan again. */
int event_launch_write(struct event_launch *launch, struct db *state, const char **ret_code,
		       struct err *err) MUST_CHECK;
void event_launch_free(struct event_launch *launch); /* takes NULL */

/* The client token of its tasks. */
void event_launch_token(const struct event_delivery *delivery, char ret_token[SHA256_HEX_SIZE]);

#endif
