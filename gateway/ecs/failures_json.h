/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An entry of `failures`, where an operation over many things tells which of them
 * it could not do while the others went well.
 */
#ifndef SLIPWAY_GATEWAY_ECS_FAILURES_JSON_H
#define SLIPWAY_GATEWAY_ECS_FAILURES_JSON_H

#include <jansson.h>

json_t *failure_json(const char *arn, const char *reason);

#endif
