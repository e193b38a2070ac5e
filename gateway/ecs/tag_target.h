/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The resource that TagResource, UntagResource and ListTagsForResource speak of.
 */
#ifndef SLIPWAY_GATEWAY_ECS_TAG_TARGET_H
#define SLIPWAY_GATEWAY_ECS_TAG_TARGET_H

#include "gateway/ecs/ecs_identifier.h"

/* The full ARN of an existing cluster, task that is not stopped, or revision of a
 * task definition of this account. */
int tag_target(struct call *call, const char *given, struct ecs_arn *ret_arn) MUST_CHECK;

#endif
