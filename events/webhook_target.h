/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The members of a rule's target that say what is sent to an API destination.
 */
#ifndef SLIPWAY_EVENTS_WEBHOOK_TARGET_H
#define SLIPWAY_EVENTS_WEBHOOK_TARGET_H

#include "events/retry.h"
#include "events/target_input.h"

#define WEBHOOK_PARAMETERS_MAX 100 /* of each kind */

/* A value that begins with "$." is a path into the event. */
struct webhook_http {
	struct shape_list path;		  /* const char *, one for each "*" of the endpoint */
	struct shape_list headers, query; /* struct shape_pair */
};
extern const struct shape webhook_http_shape;

struct webhook_target {
	const char *id, *input, *input_path, *template;
	struct shape_list paths; /* struct shape_pair */
	struct webhook_http http;
	struct event_retry_input retry;
};

/* A target as PutTargets keeps it. Texts are borrowed from @body. */
int webhook_target_read(const json_t *body, struct arena *arena, struct webhook_target *ret_target,
			struct err *err) MUST_CHECK;

/* ERR_INVALID names the member of HttpParameters. */
int webhook_http_check(const struct webhook_http *http, const char *endpoint, struct err *err)
	MUST_CHECK;

#endif
