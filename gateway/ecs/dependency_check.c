/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of dependsOn, in the API's words: each name is a container's of the
 * definition, what is waited for can come, and nobody waits for itself over others, as a
 * log router would that waits for who sends to it.
 */
#include <string.h>

#include "gateway/ecs/definition_input.h"
#include "gateway/ecs/firelens_check.h"
#include "store/task_spec.h"

/* The container's index, or the number of containers. */
static size_t find_container(const struct definition_input *input, const char *name)
{
	const struct container_input *containers = input->containers.items;
	size_t i = 0;

	while (i < input->containers.count && strcmp(containers[i].name, name) != 0)
		i++;
	return i;
}

static bool is_essential(const struct container_input *container)
{
	return container->essential || !container->has_essential;
}

static int check_one(const struct definition_input *input,
		     const struct dependency_input *dependency, struct err *err)
{
	const struct container_input *containers = input->containers.items;
	size_t index = find_container(input, dependency->container);

	if (index == input->containers.count)
		return err_set(err, ERR_INVALID,
			       "Cannot depend on container + '%.255s' because it does not exist",
			       dependency->container);
	if ((dependency->condition == SPEC_SUCCESS || dependency->condition == SPEC_COMPLETE) &&
	    is_essential(&containers[index]))
		return err_set(err, ERR_INVALID,
			       "A dependency container with SUCCESS or COMPLETE condition cannot "
			       "be an essential container");
	if (dependency->condition == SPEC_HEALTHY && !containers[index].has_health)
		return err_set(err, ERR_INVALID,
			       "A dependency container with HEALTHY condition must have health "
			       "check configured");
	return 0;
}

static size_t find_router(const struct definition_input *input)
{
	const struct container_input *containers = input->containers.items;
	size_t i = 0;

	while (i < input->containers.count && !containers[i].has_firelens)
		i++;
	return i;
}

/* Whether everything that @container waits for has its place already. @router: whom all that
 * send to it wait for; the number of containers if nobody does. */
static bool is_next(const struct definition_input *input, const struct container_input *container,
		    size_t router, const bool placed[DEFINITION_CONTAINERS_MAX])
{
	const struct dependency_input *dependencies = container->dependencies.items;

	if (router < input->containers.count && firelens_is_sender(container) && !placed[router])
		return false;
	for (size_t i = 0; i < container->dependencies.count; i++) {
		if (!placed[find_container(input, dependencies[i].container)])
			return false;
	}
	return true;
}

/* Names are known to be good. As long as there is no cycle, each round places one. */
static bool has_cycle(const struct definition_input *input, size_t router)
{
	const struct container_input *containers = input->containers.items;
	bool placed[DEFINITION_CONTAINERS_MAX] = {false};
	size_t count = 0;

	for (size_t round = 0; round < input->containers.count; round++) {
		for (size_t i = 0; i < input->containers.count; i++) {
			if (!placed[i] && is_next(input, &containers[i], router, placed)) {
				placed[i] = true;
				count++;
			}
		}
	}
	return count < input->containers.count;
}

int definition_check_dependencies(const struct definition_input *input, struct err *err)
{
	const struct container_input *containers = input->containers.items;
	size_t router = find_router(input);

	for (size_t i = 0; i < input->containers.count; i++) {
		const struct dependency_input *dependencies = containers[i].dependencies.items;

		for (size_t j = 0; j < containers[i].dependencies.count; j++) {
			if (check_one(input, &dependencies[j], err) < 0)
				return -1;
		}
	}
	if (has_cycle(input, input->containers.count))
		return err_set(err, ERR_INVALID, "Container dependsOn contains a cycle");
	if (has_cycle(input, router))
		return err_set(err, ERR_INVALID,
			       "The container that has the firelensConfiguration cannot depend on "
			       "one that uses the log driver awsfirelens. Container: '%s'",
			       containers[router].name);
	return 0;
}
