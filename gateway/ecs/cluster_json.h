/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clusters as answers show them, and finding the cluster that a request means.
 */
#ifndef SLIPWAY_GATEWAY_ECS_CLUSTER_JSON_H
#define SLIPWAY_GATEWAY_ECS_CLUSTER_JSON_H

#include "gateway/api.h"
#include "store/cluster.h"

/* The cluster that @given (a name, an ARN, NULL for "default") means; it is ACTIVE. */
int cluster_require(struct call *call, const char *given, struct cluster *ret_cluster) MUST_CHECK;

#define CLUSTER_WITH_ATTACHMENTS    1u
#define CLUSTER_WITH_CONFIGURATIONS 2u
#define CLUSTER_WITH_SETTINGS	    4u
#define CLUSTER_WITH_STATISTICS	    8u
#define CLUSTER_WITH_TAGS	    16u

/* @with: which of the optional parts; the others come as empty lists. */
int cluster_json(struct call *call, const struct cluster *cluster, unsigned with,
		 json_t **ret_object) MUST_CHECK;

#endif
