/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capacity provider strategies: which of FARGATE and FARGATE_SPOT the tasks of a
 * request go to. Both exist by themselves and belong to every cluster; no other
 * provider exists here.
 */
#ifndef SLIPWAY_GATEWAY_ECS_PROVIDER_STRATEGY_H
#define SLIPWAY_GATEWAY_ECS_PROVIDER_STRATEGY_H

#include "gateway/api.h"

#define STRATEGY_ITEMS_MAX 20 /* the API's */

struct strategy_item {
	const char *provider;
	int64_t weight, base;
};
/* A list of these is a list of struct strategy_item. */
extern const struct shape strategy_item_shape;

bool provider_exists(const char *name);

/* Every provider exists, at most one has a base, one has a weight if there are several. */
int strategy_check(struct call *call, const struct shape_list *strategy) MUST_CHECK;

/* A stored strategy (JSON list of @text), into the arena. */
int strategy_read(const char *text, struct arena *arena, struct shape_list *ret_strategy,
		  struct err *err) MUST_CHECK;

/* The provider of task number @index (from 0) of a request with checked @strategy. */
const char *strategy_choose(const struct shape_list *strategy, size_t index);

/* As the API writes it. */
json_t *strategy_json(const struct shape_list *strategy);

#endif
