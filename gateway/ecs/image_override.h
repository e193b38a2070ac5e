/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another image for one start: a tag of RunTask, slipway:image/CONTAINER = IMAGE, since
 * stock clients send no member that their model does not know. Only where the configuration
 * says image_overrides. The tag stays with the task and says what was asked for;
 * what ran is the container's image and imageDigest.
 *
 * Nowhere else may such a tag be given: it would say of a task what is not so.
 */
#ifndef SLIPWAY_GATEWAY_ECS_IMAGE_OVERRIDE_H
#define SLIPWAY_GATEWAY_ECS_IMAGE_OVERRIDE_H

#include "gateway/api.h"

#define IMAGE_OVERRIDE_PREFIX "slipway:image/"

bool image_override_is_tag(const char *key);

/* Change @body, a copy of the stored definition, as @tags (struct tag) want it. */
int image_overrides_apply(struct call *call, const struct shape_list *tags, json_t *body)
	MUST_CHECK;

#endif
