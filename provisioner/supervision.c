/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The API's defaults are put in here, so that the agent knows none: a check every 30
 * seconds with a timeout of 5 and 3 retries, a restart after 300 seconds at the earliest.
 */
#include "provisioner/supervision.h"

#include <string.h>

#include "store/task.h"

#define INTERVAL_S	 30
#define TIMEOUT_S	 5
#define RETRIES		 3
#define RESTART_PERIOD_S 300

static const struct spec_container *container_at(const struct task_spec *spec, size_t index)
{
	return &((const struct spec_container *)spec->containers.items)[index];
}

/* The container's index, or the number of containers. */
static size_t find_container(const struct task_spec *spec, const char *name)
{
	size_t i = 0;

	while (i < spec->containers.count && strcmp(container_at(spec, i)->name, name) != 0)
		i++;
	return i;
}

int supervision_check(const struct task_spec *spec, size_t index, struct err *err)
{
	const struct spec_container *container = container_at(spec, index);
	const struct spec_dependency *dependencies = container->dependencies.items;

	for (size_t i = 0; i < container->dependencies.count; i++) {
		if (find_container(spec, dependencies[i].container) == spec->containers.count)
			return err_set(err, ERR_INVALID,
				       "container %s depends on %s, which is none", container->name,
				       dependencies[i].container);
	}
	return 0;
}

static int err_too_large(struct err *err)
{
	return err_set(err, ERR_LIMIT, "the task's description is too large");
}

static int fill_dependencies(const struct task_spec *spec, const struct spec_container *from,
			     struct arena *arena, struct shape_list *ret_list, struct err *err)
{
	static const int conditions[] = {
		[SPEC_START] = WIRE_CONDITION_START,
		[SPEC_COMPLETE] = WIRE_CONDITION_COMPLETE,
		[SPEC_SUCCESS] = WIRE_CONDITION_SUCCESS,
		[SPEC_HEALTHY] = WIRE_CONDITION_HEALTHY,
	};
	const struct spec_dependency *dependencies = from->dependencies.items;
	size_t count = from->dependencies.count;
	struct wire_dependency *to = arena_alloc(arena, (count ? count : 1) * sizeof(*to));

	if (!to)
		return err_too_large(err);
	for (size_t i = 0; i < count; i++)
		to[i] = (struct wire_dependency){
			.container = (int64_t)find_container(spec, dependencies[i].container),
			.condition = conditions[dependencies[i].condition],
		};
	*ret_list = (struct shape_list){.items = to, .count = count, .present = true};
	return 0;
}

/* CMD and a program's arguments, or CMD-SHELL and what the shell gets. */
static int fill_check_arguments(const struct shape_list *command, struct arena *arena,
				struct shape_list *ret_args, struct err *err)
{
	static const char *const shell[] = {"/bin/sh", "-c"};
	const char *const *words = command->items;
	size_t before = strcmp(words[0], "CMD-SHELL") == 0 ? ARRAY_LEN(shell) : 0;
	size_t count = before + command->count - 1;
	const char **args = arena_alloc(arena, count * sizeof(*args));

	if (!args)
		return err_too_large(err);
	memcpy(args, shell, before * sizeof(*args));
	memcpy(args + before, words + 1, (command->count - 1) * sizeof(*args));
	*ret_args = (struct shape_list){.items = args, .count = count, .present = true};
	return 0;
}

static int64_t or_default(int64_t value, int64_t standard)
{
	return value ? value : standard;
}

static int fill_check(const struct spec_health *from, struct arena *arena, struct wire_check *to,
		      struct err *err)
{
	*to = (struct wire_check){0};
	if (!from->present)
		return 0;
	to->interval_s = or_default(from->interval_s, INTERVAL_S);
	to->timeout_s = or_default(from->timeout_s, TIMEOUT_S);
	to->retries = or_default(from->retries, RETRIES);
	to->start_period_s = from->start_period_s;
	return fill_check_arguments(&from->command, arena, &to->args, err);
}

int supervision_fill(const struct task_spec *spec, size_t index, struct arena *arena,
		     struct wire_container *to, struct err *err)
{
	const struct spec_container *from = container_at(spec, index);

	to->start_timeout_s = from->start_timeout_s;
	to->restart = (struct wire_restart_policy){
		.enabled = from->restart.enabled,
		.ignored = from->restart.ignored,
		.period_s = or_default(from->restart.period_s, RESTART_PERIOD_S),
	};
	if (fill_check(&from->health, arena, &to->check, err) < 0)
		return -1;
	return fill_dependencies(spec, from, arena, &to->dependencies, err);
}

static int64_t grace_s(const struct spec_container *container)
{
	return or_default(container->stop_timeout_s, SUPERVISION_GRACE_S);
}

/* When @index may begin to stop, given when the others have ended. */
static int64_t begin_s(const struct task_spec *spec, size_t index, const int64_t *end_s)
{
	int64_t latest = 0;

	for (size_t i = 0; i < spec->containers.count; i++) {
		const struct spec_container *other = container_at(spec, i);
		const struct spec_dependency *dependencies = other->dependencies.items;

		for (size_t j = 0; j < other->dependencies.count; j++) {
			if (find_container(spec, dependencies[j].container) == index &&
			    end_s[i] > latest)
				latest = end_s[i];
		}
	}
	return latest;
}

/* A chain has at most as many links as there are containers, so that many rounds are
 * enough; with a cycle, which the gateway refuses, they still end. */
int64_t supervision_stop_seconds(const struct task_spec *spec)
{
	int64_t end_s[TASK_CONTAINERS_MAX] = {0};
	int64_t longest = SUPERVISION_GRACE_S;

	for (size_t round = 0; round < spec->containers.count; round++) {
		for (size_t i = 0; i < spec->containers.count; i++) {
			end_s[i] = begin_s(spec, i, end_s) + grace_s(container_at(spec, i));
			if (end_s[i] > longest)
				longest = end_s[i];
		}
	}
	return longest;
}
