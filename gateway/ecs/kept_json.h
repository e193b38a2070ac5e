/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a request is kept to be given back: exactly the members that its shape
 * knows, on every level. Members that the API does not define, nulls and empty texts
 * are not kept; of members that are refused unless they ask for nothing, what says
 * `false` is, because tools compare it with what they sent.
 */
#ifndef SLIPWAY_GATEWAY_ECS_KEPT_JSON_H
#define SLIPWAY_GATEWAY_ECS_KEPT_JSON_H

#include "core/shape.h"

/* @object was filled by @shape without error. A new object. */
json_t *kept_json(const struct shape *shape, const json_t *object);

#endif
