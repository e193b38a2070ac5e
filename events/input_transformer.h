/* SPDX-License-Identifier: Apache-2.0 */
/*
 * InputTransformer: a template with the values of paths into the event.
 */
#ifndef SLIPWAY_EVENTS_INPUT_TRANSFORMER_H
#define SLIPWAY_EVENTS_INPUT_TRANSFORMER_H

#include "core/buf.h"
#include "core/shape.h"
#include "events/json_slice.h"

#define INPUT_PATHS_MAX	   100	/* of InputPathsMap, by the API */
#define INPUT_NAME_MAX	   256	/* characters of a name in it */
#define INPUT_TEMPLATE_MAX 8192 /* bytes */
/* What may come out; as much as an event may be. */
#define INPUT_SIZE_MAX	   (1024u * 1024)

struct input_transformer;

/* What the predefined variables say beside the event. */
struct input_facts {
	const char *rule_arn, *rule_name;
	int64_t ingested_ms; /* wall: when the event was received */
};

/* Whom the API's errors name: the target's Id, and its number in the request from 1 on. */
struct input_target {
	const char *id;
	size_t number;
};

/* The arena keeps all of it. ERR_INVALID with the API's text. */
int input_transformer_make(const struct input_target *target, const struct shape_pair *paths,
			   size_t path_count, const char *template, struct arena *arena,
			   struct input_transformer **ret_transformer, struct err *err) MUST_CHECK;

/*
 * Append what @event becomes. ERR_INVALID if that is neither JSON nor strings in lines of their
 * own: EventBridge drops such an event. ERR_LIMIT at the maximum of @out (INPUT_SIZE_MAX is meant)
 * or of @scratch, which holds values and is not needed afterwards.
 */
int input_transformer_apply(const struct input_transformer *transformer, struct json_slice event,
			    const struct input_facts *facts, struct arena *scratch, struct buf *out,
			    struct err *err) MUST_CHECK;

#endif
