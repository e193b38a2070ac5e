/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing a cluster that is there: found, changed and written in one transaction,
 * then answered with its counts, as each operation that changes one does.
 */
#ifndef SLIPWAY_GATEWAY_ECS_CLUSTER_CHANGE_H
#define SLIPWAY_GATEWAY_ECS_CLUSTER_CHANGE_H

#include "gateway/api.h"
#include "store/cluster.h"

/* Change what is to be other in @cluster; its texts live in the call's arena. */
typedef int cluster_change_fn(struct call *call, const void *input, struct cluster *cluster);

/* @given: as cluster_require() takes it; @with: as cluster_json(). Answers {"cluster"}. */
int cluster_change(struct call *call, const char *given, cluster_change_fn *change,
		   const void *input, unsigned with, json_t **ret_output) MUST_CHECK;

#endif
