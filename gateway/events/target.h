/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Targets of rules: what PutTargets takes of one, how it is kept, and where its ARN leads.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_TARGET_H
#define SLIPWAY_GATEWAY_EVENTS_TARGET_H

#include "events/retry.h"
#include "events/target_input.h"
#include "events/webhook_target.h"
#include "gateway/api.h"

#define EVENT_TARGETS_MAX 5 /* of a rule */

struct event_transformer_input {
	struct shape_list paths; /* struct shape_pair */
	const char *template;
};

/* Members behind the first line only have to be right: a launch takes them from the JSON. */
struct event_awsvpc_input {
	struct shape_list subnets, groups;
	int public_ip;
};
struct event_network_input {
	struct event_awsvpc_input awsvpc;
};
struct event_ecs_input {
	const char *definition, *launch_type;
	int64_t count;
	bool has_count;
	struct event_network_input network;
	const char *platform, *group, *reference;
	struct shape_list strategy, tags;
	bool managed_tags, exec_enabled;
	int propagate;
};

struct event_target {
	const char *id, *arn, *role;
	const char *input, *input_path;
	struct event_transformer_input transformer;
	bool has_transformer;
	struct event_ecs_input ecs;
	bool has_ecs;
	json_t *ecs_json; /* the same, borrowed */
	struct webhook_http http;
	bool has_http;
	struct event_retry_input retry;
};
extern const struct shape event_target_shape;
/* Parts of it that other targets have as well. */
extern const struct shape event_network_shape;	/* of struct event_network_input */
extern const struct shape event_provider_shape; /* of an item of a capacity provider strategy */
extern const char *const event_propagate_words[];

enum event_target_kind {
	EVENT_TARGET_ECS,
	EVENT_TARGET_LOGS,
	EVENT_TARGET_BUS,
	EVENT_TARGET_WEBHOOK, /* an API destination */
};
struct event_target_place {
	enum event_target_kind kind;
	const char *name; /* of cluster, log group or bus, or NAME/UUID; the arena's */
};
/* ERR_UNSUPPORTED with a text for users: not a kind that we have, or not of this account and
 * region. */
int event_target_find_place(const char *arn, const char *region, const char *account,
			    struct arena *arena, struct event_target_place *ret_place,
			    struct err *err) MUST_CHECK;

/* Target number @number (from 1) of a request may be kept; fails as the API does. *ret_destination
 * is the number of the API destination that it is, or 0. */
int event_target_check(struct call *call, const struct event_target *target, size_t number,
		       int64_t *ret_destination) MUST_CHECK;

/* What makes its input; NULL: it has none of Input, InputPath and InputTransformer. ERR_INVALID
 * with the API's text. */
int event_target_input_make(const struct event_target *target, size_t number, struct arena *arena,
			    struct target_input **ret_input, struct err *err) MUST_CHECK;

#endif
