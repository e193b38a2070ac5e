/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a definition names of the storage that this Slipway is configured with.
 */
#ifndef SLIPWAY_GATEWAY_ECS_STORAGE_CHECK_H
#define SLIPWAY_GATEWAY_ECS_STORAGE_CHECK_H

#include "gateway/api.h"
#include "gateway/ecs/definition_input.h"

/* Of a definition that keeps the API's rules: ERR_INVALID, a whole message that names what is
 * not configured. */
int storage_check(const struct definition_input *input, const struct call *call, struct err *err)
	MUST_CHECK;

#endif
