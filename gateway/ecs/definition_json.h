/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Task definitions as they are stored and as answers show them, and finding the
 * one that a request means.
 */
#ifndef SLIPWAY_GATEWAY_ECS_DEFINITION_JSON_H
#define SLIPWAY_GATEWAY_ECS_DEFINITION_JSON_H

#include "gateway/api.h"
#include "gateway/ecs/definition_input.h"
#include "gateway/ecs/ecs_identifier.h"
#include "store/definition.h"

/* The document that is stored: what was given, normalised, with what follows from it. */
json_t *definition_make_body(const struct definition_input *input, const json_t *given,
			     bool fits_fargate);

/* Does the stored @body list FARGATE among its compatibilities? */
bool definition_body_fits_fargate(const json_t *body);

/* As an answer shows it. */
json_t *definition_json(const struct call *call, const struct definition *definition);

/* Find it; ClientException with @missing if it is not there. */
int definition_require(struct call *call, const struct ecs_definition_name *name,
		       const char *missing, struct definition *ret_definition) MUST_CHECK;

#endif
