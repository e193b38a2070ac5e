/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What RunTask is told, and the plan that is made of it before anything is
 * written: every check that needs no lock happens in run_plan().
 */
#ifndef SLIPWAY_GATEWAY_ECS_RUN_INPUT_H
#define SLIPWAY_GATEWAY_ECS_RUN_INPUT_H

#include "gateway/ecs/network_input.h"
#include "gateway/ecs/overrides_input.h"
#include "store/cluster.h"
#include "store/definition.h"
#include "store/tag.h"
#include "store/task.h"

struct run_input {
	const char *cluster, *definition;
	int64_t count;
	bool has_count;
	const char *client_token, *group, *started_by, *platform_version, *launch_type;
	const char *reference; /* no part of the plan */
	const char *propagate_tags;
	bool managed_tags, exec_enabled;
	struct network_input network;
	bool has_network;
	struct overrides_input overrides;
	json_t *overrides_json;				    /* as given */
	struct shape_list tags;				    /* struct tag */
	struct shape_list strategy;			    /* struct strategy_item */
	struct shape_list constraints, placements, volumes; /* of anything */
};
extern const struct shape run_shape;

struct run_plan {
	const struct run_input *input;
	struct definition definition;
	struct definition_input merged; /* the definition with the overrides in it */
	struct network_plan network;
	struct shape_list strategy; /* struct strategy_item; empty: by launch type */
	const char *group, *platform_version;
	const char *overrides_json, *spec_json; /* as stored */
	int64_t storage_gib;
	const struct tag *tags; /* all that each task gets */
	size_t tag_count;
};

/* @cluster is the request's, ACTIVE. All of the plan lives in the call's arena. */
int run_plan(struct call *call, const struct run_input *input, const struct cluster *cluster,
	     struct run_plan *ret_plan) MUST_CHECK;

/* Task number @index (from 0) of the plan with fresh identifiers, PROVISIONING. */
int run_plan_task(struct call *call, const struct run_plan *plan, const struct cluster *cluster,
		  size_t index, struct task *ret_task) MUST_CHECK;

#endif
