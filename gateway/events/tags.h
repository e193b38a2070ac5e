/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tags of rules and buses: those of ecs/tags_input.h, with capital letters.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_TAGS_H
#define SLIPWAY_GATEWAY_EVENTS_TAGS_H

#include "gateway/api.h"

/* A list of these is a list of struct tag. */
extern const struct shape event_tag_shape;

int event_tags_check(struct call *call, const struct shape_list *tags) MUST_CHECK;
/* Checked ones. */
int event_tags_put(struct call *call, const char *arn, const struct shape_list *tags) MUST_CHECK;
int event_tags_json(struct call *call, const char *arn, json_t **ret_list) MUST_CHECK;

#endif
