/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The account setting defaultLogDriverMode: whether containers that do not say so wait
 * for their output to be taken.
 */
#ifndef SLIPWAY_GATEWAY_ECS_LOG_MODE_H
#define SLIPWAY_GATEWAY_ECS_LOG_MODE_H

#include "gateway/api.h"

/* Write the mode that holds for the caller into the log options of @body's containers (a
 * copy of the stored definition) that have none. */
int log_mode_apply(struct call *call, json_t *body) MUST_CHECK;

#endif
