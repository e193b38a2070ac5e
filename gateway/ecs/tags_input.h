/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tags in requests and answers: {"key", "value"}, at most fifty, none of which
 * may begin with "aws:" (those are ours to give).
 */
#ifndef SLIPWAY_GATEWAY_ECS_TAGS_INPUT_H
#define SLIPWAY_GATEWAY_ECS_TAGS_INPUT_H

#include "gateway/api.h"
#include "store/tag.h"

#define TAG_CLUSTER_NAME "aws:ecs:clusterName" /* what enableECSManagedTags adds */

/* A list of these is a list of struct tag. */
extern const struct shape tag_shape;

/* Check the filled list; @type: of the error. Its items may be used as struct tag then. */
int tags_check(struct call *call, const char *type, const struct shape_list *tags) MUST_CHECK;
/* Of RunTask, which alone may have those of image_override.h. */
int tags_check_run(struct call *call, const char *type, const struct shape_list *tags) MUST_CHECK;

/* Write checked tags; more than fifty together is an error of @type. */
int tags_put(struct call *call, const char *type, const char *arn, const struct tag *tags,
	     size_t count) MUST_CHECK;

/* The tags of @arn as the API writes them. */
int tags_json(struct call *call, const char *arn, json_t **ret_list) MUST_CHECK;
json_t *tags_as_json(const struct tag *tags, size_t count);

#endif
