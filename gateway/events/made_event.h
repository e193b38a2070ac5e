/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events that Slipway itself makes. Their ids are made of what they are about, so the same
 * happening is the same event, whoever makes it how often.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_MADE_EVENT_H
#define SLIPWAY_GATEWAY_EVENTS_MADE_EVENT_H

#include <jansson.h>

#include "store/event_queue.h"

/* Of what happens to tasks, and of what Slipway says beside ECS. */
#define EVENT_SOURCE_ECS     "aws.ecs"
#define EVENT_SOURCE_SLIPWAY "slipway.events"

struct made_event {
	const char *account, *region;
	const char *source, *detail_type;
	const char *const *resources;
	size_t resource_count;
	const json_t *detail; /* borrowed */
	int64_t time_ms;      /* wall: of the happening */
	int64_t depth;
	const char *id_source, *id; /* the id is made of both */
};

/* The event on the default bus of its account, received at @now_ms; texts in the arena (but the
 * account, which is the maker's). ERR_LIMIT: it is too large. */
int made_event_write(const struct made_event *made, int64_t now_ms, struct arena *arena,
		     struct event_accepted *ret_event, struct err *err) MUST_CHECK;

#endif
