/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a target gets of an event: all of it, or what one of Input, InputPath and InputTransformer
 * makes of it.
 */
#ifndef SLIPWAY_EVENTS_TARGET_INPUT_H
#define SLIPWAY_EVENTS_TARGET_INPUT_H

#include "events/input_transformer.h"

#define TARGET_INPUT_CONSTANT_MAX 8192 /* bytes of Input, by the API */

/* The members of a target in PutTargets; NULL is absent. */
struct target_input_request {
	struct input_target target;
	const char *input, *input_path, *input_template;
	const struct shape_pair *paths; /* InputPathsMap */
	size_t path_count;
};

struct target_input;

/* The arena keeps all of it. ERR_INVALID with the API's text. */
int target_input_make(const struct target_input_request *request, struct arena *arena,
		      struct target_input **ret_input, struct err *err) MUST_CHECK;

/* Append the input of @event, an envelope of event_make(). ERR_NOT_FOUND if nothing is at
 * InputPath, otherwise as input_transformer_apply(). */
int target_input_apply(const struct target_input *input, struct json_slice event,
		       const struct input_facts *facts, struct arena *scratch, struct buf *out,
		       struct err *err) MUST_CHECK;

#endif
