/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row a condition says what the other must have come to. What cannot come any
 * more is the same for all but START: the other ended otherwise, or took longer than
 * its start timeout, which counts from its own start and only until it has ended.
 */
#include "microvm/agent/dependency.h"

#include <stdio.h>

static bool has_started(const struct dependency_state *state)
{
	return state->started;
}

static bool has_completed(const struct dependency_state *state)
{
	return state->started && state->ended;
}

static bool has_succeeded(const struct dependency_state *state)
{
	return has_completed(state) && state->exit_code == 0;
}

static bool is_healthy(const struct dependency_state *state)
{
	return state->started && !state->ended && state->healthy;
}

static bool (*const is_met[WIRE_CONDITION_COUNT])(const struct dependency_state *state) = {
	[WIRE_CONDITION_START] = has_started,
	[WIRE_CONDITION_COMPLETE] = has_completed,
	[WIRE_CONDITION_SUCCESS] = has_succeeded,
	[WIRE_CONDITION_HEALTHY] = is_healthy,
};

static const struct wire_container *container_at(const struct shape_list *containers, size_t index)
{
	return (const struct wire_container *)containers->items + index;
}

/* A list may name what is none: then it never comes. */
static enum dependency_verdict check_one(const struct shape_list *containers,
					 const struct dependency_state *states,
					 const struct wire_dependency *dependency,
					 char ret_reason[DEPENDENCY_REASON_SIZE])
{
	const struct wire_container *other;
	const struct dependency_state *state;
	const char *condition = wire_condition_names[dependency->condition];

	if ((size_t)dependency->container >= containers->count) {
		(void)snprintf(ret_reason, DEPENDENCY_REASON_SIZE,
			       "a container that it depends on does not exist");
		return DEPENDENCY_LOST;
	}
	other = container_at(containers, (size_t)dependency->container);
	state = &states[dependency->container];
	if (is_met[dependency->condition](state))
		return DEPENDENCY_MET;
	if (state->ended) {
		(void)snprintf(ret_reason, DEPENDENCY_REASON_SIZE,
			       "container %s ended and was not %s", other->name, condition);
		return DEPENDENCY_LOST;
	}
	if (state->timed_out && dependency->condition != WIRE_CONDITION_START) {
		(void)snprintf(ret_reason, DEPENDENCY_REASON_SIZE,
			       "container %s was not %s within its startTimeout of %d seconds",
			       other->name, condition, (int)other->start_timeout_s);
		return DEPENDENCY_LOST;
	}
	return DEPENDENCY_WAITS;
}

enum dependency_verdict dependency_check(const struct shape_list *containers,
					 const struct dependency_state *states, size_t index,
					 char ret_reason[DEPENDENCY_REASON_SIZE])
{
	const struct shape_list *list = &container_at(containers, index)->dependencies;
	const struct wire_dependency *dependencies = list->items;
	enum dependency_verdict verdict = DEPENDENCY_MET;

	for (size_t i = 0; i < list->count; i++) {
		enum dependency_verdict one =
			check_one(containers, states, &dependencies[i], ret_reason);

		if (one > verdict)
			verdict = one;
	}
	return verdict;
}

static bool waits_for(const struct wire_container *container, size_t index)
{
	const struct wire_dependency *dependencies = container->dependencies.items;

	for (size_t i = 0; i < container->dependencies.count; i++) {
		if ((size_t)dependencies[i].container == index)
			return true;
	}
	return false;
}

bool dependency_may_stop(const struct shape_list *containers, const struct dependency_state *states,
			 size_t index)
{
	for (size_t i = 0; i < containers->count; i++) {
		if (!states[i].ended && waits_for(container_at(containers, i), index))
			return false;
	}
	return true;
}
