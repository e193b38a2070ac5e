/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and ARNs of clusters, tasks and task definitions, as clients write them
 * and as answers hold them. What is no name of this account and region is refused
 * with the API's own words; nothing here looks into the store.
 */
#ifndef SLIPWAY_GATEWAY_ECS_ECS_IDENTIFIER_H
#define SLIPWAY_GATEWAY_ECS_ECS_IDENTIFIER_H

#include "gateway/api.h"

#define ECS_NAME_MAX 255 /* of clusters, families, containers */

/* "name", "cluster/name" or the ARN; NULL is "default". */
int ecs_cluster_name(struct call *call, const char *given, const char **ret_name) MUST_CHECK;

/* "id", "cluster/id" or "task/cluster/id" or the ARN of a task in @cluster. */
int ecs_task_id(struct call *call, const char *cluster, const char *given, const char **ret_id)
	MUST_CHECK;

/* "name", "cluster/name" or the ARN of a service in @cluster. */
int ecs_service_name(struct call *call, const char *cluster, const char *given,
		     const char **ret_name) MUST_CHECK;

/* "name" or the ARN of a capacity provider. */
int ecs_provider_name(struct call *call, const char *given, const char **ret_name) MUST_CHECK;

struct ecs_definition_name {
	const char *family;
	int64_t revision; /* 0: none was given */
};
/* "family", "family:revision" or the ARN with or without revision. */
int ecs_definition_name(struct call *call, const char *given, struct ecs_definition_name *ret_name)
	MUST_CHECK;

/* Below, @resource is what stands behind "arn:aws:ecs:REGION:ACCOUNT:". Fails as
 * above for an ARN of another account, region or service. */
int ecs_arn_resource(struct call *call, const char *arn, const char **ret_resource) MUST_CHECK;

/* An ARN as text, by value: `ecs_cluster_arn(call, name).text`. */
struct ecs_arn {
	char text[768];
};
struct ecs_arn ecs_cluster_arn(const struct call *call, const char *cluster);
struct ecs_arn ecs_task_arn(const struct call *call, const char *cluster, const char *id);
struct ecs_arn ecs_container_arn(const struct call *call, const char *cluster, const char *task,
				 const char *id);
struct ecs_arn ecs_service_arn(const struct call *call, const char *cluster, const char *name);
struct ecs_arn ecs_provider_arn(const struct call *call, const char *name);
struct ecs_arn ecs_definition_arn(const struct call *call, const char *family, int64_t revision);

#endif
